// A menu with search, for one option or for several: a combobox as ARIA describes it.
import { freshId, h } from "./dom.js";

/**
 * Return { root, input, value() }. `groups` are [{ label, options }] with options as in Block Kit;
 * `chosen` are values, in the order of choice.
 */
export function picker({ groups, chosen, multiple, max, placeholder, attributes }) {
  const list = h("div", { id: freshId("options"), className: "options", role: "listbox", hidden: true, "aria-multiselectable": multiple || null });
  const input = h("input", {
    type: "text", placeholder, autocomplete: "off", spellcheck: false, role: "combobox",
    "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id, ...attributes,
  });
  const chips = h("ul", { className: "chips", "aria-label": "Chosen" });
  const all = groups.flatMap((group) => group.options);
  const option = (value) => all.find((each) => each.value === value);
  const values = chosen.filter(option);
  let active = null;
  let offered = [];

  function redraw() {
    chips.replaceChildren(...(multiple ? values.map(chip) : []));
    if (!multiple && list.hidden) input.value = values.length ? option(values[0]).text.text : "";
    for (const node of offered) node.setAttribute("aria-selected", values.includes(node.dataset.value));
  }
  const chip = (value) => h("li", {}, option(value).text.text,
    h("button", { type: "button", tabIndex: -1, "aria-label": `Remove ${option(value).text.text}`, onclick: () => { toggle(value); input.focus(); } }, "×"));

  function toggle(value) {
    if (!multiple) values.splice(0, values.length, value);
    else if (values.includes(value)) values.splice(values.indexOf(value), 1);
    else if (!max || values.length < max) values.push(value);
    redraw();
  }
  function choose(value) {
    toggle(value);
    if (!multiple) close();
    else if (input.value) { input.value = ""; open(); }
  }

  function open(search = "") {
    const wanted = search.trim().toLowerCase();
    const fits = (each) => `${each.text.text} ${each.description?.text ?? ""}`.toLowerCase().includes(wanted);
    const shown = groups.map(({ label, options }) => ({ label, options: options.filter(fits) })).filter(({ options }) => options.length);
    offered = [];
    list.replaceChildren(...shown.map(({ label, options }) => h("div", { role: "group", "aria-label": label },
      label && h("div", { className: "group", "aria-hidden": "true" }, label), options.map(row))));
    if (!offered.length) list.append(h("div", { className: "none" }, "Nothing of that name."));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    move(offered.find((node) => values.includes(node.dataset.value) && !multiple) ?? offered[0] ?? null);
  }
  function row(each) {
    const node = h("div", {
      id: freshId("option"), role: "option", "data-value": each.value, "aria-selected": values.includes(each.value),
      onclick: () => choose(each.value),
    }, h("span", {}, each.text.text), each.description && h("small", {}, each.description.text));
    offered.push(node);
    return node;
  }
  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    if (multiple) input.value = "";
    move(null);
    redraw();
  }
  function move(node) {
    active?.classList.remove("active");
    active = node;
    if (!node) return input.removeAttribute("aria-activedescendant");
    node.classList.add("active");
    node.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", node.id);
  }
  function step(by) {
    if (list.hidden) return open();
    const at = offered.indexOf(active) + by;
    move(offered[(at + offered.length) % offered.length] ?? null);
  }

  input.addEventListener("click", () => { if (list.hidden) { if (!multiple) input.select(); open(); } });
  input.addEventListener("input", () => open(input.value));
  input.addEventListener("keydown", (event) => {
    const { key } = event;
    if (key === "ArrowDown" || key === "ArrowUp") step(key === "ArrowDown" ? 1 : -1);
    else if (key === "Enter" && !list.hidden) { if (active) choose(active.dataset.value); }
    else if (key === "Escape" && !list.hidden) close();
    else if (key === "Backspace" && multiple && !input.value && values.length) toggle(values.at(-1));
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the field
  const root = h("div", { className: "picker" }, chips, input, list);
  root.addEventListener("focusout", (event) => { if (!root.contains(event.relatedTarget)) close(); });
  redraw();
  return { root, input, value: () => (multiple ? [...values] : values[0] ?? null) };
}
