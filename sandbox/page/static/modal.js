// The modal in front of the person: drawn from the view, with what was typed kept as Slack keeps it.
import { act } from "./api.js";
import { byId, h } from "./dom.js";
import { View } from "./view.js";

const dialog = byId("modal");
const title = h("h2", { id: "modal-title" });
const body = h("div", { className: "body" });
const cancel = h("button", { type: "button", onclick: close });
const submit = h("button", { className: "primary", type: "submit" });
const form = new View(body, { announces: true });
dialog.append(h("form", { noValidate: true, autocomplete: "off", onsubmit: submitted },
  h("header", {}, title, h("button", { type: "button", className: "quiet", "aria-label": "Close the form", onclick: close }, "×")),
  body,
  h("footer", {}, cancel, submit)));

/** Show the view that is in front now; null closes the dialog. */
export function showModal(shown) {
  if (shown === null) { form.clear(); dialog.close(); return; }
  const isNew = form.shown?.id !== shown.id;
  const errors = JSON.stringify(shown.errors);
  const isWrong = errors !== "{}" && errors !== JSON.stringify(form.shown?.errors);
  const hadFields = form.fields.size > 0;
  title.textContent = shown.title.text;
  cancel.textContent = shown.close?.text ?? "Cancel";
  submit.hidden = !shown.submit;
  submit.textContent = shown.submit?.text ?? "";
  form.draw(shown, form.shown === null ? beforeReload(shown) : {});
  scrollable(!form.fields.size, shown.title.text);
  if (!dialog.open) dialog.showModal();
  if (isNew || isWrong || hadFields !== form.fields.size > 0) focusWhereItMatters();
}

/** A form without fields is scrolled by key all the same. */
function scrollable(alone, name) {
  for (const [key, value] of Object.entries({ tabindex: 0, role: "group", "aria-label": name })) {
    if (alone) body.setAttribute(key, value);
    else body.removeAttribute(key);
  }
}

/** What stood in this form when the page was left; a reload loses nothing. */
function beforeReload(shown) {
  const left = JSON.parse(sessionStorage.getItem("form"));
  return left !== null && left.view === shown.id ? left.values : {};
}
addEventListener("pagehide", () => sessionStorage.setItem("form", JSON.stringify(form.shown && { view: form.shown.id, values: form.kept() })));

function focusWhereItMatters() {
  const fields = [...form.fields.values()].sort((one, other) => (one.input.compareDocumentPosition(other.input) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
  const wrong = fields.find(({ block }) => block.block_id in form.shown.errors);
  (wrong ?? fields[0])?.input.focus();
  wrong?.input.closest(".field").scrollIntoView({ block: "nearest" }); // what is wrong stands below what has the focus
  if (!fields.length) cancel.focus();
}

function close() { act("close", { view: form.shown.id }); }

async function submitted(event) {
  event.preventDefault();
  if (submit.hidden || submit.disabled) return;
  submit.disabled = true;
  await form.acting;
  if (form.shown) await act("submit", { view: form.shown.id, values: form.entered() });
  submit.disabled = false;
}

dialog.addEventListener("close", () => { if (document.activeElement === document.body) byId("line").focus(); });
dialog.addEventListener("cancel", (event) => { event.preventDefault(); close(); });
dialog.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) dialog.querySelector("form").requestSubmit();
});
