// The page as a document: where the service is, how parts of other pages are fetched, how something is said, what is remembered.
// The files of this folder are sent as one module; each holds one matter, `start.js` sets all going.

/** Where the service is: this file lies in `static/` below it, whatever prefix or proxy is between. */
const base = new URL("..", import.meta.url);

/** Fetches a page of ours. Throws when there is none. */
async function fetchPage(url, signal) {
  const response = await fetch(url, { signal, headers: { Accept: "text/html" } });
  // A group that was deleted meanwhile answers 404, with a page that says so.
  if (!response.ok && response.status !== 404) throw new Error(`${response.status} ${response.statusText}`);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

let silence;

/** Says something to everybody: to screen readers at once, to the eye for some seconds. */
function say(text) {
  const said = document.getElementById("said");
  said.textContent = text;
  said.classList.add("seen");
  clearTimeout(silence);
  silence = setTimeout(() => said.classList.remove("seen"), 6000);
}

/** Names of what is open, kept for as long as the tab is. */
const opened = {
  key: `pushgateway.open:${base.pathname}`,
  read() {
    try {
      return new Set(JSON.parse(sessionStorage.getItem(this.key) ?? "[]"));
    } catch {
      return new Set();
    }
  },
  note(name, isOpen) {
    const names = this.read();
    names.delete(name);
    if (isOpen) names.add(name);
    try {
      // The newest thousand: a tab that is never closed must not fill its storage.
      sessionStorage.setItem(this.key, JSON.stringify([...names].slice(-1000)));
    } catch {
      // Without storage a reload closes everything.
    }
  },
};
