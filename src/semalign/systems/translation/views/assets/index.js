"use strict";
(() => {
  const body = document.querySelector("#pairs tbody");
  const heads = [...document.querySelectorAll("#pairs th")];
  const filters = [...document.querySelectorAll("[data-answer][aria-pressed]")];

  heads.forEach((head, column) => head.firstChild.addEventListener("click", () => {
    const down = head.getAttribute("aria-sort") === "ascending";
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const key = (row) => row.children[column].dataset.sort;
    const rows = [...body.rows].sort((a, b) => key(a).localeCompare(key(b)) * (down ? -1 : 1));
    body.replaceChildren(...rows);
  }));

  filters.forEach((button) => button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    filters.forEach((other) => other.setAttribute("aria-pressed", String(other === button && on)));
    for (const row of body.rows) row.hidden = on && row.dataset.answer !== button.dataset.answer;
  }));
})();
