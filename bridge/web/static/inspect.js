// Without this a press of *Reload* does the same.

const waiting = document.querySelector("[data-reload]");
if (waiting) setTimeout(() => location.reload(), Number(waiting.dataset.reload) * 1000);

for (const all of document.querySelectorAll("[data-ticks]")) {
  all.parentElement.hidden = false;
  all.addEventListener("change", () => {
    for (const one of document.querySelectorAll(`input[name^='${all.dataset.ticks}']`)) {
      one.checked = all.checked;
    }
  });
}
