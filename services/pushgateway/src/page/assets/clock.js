// Ages stay true while the page is open, by the clock of the server.

const units = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const skew = Number(document.documentElement.dataset.now) * 1000 - Date.now();

/** Words for a time span in seconds, as the server writes them. */
function inWords(seconds) {
  const distance = Math.abs(seconds);
  const found = units.find(([, length]) => distance >= length);
  if (!found) return "just now";
  const count = Math.floor(distance / found[1]);
  const span = `${count} ${found[0]}${count === 1 ? "" : "s"}`;
  return seconds < 0 ? `in ${span}` : `${span} ago`;
}

function tellAges() {
  const now = (Date.now() + skew) / 1000;
  for (const time of document.querySelectorAll("time.age")) {
    const at = Date.parse(time.dateTime) / 1000;
    if (Number.isFinite(at)) time.textContent = inWords(Math.trunc(now - at));
  }
}
