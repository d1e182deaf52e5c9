// Sets everything going.

const theme = document.getElementById("theme");
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.theme ?? (systemIsDark.matches ? "dark" : "light")) === "dark";
const tellTheme = () => theme.setAttribute("aria-pressed", isDark());

theme.addEventListener("click", () => {
  const chosen = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = chosen;
  tellTheme();
  try {
    localStorage.setItem("pushgateway.theme", chosen);
  } catch {
    // Then it holds until the next reload.
  }
});
systemIsDark.addEventListener("change", tellTheme);
tellTheme();

/** Says which of the two sections is seen to those who do not see it. */
function tellSection() {
  const current = location.hash === "#status" ? "#status" : "#metrics";
  for (const link of document.querySelectorAll('.top a[href^="#"]')) {
    link.ariaCurrent = link.getAttribute("href") === current ? "page" : null;
  }
}
addEventListener("hashchange", tellSection);
tellSection();

putUrls(document);
reopen(document);
tellAges();
setInterval(tellAges, 10_000);
