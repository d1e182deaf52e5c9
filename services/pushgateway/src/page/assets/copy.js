// Commands to copy: they name the address that the browser came by.

/** Puts the address of the service into commands; a quote in it would end the word in a shell. */
function putUrls(within) {
  const url = base.href.replace(/\/$/, "").replaceAll("'", "%27");
  for (const place of within.querySelectorAll(".command .url")) place.textContent = url;
}

async function copy(code) {
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    // Browsers give the clipboard to secure origins only; selected text can be copied everywhere.
    getSelection().selectAllChildren(code);
    document.execCommand("copy");
  }
  say("Copied");
}

document.addEventListener("click", (event) => {
  const button = event.target.closest(".copy");
  if (button) copy(button.parentElement.querySelector("code"));
});
