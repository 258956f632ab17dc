// The page of one question: moves from student to student, and saves each click.
import * as editing from "./editing.js";
import {listen} from "./keys.js";
import {toggled} from "./marks.js";
import {get, post, save, unsaved} from "./net.js";
import * as override from "./override.js";
import * as panel from "./panel.js";
import {change, flush, markAlike, useComment} from "./saving.js";
import * as saving from "./saving.js";
import * as view from "./view.js";

const byId = (id) => document.getElementById(id);
const id = document.querySelector("main").dataset.question;
const AHEAD = 3; // students who are read ahead
const LOOK = 5000; // milliseconds
const state = {question: {id, person: Boolean(byId("items"))}, items: [], students: [], byKey: new Map(), comments: [], groups: [], mark: null, key: "", auto: null};
const filter = byId("filter");
const isSecond = () => filter.value === "second";

function visible() {
  const fits = {
    all: () => true,
    open: (one) => !panel.isDone(one) || one.key === state.key,
    mine: (one) => one.marker === state.me,
    second: (one) => one.second || one.key === state.key && one.sampled,
  }[filter.value];
  return state.students.filter(fits);
}

function neighbour(step) {
  const list = visible();
  const place = list.findIndex((one) => one.key === state.key);
  return list[place < 0 ? 0 : place + step];
}

async function load(wanted) {
  Object.assign(state, await get(`/api/question/${encodeURIComponent(id)}`));
  state.byKey = new Map(state.students.map((one) => [one.key, one]));
  const list = visible();
  const first = state.byKey.get(wanted) || list.find((one) => !panel.isDone(one)) || list[0];
  panel.showItems(state, click, editor.open);
  if (first) await go(first.key);
  else { byId("answer").textContent = "There is nothing to mark here."; count(); }
}

async function go(key) {
  const student = state.byKey.get(key);
  if (!student) return;
  flush();
  if (state.key !== key) byId("panel").scrollTop = 0;
  state.key = key;
  const link = byId("student");
  link.textContent = student.label;
  link.href = `/student/${key}`;
  history.replaceState(null, "", `?student=${key}${filter.value === "all" ? "" : `&filter=${filter.value}`}`);
  panel.trouble("");
  panel.showOthers([]);
  count();
  try {
    const answer = await view.fetched(id, key, isSecond());
    if (state.key !== key) return; // somebody was faster
    view.show(answer);
    state.mark = answer.mark;
    state.auto = student.auto;
    override.show(state, answer.override, student);
    refresh();
  } catch (error) {
    state.mark = null;
    panel.trouble(error.message, panel.button("Try again", () => go(key)));
    return;
  }
  look();
  for (const step of [1, 2, AHEAD, -1]) {
    const other = neighbour(step);
    if (other) view.fetched(id, other.key, isSecond()).catch(() => {});
  }
}

function refresh() {
  panel.showItems(state, click, editor.open);
  panel.showMark(state);
  panel.saved(state.mark, state.question.person);
  panel.showComments(state, useComment);
  const group = isSecond() ? null : state.groups.find((keys) => keys.includes(state.key));
  panel.showAlike(state, group, () => markAlike(group), go);
}

function count() {
  const list = visible();
  const place = list.findIndex((one) => one.key === state.key) + 1;
  const done = state.students.filter(panel.isDone).length;
  byId("count").textContent = `${place} of ${list.length}` + (state.question.person ? ` · ${done} of ${state.students.length} marked` : "");
}

function click(item) {
  if (item && state.mark) change({items: toggled(state.mark.items, item, state.items)});
}

const clear = (changes) => change({items: [], adjustment: 0, ...changes});
const most = () => Math.min(state.mark.upper ?? state.question.upper, state.question.upper);

function takenBack(undone) {
  const [first, ...others] = undone;
  const where = [first.label, first.question && `question ${first.question}`].filter(Boolean).join(", ");
  return `Taken back: ${first.kind}${where ? ` of ${where}` : ""}${others.length ? ` and ${others.length} more` : ""}`;
}

async function undo() {
  flush();
  try {
    const {undone} = await save("/api/undo", () => ({}), () => {});
    const place = undone.find((one) => one.key);
    if (!undone.length) return panel.say("There is nothing to undo.");
    const said = takenBack(undone);
    if (place && place.question !== id) { sessionStorage.setItem("said", said); location.href = `/question/${encodeURIComponent(place.question)}?student=${place.key}`; return; }
    for (const one of undone) view.forget(one.key);
    await load(place ? place.key : state.key);
    panel.say(said, "good");
  } catch (error) {
    panel.trouble(error.message, panel.button("Show what is saved", () => { view.forget(state.key); go(state.key); }));
  }
}

function nextOpen() {
  const list = visible();
  const start = list.findIndex((one) => one.key === state.key) + 1;
  const isOpen = (one) => (isSecond() ? one.second : !panel.isDone(one)) && one.key !== state.key;
  const next = [...list.slice(start), ...list.slice(0, start)].find(isOpen);
  if (next) go(next.key);
  else panel.say("All that is shown here is marked.", "good");
}

async function look() {
  const {key, mark} = state;
  if (!key || document.hidden) return;
  const now = await get(`/api/look/${encodeURIComponent(id)}/${key}`).catch(() => null);
  if (!now || state.key !== key) return;
  panel.showOthers(now.others);
  const isStale = mark && !mark.second && now.version > mark.version && !unsaved() && !mark.waits;
  if (isStale && !byId("comment")?.matches(":focus")) { view.forget(key); reload(key); }
}

async function reload(key) {
  const answer = await view.fetched(id, key, isSecond());
  if (state.key !== key || unsaved()) return;
  state.mark = answer.mark;
  Object.assign(state.byKey.get(key), {points: answer.mark.points, version: answer.mark.version});
  refresh();
  count();
}

function question(step) {
  const all = state.question.questions;
  const next = all[all.indexOf(id) + step];
  flush();
  if (next) location.href = `/question/${encodeURIComponent(next)}?student=${state.key}`;
}

async function names() {
  await post("/api/names", {show: byId("names").getAttribute("aria-pressed") !== "true"});
  location.reload();
}

function model() {
  const details = byId("model");
  if (!details) return;
  details.open = !details.open;
  sessionStorage.setItem("model", details.open ? "1" : "");
  view.reachable(details);
}

const editor = editing.setUp(state, (items) => { state.items = items; refresh(); load(state.key); }, (message) => panel.trouble(message));
const step = (by) => () => { const other = neighbour(by); if (other) go(other.key); };
const actions = {
  item: (number) => click(state.items[number]),
  j: step(1), k: step(-1), "[": () => question(-1), "]": () => question(1),
  g: nextOpen, u: undo, m: model, t: () => view.nextTab(), a: () => editor.open(),
  c: () => byId("comment")?.focus(), v: () => byId("adjustment")?.focus(),
  f: () => clear({adjustment: most() - state.question.start}), 0: () => clear({}), x: () => clear({decided: false}),
  l: () => markAlike(state.groups.find((keys) => keys.includes(state.key))),
  "+": () => view.zoomed(0.25), "-": () => view.zoomed(-0.25), "?": () => byId("keys").showModal(),
};
const buttons = {previous: "k", next: "j", before: "[", after: "]", todo: "g", undo: "u", full: "f", none: "0", open: "x", help: "?"};
for (const [name, key] of Object.entries(buttons)) byId(name)?.addEventListener("click", () => actions[key]());
listen(actions);
byId("names").addEventListener("click", names);
byId("questions").addEventListener("change", (event) => { location.href = `/question/${encodeURIComponent(event.target.value)}?student=${state.key}`; });
filter.addEventListener("change", () => { const list = visible(); const here = list.some((one) => one.key === state.key); if (list.length) go(here ? state.key : list[0].key); else count(); });
saving.setUp({state, go, count, refresh});
override.setUp(state, go);
if (byId("model")) byId("model").open = Boolean(sessionStorage.getItem("model"));
setInterval(look, LOOK);
const wanted = new URLSearchParams(location.search);
if (wanted.has("filter")) filter.value = wanted.get("filter");
const said = sessionStorage.getItem("said"); // by an undo that led here
sessionStorage.removeItem("said");
load(wanted.get("student")).then(() => said && panel.say(said, "good")).catch((error) => panel.trouble(error.message));
