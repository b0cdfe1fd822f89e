// The blocks that the bot uses, and no others: anything else shows as an error that nobody overlooks.
import { chart } from "./charts.js";
import { h } from "./dom.js";
import { field, initialOf, keysOf } from "./fields.js";
import { markdown } from "./markdown.js";
import { mrkdwn } from "./mrkdwn.js";
import { confirmed } from "./confirm.js";
import { overflow } from "./overflow.js";
import { dataTable, plainTable } from "./tables.js";

/** What this page can draw: by type, the keys it knows beside `type` and `block_id`, and how it is drawn. */
const BLOCKS = {
  section: [["text", "fields", "accessory"], section],
  context: [["elements"], (block) => h("p", { className: "context" }, block.elements.flatMap(text))],
  header: [["text"], (block) => h("h2", {}, text(block.text))],
  divider: [[], () => h("hr")],
  actions: [["elements"], (block, surface) => h("div", { className: "actions" }, block.elements.map((each) => element(block, each, surface)))],
  data_table: [["caption", "rows", "page_size", "row_header_column_index"], (block, surface) => dataTable(block, placeOf(block, surface))],
  table: [["rows", "column_settings"], (block, surface) => plainTable(block, placeOf(block, surface))],
  data_visualization: [["title", "chart"], (block, surface) => chart(block, placeOf(block, surface))],
  markdown: [["text"], (block) => h("div", { className: "markdown" }, markdown(block.text))],
};
const BUTTON = ["action_id", "text", "value", "url", "style", "accessibility_label", "confirm"];

/**
 * Return the nodes of a block. `surface` is what it stands on: `act(block, element, value)` resolves when a press or a
 * choice has been dealt with, `search(block, element, text)` to the groups that the app offers; `input(block)` draws
 * inputs, `keeps(block, element, field)` takes the fields that stand elsewhere, `values` what stands in them; `key`
 * tells it from other surfaces.
 */
export function drawn(block, surface) {
  if (block.type === "input" && surface.input) return surface.input(block);
  const [known, draw] = BLOCKS[block.type] ?? [];
  if (!draw) return unsupported(`a block of type “${block.type}”`);
  const strange = unknownKeys(block, known);
  return strange ? unsupported(`“${strange}” in a block of type “${block.type}”`) : draw(block, surface);
}

const placeOf = (block, surface) => `${surface.key} ${block.block_id}`;

/** Return the first key of a block or element that is not among the known ones. */
export const unknownKeys = (node, known) => Object.keys(node).find((key) => !["type", "block_id", ...known].includes(key));

/** Return the nodes of a text object. */
export function text(object) {
  if (object.type === "mrkdwn") return mrkdwn(object.text, object.verbatim);
  return object.type === "plain_text" ? [object.text] : [unsupported(`a text of type “${object.type}”`)];
}

function section(block, surface) {
  const said = h("div", {},
    block.text && h("p", {}, text(block.text)),
    block.fields && h("div", { className: "fields" }, block.fields.map((each) => h("p", {}, text(each)))));
  const title = said.querySelector("p").textContent.split("\n")[0];
  return h("div", { className: "section" }, said, block.accessory && element(block, block.accessory, surface, title));
}

/** What stands in blocks beside text; `beside` is the text that says what it is about. */
function element(block, each, surface, beside) {
  if (each.type === "button") return button(block, each, surface);
  if (each.type === "overflow") return more(block, each, surface, beside);
  const known = keysOf(each.type);
  const strange = known ? unknownKeys(each, ["action_id", "focus_on_load", ...known]) : `an element of type “${each.type}”`;
  if (strange) return unsupported(strange);
  const key = keyOf(block, each);
  const name = each.placeholder?.text ?? beside ?? "Choose";
  const made = field(each, {
    value: surface.values?.[key] ?? initialOf(each), offered: surface.offered?.[key] ?? [], name, attributes: { "aria-label": name, "data-key": key },
    find: (typed) => surface.search(block, each, typed),
    changed: (ends) => ends && surface.act(block, each, made.value()),
  });
  surface.keeps?.(block, each, made);
  return h("div", { className: "lone" }, made.root);
}

/** What identifies an element, and its place in the state of a view. */
export const keyOf = (block, each) => `${block.block_id} ${each.action_id}`;

function more(block, each, surface, beside) {
  const strange = unknownKeys(each, ["action_id", "options"]);
  if (strange) return unsupported(`“${strange}” in a menu of type “overflow”`);
  return overflow(each.options, beside ? `More for ${beside}` : "More", (option) => {
    follow(option.url);
    surface.act(block, each, option.value);
  });
}

/** Open an address; Slack does that beside telling the app. */
function follow(url) {
  if (/^https?:/i.test(url ?? "")) window.open(url, "_blank", "noopener");
}

function button(block, each, surface) {
  const strange = unknownKeys(each, BUTTON);
  if (strange) return unsupported(strange);
  const pressed = async (event) => {
    const pressing = event.currentTarget;
    if (pressing.ariaDisabled) return;
    if (each.confirm && !(await confirmed(each.confirm, text(each.confirm.text)))) return;
    follow(each.url);
    pressing.setAttribute("aria-disabled", "true"); // `disabled` would take the focus away
    await surface.act(block, each);
    pressing.removeAttribute("aria-disabled");
  };
  return h("button", { type: "button", className: each.style ?? "", "aria-label": each.accessibility_label, "data-action": each.action_id, onclick: pressed }, each.text.text);
}

/** Return an error in the place of something that this page does not draw. */
export function unsupported(what) {
  console.error(`This page cannot draw ${what}.`); // so that no browser test passes with it
  return h("p", { className: "unsupported", role: "alert" },
    h("strong", {}, "This page cannot draw "), `${what}. `,
    "It draws what the bot uses and no more; sandbox/page/static/blocks.js is where that is told.");
}
