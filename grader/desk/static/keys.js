// One key, one action; never while somebody types, and never with Ctrl, Alt or Meta.

function isTyping(element) {
  return element.closest("input, textarea, select, [contenteditable]") !== null;
}

export function listen(actions) {
  document.addEventListener("keydown", (event) => {
    const target = event.target instanceof Element ? event.target : document.body;
    if (event.key === "Escape" && isTyping(target)) {
      target.blur();
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (isTyping(target) || document.querySelector("dialog[open]")) return;
    const digit = /^[1-9]$/.test(event.key) ? Number(event.key) : 0;
    const action = digit ? () => actions.item(digit - 1) : actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
