// A menu with search, for one option or for several: a combobox as ARIA describes it.
import { freshId, h } from "./dom.js";

/**
 * `groups` are [{ label, options }] with options as in Block Kit; `chosen` are values, in the order of choice;
 * `max` is how many may be chosen. `root` goes into the page, `input` takes the focus, `value()` tells what is chosen.
 */
export class Picker {
  constructor({ groups, chosen, multiple, max, placeholder, attributes }) {
    this.groups = groups;
    this.multiple = multiple;
    this.max = max;
    this.byValue = new Map(groups.flatMap((group) => group.options).map((option) => [option.value, option]));
    this.values = chosen.filter((value) => this.byValue.has(value));
    this.rows = [];
    this.active = null;
    this.chips = h("ul", { className: "chips", "aria-label": "Chosen" });
    this.list = h("div", { id: freshId("options"), className: "options", role: "listbox", tabIndex: -1, hidden: true, "aria-multiselectable": multiple || null });
    this.input = h("input", {
      type: "text", placeholder, autocomplete: "off", spellcheck: false, role: "combobox",
      "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id, ...attributes,
    });
    this.root = h("div", { className: "picker" }, this.chips, this.input, this.list);
    this.listen();
    this.redraw();
  }

  value() { return this.multiple ? [...this.values] : this.values[0] ?? null; }

  listen() {
    this.input.addEventListener("click", () => this.clicked());
    this.input.addEventListener("input", () => this.open(this.input.value));
    this.input.addEventListener("keydown", (event) => this.pressed(event));
    this.list.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the field
    this.root.addEventListener("focusout", (event) => { if (!this.root.contains(event.relatedTarget)) this.close(); });
  }

  clicked() {
    if (!this.list.hidden) return;
    if (!this.multiple) this.input.select();
    this.open();
  }

  pressed(event) {
    const { key } = event;
    const isOpen = !this.list.hidden;
    if (key === "ArrowDown" || key === "ArrowUp") this.step(key === "ArrowDown" ? 1 : -1);
    else if (key === "Enter" && isOpen) { if (this.active) this.choose(this.active.dataset.value); }
    else if (key === "Escape" && isOpen) this.close();
    else if (key === "Backspace" && this.multiple && !this.input.value && this.values.length) this.toggle(this.values.at(-1));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Show the options in which the searched words stand, text or description. */
  open(search = "") {
    const wanted = search.trim().toLowerCase();
    const fits = ({ text, description }) => `${text.text} ${description?.text ?? ""}`.toLowerCase().includes(wanted);
    this.rows = [];
    this.list.replaceChildren(...this.groups.map((group) => this.group(group.label, group.options.filter(fits))).filter(Boolean));
    if (!this.rows.length) this.list.append(h("div", { className: "none" }, "Nothing of that name."));
    this.list.hidden = false;
    this.list.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-expanded", "true");
    const chosen = this.rows.find((row) => !this.multiple && this.values.includes(row.dataset.value));
    this.move(chosen ?? this.rows[0] ?? null);
  }

  group(label, options) {
    if (!options.length) return null;
    const title = label && h("div", { className: "group", "aria-hidden": "true" }, label);
    return h("div", { role: "group", "aria-label": label }, title, options.map((option) => this.row(option)));
  }

  row({ text, value, description }) {
    const row = h("div", {
      id: freshId("option"), role: "option", "data-value": value, "aria-selected": this.values.includes(value),
      onclick: () => this.choose(value),
    }, h("span", {}, text.text), description && h("small", {}, description.text));
    this.rows.push(row);
    return row;
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    if (this.multiple) this.input.value = "";
    this.move(null);
    this.redraw();
  }

  move(row) {
    this.active?.classList.remove("active");
    this.active = row;
    if (!row) return this.input.removeAttribute("aria-activedescendant");
    row.classList.add("active");
    row.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", row.id);
  }

  step(by) {
    if (this.list.hidden) return this.open();
    const at = this.rows.indexOf(this.active) + by;
    this.move(this.rows[(at + this.rows.length) % this.rows.length] ?? null);
  }

  choose(value) {
    this.toggle(value);
    if (!this.multiple) this.close();
    else if (this.input.value) { this.input.value = ""; this.open(); }
  }

  toggle(value) {
    if (!this.multiple) this.values = [value];
    else if (this.values.includes(value)) this.values = this.values.filter((each) => each !== value);
    else if (!this.max || this.values.length < this.max) this.values.push(value);
    this.redraw();
  }

  redraw() {
    if (this.multiple) this.chips.replaceChildren(...this.values.map((value) => this.chip(value)));
    else if (this.list.hidden) this.input.value = this.byValue.get(this.values[0])?.text.text ?? "";
    for (const row of this.rows) row.setAttribute("aria-selected", this.values.includes(row.dataset.value));
  }

  chip(value) {
    const name = this.byValue.get(value).text.text;
    const remove = () => { this.toggle(value); this.input.focus(); };
    return h("li", {}, name, h("button", { type: "button", tabIndex: -1, "aria-label": `Remove ${name}`, onclick: remove }, "×"));
  }
}
