"use strict";
// The table of students, drawn from data: a click on a header sorts it, the field above it searches.
// Its rows are in blocks, each of which is drawn only while it is near what is seen, so that a
// large course opens at once. Lists of students are drawn when they are opened.
const BLOCK = 50; // rows
const ROW = 37; // pixels of a row that was not drawn yet, about
const POINTS = 2; // the first column with a number
const {students, lists} = JSON.parse(document.getElementById("data").textContent);
const table = document.getElementById("table");
const headers = Array.from(table.tHead.rows[0].cells);
const search = document.getElementById("search");
const count = document.getElementById("count");
let shown = students;

function made(tag, kind, ...children) {
  const element = document.createElement(tag);
  element.className = kind;
  element.append(...children);
  return element;
}

function points(value) {
  return value === null ? "–" : String(Number(value.toPrecision(6)));
}

function link(student, anchor, kind, text) {
  const element = made("a", kind, ...text.split("_").flatMap((part, place) =>
    place ? ["_", document.createElement("wbr"), part] : [part]));
  element.href = student.page + anchor;
  return element;
}

function number(student, place) {
  const value = student.values[place];
  const text = points(value);
  const question = place - 1; // from 1 on; before it are points and pending
  const reason = student.changed?.[question - 1];
  if (place === 0) return made("td", "number", `${text}\u00a0/\u00a0${points(student.possible)}`);
  if (place === 1) return made("td", "number", text);
  if (place === student.values.length - 1) return made("td", "number", value.toFixed(1));
  const cell = made("td", "number", link(student, `#q${question}`, "plain", text));
  if (reason) {
    cell.append("*");
    cell.title = reason;
  }
  return cell;
}

function row(student) {
  const badge = made("span", `badge ${student.status}`, student.status);
  badge.title = student.message;
  const name = made("td", "", link(student, "", "", student.name));
  return made("tr", "", name, made("td", "", badge), ...student.values.map((_, place) => number(student, place)));
}

function fill(body) {
  if (!body.isFilled) body.replaceChildren(...body.students.map(row));
  body.isFilled = true;
}

function empty(body, height) {
  const cell = made("td", "");
  cell.colSpan = headers.length;
  cell.style.height = `${height}px`;
  body.replaceChildren(made("tr", "", cell));
  body.isFilled = false;
}

const observer = new IntersectionObserver((entries) => {
  for (const {isIntersecting, target} of entries) {
    if (isIntersecting) fill(target);
    else if (target.isFilled && !target.contains(document.activeElement)) empty(target, target.offsetHeight);
  }
}, {root: table.parentElement, rootMargin: "500px"});

function draw() {
  observer.disconnect();
  for (const body of Array.from(table.tBodies)) body.remove();
  for (let start = 0; start < shown.length; start += BLOCK) {
    const body = made("tbody", "");
    body.students = shown.slice(start, start + BLOCK);
    table.append(body);
    if (start) empty(body, ROW * body.students.length);
    else fill(body);
    observer.observe(body);
  }
  count.textContent = shown.length === students.length ? "" : `${shown.length} of ${students.length}`;
}

function value(student, column) {
  if (column >= POINTS) return student.values[column - POINTS] ?? -1;
  return column ? student.status : student.name;
}

function compare(a, b) {
  return typeof a === "number" ? a - b : a.localeCompare(b, undefined, {numeric: true});
}

function sortBy(column) {
  const header = headers[column];
  const direction = header.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  headers.forEach((other) => other.removeAttribute("aria-sort"));
  header.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
  students.sort((a, b) => direction * compare(value(a, column), value(b, column)));
  filter();
}

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  shown = students.filter((student) => {
    const text = `${student.name} ${student.status}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  draw();
}

const inOrder = Array.from(students); // as the lists count them
for (const details of document.querySelectorAll("details[id]")) {
  details.addEventListener("toggle", () => {
    const {anchor, places} = lists[details.id];
    const links = places.map((place) => link(inOrder[place], anchor, "", inOrder[place].name));
    details.querySelector("p:last-child").replaceChildren(...links.flatMap((one, place) => place ? [", ", one] : [one]));
  }, {once: true});
}
headers.forEach((header, column) => {
  header.firstElementChild.addEventListener("click", () => sortBy(column));
});
search.addEventListener("input", filter);
addEventListener("beforeprint", () => Array.from(table.tBodies).forEach(fill));
draw();
