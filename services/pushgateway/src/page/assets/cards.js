// Cards of groups: what is in them is fetched when they are opened, and what was open is open again after a reload.

const groupOf = (details) => details.closest(".group")?.dataset.path;

/** The name under which an opened card or family is remembered. */
function nameOf(details) {
  const family = details.dataset.name;
  return family === undefined ? groupOf(details) : `${groupOf(details)} ${family}`;
}

/** Puts the inside of a group into its card. */
async function fill(inside) {
  const url = inside.dataset.load;
  if (!url || inside.ariaBusy === "true") return;
  inside.ariaBusy = "true";
  try {
    const page = await fetchPage(url);
    const loaded = page.querySelector(".group .inside") ?? page.querySelector(".empty");
    delete inside.dataset.load;
    inside.replaceChildren(...(loaded.matches(".inside") ? loaded.childNodes : [loaded]));
    putUrls(inside);
    reopen(inside);
  } catch (error) {
    say(`Loading the group failed: ${error.message}`);
  } finally {
    inside.ariaBusy = null;
  }
}

/** Opens what was open. */
function reopen(within) {
  const names = opened.read();
  if (names.size === 0) return;
  for (const details of within.querySelectorAll(".group > details:not([open]), .family:not([open])")) {
    if (names.has(nameOf(details))) details.open = true;
  }
}

// A toggle does not bubble, but it can be caught on its way down.
document.addEventListener("toggle", (event) => {
  const details = event.target;
  if (!details.matches(".group > details, .family")) return;
  opened.note(nameOf(details), details.open);
  const inside = details.querySelector(":scope > .inside");
  if (details.open && inside) fill(inside);
}, true);
