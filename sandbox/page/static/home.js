// The app's Home tab: what it has published for the person, live while it is in front.
import { byId, h } from "./dom.js";
import { View } from "./view.js";

const place = byId("home");
const body = h("div");
const waiting = h("p", { className: "hint" }, "The app has published nothing here yet.");
place.append(waiting, body);
const home = new View(body);

/** Take what is published; null for nothing. */
export function draw(shown) {
  waiting.hidden = shown !== null;
  if (shown === null) home.clear();
  else home.draw(shown);
}

/** Bring it to the front, or take it away. */
export function showHome(isShown) { place.hidden = !isShown; }
