// The blocks of a view that changes while somebody is in it: what has not changed stays as it is, with what was typed.
import { act } from "./api.js";
import { drawn, keyOf, unknownKeys, unsupported } from "./blocks.js";
import { freshId, h, keyed } from "./dom.js";
import { field, keysOf } from "./fields.js";
import { groupsOf } from "./picker.js";

/** Return what a block is, without what stands in its fields at first: Slack keeps what was entered. */
function signature(block, view) {
  const withoutStart = (key, value) => (key.startsWith("initial_") ? undefined : value);
  return JSON.stringify([block, view.errors[block.block_id]], withoutStart) + JSON.stringify(Object.entries(view.offered).filter(([key]) => key.startsWith(`${block.block_id} `)));
}

/** A view in `place`; with `announces`, texts that change are read out. */
export class View {
  constructor(place, { announces = false } = {}) {
    this.place = place;
    this.announces = announces;
    this.shown = null;
    this.fields = new Map(); // by key: { block, element, part, touched, input, value(), kept() }
    this.acting = Promise.resolve();
  }

  /** Forget everything. */
  clear() {
    this.shown = null;
    this.fields.clear();
    this.place.replaceChildren();
  }

  /** Draw a view as it is now; `left` is what stood in fields before a reload, by key. */
  draw(view, left = {}) {
    if (this.shown !== null && this.shown.id !== view.id) this.clear();
    const focused = this.focused();
    this.shown = view;
    keyed(this.place, view.blocks, ({ block_id: id }) => id, () => h("div", { className: "part" }), (part, block) => this.update(part, block, left));
    for (const [key, { part }] of this.fields) if (!part.isConnected) this.fields.delete(key);
    this.keepFocus(focused);
  }

  update(part, block, left) {
    const own = [...this.fields.values()].filter((each) => each.part === part);
    const is = signature(block, this.shown);
    if (part.is === is && own.every((each) => each.touched || this.stands(each))) return;
    part.is = is;
    if (this.announces && ["section", "context"].includes(block.type)) part.setAttribute("aria-live", "polite");
    const kept = Object.fromEntries(own.filter(({ touched }) => touched).map(({ block: of, element, kept: stands }) => [keyOf(of, element), stands()]));
    part.replaceChildren(drawn(block, this.surface(part, { ...left, ...kept })));
  }

  /** Say whether a field shows what stands in the view. */
  stands({ block, element, value }) {
    const plain = (each) => (Array.isArray(each) ? each.map(plain) : each?.value ?? each ?? null);
    return JSON.stringify(plain(this.shown.values[keyOf(block, element)])) === JSON.stringify(plain(value()));
  }

  surface(part, kept) {
    const values = { ...this.shown.values, ...kept };
    const keeps = (block, element, made) =>
      this.fields.set(keyOf(block, element), { block, element, part, touched: keyOf(block, element) in kept, ...made });
    return {
      values, offered: this.shown.offered, keeps,
      act: (block, element, value) => this.act(block, element, value),
      search: (block, element, text) => this.search(block, element, text),
      input: (block) => this.input(block, values, keeps),
    };
  }

  input(block, values, keeps) {
    const { element } = block;
    const known = keysOf(element.type);
    if (!known) return unsupported(`an input of type “${element.type}”`);
    const strange = unknownKeys(element, ["action_id", "focus_on_load", ...known]) ?? unknownKeys(block, ["label", "hint", "element", "optional", "dispatch_action"]);
    if (strange) return unsupported(`“${strange}” in the field “${block.label.text}”`);
    const error = this.shown.errors[block.block_id];
    const [id, hintId, errorId] = [freshId("field"), freshId("hint"), freshId("error")];
    const told = [error && errorId, block.hint && hintId].filter(Boolean).join(" ");
    const key = keyOf(block, element);
    const attributes = { id, "data-key": key, "aria-describedby": told || null, "aria-invalid": error ? "true" : null, "aria-required": block.optional ? null : "true" };
    const made = field(element, {
      value: values[key], offered: this.shown.offered[key] ?? [], name: block.label.text, attributes,
      find: (text) => this.search(block, element, text),
      changed: (ends) => this.changed(key, ends), tells: block.dispatch_action,
    });
    keeps(block, element, made);
    return h("div", { className: error ? "field wrong" : "field" },
      h("label", { htmlFor: id }, block.label.text, block.optional && h("small", {}, " (optional)")),
      made.root,
      error && h("p", { className: "error", id: errorId }, error),
      block.hint && h("p", { className: "hint", id: hintId }, block.hint.text));
  }

  /** Tell the app of a choice where it wants to hear of it; what a search brought is told to Slack in any case. */
  changed(key, ends) {
    const each = this.fields.get(key);
    each.touched = true;
    if (ends && (each.block.dispatch_action || each.element.type.endsWith("external_select"))) this.act(each.block, each.element, each.value());
  }

  /** What a person has entered, as [block, action, value]; `except` is what an act tells anyhow. */
  entered(except = null) {
    return [...this.fields].filter(([key, { touched }]) => touched && key !== except)
      .map(([, { block, element, value }]) => [block.block_id, element.action_id, value()]);
  }

  /** What has to be kept over a reload, by key. */
  kept() {
    return Object.fromEntries([...this.fields].filter(([, { touched }]) => touched).map(([key, { kept }]) => [key, kept()]));
  }

  /** Press or choose, one act after the other. */
  act(block, element, value) {
    const known = this.fields.get(keyOf(block, element));
    if (known) known.touched = true;
    const details = { view: this.shown.id, block: block.block_id, action: element.action_id, value, values: this.entered(keyOf(block, element)) };
    this.acting = this.acting.then(() => act("act_in_view", details));
    return this.acting;
  }

  async search(block, element, text) {
    await this.acting; // what was chosen before has to be known there
    const found = await act("search", { view: this.shown.id, block: block.block_id, action: element.action_id, text });
    return found && groupsOf(found);
  }

  focused() {
    const { activeElement: at } = document;
    return this.place.contains(at) ? { at, key: at.dataset.key, action: at.dataset.action ?? at.dataset.key?.split(" ")[1], text: at.textContent } : null;
  }

  /** Give the focus to the successor of what had it, if that was taken away. */
  keepFocus(before) {
    if (before === null || before.at.isConnected) return;
    const controls = [...this.place.querySelectorAll("input, textarea, button, a")];
    const heir = controls.find(({ dataset }) => before.key && dataset.key === before.key)
      ?? controls.find(({ dataset }) => before.action && (dataset.action ?? dataset.key?.split(" ")[1]) === before.action)
      ?? controls.find(({ textContent }) => textContent === before.text)
      ?? controls[0] ?? this.place;
    heir.focus();
  }
}
