// Finds pages by the words that a reader types. The index is a script and no JSON file, because a page that was opened
// from a disk may not fetch.
(() => {
  "use strict";
  const MOST = 60;
  const pages = window.WEIPAY_INDEX;
  const field = document.getElementById("query");
  const found = document.getElementById("found");
  const all = document.getElementById("all");

  // As `weipay ops` does it: the title before the path, the path before the area, and members last.
  function score(page, word) {
    const title = page.title.toLowerCase();
    const path = page.path.toLowerCase();
    if (path === word || path === `/${word}` || page.id.toLowerCase() === word) return 1000;
    if (title === word) return 900;
    if (title.includes(word)) return 100;
    if (path.split(/[/\-_{}.]/).some((part) => part === word || part === `${word}s`)) return 80;
    if (path.includes(word) || page.id.toLowerCase().includes(word)) return 60;
    if (page.area.toLowerCase().includes(word)) return 40;
    return page.words.includes(word) ? 20 : 0;
  }

  function search(query) {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const scored = [];
    for (const page of pages) {
      const scores = words.map((word) => score(page, word));
      if (scores.every((one) => one > 0)) scored.push([scores.reduce((sum, one) => sum + one, 0), page]);
    }
    scored.sort(([a, one], [b, other]) => b - a || one.path.length - other.path.length);
    return scored.map(([, page]) => page);
  }

  function show() {
    const query = field.value.trim();
    all.hidden = query !== "";
    found.replaceChildren();
    if (query === "") return;
    const results = search(query);
    for (const page of results.slice(0, MOST)) {
      const link = document.createElement("a");
      link.href = page.href;
      link.textContent = page.title;
      const place = document.createElement("code");
      place.textContent = page.method ? `${page.method} ${page.path}` : page.path;
      const item = document.createElement("li");
      item.append(link, document.createElement("br"), place);
      found.append(item);
    }
    const rest = document.createElement("li");
    rest.className = "soft";
    if (results.length > MOST) rest.textContent = `${results.length - MOST} more; another word narrows it down`;
    if (results.length === 0) rest.textContent = "Nothing has these words 没有找到";
    if (rest.textContent) found.append(rest);
  }

  field.addEventListener("input", () => {
    history.replaceState(null, "", `#${encodeURIComponent(field.value)}`);
    show();
  });
  try {
    field.value = decodeURIComponent(location.hash.slice(1));
  } catch {
    field.value = ""; // An address that somebody cut in the middle of a character.
  }
  show();
})();
