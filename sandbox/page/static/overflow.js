// The menu behind "⋯": a button with a menu, as ARIA describes it.
import { freshId, h } from "./dom.js";

/** Return the button and its menu; `name` says of what, `choose(option)` is called for what a person picked. */
export function overflow(options, name, choose) {
  const list = h("ul", { id: freshId("menu"), className: "options", role: "menu", "aria-label": name, hidden: true });
  const button = h("button", { type: "button", className: "quiet", "aria-label": name, "aria-haspopup": "menu", "aria-expanded": "false", "aria-controls": list.id }, "⋯");
  const root = h("div", { className: "picker overflow" }, button, list);
  const items = options.map((option) => h("li", { role: "menuitem", tabIndex: -1, onclick: () => { close(true); choose(option); } },
    option.text.text, option.description && h("small", {}, ` ${option.description.text}`)));
  list.append(...items);

  function open() {
    list.hidden = false;
    button.setAttribute("aria-expanded", "true");
    items[0].focus();
  }
  function close(goesBack) {
    list.hidden = true;
    button.setAttribute("aria-expanded", "false");
    if (goesBack) button.focus();
  }
  button.addEventListener("click", () => (list.hidden ? open() : close(true)));
  button.addEventListener("keydown", (event) => { if (event.key === "ArrowDown") { event.preventDefault(); open(); } });
  root.addEventListener("focusout", (event) => { if (!root.contains(event.relatedTarget)) close(false); });
  list.addEventListener("keydown", (event) => {
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (to !== undefined) items.at(to % items.length).focus();
    else if (event.key === "Escape") close(true);
    else if (event.key === "Enter" || event.key === " ") items[at].click();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return root;
}
