// What can be filled in or chosen in, in a form, on the Home tab or in a message.
import { freshId, h } from "./dom.js";
import { groupsOf, Picker } from "./picker.js";

/** By type, the keys that an element may have, and how it is made: { root, input, value(), kept() }. */
const FIELDS = {
  plain_text_input: [["multiline", "max_length", "min_length", "initial_value", "placeholder"], text],
  static_select: [["options", "option_groups", "initial_option", "placeholder"], menu],
  multi_static_select: [["options", "option_groups", "initial_options", "max_selected_items", "placeholder"], menu],
  external_select: [["min_query_length", "initial_option", "placeholder"], menu],
  multi_external_select: [["min_query_length", "initial_options", "max_selected_items", "placeholder"], menu],
  users_select: [["initial_user", "placeholder"], conversations],
  conversations_select: [["filter", "initial_conversation", "default_to_current_conversation", "placeholder"], conversations],
  radio_buttons: [["options", "initial_option"], radios],
  checkboxes: [["options", "initial_options"], boxes],
  datepicker: [["initial_date", "placeholder"], date],
};

/** The keys of this type of element, undefined when this page has no such field. */
export const keysOf = (type) => FIELDS[type]?.[0];

/** What stands in an element that nobody has touched. */
export const initialOf = (element) =>
  element.initial_option ?? element.initial_options ?? element.initial_date ?? element.initial_value ?? element.initial_conversation ?? element.initial_user ?? null;

/**
 * Make a field. `value` is what stands in it, as the state of a view has it; `offered` are the conversations or people
 * of its menu; `find(text)` asks the app; `changed(ends)` is called when a person changed it, `ends` when that is a
 * choice. With `tells` the app wants to hear of it.
 */
export function field(element, details) {
  return FIELDS[element.type][1](element, details);
}

function text(element, { value, attributes, changed, tells }) {
  const control = h(element.multiline ? "textarea" : "input", {
    value: value ?? "", placeholder: element.placeholder?.text, maxLength: element.max_length ?? 3000, spellcheck: false,
    oninput: () => changed(false), ...attributes,
  });
  if (element.multiline) control.rows = 3;
  else control.type = "text";
  control.addEventListener("keydown", (event) => { // the app hears of a text when Enter is pressed in it, not before
    if (!tells || element.multiline || event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    changed(true);
  });
  return { root: control, input: control, value: () => control.value || null, kept: () => control.value || null };
}

function menu(element, { value, find, ...details }) {
  const groups = groupsOf(element);
  const known = new Map(groups.flatMap(({ options }) => options).map((option) => [option.value, option]));
  const isExternal = element.type.endsWith("external_select");
  const chosen = [value ?? []].flat().map((option) => (isExternal ? option : known.get(option.value ?? option))).filter(Boolean);
  return picker({
    groups, chosen, multiple: element.type.startsWith("multi_"), max: element.max_selected_items,
    find: isExternal ? find : null, least: element.min_query_length ?? 3,
  }, element, details);
}

function conversations(element, { value, offered, ...details }) {
  const chosen = offered.filter((option) => option.value === value);
  return picker({ groups: [{ label: "", options: offered }], chosen }, element, details);
}

function picker(own, element, { attributes, name, changed }) {
  const made = new Picker({ ...own, placeholder: element.placeholder?.text ?? "Search or choose", attributes, name, changed: () => changed(true) });
  const kept = () => (own.find ? (own.multiple ? made.options() : made.options()[0] ?? null) : made.value());
  return { root: made.root, input: made.input, value: () => made.value(), kept };
}

function boxes({ options }, { value, attributes, name, changed }) {
  const ticked = new Set([value ?? []].flat().map((option) => option.value ?? option));
  const made = options.map((option) => h("input", {
    type: "checkbox", value: option.value, checked: ticked.has(option.value), "data-key": attributes["data-key"], onchange: () => changed(true),
  }));
  const root = h("div", { id: attributes.id, role: "group", "aria-label": name, "aria-describedby": attributes["aria-describedby"], className: "choices" }, labelled(made, options));
  const told = () => made.filter(({ checked }) => checked).map((box) => box.value);
  return { root, input: made[0], value: told, kept: told };
}

/** Options that are in sight, each beside its button or box. */
const labelled = (made, options) => options.map(({ text: label, description }, at) => h("label", {}, made[at], label.text, description && h("small", {}, description.text)));

function radios({ options }, { value, attributes, name, changed }) {
  const group = freshId("radio");
  const buttons = options.map((option) => h("input", {
    type: "radio", name: group, value: option.value, checked: option.value === (value?.value ?? value), "data-key": attributes["data-key"], onchange: () => changed(true),
  }));
  const root = h("div", { role: "radiogroup", ...attributes, "aria-label": name, className: "choices" }, labelled(buttons, options));
  const chosen = () => buttons.find(({ checked }) => checked);
  const told = () => chosen()?.value ?? null;
  return { root, input: chosen() ?? buttons[0], value: told, kept: told };
}

function date(_element, { value, attributes, changed }) {
  const control = h("input", { type: "date", value: value ?? "", min: "1970-01-01", max: "2199-12-31", ...attributes });
  const day = () => (control.validity.valid && control.value) || null;
  let told = day();
  control.addEventListener("change", () => { // a year that is being typed is none yet
    if (day() === told || !control.validity.valid) return;
    told = day();
    changed(true);
  });
  return { root: control, input: control, value: day, kept: day };
}
