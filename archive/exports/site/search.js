// The search of a static archive: Pagefind finds, this shows. Text goes into the page as text, never as markup.
const PORTION = 10;
const PARTS = 4;
const status = document.getElementById("status");
const list = document.getElementById("hits");
const more = document.getElementById("more");
const box = document.getElementById("q");
const root = new URL(".", document.location.href);
let found = [];
let shown = 0;

const textOf = (html) => new DOMParser().parseFromString(html, "text/html").body.textContent;

function excerpt(html) {
  const line = document.createElement("p");
  line.className = "excerpt";
  line.dir = "auto";
  for (const [at, part] of html.split(/<\/?mark>/).entries()) {
    const text = textOf(part);
    const lead = /^\s/.test(part) ? " " : "";
    const tail = /\s$/.test(part) ? " " : "";
    const node = at % 2 ? document.createElement("mark") : document.createTextNode("");
    node.textContent = at % 2 ? text : lead + text.trim() + tail;
    line.append(node);
  }
  return line;
}

function heading(url, title, level) {
  const line = document.createElement(level);
  const link = document.createElement("a");
  link.href = url;
  link.textContent = title;
  line.append(link);
  return line;
}

function shownHit(hit) {
  const item = document.createElement("li");
  item.append(heading(hit.url, hit.meta.title || "Untitled", "h3"));
  const facts = document.createElement("p");
  facts.className = "facts";
  facts.textContent = hit.meta.date || "";
  item.append(facts);
  const parts = hit.sub_results.filter((part) => part.url.includes("#comment-")).slice(0, PARTS);
  if (!parts.length || hit.sub_results.some((part) => !part.url.includes("#"))) item.append(excerpt(hit.excerpt));
  for (const part of parts) {
    item.append(heading(part.url, `Comment: ${part.title.trim()}`, "h4"), excerpt(part.excerpt));
  }
  return item;
}

async function showMore() {
  const some = await Promise.all(found.slice(shown, shown + PORTION).map((each) => each.data()));
  shown += some.length;
  list.append(...some.map(shownHit));
  more.hidden = shown >= found.length;
}

async function run() {
  const words = new URLSearchParams(document.location.search).get("q") || "";
  box.value = words;
  if (!words.trim()) return;
  status.textContent = "Searching …";
  try {
    const pagefind = await import(new URL("pagefind/pagefind.js", root).href);
    await pagefind.options({ baseUrl: root.pathname, excerptLength: 30 });
    found = (await pagefind.search(words)).results;
    status.textContent = found.length === 1 ? "1 page" : `${found.length.toLocaleString("en")} pages`;
    if (!found.length) status.textContent = "No page has all of these words.";
    await showMore();
  } catch (error) {
    status.textContent = `The search could not be loaded (${error.message}). It needs a web server: it does not run from a folder on the disk.`;
  }
}

more.addEventListener("click", showMore);
run();
