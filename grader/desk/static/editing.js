// The form for a rubric item: add, reword, re-value, remove for all.
import {Refused, post} from "./net.js";

const byId = (id) => document.getElementById(id);

export function setUp(state, changed, complain) {
  const form = byId("edit");
  if (!form) return {open() {}};
  let present = null;

  function open(item = null) {
    present = item;
    byId("label").value = item ? item.label : "";
    byId("worth").value = item ? item.points : "";
    byId("group").value = item ? item.group : "";
    byId("retire").hidden = !item;
    form.hidden = false;
    byId("label").focus();
  }

  function close() {
    form.hidden = true;
    document.activeElement.blur();
  }

  async function send(retired) {
    const body = {
      question: state.question.id,
      label: byId("label").value,
      points: Number(byId("worth").value),
      group: byId("group").value.trim(),
    };
    if (present) Object.assign(body, {id: present.id, version: present.version, retired});
    try {
      const answer = await post("/api/item", body);
      close();
      changed(answer.items);
    } catch (error) {
      if (!(error instanceof Refused)) return complain("Not saved: the desk can't be reached.");
      if (error.data.items) changed(error.data.items);
      if (error.data.item) open(error.data.item);
      complain(error.message);
    }
  }

  form.addEventListener("submit", (event) => { event.preventDefault(); send(false); });
  form.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  byId("retire").addEventListener("click", () => send(true));
  byId("cancel").addEventListener("click", close);
  byId("add").addEventListener("click", () => open());
  return {open};
}
