// The pages work without this; it leads to the line that is wrong, and looks again by itself.

const text = document.getElementById("text");
for (const link of document.querySelectorAll("[data-line]")) {
  link.addEventListener("click", (pressed) => {
    if (!text) return;
    pressed.preventDefault();
    const lines = text.value.split("\n");
    const before = lines.slice(0, link.dataset.line - 1).join("\n").length;
    const begin = link.dataset.line > 1 ? before + 1 : 0;
    text.focus();
    text.setSelectionRange(begin, begin + (lines[link.dataset.line - 1] || "").length);
    text.scrollTop = (text.scrollHeight * (link.dataset.line - 3)) / lines.length;
  });
}

const again = document.querySelector("[data-reload]");
if (again) setTimeout(() => location.reload(), 1000 * again.dataset.reload);
