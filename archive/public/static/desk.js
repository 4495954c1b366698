/* A reader's desk: the key of a link, and lists that this browser, a link or a file brings. Pages work without it. */
"use strict";
(() => {
  const keyForm = document.querySelector("[data-key-form]");
  const key = location.hash.match(/^#key=([\w-]+)$/)?.[1];
  if (keyForm && key) {
    history.replaceState(null, "", location.pathname);  // a key belongs in no history
    keyForm.querySelector("#key").value = key;
    keyForm.requestSubmit();
  }

  const offer = document.querySelector("[data-browser]");
  const store = window.backissueSaved;
  if (!offer || !store) return;
  const MOVING = "backissue-moving";
  const stored = (value) => {
    try {
      if (value === undefined) return sessionStorage.getItem(MOVING) === "1";
      value ? sessionStorage.setItem(MOVING, "1") : sessionStorage.removeItem(MOVING);
    } catch { /* storage may be forbidden: then the list is offered again */ }
    return false;
  };
  if (stored() && document.querySelector("[data-imported='0']")) store.write(store.all().map((item) => ({ ...item, moved: true })));
  stored(false);

  const linked = store.fromLink(location.hash);
  const items = linked.length ? linked : store.all().filter((item) => !item.moved);
  if (items.length) {
    const names = items.slice(0, 5).map((item) => item.title || item.path).join("; ");
    const where = linked.length ? "This link has" : "This browser keeps";
    offer.querySelector("span").textContent = `${where} ${items.length} saved ${items.length === 1 ? "item" : "items"}: ${names}${items.length > 5 ? " …" : ""}`;
    offer.querySelector("[name=items]").value = JSON.stringify({ items });
    offer.hidden = false;
    if (!linked.length) offer.addEventListener("submit", () => stored(true));
  }

  const file = document.getElementById("desk-file");
  file.closest("[data-file]").hidden = false;
  file.addEventListener("change", async (event) => {
    document.getElementById("desk-items").value = await event.target.files[0].text();
  });
})();
