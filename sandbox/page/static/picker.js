// A menu with search, for one option or for several: a combobox as ARIA describes it.
import { freshId, h } from "./dom.js";

const NOTHING = "Nothing of that name.";
const flat = (groups) => groups.flatMap((group) => group.options);

/** Return groups as this menu takes them, [{ label, options }], of Block Kit's `options` or `option_groups`. */
export const groupsOf = ({ options, option_groups: groups }) =>
  groups?.map((group) => ({ label: group.label.text, options: group.options })) ?? [{ label: "", options: options ?? [] }];

/**
 * `groups` are the options that are there from the beginning, `find(text)` resolves to the groups that the app offers
 * for what was typed, null when it did not answer; it is asked from `least` letters on. `chosen` are options, in the
 * order of choice; `max` is how many may be chosen; `changed()` is called when a person chose.
 * `root` goes into the page, `input` takes the focus, `value()` tells what is chosen.
 */
export class Picker {
  constructor({ groups = [], find = null, least = 0, chosen, multiple = false, max, placeholder, attributes, name, changed }) {
    Object.assign(this, { groups, find, least, multiple, max, changed });
    this.byValue = new Map([...flat(groups), ...chosen].map((option) => [option.value, option]));
    this.values = chosen.map(({ value }) => value);
    this.rows = [];
    this.active = null;
    this.chips = h("ul", { className: "chips", "aria-label": `${name}: chosen` });
    this.list = h("div", { id: freshId("options"), className: "options", role: "listbox", "aria-label": name, tabIndex: -1, hidden: true, "aria-multiselectable": multiple ? "true" : null });
    this.said = h("p", { className: "unseen", role: "status" });
    this.input = h("input", {
      type: "text", placeholder, autocomplete: "off", spellcheck: false, role: "combobox",
      "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id, ...attributes,
    });
    this.root = h("div", { className: "picker" }, this.chips, this.input, this.list, this.said);
    this.listen();
    this.redraw();
  }

  value() { return this.multiple ? [...this.values] : this.values[0] ?? null; }
  options() { return this.values.map((value) => this.byValue.get(value)); }

  listen() {
    this.input.addEventListener("click", () => this.clicked());
    this.input.addEventListener("focus", () => this.offerToReplace()); // however it came there: by keys, or as a form opened
    this.input.addEventListener("input", () => this.open(this.input.value));
    this.input.addEventListener("keydown", (event) => this.pressed(event));
    this.list.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the field
    this.root.addEventListener("focusout", (event) => { if (!this.root.contains(event.relatedTarget)) this.close(); });
  }

  clicked() {
    if (!this.list.hidden) return;
    this.offerToReplace();
    this.open();
  }

  /** Have what is typed next searched for, instead of added to what is chosen. */
  offerToReplace() { if (!this.multiple && this.list.hidden) this.input.select(); }

  pressed(event) {
    const { key } = event;
    const isOpen = !this.list.hidden;
    if (key === "ArrowDown" || key === "ArrowUp") this.step(key === "ArrowDown" ? 1 : -1);
    else if (key === "Enter" && isOpen) { if (this.active) this.choose(this.active.dataset.value); }
    else if (key === "Escape" && isOpen) this.close();
    else if (key === "Backspace" && this.multiple && !this.input.value && this.values.length) this.remove(this.values.at(-1));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Show the options in which the searched words stand, text or description; or those that the app offers for them. */
  open(search = "") {
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    if (this.find) { this.look(search); return; }
    const wanted = search.trim().toLowerCase();
    const fits = ({ text, description }) => `${text.text} ${description?.text ?? ""}`.toLowerCase().includes(wanted);
    this.show(this.groups.map(({ label, options }) => ({ label, options: options.filter(fits) })), NOTHING);
  }

  /** Ask the app, one search at a time: what was typed meanwhile is asked for next. */
  async look(search) {
    this.wanted = search;
    this.move(null); // Enter shall not choose what an earlier search brought
    if (this.looking) return;
    this.looking = true;
    let [asked, found] = [null, null];
    while (asked !== this.wanted) {
      asked = this.wanted;
      this.list.setAttribute("aria-busy", "true");
      if (!this.rows.length) this.note("Searching …");
      found = asked.length < this.least ? [] : await this.find(asked);
    }
    this.looking = false;
    this.list.removeAttribute("aria-busy");
    if (this.list.hidden) return;
    for (const option of flat(found ?? [])) this.byValue.set(option.value, option);
    this.show(found ?? [], asked.length < this.least ? `Type at least ${this.least} letters.` : found ? NOTHING : "The app did not answer. Type again.");
  }

  show(groups, nothing) {
    this.rows = [];
    this.list.replaceChildren(...groups.map(({ label, options }) => this.group(label, options)).filter(Boolean));
    if (!this.rows.length) this.note(nothing);
    else this.said.textContent = this.rows.length === 1 ? "1 option" : `${this.rows.length} options`;
    this.list.scrollIntoView({ block: "nearest" });
    const chosen = this.rows.find((row) => !this.multiple && this.values.includes(row.dataset.value));
    this.move(chosen ?? this.rows[0] ?? null);
  }

  note(text) {
    const nothing = { className: "none", role: "option", "aria-disabled": "true", "aria-selected": "false" }; // a list holds options
    this.list.replaceChildren(h("div", nothing, text));
    this.said.textContent = text;
  }

  group(label, options) {
    if (!options.length) return null;
    const title = label && h("div", { className: "group", "aria-hidden": "true" }, label);
    return h("div", { role: "group", "aria-label": label || null }, title, options.map((option) => this.row(option)));
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
    if (this.list.hidden) return;
    this.list.hidden = true;
    this.said.textContent = "";
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
    if (this.list.hidden) return this.open(this.multiple ? this.input.value : "");
    const at = this.rows.indexOf(this.active) + by;
    this.move(this.rows[(at + this.rows.length) % this.rows.length] ?? null);
  }

  choose(value) {
    const before = JSON.stringify(this.values);
    if (!this.multiple) this.values = [value];
    else if (this.values.includes(value)) return this.remove(value);
    else if (!this.max || this.values.length < this.max) this.values.push(value);
    const isNew = before !== JSON.stringify(this.values);
    if (isNew) this.changed(); // told before the next search, which takes the place of what was found
    if (!this.multiple) this.close();
    else if (this.input.value) { this.input.value = ""; this.open(); }
    this.redraw();
    this.offerToReplace();
    if (this.multiple) this.tell(isNew ? `${this.textOf(value)} chosen, ${this.values.length} in all.` : `No more than ${this.max} can be chosen.`);
  }

  remove(value) {
    this.values = this.values.filter((each) => each !== value);
    this.redraw();
    this.tell(`${this.textOf(value)} removed, ${this.values.length} left.`);
    this.changed();
  }

  tell(text) { this.said.textContent = text; }
  textOf(value) { return this.byValue.get(value)?.text.text ?? value; }

  redraw() {
    if (this.multiple) this.chips.replaceChildren(...this.values.map((value) => this.chip(value)));
    else if (this.list.hidden) this.input.value = this.values.length ? this.textOf(this.values[0]) : "";
    for (const row of this.rows) row.setAttribute("aria-selected", this.values.includes(row.dataset.value));
  }

  chip(value) {
    const name = this.textOf(value);
    const remove = () => { this.remove(value); this.input.focus(); };
    return h("li", {}, name, h("button", { type: "button", tabIndex: -1, "aria-label": `Remove ${name}`, onclick: remove }, "×"));
  }
}
