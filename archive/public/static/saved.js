/* The page of saved items: notes, tags, export, import, and a link that carries the list. All in this browser. */
"use strict";
(() => {
  const place = document.getElementById("saved");
  if (!place || !window.backissueSaved) return;
  const store = window.backissueSaved;
  const list = place.querySelector("ol");
  const choice = place.querySelector("select");
  const part = (name) => place.querySelector(`[data-${name}]`);
  const here = (path) => new URL(path, location.href).href;
  const tagsOf = (item) => (item.tags ?? "").split(",").map((tag) => tag.trim()).filter(Boolean);
  const shown = () => store.all().filter((item) => !choice.value || tagsOf(item).includes(choice.value) || item.kind === choice.value);

  function element(name, text, attributes = {}) {
    const made = document.createElement(name);
    made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }
  function field(item, name, label) {
    const wrap = element("label", `${label} `);
    const input = element("input", "", { type: "text", dir: "auto" });
    input.value = item[name] ?? "";
    input.addEventListener("change", () => { store.change(item.path, { [name]: input.value }); options(); links(); });
    wrap.append(input);
    return wrap;
  }
  function day(text) {  // as the server writes it: 9 July 2009
    const moment = new Date(text ?? "");
    return Number.isNaN(moment.getTime()) ? "" : moment.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  }
  function row(item) {
    const line = element("li", "");
    const link = element("a", `${item.kind === "search" && item.title ? "Search: " : ""}${item.title || item.path}`, { href: item.path, class: "headline", dir: "auto" });
    const facts = element("p", [item.kind, day(item.date), `saved ${day(item.saved)}`].filter(Boolean).join(" · "), { class: "facts" });
    const remove = element("button", "Remove", { type: "button", class: "plain" });
    remove.addEventListener("click", () => { store.remove(item.path); draw(); });
    const notes = element("p", "", { class: "fields" });
    notes.append(field(item, "note", "Note"), field(item, "tags", "Tags (with commas)"), remove);
    line.append(link, facts, notes);
    return line;
  }
  function options() {
    const chosen = choice.value;
    const names = new Set(store.all().flatMap((item) => [item.kind, ...tagsOf(item)]));
    choice.replaceChildren(element("option", "everything", { value: "" }), ...[...names].sort().map((name) => element("option", name, { value: name })));
    choice.value = names.has(chosen) ? chosen : "";
  }
  function inert(text) {  // in Markdown neither a link nor an element of HTML
    return text.replace(/\s+/g, " ").replace(/[\\[\]<`]/g, "\\$&");
  }
  function cell(text) {
    const safe = /^[=+\-\t\r]|^@(?!\w)/.test(text) ? `'${text}` : text;
    return `"${safe.replaceAll('"', '""')}"`;
  }
  const FORMS = {
    csv: ["text/csv", (items) => "\ufeff" + [["kind", "title", "date", "url", "note", "tags", "saved"], ...items.map((item) => [item.kind, item.title, item.date, here(item.path), item.note, item.tags, item.saved])].map((line) => line.map((text) => cell(text ?? "")).join(",")).join("\r\n") + "\r\n"],
    json: ["application/json", (items) => JSON.stringify({ items: items.map((item) => ({ ...item, url: here(item.path) })) }, null, 1)],
    md: ["text/markdown", (items) => items.map((item) => `- [${inert(item.title || item.path)}](${here(item.path)})${item.note ? `: ${inert(item.note)}` : ""}`).join("\n") + "\n"],
  };
  function links() {
    const items = shown();
    for (const link of place.querySelectorAll("[data-form]")) {
      const [type, write] = FORMS[link.dataset.form];
      URL.revokeObjectURL(link.href);
      link.href = URL.createObjectURL(new Blob([write(items)], { type }));
      const words = choice.value.toLowerCase().match(/[a-z0-9]+/g) ?? [];
      link.download = ["saved", ...words, new Date().toISOString().slice(0, 10)].join("-") + `.${link.dataset.form}`;
    }
    const cited = part("cited");
    cited.querySelector("[name=items]").value = JSON.stringify({ items: items.map(({ path, saved }) => ({ path, saved })) });
    cited.querySelector("[name=show]").value = choice.value;
    cited.hidden = !items.some((item) => item.kind !== "search");
    const bytes = new TextEncoder().encode(JSON.stringify(items));
    part("share").href = "#list=" + btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")).replaceAll("+", "-").replaceAll("/", "_");
  }
  function draw() {
    options();
    const items = shown();
    list.replaceChildren(...items.map(row));
    const any = store.all().length > 0;
    part("empty").hidden = any;
    part("export").hidden = !any;
    place.querySelector("form").hidden = !any;
    links();
  }
  function offerShared() {
    const items = store.fromLink(location.hash);
    const known = new Set(store.all().map((item) => item.path));
    const fresh = items.filter((item) => !known.has(item.path));
    const note = part("shared");
    note.hidden = !fresh.length;
    note.querySelector("span").textContent = `This link has ${fresh.length} saved ${fresh.length === 1 ? "item" : "items"} that you do not have: ${fresh.slice(0, 5).map((item) => item.title).join("; ")}${fresh.length > 5 ? " …" : ""}`;
    note.querySelector("button").onclick = () => { fresh.forEach(store.add); note.hidden = true; draw(); };
  }

  place.querySelector("[data-import]").hidden = false;
  document.getElementById("saved-file").addEventListener("change", async (event) => {
    try {
      store.clean(JSON.parse(await event.target.files[0].text()).items).forEach(store.add);
    } catch {
      part("empty").hidden = false;
      part("empty").textContent = "This file has no saved items in JSON.";
      return;
    }
    draw();
  });
  choice.addEventListener("change", draw);
  addEventListener("hashchange", offerShared);
  draw();
  offerShared();
})();
