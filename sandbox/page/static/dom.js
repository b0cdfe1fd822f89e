// Building the page. Text always goes in as text: nothing here reads HTML.

/** Return an element. `props` are properties, `aria-…`, `data-…` or `role` attributes, or `on…` listeners. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.includes("-") || name === "role") { if (value != null) element.setAttribute(name, value); }
    else if (value !== undefined) element[name] = value;
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false && child !== ""));
  return element;
}

export const byId = (id) => document.getElementById(id);

let ids = 0;
/** Return an id that no other element has. */
export const freshId = (word) => `${word}-${++ids}`;

/**
 * Make the children of `parent` stand for `items`, in order, and keep the element of each key.
 * `make(item)` returns an element; `update(element, item)` brings it up to date.
 */
export function keyed(parent, items, key, make, update) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const now = items.map((item) => {
    const element = old.get(String(key(item))) ?? make(item);
    element.dataset.key = key(item);
    update(element, item);
    return element;
  });
  for (const element of old.values()) if (!now.includes(element)) element.remove();
  now.forEach((element, at) => {
    if (parent.children[at] !== element) parent.insertBefore(element, parent.children[at] ?? null);
  });
}

/** Replace what `parent` holds; where a control with a name had the focus, its successor gets it. */
export function refill(parent, children) {
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  const name = focused && nameOf(focused);
  parent.replaceChildren(...children.flat(Infinity));
  if (focused === null) return;
  const heir = [...parent.querySelectorAll("button, a, input, [data-key]")].find((each) => nameOf(each) === name);
  (heir ?? parent.closest("[tabindex]") ?? parent).focus();
}

const nameOf = (control) => control.dataset.key ?? control.getAttribute("aria-label") ?? control.textContent;

/** Say something to the person: shown for a while, and read out. */
export function tell(text) {
  const status = byId("status");
  status.textContent = text;
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => { status.textContent = ""; }, 6000);
}
