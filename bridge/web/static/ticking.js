// Ticking all rows of a page at once, and saying how many are ticked. Without it each is ticked.

const form = document.querySelector("form.ticking");
const all = form?.querySelector("[data-ticks-all]");

if (all) {
  const rows = [...form.querySelectorAll("td.tick input")];
  const said = form.querySelector(".ticked");
  const tell = () => {
    const count = rows.filter((each) => each.checked).length;
    all.checked = count === rows.length;
    all.indeterminate = count > 0 && count < rows.length;
    said.textContent = count ? `${count} ticked` : "";
  };
  all.closest("label").hidden = false;
  all.addEventListener("change", () => {
    for (const each of rows) each.checked = all.checked;
    tell();
  });
  form.addEventListener("change", (changed) => { if (changed.target !== all) tell(); });
  tell();
}
