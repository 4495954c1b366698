/* What Datasette's own pages had inline: the flag its table script reads, and menus that close on a click elsewhere. */
"use strict";
var DATASETTE_ALLOW_FACET = document.querySelector('meta[name="datasette-allow-facet"]')?.content === "true";
const NAMES = { _filter_column: "Column", _filter_op: "Comparison", _filter_value: "Value", _sort: "Sort by" };
for (const field of document.querySelectorAll("form.filters select, form.filters input")) {
  const name = NAMES[field.name.replace(/_\d+$/, "")];
  if (name) field.setAttribute("aria-label", name);
}
// Headings go from the first level to the third there, and a long statement scrolls: both as assistive technology needs it.
let level = 0;
for (const heading of document.querySelectorAll("main h1, main h2, main h3")) {
  const own = Number(heading.tagName[1]);
  if (own > level + 1) heading.setAttribute("aria-level", String(level + 1));
  level = Math.min(own, level + 1);
}
document.getElementById("sql-query")?.setAttribute("tabindex", "0");
document.addEventListener("click", (event) => {
  const within = event.target.closest("details");
  for (const open of document.querySelectorAll("details.nav-menu[open], details.actions-menu-links[open]")) {
    if (open !== within) open.open = false;
  }
});
