// The dialog that a button asks before it acts.
import { byId, h } from "./dom.js";

/** Ask, with `question` as nodes; resolves to whether the person agrees. Esc and the second button mean no. */
export function confirmed({ title, confirm, deny, style }, question) {
  const dialog = byId("confirm");
  const agree = h("button", { className: style === "danger" ? "danger" : "primary", value: "yes" }, confirm.text);
  const refuse = h("button", { value: "no", autofocus: true }, deny.text);
  dialog.replaceChildren(
    h("form", { method: "dialog" },
      h("h2", { id: "confirm-title" }, title.text),
      h("div", { className: "body" }, h("p", {}, question)),
      h("footer", {}, refuse, agree)),
  );
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
