// Points that a person gives in place of those of the tests.
import {post} from "./net.js";
import * as panel from "./panel.js";
import * as view from "./view.js";

const byId = (id) => document.getElementById(id);

export function setUp(state, go) {
  const form = byId("override");
  if (!form) return;
  async function sendOverride(changes) {
    const body = {question: state.question.id, key: state.key, version: Number(form.dataset.version), points: Number(form.elements.points.value), reason: form.elements.reason.value, ...changes};
    try {
      await post("/api/override", body);
      view.forget(state.key);
      await go(state.key);
      panel.say("Saved", "good");
    } catch (error) {
      panel.trouble(`Not saved: ${error.message}`);
    }
  }

  form.addEventListener("submit", (event) => { event.preventDefault(); sendOverride({}); });
  byId("revoke").addEventListener("click", () => sendOverride({remove: true, points: 0, reason: ""}));
}

export function show(state, override, student) {
  if (!byId("override")) return;
  const form = byId("override");
  byId("auto").textContent = student.auto ?? "–";
  form.elements.points.value = override ? override.points : "";
  form.elements.reason.value = override ? override.reason : "";
  byId("revoke").hidden = !override;
  form.dataset.version = override ? override.version : 0;
  if (override) state.auto = override.points;
}
