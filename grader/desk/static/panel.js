// The right side: rubric items, adjustment and comment, shown from the mark's state.
import {pointsOf, shown, signed} from "./marks.js";

const byId = (id) => document.getElementById(id);

// Whether nobody has to mark a student's answer any more.
export function isDone(student) {
  return student.points !== null || !student.pending;
}

export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  Object.assign(made, properties);
  made.append(...children);
  return made;
}

export function showItems(state, click, edit) {
  const list = byId("items");
  if (!list) return;
  const {mark, items} = state;
  const focused = document.activeElement && document.activeElement.dataset.item;
  const rows = items.map((item, number) => {
    const button = element("button", {type: "button", className: "item"});
    button.dataset.item = item.id;
    button.setAttribute("aria-pressed", Boolean(mark && mark.items.includes(item.id)));
    if (number < 9) button.append(element("kbd", {}, String(number + 1)));
    const label = element("span", {className: "label"}, item.label);
    if (item.group) label.append(element("span", {className: "group soft", title: "Only one of this group counts"}, `one of “${item.group}”`));
    button.append(label);
    button.append(element("span", {className: "worth"}, signed(item.points)));
    button.addEventListener("click", () => click(item));
    const change = element("button", {type: "button", className: "change"}, "✎");
    change.setAttribute("aria-label", `Change the item: ${item.label}`);
    change.addEventListener("click", () => edit(item));
    return element("li", {}, button, change);
  });
  if (!rows.length) rows.push(element("li", {className: "soft"}, "No items yet: add the first, or give points freely below."));
  list.replaceChildren(...rows);
  const again = focused && list.querySelector(`[data-item="${CSS.escape(focused)}"]`);
  if (again) again.focus();
}

export function showMark(state) {
  const {mark, items, question} = state;
  const points = mark ? pointsOf(mark, items, question) : null;
  const tests = mark ? mark.tests : null; // what they gave beside a person's part
  const isMixed = tests !== null && tests !== undefined;
  const total = isMixed && points !== null ? points + tests : points;
  byId("points").textContent = shown(state.auto === null ? total : state.auto);
  byId("halves").hidden = !isMixed;
  if (isMixed) byId("halves").textContent = `tests ${shown(tests)} + yours ${points === null ? "_" : shown(points)} / ${shown(mark.upper)}`;
  for (const button of document.querySelectorAll("#items .item")) {
    button.setAttribute("aria-pressed", Boolean(mark && mark.items.includes(button.dataset.item)));
  }
  const adjustment = byId("adjustment");
  const comment = byId("comment");
  if (!adjustment || !mark) return;
  if (document.activeElement !== adjustment) adjustment.value = mark.adjustment || "";
  if (document.activeElement !== comment) comment.value = mark.comment;
}

export function say(text, kind = "") {
  const status = byId("status");
  status.textContent = text;
  status.className = kind || "soft";
}

export function saved(mark, byPerson) {
  if (!byPerson) return say("");
  if (mark.upper === null) return say("Tests give all points here");
  if (!mark.author) return say("Not marked yet");
  const time = new Date(mark.time * 1000).toLocaleTimeString([], {hour: "2-digit", minute: "2-digit"});
  const what = mark.decided ? "Saved" : "Saved, still open";
  return say(`${what} · ${mark.author} ${time}`, mark.decided ? "good" : "soft");
}

export function trouble(message, ...buttons) {
  const box = byId("trouble");
  box.hidden = !message;
  box.replaceChildren(element("p", {}, message || ""));
  if (buttons.length) box.append(element("div", {className: "row"}, ...buttons));
}

export function button(text, action) {
  const made = element("button", {type: "button"}, text);
  made.addEventListener("click", action);
  return made;
}

export function showOthers(names) {
  const place = byId("others");
  place.hidden = !names.length;
  place.textContent = names.length ? `Also here: ${names.join(", ")}` : "";
}

export function showComments(state, choose) {
  const list = byId("comments");
  if (!list) return;
  const typed = byId("comment").value.trim().toLowerCase();
  const fitting = state.comments.filter((text) => text.toLowerCase() !== typed && text.toLowerCase().includes(typed));
  list.replaceChildren(...fitting.slice(0, 4).map((text) => element("li", {}, button(text, () => choose(text)))));
}

export function showAlike(state, group, markAll, goTo) {
  const place = byId("alike");
  if (!place) return;
  place.hidden = !group;
  if (!group) return;
  const students = group.map((key) => state.byKey.get(key)).filter(Boolean);
  const links = students.map((one) => element("li", {}, button(`${one.label} (${shown(one.points)})`, () => goTo(one.key))));
  place.replaceChildren(
    element("h3", {}, `${students.length} answers alike`),
    element("p", {className: "soft"}, "Mark this one, then all like it; each can be changed afterwards."),
    button("Mark all like this one (l)", markAll),
    element("ul", {className: "suggestions"}, ...links),
  );
}
