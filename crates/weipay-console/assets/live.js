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

const parts = document.querySelectorAll("[data-live-part]");
// What a part was last, so that one without news is left alone.
const last = new WeakMap();

// After news all parts are asked for, at most once in a second.
let waiting = 0;
function schedule() {
  waiting ||= setTimeout(() => {
    waiting = 0;
    parts.forEach(refresh);
  }, 1000);
}

async function refresh(part) {
  // Nothing is taken away from under somebody who reads or writes in it.
  if (part.contains(document.activeElement) || part.querySelector("details[open]")) return;
  const answer = await fetch(part.dataset.livePart).catch(() => null);
  // The session is over: the page itself asks for the token.
  if (answer?.status === 401) return location.reload();
  part.classList.toggle("stale", !answer?.ok);
  if (!answer?.ok) return;
  const text = await answer.text();
  if (last.get(part) === text) return;
  last.set(part, text);
  part.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
}

for (const part of parts) setInterval(() => document.hidden || refresh(part), 1000 * (part.dataset.every ?? 5));
