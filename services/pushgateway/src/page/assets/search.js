// The search form answers while one types; the address always says what is shown.

const form = document.getElementById("find");
let running;
let typing;

/** Shows the groups of another page in place of the present ones. */
async function show(url) {
  const results = document.querySelector(".results");
  running?.abort();
  running = new AbortController();
  results.ariaBusy = "true";
  try {
    const page = await fetchPage(url, running.signal);
    results.replaceChildren(...page.querySelector(".results").childNodes);
    results.ariaBusy = null;
    history.replaceState(null, "", url);
    putUrls(results);
    reopen(results);
    return results;
  } catch (error) {
    if (error.name === "AbortError") return null;
    results.ariaBusy = null;
    say(`Loading the groups failed: ${error.message}`);
    return null;
  }
}

async function find() {
  clearTimeout(typing);
  const asked = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (value !== "" && value !== "key") asked.set(name, value);
  }
  const url = new URL(base);
  url.search = asked;
  const results = await show(url);
  if (results) say(results.querySelector(".shown").textContent);
}

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  find();
});

form?.addEventListener("input", (event) => {
  clearTimeout(typing);
  typing = setTimeout(find, event.target.type === "search" ? 200 : 0);
});

// A slash leads to the search, unless it is being typed somewhere.
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.matches("input, select, textarea, [contenteditable]");
  if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey || !form) return;
  event.preventDefault();
  form.q.focus();
  form.q.select();
});
