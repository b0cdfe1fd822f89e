// Behind the scenes: what the Token Flex stand-in counts, and the switches that make things go wrong.
import { flip, isUpToDate } from "./api.js";
import { clockTime } from "./dates.js";
import { byId, freshId, h, keyed } from "./dom.js";

const ANSWERS = [["normal", "as it should"], ["slow", "after 8 seconds"], ["429", "429, too many calls"], ["503", "503, out of order"]];
const SWITCHES = {
  login_refused: "Autodesk refuses the bot's login",
  slack_token_revoked: "Slack has revoked the bot's token",
  socket_lost: "The bot's socket to Slack is lost",
  data_refused: "Slack refuses tables and charts",
};

const section = (title, ...children) => h("section", {}, h("h2", {}, title), ...children);
const button = (label, onclick) => h("button", { type: "button", onclick }, label);

function radios(legend, options, flipTo) {
  const name = freshId("radios");
  return h("fieldset", {}, h("legend", {}, legend), h("div", { className: "choices" }, options.map(([value, label]) =>
    h("label", {}, h("input", { type: "radio", name, value, onchange: () => flipTo(value) }), label))));
}
function check(root, value) { for (const each of root.querySelectorAll("input")) each.checked = each.value === String(value); }

function gauge(label) {
  const text = h("span");
  const meter = h("meter", { min: 0, "aria-label": label });
  return { root: h("div", { className: "gauge" }, h("span", {}, label), text, meter), set(value, most) {
    text.textContent = `${value} of ${most}`;
    Object.assign(meter, { max: most, high: most * 0.8, optimum: 0, value });
  } };
}
function checkbox(label, onchange) {
  const box = h("input", { type: "checkbox", onchange: () => onchange(box.checked) });
  return { box, root: h("label", { className: "check" }, box, h("span", {}, label)) };
}

const connected = h("p", { className: "connected" });
const speed = h("div");
const itIs = h("p", { className: "it-is", tabIndex: -1 });
const journey = h("p", { className: "hint", role: "status" });
const stay = h("button", { type: "button", hidden: true, onclick: () => { itIs.focus(); flip("stay"); } }, "Stop here");
const destinations = h("ul", { className: "destinations" });
const travel = h("div", { className: "travel", hidden: true }, h("h3", {}, "Travel to"), journey, stay, destinations);
const gauges = { minute: gauge("Calls, last minute"), period: gauge("Calls, last 8 hours"), outstanding: gauge("Exports being made") };
const refused = h("p", { className: "hint" });
const exports = h("ul", { className: "exports" });
const earlier = h("p", { className: "hint" });
const answers = radios("Token Flex answers", ANSWERS, (value) => flip("answers", value));
const switches = Object.fromEntries(Object.entries(SWITCHES).map(([name, label]) => [name, checkbox(label, (on) => flip(name, on))]));
const downloads = h("select", { id: "downloads", onchange: () => flip("downloads", downloads.value) }, h("option", { value: "" }, "comes as it should"));
const places = h("ul", { className: "places" });
const calls = h("ol", { className: "calls" });

byId("panel").append(
  section("The bot", connected),
  section("Time", itIs, speed, travel),
  section("Token Flex counts", ...Object.values(gauges).map((each) => each.root), refused),
  section("Make something go wrong", h("div", { className: "actions" }, button("Let the next export fail", () => flip("fail_next")), button("Lose the next file that is shared", () => flip("lose_share"))), answers, h("div", { className: "field" }, h("label", { htmlFor: "downloads" }, "A file that is downloaded"), downloads), ...Object.values(switches).map((each) => each.root), h("h3", {}, "The bot is a member of"), places),
  section("Exports at Token Flex", exports, earlier),
  section("Calls to Token Flex", calls),
);

/** Bring the panel up to date. */
export function showPanel(state) {
  connected.textContent = state.connected ? "Connected to this page's Slack" : "Not connected";
  connected.classList.toggle("off", !state.connected);
  if (state.speeds.length && !speed.children.length) speed.append(radios("Time runs", state.speeds.map((each) => [each, each === 1 ? "as it does" : `${each} times as fast, until a link comes`]), (value) => flip("speed", value)));
  showTime(state.time);
  if (downloads.options.length === 1) downloads.append(...state.ways.map((way) => h("option", { value: way }, way)));
  const { budget } = state;
  gauges.minute.set(budget.minute, budget.minute_limit);
  gauges.period.set(budget.period, budget.period_limit);
  gauges.outstanding.set(budget.outstanding, budget.quota);
  refused.textContent = `Refused as too many: ${budget.refused}`;
  earlier.textContent = state.earlier ? `${state.earlier} earlier ones are not shown.` : "";
  keyed(exports, state.exports, (each) => each.key, makeExport, updateExport);
  keyed(calls, state.calls, (each) => each.id, makeCall, updateCall);
  if (isUpToDate(state.flips)) showSwitches(state);
}

/** A picture from before the last flip would turn a switch back for a moment; it is not shown. */
function showSwitches(state) {
  check(speed, state.speed);
  check(answers, state.switches.answers);
  if (document.activeElement !== downloads) downloads.value = state.switches.downloads;
  for (const [name, { box }] of Object.entries(switches)) box.checked = state.switches[name];
  keyed(places, state.channels, (each) => each.id, makePlace, (item, each) => { item.querySelector("input").checked = each.bot_in; });
}

function showTime({ it_is: text, destinations: days, to, trouble }) {
  itIs.textContent = text;
  travel.hidden = !days.length;
  const said = to ? `On the way to ${to}. What comes due on the way happens then.` : trouble;
  if (journey.textContent !== said) journey.textContent = said;
  journey.hidden = !said;
  stay.hidden = !to;
  keyed(destinations, days, (each) => each.name, ({ name, label }) => h("li", {}, button(label, () => flip("travel", name)), h("small")),
    (item, { at }) => { item.querySelector("small").textContent = at; });
}

function makeExport({ key, name }) {
  const on = (label, what) => h("button", { type: "button", "data-what": what, "aria-label": `${label}: ${name}`, onclick: () => flip(what, key) }, label);
  return h("li", { tabIndex: -1 }, h("p", {}, h("code", {}, name), h("span", { className: "state" })), h("p", { className: "hint" }),
    h("div", { className: "actions" }, on("Finish now", "finish"), on("Fail this export", "fail"), on("Expire this link", "expire_link")));
}

function updateExport(item, { status, link_seconds: left, downloads }) {
  item.querySelector(".state").textContent = status;
  item.querySelector(".state").dataset.state = status;
  const link = left == null ? "" : left > 0 ? `Newest link lives ${left} s more.` : "Newest link has expired.";
  item.querySelector(".hint").textContent = `${link} ${downloads ? `Downloaded ${downloads}×.` : ""}`.trim();
  for (const each of item.querySelectorAll("button")) {
    each.hidden = each.dataset.what === "expire_link" ? !(left > 0) : status !== "Requested";
    if (each.hidden && each === document.activeElement) item.focus();
  }
}

function makePlace({ id, label }) {
  return h("li", {}, checkbox(label, (on) => flip(on ? "invite" : "kick", id)).root);
}

function makeCall({ at, what, request }) {
  return h("li", { title: request }, h("time", {}, clockTime(at)), h("span", {}, what), h("code"));
}

function updateCall(item, { status, reason }) {
  const code = item.querySelector("code");
  code.textContent = status || "…";
  code.className = status >= 400 ? "bad" : "";
  code.title = reason;
}
