// Fetches the page again and takes over what changed, leaving focus, scrolling and selection alone. Without it the
// browser reloads the page by itself.
"use strict";

const EVERY_MS = 3000;

function merge(old, now) {
  const before = [...old.children];
  const after = [...now.children];
  if (old.nodeName !== now.nodeName || before.length !== after.length) {
    old.replaceWith(document.adoptNode(now));
    return;
  }
  for (const { name } of [...old.attributes]) {
    if (!now.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of now.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  if (after.length === 0 && old.textContent !== now.textContent) old.textContent = now.textContent;
  before.forEach((child, index) => merge(child, after[index]));
}

async function refresh() {
  // Nobody looks, or somebody is copying a line: leave the page alone.
  if (document.hidden || !document.getSelection().isCollapsed) return;
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.statusText);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of ["header", "main", "footer"]) {
      merge(document.querySelector(part), fresh.querySelector(part));
    }
    document.title = fresh.title;
    document.body.classList.remove("stale");
  } catch {
    document.body.classList.add("stale");
    document.title = "not reachable · Casemate";
  }
}

setInterval(refresh, EVERY_MS);
