// Keeps the page's live parts fresh: new rows of the journal come over one stream, plots and figures by asking again.
const rows = document.querySelector("[data-live-rows]");
const MOST = 300;

if (rows) {
  const source = new EventSource(rows.dataset.liveRows);
  source.addEventListener("row", (event) => {
    const page = new DOMParser().parseFromString(event.data, "text/html");
    const row = page.querySelector("li");
    if (!row) return;
    document.querySelector("[data-empty]")?.remove();
    rows.prepend(row);
    while (rows.children.length > MOST) rows.lastElementChild.remove();
    schedule();
  });
  const state = document.querySelector("[data-live-state]");
  source.addEventListener("open", () => state?.classList.add("on"));
  source.addEventListener("error", () => state?.classList.remove("on"));
}

// What a part was last, so that one without news is left alone.
const last = new WeakMap();

// Parts are asked for at most once in a second, and every five seconds without news.
let waiting = 0;
function schedule() {
  if (!waiting) waiting = setTimeout(refresh, 1000);
}

async function refresh() {
  waiting = 0;
  for (const part of document.querySelectorAll("[data-live-part]")) {
    // Nothing is taken away from under somebody who reads or writes in it.
    if (part.contains(document.activeElement) || part.querySelector("details[open]")) continue;
    try {
      const answer = await fetch(part.dataset.livePart);
      if (!answer.ok) continue;
      const text = await answer.text();
      if (last.get(part) === text) continue;
      last.set(part, text);
      part.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
    } catch {
      // Whoever answered has ended; the next answer comes when it is there again.
    }
  }
}

if (document.querySelector("[data-live-part]")) setInterval(() => document.hidden || schedule(), 5000);
