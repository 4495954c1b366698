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
    const box = document.querySelector("#q") ?? document.querySelector("#quick-q");
    if (box) return box.select() ?? box.focus();
    document.querySelector("a[data-key='/']")?.click();
  }
  function help() {
    let dialog = document.querySelector("dialog.keys");
    if (!dialog) {
      dialog = document.createElement("dialog");
      dialog.className = "keys";
      dialog.setAttribute("aria-labelledby", "keys-title");
      dialog.innerHTML = '<form method="dialog"><h2 id="keys-title">Keyboard shortcuts</h2><dl><dt>/</dt><dd>search</dd><dt>j</dt><dd>next comment or result</dd><dt>k</dt><dd>the one before</dd><dt>u</dt><dd>up to the parent comment</dd><dt>?</dt><dd>this help</dd></dl><p><label><input type="checkbox"> Switch these keys off</label></p><button>Close</button></form>';
      document.body.append(dialog);
      dialog.querySelector("input").addEventListener("change", (event) => stored(event.target.checked));
    }
    dialog.querySelector("input").checked = stored();
    dialog.showModal();
  }

  // Saved items, in this browser alone: {kind, path, title, date, note, tags, saved}.
  const SAVED = "backissue-saved";
  const store = {
    all() {
      try { return JSON.parse(localStorage.getItem(SAVED) ?? "[]"); } catch { return []; }
    },
    write(items) {
      try { localStorage.setItem(SAVED, JSON.stringify(items)); } catch { /* storage may be full or forbidden */ }
    },
    has: (path) => store.all().some((item) => item.path === path),
    add(item) { if (!store.has(item.path)) store.write([item, ...store.all()]); },
    remove(path) { store.write(store.all().filter((item) => item.path !== path)); },
    fromLink(hash) {
      const coded = hash.match(/^#list=([\w=-]+)$/)?.[1];
      try {
        const bytes = Uint8Array.from(atob(coded.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
        return store.clean(JSON.parse(new TextDecoder().decode(bytes)));
      } catch { return []; /* no link with a list, or one that was cut */ }
    },
    clean(items) {
      const kinds = ["article", "comment", "search"];
      const local = (item) => typeof item?.path === "string" && item.path.startsWith("/") && !item.path.startsWith("//") && !item.path.startsWith("/\\");
      const text = (value) => (typeof value === "string" ? value.slice(0, 4000) : "");
      return (Array.isArray(items) ? items : []).filter(local).slice(0, 5000).map((item) => ({
        kind: kinds.includes(item.kind) ? item.kind : "article", path: item.path, title: text(item.title), date: text(item.date),
        note: text(item.note), tags: text(item.tags), saved: text(item.saved) || new Date().toISOString(),
      }));
    },
    change(path, values) { store.write(store.all().map((item) => (item.path === path ? { ...item, ...values } : item))); },
  };
  window.backissueSaved = store;
  for (const button of document.querySelectorAll("button[data-save]")) {
    const { save: kind, path, title, date } = button.dataset;
    const name = () => { button.textContent = store.has(path) ? "Saved" : "Save"; button.setAttribute("aria-pressed", String(store.has(path))); };
    button.addEventListener("click", () => {
      store.has(path) ? store.remove(path) : store.add({ kind, path, title, date, note: "", tags: "", saved: new Date().toISOString() });
      name();
    });
    name();
    button.hidden = false;
  }
  // On a desk a find is kept without leaving the page; without a script the form does it.
  const keep = document.getElementById("keep");
  keep?.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (!button) return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(keep));
    body.set(button.name, button.value);
    let told = { ok: false, error: "This could not be saved. Reload the page and try again." };
    try {
      told = await (await fetch(keep.getAttribute("action"), { method: "POST", body, headers: { accept: "application/json" } })).json();
    } catch { /* the sentence above stays */ }
    button.parentElement.querySelector("[role=alert]")?.remove();
    if (told.ok) {
      button.name = told.saved ? "drop" : "item";
      button.textContent = told.saved ? "Saved" : "Save";
      button.setAttribute("aria-pressed", String(told.saved));
      return;
    }
    const note = document.createElement("span");
    note.className = "state";
    note.setAttribute("role", "alert");
    note.textContent = told.error;
    button.after(note);
  });
  for (const button of document.querySelectorAll("button[data-copy]")) {
    const text = button.closest("p").nextElementSibling;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text.textContent);
        button.textContent = "Copied";
      } catch { getSelection().selectAllChildren(text); }
    });
    button.hidden = false;
  }
  // When a thread was last read here, so that the next visit can show what is new.
  for (const place of document.querySelectorAll("[data-visited]")) {
    const { visited, now } = place.dataset;
    const key = `backissue-visited:${visited}`;
    let before = null;
    try { before = localStorage.getItem(key); localStorage.setItem(key, now); } catch { /* then the link of the page remains */ }
    if (before && before < now && !location.search.includes("since=")) {
      const link = place.querySelector("a");
      link.href = `${visited}?since=${encodeURIComponent(before)}#thread`;
      link.textContent = "Show what is new since your last visit";
      place.replaceChildren(link);
    }
  }

  window.addEventListener("beforeprint", () => {
    for (const fold of document.querySelectorAll("details.fold")) fold.open = true;
  });

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
