// The modal in front of the person: drawn from the view, with what was typed kept as Slack keeps it.
import { act } from "./api.js";
import { blocks, unknownKeys, unsupported } from "./blocks.js";
import { byId, freshId, h } from "./dom.js";
import { Picker } from "./picker.js";

const dialog = byId("modal");
let view = null;
let fields = [];

/** By type, the keys that an element may have, and how it is made: { root, input, value() }. */
const ELEMENTS = {
  plain_text_input: [["multiline", "max_length", "min_length", "initial_value", "placeholder"], textInput],
  static_select: [["options", "option_groups", "initial_option", "placeholder"], menu],
  multi_static_select: [["options", "option_groups", "initial_options", "max_selected_items", "placeholder"], menu],
  conversations_select: [["filter", "initial_conversation", "default_to_current_conversation", "placeholder"], conversations],
};

/** Show the view that is in front now; null closes the dialog. */
export function showModal(shown) {
  const typed = view === null ? beforeReload(shown) : inFields();
  const same = shown !== null && (view === null || shown.id === view.id);
  const kept = same ? { ...shown, values: { ...shown.values } } : shown;
  if (same) for (const [key, value] of Object.entries(typed)) if (key in kept.values) kept.values[key] = value;
  view = kept;
  if (view === null) { fields = []; dialog.close(); return; }
  draw();
  if (!dialog.open) dialog.showModal();
  focusWhereItMatters();
}

const inFields = () => Object.fromEntries(fields.map((field) => [field.key, field.value()]));

/** What stood in this form when the page was left; a reload loses nothing. */
function beforeReload(shown) {
  const left = JSON.parse(sessionStorage.getItem("form"));
  return left !== null && left.view === shown?.id ? left.values : {};
}
addEventListener("pagehide", () => sessionStorage.setItem("form", JSON.stringify(view && { view: view.id, values: inFields() })));

function draw() {
  fields = [];
  const body = h("div", { className: "body" }, blocks(view.blocks, press, input));
  if (!fields.length) Object.assign(body, { tabIndex: 0, role: "group", ariaLabel: view.title.text }); // else no key scrolls it
  const submit = view.submit && h("button", { className: "primary", type: "submit" }, view.submit.text);
  const form = h("form", { noValidate: true, autocomplete: "off", onsubmit: submitted },
    h("header", {}, h("h2", { id: "modal-title" }, view.title.text), h("button", { type: "button", className: "quiet", "aria-label": "Close the form", onclick: close }, "×")),
    body,
    h("footer", {}, h("button", { type: "button", onclick: close }, view.close?.text ?? "Cancel"), submit));
  dialog.replaceChildren(form);
}

function focusWhereItMatters() {
  const wrong = fields.find((field) => field.block.block_id in view.errors);
  (wrong ?? fields[0])?.input.focus();
  wrong?.input.closest(".field").scrollIntoView({ block: "nearest" }); // what is wrong stands below what has the focus
  if (!fields.length) dialog.querySelector("footer button").focus();
}

function input(block) {
  const { element } = block;
  const [known, make] = ELEMENTS[element.type] ?? [];
  if (!make) return unsupported(`an input of type “${element.type}”`);
  const strange = unknownKeys(element, ["action_id", "focus_on_load", ...known]) ?? unknownKeys(block, ["label", "hint", "element", "optional"]);
  if (strange) return unsupported(`“${strange}” in the field “${block.label.text}”`);
  const error = view.errors[block.block_id];
  const [id, hintId, errorId] = [freshId("field"), freshId("hint"), freshId("error")];
  const told = [error && errorId, block.hint && hintId].filter(Boolean).join(" ");
  const attributes = { id, "aria-describedby": told || null, "aria-invalid": error ? "true" : null, "aria-required": block.optional ? null : "true" };
  const key = `${block.block_id} ${element.action_id}`;
  const control = make(element, view.values[key], attributes, key);
  fields.push({ block, key, input: control.input, value: () => control.value() });
  return h("div", { className: error ? "field wrong" : "field" },
    h("label", { htmlFor: id }, block.label.text, block.optional && h("small", {}, " (optional)")),
    control.root,
    error && h("p", { className: "error", id: errorId }, error),
    block.hint && h("p", { className: "hint", id: hintId }, block.hint.text));
}

function textInput(element, value, attributes) {
  const control = h(element.multiline ? "textarea" : "input", {
    value: value ?? "", placeholder: element.placeholder?.text, maxLength: element.max_length ?? 3000, spellcheck: false, ...attributes,
  });
  if (element.multiline) control.rows = 3;
  else control.type = "text";
  return { root: control, input: control, value: () => control.value || null };
}

function menu(element, value, attributes) {
  const groups = element.option_groups?.map(({ label, options }) => ({ label: label.text, options })) ?? [{ label: "", options: element.options }];
  const chosen = [value ?? []].flat().map((option) => option.value ?? option);
  const multiple = element.type.startsWith("multi_");
  return new Picker({ groups, chosen, multiple, max: element.max_selected_items, placeholder: element.placeholder?.text ?? "Search or choose", attributes });
}

function conversations(element, value, attributes, key) {
  const groups = [{ label: "", options: view.offered[key] }];
  return new Picker({ groups, chosen: value ? [value] : [], multiple: false, placeholder: element.placeholder?.text ?? "Search or choose", attributes });
}

const entered = () => Object.fromEntries(fields.map((field) => [field.block.label.text, field.value()]));
const press = (button) => act("press_in_modal", { view: view.id, label: button.text.text, values: entered() });
const close = () => act("close", { view: view.id });

async function submitted(event) {
  event.preventDefault();
  const button = event.target.querySelector("[type=submit]");
  if (!button || button.disabled) return;
  button.disabled = true;
  await act("submit", { view: view.id, values: entered() });
  button.disabled = false;
}

dialog.addEventListener("close", () => { if (document.activeElement === document.body) byId("line").focus(); });
dialog.addEventListener("cancel", (event) => { event.preventDefault(); close(); });
dialog.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) dialog.querySelector("form").requestSubmit();
});
