// The left side: an answer's documents, read ahead for the students who come next.
import {get} from "./net.js";

const KEPT = 60; // answers that stay in memory
const AT_ONCE = 2; // pictures fetched ahead at a time: browsers have six connections, and answers come first
const WAITING = 8; // pictures that wait for that
const answers = new Map(); // by student's key
const place = document.getElementById("answer");
const ahead = []; // addresses of pictures, those needed first at the end
let fetching = 0;
let zoom = Number(sessionStorage.getItem("zoom")) || 1;

export function fetched(question, key, second) {
  const name = `${key} ${second}`;
  let known = answers.get(name);
  if (!known) {
    const url = `/api/answer/${encodeURIComponent(question)}/${key}${second ? "?second=1" : ""}`;
    known = get(url).then(prepared);
    known.catch(() => answers.delete(name));
    answers.set(name, known);
    if (answers.size > KEPT) answers.delete(answers.keys().next().value);
  }
  return known;
}

export function forget(key) {
  for (const name of answers.keys()) if (name.startsWith(`${key} `)) answers.delete(name);
}

// Parse once, and have the first pictures fetched.
function prepared(answer) {
  const template = document.createElement("template");
  template.innerHTML = answer.html;
  const first = template.content.querySelector("[role=tabpanel]:not([hidden])");
  const start = first && (first.querySelector("[data-y]") || first.querySelector(".page"));
  const pages = start ? [start.nextElementSibling, start] : [];
  for (const image of pages.map((page) => page && page.querySelector("img"))) {
    if (image) ahead.push(image.getAttribute("src"));
  }
  ahead.splice(0, ahead.length - WAITING);
  fetchAhead();
  answer.content = template.content;
  return answer;
}

function fetchAhead() {
  while (fetching < AT_ONCE && ahead.length) {
    const image = new Image();
    fetching += 1;
    image.onload = image.onerror = () => { fetching -= 1; fetchAhead(); };
    image.src = ahead.pop();
  }
}

export function show(answer) {
  // What nobody looks at any more leaves the connections to what comes.
  for (const image of place.querySelectorAll("img")) if (!image.complete) image.removeAttribute("src");
  place.replaceChildren(answer.content.cloneNode(true));
  place.style.setProperty("--zoom", zoom);
  for (const tab of tabs()) tab.addEventListener("click", () => choose(tab));
  for (const tab of tabs()) tab.tabIndex = tab.getAttribute("aria-selected") === "true" ? 0 : -1;
  for (const button of place.querySelectorAll(".jump")) {
    button.addEventListener("click", () => jump(button.closest("[role=tabpanel]")));
  }
  for (const image of place.querySelectorAll(".page img")) {
    image.addEventListener("error", () => image.parentElement.classList.add("broken"));
  }
  jump(place.querySelector("[role=tabpanel]:not([hidden])"));
  reachable(place);
}

// What is too wide scrolls, and can then be reached by Tab.
export function reachable(region) {
  for (const wide of region.querySelectorAll(".block.markdown, .text, math[display=block]")) {
    if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
  }
}

function tabs() {
  return [...place.querySelectorAll("[role=tab]")];
}

function choose(tab) {
  for (const other of tabs()) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", chosen);
    other.tabIndex = chosen ? 0 : -1;
    document.getElementById(other.getAttribute("aria-controls")).hidden = !chosen;
  }
  jump(document.getElementById(tab.getAttribute("aria-controls")));
}

export function nextTab(step = 1) {
  const all = tabs();
  const now = all.findIndex((tab) => tab.getAttribute("aria-selected") === "true");
  if (all.length) choose(all[(now + step + all.length) % all.length]);
}

// Scroll to where the answer begins, or else to the top.
function jump(panel) {
  place.scrollTop = 0;
  const start = panel && panel.querySelector("[data-y]");
  if (!start) return;
  const top = start.getBoundingClientRect().top - place.getBoundingClientRect().top + place.scrollTop;
  place.scrollTop = top + Number(start.dataset.y) * start.clientHeight - 100;
}

export function zoomed(step) {
  zoom = Math.min(3, Math.max(0.5, Math.round((zoom + step) * 4) / 4));
  sessionStorage.setItem("zoom", zoom);
  place.style.setProperty("--zoom", zoom);
}

place.addEventListener("keydown", (event) => {
  if (event.target.getAttribute("role") !== "tab") return;
  const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
  if (!step) return;
  event.preventDefault();
  nextTab(step);
  tabs().find((tab) => tab.tabIndex === 0).focus();
});
