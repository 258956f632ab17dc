"use strict";
// The table of students: sort by a click on a header, show only rows that hold the words sought.
const table = document.getElementById("table");
const body = table.tBodies[0];
const rows = Array.from(body.rows);
const headers = Array.from(table.tHead.rows[0].cells);
const search = document.getElementById("search");
const count = document.getElementById("count");

function value(row, column) {
  const cell = row.cells[column];
  return "value" in cell.dataset ? Number(cell.dataset.value) : cell.textContent.trim();
}

function compare(a, b) {
  return typeof a === "number" ? a - b : a.localeCompare(b, undefined, {numeric: true});
}

function sortBy(column) {
  const header = headers[column];
  const direction = header.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  headers.forEach((other) => other.removeAttribute("aria-sort"));
  header.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
  rows.sort((a, b) => direction * compare(value(a, column), value(b, column)));
  body.append(...rows);
}

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
    shown += row.hidden ? 0 : 1;
  }
  count.textContent = shown === rows.length ? "" : `${shown} of ${rows.length}`;
}

headers.forEach((header, column) => {
  header.firstElementChild.addEventListener("click", () => sortBy(column));
});
search.addEventListener("input", filter);
