// The page: who looks, at which channel, and what happens meanwhile.
import { act, listen, me } from "./api.js";
import { setCommands, write, writeTo } from "./composer.js";
import { setTime } from "./dates.js";
import { byId, h, keyed } from "./dom.js";
import { draw as drawHome, showHome } from "./home.js";
import { isEmpty, showChannel, take, takeAll } from "./messages.js";
import { showModal } from "./modal.js";
import { names } from "./mrkdwn.js";
import { showPanel } from "./panel.js";

const channels = new Map();
const unread = new Map();
let current = sessionStorage.getItem("place"); // a reload leads back to it
let bot = "";
let hasHome = false;
let atHome = sessionStorage.getItem("tab") === "home"; // which of the app's tabs is in front
let endStream = () => {};

function connect() {
  endStream();
  endStream = listen({
    scene,
    message,
    channel: (channel) => { channels.set(channel.id, channel); drawPlace(); },
    modal: showModal,
    home: drawHome,
    panel: (state) => { setTime(state.now, state.speed); showPanel(state); },
    trouble: ({ text, code }) => trouble("trouble of-an-act", h("strong", {}, "Only visible to you. "), `${text} `, h("code", {}, code)),
    refused,
  });
}

function scene(all) {
  bot = all.bot;
  names.users = all.users;
  channels.clear();
  unread.clear();
  for (const channel of all.channels) channels.set(channel.id, channel);
  names.channels = Object.fromEntries(all.channels.map(({ id, label }) => [id, label.slice(1)]));
  byId("me").replaceChildren(...all.people.map(({ name, guest }) => h("option", { value: name, selected: name === all.me }, guest ? `${name} (guest)` : name)));
  setTime(all.now, 1);
  setCommands(all.commands, all.shortcuts);
  hasHome = all.home_tab;
  drawHome(all.home);
  takeAll(all.messages);
  showModal(all.modal);
  const start = all.channels.find(({ label }) => label === "#finance") ?? all.channels[0];
  enter(channels.has(current) ? current : start.id, atHome);
  if (document.activeElement === document.body) byId("line").focus();
}

function message(changed) {
  const isNew = !changed.deleted && changed.author !== me.name && changed.channel !== current;
  if (!channels.has(changed.channel)) return;
  if (isNew && !seen.has(changed.ts)) unread.set(changed.channel, (unread.get(changed.channel) ?? 0) + 1);
  seen.add(changed.ts);
  take(changed);
  drawPlace();
}
const seen = new Set();

function enter(id, home = false) {
  current = id;
  atHome = home && isApp(id) && hasHome;
  sessionStorage.setItem("tab", atHome ? "home" : "messages");
  if (isApp(id)) act("open_app", { tab: atHome ? "home" : "messages" });
  showHome(atHome);
  for (const part of ["log", "composer"]) byId(part).hidden = atHome;
  byId("tabs").hidden = !isApp(id) || !hasHome;
  for (const tab of ["home", "messages"]) byId(`tab-${tab}`).setAttribute("aria-current", (tab === "home") === atHome ? "page" : "false");
  sessionStorage.setItem("place", id);
  unread.delete(id);
  showChannel(id);
  writeTo(channels.get(id));
  drawPlace();
  unfold("side", false);
}

const isApp = (id) => channels.get(id).kind === "im";
byId("tab-home").addEventListener("click", () => enter(current, true));
byId("tab-messages").addEventListener("click", () => enter(current));

function drawPlace() {
  const { label, archived, bot_in: botIn, kind } = channels.get(current);
  byId("place").textContent = label;
  byId("presence").textContent = archived ? "Archived" : kind === "im" ? "Direct message with the bot" : botIn ? `${bot} is a member` : `${bot} is not in this channel. Type /invite @${bot} to let it in.`;
  const order = [...channels.values()].sort((one, other) => (one.kind === "im") - (other.kind === "im"));
  // The elements stay, so that a press that began before a redraw is one behind it.
  keyed(byId("channels"), order, (each) => each.id, makePlace, (item, each) => updatePlace(item.firstChild, each));
  hint();
}

function makePlace({ id }) {
  const go = () => { enter(id, isApp(id) && atHome); byId("line").focus(); };
  return h("li", {}, h("button", { type: "button", className: "quiet", "data-key": id, onclick: go }));
}

function updatePlace(button, { id, label, kind }) {
  if (id === current) button.setAttribute("aria-current", "page");
  else button.removeAttribute("aria-current");
  const shown = JSON.stringify([label, kind, unread.get(id)]);
  if (button.dataset.shown === shown) return;
  button.dataset.shown = shown;
  const count = unread.get(id);
  button.replaceChildren(...h("span", {}, label, kind === "private" && h("small", {}, " private"),
    count && h("span", { className: "count", role: "img", "aria-label": `${count} new` }, count)).childNodes);
}

function hint() {
  byId("hint")?.remove();
  if (!isEmpty()) return;
  byId("messages").append(h("li", { id: "hint" }, h("p", {}, "Nothing was said here yet."),
    h("button", { type: "button", className: "primary", onclick: () => write("/tokenflex") }, "Type /tokenflex for me"),
    h("p", { className: "hint" }, "Then send it: the bot asks what you want to know. /tokenflex help shows what else it can do.")));
}

function refused({ method, error, faults, sent }) {
  trouble("trouble", h("strong", {}, "Slack would refuse what the bot sent. "), h("code", {}, `${method}: ${error}`),
    h("ul", {}, faults.map((fault) => h("li", {}, fault))),
    h("details", {}, h("summary", {}, "What it sent"), h("pre", {}, JSON.stringify(sent, null, 2))));
}

function trouble(className, ...parts) {
  const box = h("div", { className }, h("div", {}, parts),
    h("button", { type: "button", className: "quiet", "aria-label": "Dismiss", onclick: () => { box.remove(); byId("line").focus(); } }, "×"));
  byId("troubles").append(box);
}

function unfold(id, open) {
  byId(id).classList.toggle("open", open);
  byId(`show-${id}`).setAttribute("aria-expanded", open);
}

for (const id of ["side", "panel"]) {
  byId(`show-${id}`).addEventListener("click", () => unfold(id, !byId(id).classList.contains("open")));
}
const isWide = matchMedia("(min-width: 70rem)");
unfold("panel", isWide.matches);
isWide.addEventListener("change", () => unfold("panel", isWide.matches)); // zoomed in, it would cover the messages

const prefersDark = matchMedia("(prefers-color-scheme: dark)");
function theme(chosen) {
  document.documentElement.dataset.theme = chosen;
  byId("theme").textContent = chosen === "dark" ? "Light" : "Dark";
  byId("theme").setAttribute("aria-label", `Change to ${chosen === "dark" ? "light" : "dark"} colours`);
}
theme(localStorage.getItem("theme") ?? (prefersDark.matches ? "dark" : "light"));
byId("theme").addEventListener("click", () => {
  const chosen = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("theme", chosen);
  theme(chosen);
});
// Only there, since a single letter must not act anywhere (WCAG 2.1.4).
byId("log").addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.matches("input, textarea")) return;
  event.preventDefault();
  byId("slash").click();
});

prefersDark.addEventListener("change", () => { if (!localStorage.getItem("theme")) theme(prefersDark.matches ? "dark" : "light"); });

byId("me").addEventListener("change", (event) => { 
  me.name = event.target.value;
  current = null;
  seen.clear();
  byId("troubles").replaceChildren();
  connect();
});
connect();
