// Forms whose fields are sent as JSON; afterwards the page shows what is saved.
import {post} from "./net.js";

function value(field) {
  const kind = field.dataset.type || field.type;
  if (kind === "bool") return field.value === "true";
  if (kind === "int") return parseInt(field.value, 10);
  if (kind === "float" || kind === "number") return Number(field.value || 0);
  return field.value;
}

for (const form of document.querySelectorAll("form[data-api]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const fields = [...form.elements].filter((field) => field.name);
    const body = Object.fromEntries(fields.map((field) => [field.name, value(field)]));
    const message = document.getElementById("message");
    try {
      const answer = await post(form.dataset.api, body);
      if ("reload" in form.dataset) location.reload();
      else message.textContent = answer.message || "Saved.";
    } catch (error) {
      message.textContent = error.message;
      message.className = "bad";
      message.scrollIntoView({block: "nearest"});
    }
  });
}

const search = document.getElementById("search");
if (search) {
  search.addEventListener("input", () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of document.querySelectorAll(".students li")) {
      item.hidden = !words.every((word) => item.textContent.toLowerCase().includes(word));
    }
  });
}
