// The pages work without this; it saves a press here and there.

for (const field of document.querySelectorAll("[data-submits]")) {
  field.addEventListener("change", () => field.form.requestSubmit());
}

const search = document.querySelector("[data-key='/']");
document.addEventListener("keydown", (pressed) => {
  const typing = pressed.target.closest("input, textarea, select");
  if (search && pressed.key === "/" && !typing && !pressed.ctrlKey && !pressed.metaKey) {
    pressed.preventDefault();
    search.focus();
    search.select();
  }
});

document.addEventListener("click", (pressed) => {
  for (const menu of document.querySelectorAll("details.who[open], details.admin[open]")) {
    if (!menu.contains(pressed.target)) menu.open = false;
  }
});

// What a press came to is read first.
document.querySelector("[data-focus]")?.focus();
