// Runs before the first paint: says that there is a script, and puts on the colours that the reader chose.
"use strict";
{
  const root = document.documentElement;
  root.classList.add("script");
  try {
    const theme = localStorage.getItem("pushgateway.theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  } catch {
    // Without storage the system decides.
  }
}
