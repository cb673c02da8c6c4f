// Looks again by itself while something is being made. Without it there is a link to press.

const again = document.querySelector("[data-again]");
if (again) setTimeout(() => location.replace(again.href), Number(again.dataset.again) * 1000);
