// Changes of a mark: at once on the page, then saved; "Saved" stands there only when it is.
import {same} from "./marks.js";
import {Refused, save} from "./net.js";
import * as panel from "./panel.js";
import * as view from "./view.js";

const byId = (id) => document.getElementById(id);
const TYPING = 700; // milliseconds without a key after which a text is saved

// What the page of a question lends: its state, how to go to a student, what to show anew.
let state, go, count, refresh;

export function setUp(page) {
  ({state, go, count, refresh} = page);
  byId("comment")?.addEventListener("input", typed);
  byId("adjustment")?.addEventListener("input", typed);
  for (const name of ["comment", "adjustment"]) byId(name)?.addEventListener("blur", flush);
}

export function change(changes) {
  const mark = state.mark;
  if (!mark || !state.question.person) return;
  Object.assign(mark, {decided: true}, changes);
  panel.showMark(state);
  send(mark);
}

function send(mark) {
  panel.say("Saving …", "warn");
  if (mark.waits) return; // what is sent then is the state of then
  mark.waits = true;
  const body = () => {
    mark.waits = false;
    const {key, items, adjustment, comment, decided, version, second} = mark;
    mark.sent = {items: [...items], adjustment, comment, decided};
    return {question: state.question.id, key, items, adjustment, comment, decided, version, second};
  };
  const lost = () => panel.say("Not saved: the desk can't be reached. It is tried again.", "bad");
  save("/api/mark", body, lost).then((answer) => done(mark, answer.mark), (error) => failed(mark, error));
}

function done(mark, now) {
  Object.assign(mark, {version: now.version, author: now.author, time: now.time, points: now.points});
  const student = state.byKey.get(mark.key);
  if (student && !mark.second) Object.assign(student, {points: now.points, version: now.version, author: now.author});
  if (student && mark.second) student.second = false;
  if (now.comment && !state.comments.includes(now.comment)) state.comments.unshift(now.comment);
  if (mark === state.mark && !mark.waits) panel.saved(mark, true);
  count();
}

function failed(mark, error) {
  if (!(error instanceof Refused)) throw error;
  const theirs = error.data.mark;
  if (theirs && theirs.author === state.me && same(theirs, mark.sent)) return done(mark, theirs); // saved, only the answer was lost
  view.forget(mark.key);
  if (!theirs) return trouble(mark, `Not saved: ${error.message}`, panel.button("Show what is saved", () => go(mark.key)));
  const words = `${error.message} They gave ${theirs.points === null ? "no points yet" : `${theirs.points} points`}${theirs.comment ? `: “${theirs.comment}”` : ""}. Yours is not saved.`;
  return trouble(mark, words,
    panel.button("Keep theirs", () => go(mark.key)),
    panel.button("Save mine instead", () => { mark.version = theirs.version; panel.trouble(""); send(mark); }));
}

function trouble(mark, message, ...buttons) {
  const whose = state.byKey.get(mark.key);
  const where = mark.key === state.key ? "" : `${whose ? whose.label : "Another student"}: `;
  panel.say("Not saved", "bad");
  panel.trouble(where + message, ...buttons);
}

export function useComment(text) {
  byId("comment").value = text;
  change({comment: text, decided: state.mark.decided});
  panel.showComments(state, useComment);
}

let typing = 0;
function typed() {
  clearTimeout(typing);
  typing = setTimeout(flush, TYPING);
  panel.showComments(state, useComment);
}

// Save what stands in the fields, if it has changed.
export function flush() {
  clearTimeout(typing);
  if (!state.mark || !byId("comment")) return;
  const comment = byId("comment").value.trim();
  const adjustment = Number(byId("adjustment").value || 0);
  if (adjustment !== state.mark.adjustment && Number.isFinite(adjustment)) change({adjustment});
  if (comment !== state.mark.comment.trim()) change({comment, decided: state.mark.decided});
}

export async function markAlike(group) {
  if (!group || !state.mark) return;
  flush();
  if (!state.mark.decided) return panel.say("Mark this one first; then all like it can be marked.", "warn");
  const {items, adjustment, comment, decided} = state.mark;
  const students = group.filter((key) => key !== state.key).map((key) => ({key, version: state.byKey.get(key).version}));
  const overwritten = group.filter((key) => key !== state.key && state.byKey.get(key).points !== null).length;
  if (overwritten && !confirm(`${overwritten} of them are marked already. Mark them like this one, too?`)) return;
  const body = () => ({question: state.question.id, students, items, adjustment, comment, decided});
  try {
    const answer = await save("/api/marks", body, () => panel.say("Not saved: the desk can't be reached.", "bad"));
    for (const now of answer.marks) {
      Object.assign(state.byKey.get(now.key), {points: now.points, version: now.version, author: now.author});
      view.forget(now.key);
    }
    panel.trouble("");
    refresh();
    panel.say(`Saved for ${answer.marks.length} more; one undo takes all back.`, "good");
    count();
  } catch (error) {
    panel.trouble(`Not saved for the group: ${error.message}`, panel.button("Reload", () => location.reload()));
  }
}
