// The blocks that the bot uses, and no others: anything else shows as an error that nobody overlooks.
import { h } from "./dom.js";
import { mrkdwn } from "./mrkdwn.js";
import { confirmed } from "./confirm.js";

/** What this page can draw: by type, the keys it knows beside `type` and `block_id`, and how it is drawn. */
const BLOCKS = {
  section: [["text", "fields"], (block) => h("div", { className: "section" },
    block.text && h("p", {}, text(block.text)),
    block.fields && h("div", { className: "fields" }, block.fields.map((field) => h("p", {}, text(field)))))],
  context: [["elements"], (block) => h("p", { className: "context" }, block.elements.flatMap(text))],
  header: [["text"], (block) => h("h2", {}, text(block.text))],
  actions: [["elements"], (block, press) => h("div", { className: "actions" }, block.elements.map((each) => element(each, press)))],
};
const BUTTON = ["action_id", "text", "value", "url", "style", "accessibility_label", "confirm"];

/** Return the nodes of blocks. `press(button)` is called when a button is pressed; `input(block)` draws inputs. */
export function blocks(list, press, input) {
  return list.map((block) => {
    if (block.type === "input" && input) return input(block);
    const [known, draw] = BLOCKS[block.type] ?? [];
    if (!draw) return unsupported(`a block of type “${block.type}”`);
    const strange = unknownKeys(block, known);
    return strange ? unsupported(`“${strange}” in a block of type “${block.type}”`) : draw(block, press);
  });
}

/** Return the first key of a block or element that is not among the known ones. */
export const unknownKeys = (node, known) => Object.keys(node).find((key) => !["type", "block_id", ...known].includes(key));

/** Return the nodes of a text object. */
export function text(object) {
  if (object.type === "mrkdwn") return mrkdwn(object.text, object.verbatim);
  return object.type === "plain_text" ? [object.text] : [unsupported(`a text of type “${object.type}”`)];
}

function element(button, press) {
  const strange = button.type !== "button" ? `an element of type “${button.type}”` : unknownKeys(button, BUTTON);
  if (strange) return unsupported(strange);
  const pressed = async (event) => {
    const pressing = event.currentTarget;
    if (pressing.ariaDisabled) return;
    if (button.confirm && !(await confirmed(button.confirm, text(button.confirm.text)))) return;
    if (/^https?:/i.test(button.url ?? "")) window.open(button.url, "_blank", "noopener"); // Slack does both
    pressing.setAttribute("aria-disabled", "true"); // `disabled` would take the focus away
    await press(button);
    pressing.removeAttribute("aria-disabled");
  };
  return h("button", { type: "button", className: button.style ?? "", "aria-label": button.accessibility_label, onclick: pressed }, button.text.text);
}

/** Return an error in the place of something that this page does not draw. */
export function unsupported(what) {
  return h("p", { className: "unsupported", role: "alert" },
    h("strong", {}, "This page cannot draw "), `${what}. `,
    "It draws what the bot uses and no more; sandbox/page/static/blocks.js is where that is told.");
}
