/* Small help for reading: keys, and the reader's own time on hover. Every page works without it.
   / search · j k next and previous comment or result · u up to the comment answered · ? help, where keys can be switched off */
"use strict";
(() => {
  const OFF = "backissue-keys-off";
  const stored = (value) => {
    try {
      if (value === undefined) return localStorage.getItem(OFF) === "1";
      localStorage.setItem(OFF, value ? "1" : "0");
    } catch { /* storage may be forbidden: then keys stay on */ }
    return Boolean(value);
  };
  const items = () => [...document.querySelectorAll(".comment, .results li, .entries li")].filter((item) => item.offsetParent);
  let at = null;

  function go(item) {
    if (!item) return;
    at = item;
    item.tabIndex = -1;
    item.focus({ preventScroll: true });
    item.scrollIntoView({ block: "start" });
  }
  function beside(step) {
    const all = items();
    const here = all.indexOf(at ?? document.querySelector(":target"));
    if (here >= 0) return go(all[here + step]);
    go(step > 0 ? all.find((item) => item.getBoundingClientRect().top > 4) : all.findLast((item) => item.getBoundingClientRect().top < -4));
  }
  function up() {
    const comment = (at ?? document.querySelector(":target"))?.closest(".comment");
    const above = comment?.closest("li")?.parentElement.closest("li")?.querySelector(".comment");
    const named = comment?.querySelector(".to a")?.getAttribute("href")?.match(/comment\/(\d+)$/);
    go((named && document.getElementById("comment-" + named[1])) || above);
  }
  function search() {
    const box = document.querySelector("#q");
    if (box) return box.select() ?? box.focus();
    document.querySelector("a[data-key='/']")?.click();
  }
  function help() {
    let dialog = document.querySelector("dialog.keys");
    if (!dialog) {
      dialog = document.createElement("dialog");
      dialog.className = "keys";
      dialog.setAttribute("aria-labelledby", "keys-title");
      dialog.innerHTML = '<form method="dialog"><h2 id="keys-title">Keys</h2><dl><dt>/</dt><dd>search</dd><dt>j</dt><dd>next comment or result</dd><dt>k</dt><dd>the one before</dd><dt>u</dt><dd>up to the comment answered</dd><dt>?</dt><dd>this help</dd></dl><p><label><input type="checkbox"> Switch these keys off</label></p><button>Close</button></form>';
      document.body.append(dialog);
      dialog.querySelector("input").addEventListener("change", (event) => stored(event.target.checked));
    }
    dialog.querySelector("input").checked = stored();
    dialog.showModal();
  }

  const KEYS = { "/": search, j: () => beside(1), k: () => beside(-1), u: up, "?": help };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input, select, textarea, dialog, [contenteditable]")) return;
    if (!KEYS[event.key] || stored()) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  document.addEventListener("focusin", (event) => { at = event.target.closest(".comment, .results li, .entries li") ?? at; });
  for (const button of document.querySelectorAll("button[data-key='?']")) {
    button.hidden = false;
    button.addEventListener("click", help);
  }
  document.addEventListener("mouseover", (event) => {
    const time = event.target.closest("time");
    if (!time || time.title || time.dateTime.length < 11) return;
    const moment = new Date(time.dateTime);
    if (!Number.isNaN(moment.getTime())) time.title = moment.toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" });
  });
})();
