/* Draws the charts of a page with uPlot, from the numbers that stand in it; pointing at one reads it out.
   Colours are the page's own. Where no script runs, the table beside a chart is all there is. */
"use strict";
(() => {
  const PATTERNS = [
    ["link", [], "solid"], ["ink", [2, 3], "dotted"], ["third", [12, 4], "dashed"],
    ["link", [12, 4, 2, 4], "dashed"], ["ink", [6, 3], "dashed"], ["third", [1, 6], "dotted"],
  ];
  const HEIGHTS = { bars: 170, lines: 300 };
  const places = [...document.querySelectorAll(".plot[data-chart]")];
  const tone = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const known = (text, value) => (value == null ? "–" : text);

  function axis(rest) {
    return { stroke: tone("soft"), font: `12px ${tone("sans")}`, ticks: { show: false }, ...rest };
  }

  function options(chart, width, times) {
    const bars = chart.shape === "bars";
    const half = bars ? (times[1] - times[0]) / 2 : 0;
    const written = (value) => value.toLocaleString("en", { maximumSignificantDigits: chart.percent ? 2 : 12 }) + (chart.percent ? " %" : "");
    return {
      width,
      height: HEIGHTS[chart.shape],
      tzDate: (time) => uPlot.tzDate(new Date(time * 1000), "Etc/UTC"),
      cursor: { y: false, drag: { setScale: false, x: false } },
      legend: { markers: { dash: (_, number) => PATTERNS[(number + 5) % 6][2] } },
      scales: {
        x: { range: (_, first, last) => [first - half, last + half] },
        y: { range: (_, __, top) => [0, top > 0 ? top * 1.05 : 1] },
      },
      axes: [
        axis({ grid: { show: false }, size: 28, space: 56, incrs: [1, 2, 5, 10, 20, 50].map((years) => years * 31536000), values: (_, splits) => splits.map((time) => new Date(time * 1000).getUTCFullYear()) }),
        axis({ grid: { stroke: tone("rule"), width: 1 }, size: chart.percent ? 56 : 64, space: 44, incrs: chart.percent ? undefined : [1, 2, 5].flatMap((n) => Array.from({ length: 9 }, (_, zeros) => n * 10 ** zeros)).sort((a, b) => a - b), values: (_, splits) => splits.map((value) => written(value)) }),
      ],
      series: [
        { label: chart.unit === "year" ? "Year" : "Month", value: (_, time, __, at) => known(chart.spans[at], time) },
        ...chart.names.map((name, number) => {
          const [colour, dash] = PATTERNS[number % 6];
          const look = bars ? { fill: tone("link"), paths: uPlot.paths.bars({ size: [0.8, 60] }), points: { show: false } } : { dash, points: { fill: tone("paper") } };
          return { label: name, stroke: tone(colour), width: bars ? 0 : 2, value: (_, value) => known(value == null ? "" : written(value), value), ...look };
        }),
      ],
    };
  }

  function draw(place) {
    const chart = JSON.parse(place.dataset.chart);
    const times = chart.spans.map((span) => Date.parse(span.length === 4 ? `${span}-01-01` : `${span}-01`) / 1000);
    place.replaceChildren();
    new uPlot(options(chart, place.clientWidth, times), [times, ...chart.values], place);
  }

  const widths = new WeakMap();
  const watch = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (widths.get(target) === target.clientWidth) continue;
      widths.set(target, target.clientWidth);
      draw(target);
    }
  });
  places.forEach((place) => watch.observe(place));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => places.forEach(draw));
})();
