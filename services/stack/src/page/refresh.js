// Fetches the page again and swaps what changed. Without it the browser reloads the page by itself.
"use strict";

const EVERY_MS = 3000;
const parts = ["summary", "services"];

async function refresh() {
  // Nobody looks, or somebody is copying a line: leave the page alone.
  if (document.hidden || !document.getSelection().isCollapsed) return;
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.statusText);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of parts) {
      const old = document.getElementById(id);
      const now = fresh.getElementById(id);
      if (old.innerHTML !== now.innerHTML) old.replaceWith(document.adoptNode(now));
    }
    document.querySelector("footer").replaceWith(document.adoptNode(fresh.querySelector("footer")));
    document.title = fresh.title;
    document.body.classList.remove("stale");
  } catch {
    document.body.classList.add("stale");
    document.title = "not reachable · Casemate";
  }
}

setInterval(refresh, EVERY_MS);
