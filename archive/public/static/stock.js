/* What Datasette's own pages had inline: the flag its table script reads, and menus that close on a click elsewhere. */
"use strict";
var DATASETTE_ALLOW_FACET = document.querySelector('meta[name="datasette-allow-facet"]')?.content === "true";
const NAMES = { _filter_column: "Column", _filter_op: "Comparison", _filter_value: "Value", _sort: "Sort by" };
for (const field of document.querySelectorAll("form.filters select, form.filters input")) {
  const name = NAMES[field.name.replace(/_\d+$/, "")];
  if (name) field.setAttribute("aria-label", name);
}
document.addEventListener("click", (event) => {
  const within = event.target.closest("details");
  for (const open of document.querySelectorAll("details.nav-menu[open], details.actions-menu-links[open]")) {
    if (open !== within) open.open = false;
  }
});
