// A row unfolds in its place instead of leading to a page of its own.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-unfold]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const row = link.closest("li");
  const open = row.querySelector(":scope > .unfolded");
  if (open) {
    open.remove();
    link.setAttribute("aria-expanded", "false");
    return;
  }
  const answer = await fetch(`${link.getAttribute("href")}?part`);
  if (!answer.ok) {
    location.assign(link.href);
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  row.append(...page.body.children);
  link.setAttribute("aria-expanded", "true");
});
