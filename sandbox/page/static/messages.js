// The messages of the channel in front, and their threads.
import { act, me } from "./api.js";
import { drawn } from "./blocks.js";
import { messageDay, messageTime } from "./dates.js";
import { byId, h, keyed, refill } from "./dom.js";
import { mrkdwn } from "./mrkdwn.js";
import { groupsOf } from "./picker.js";
import { sharedFile } from "./shared_files.js";

const [log, list, newer] = [byId("log"), byId("messages"), byId("newer")];
const known = new Map(); // every message this person may see, by channel and time stamp
const items = new Map(); // the elements on the screen, by time stamp
const opened = new Set(); // time stamps of threads that are open
let channel = null;
let follows = true; // whether the end of the list is what the person looks at

const nearEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 80;
function toEnd() { log.scrollTop = log.scrollHeight; }
let height = 0; // of the log, as it was last seen: a scroll that is heard of while that changes is not the person's
log.addEventListener("scroll", () => {
  if (log.clientHeight !== height) return;
  follows = nearEnd();
  if (follows) newer.hidden = true;
});
new ResizeObserver(() => { height = log.clientHeight; if (follows) toEnd(); }).observe(log); // whatever takes room away, the end stays in sight
newer.addEventListener("click", () => { toEnd(); byId("line").focus(); });

const keyOf = (message) => `${message.channel} ${message.ts}`;
const inOrder = (one, other) => (one.ts < other.ts ? -1 : 1);
const repliesOf = (ts) => [...known.values()].filter((each) => each.channel === channel && each.thread === ts).sort(inOrder);
const standsInChannel = (message) => !message.thread || message.broadcast;

/** Forget everything and take these messages. */
export function takeAll(messages) {
  known.clear();
  for (const message of messages) if (!message.deleted) known.set(keyOf(message), message);
}

/** Show a channel. */
export function showChannel(id) {
  channel = id;
  items.clear();
  list.replaceChildren();
  [...known.values()].filter((each) => each.channel === id && standsInChannel(each)).sort(inOrder).forEach(draw);
  follows = true;
  newer.hidden = true;
  toEnd();
}

/** Take a new, edited or deleted message. */
export function take(message) {
  const isNew = !message.deleted && !known.has(keyOf(message));
  const isMine = message.private || message.author === me.name;
  const answers = message.is_bot && !message.broadcast; // the app replies to what somebody asked for: it shows at once
  if (message.deleted) known.delete(keyOf(message));
  else known.set(keyOf(message), message);
  if (message.channel !== channel) return;
  if (message.deleted) remove(message);
  else if (standsInChannel(message)) draw(message);
  const parent = known.get(`${channel} ${message.thread}`);
  if (parent && isNew && (isMine || answers)) opened.add(parent.ts);
  if (parent) drawThread(parent);
  if (follows) toEnd();
  else if (isNew && isMine) (list.querySelector(`[data-ts="${message.ts}"]`) ?? list.lastElementChild).scrollIntoView({ block: "end" });
  else if (isNew) newer.hidden = false;
}

/** Take a message off the screen; who was in it goes on from the list. */
function remove({ ts }) {
  const item = items.get(ts);
  if (item?.contains(document.activeElement)) log.focus();
  item?.remove();
  items.delete(ts);
  markDays();
}

/** Say in front of the first message of each day which day that is. */
function markDays() {
  let before = "";
  for (const item of list.children) {
    if (!item.dataset.ts) continue;
    const day = messageDay(item.dataset.ts);
    const shown = item.querySelector(":scope > .day");
    if (shown.textContent !== day) shown.textContent = day;
    shown.hidden = day === before;
    before = day;
  }
}

/** Say whether the channel in front has anything in it. */
export const isEmpty = () => items.size === 0;

function draw(message) {
  let item = items.get(message.ts);
  if (!item) {
    item = h("li", { tabIndex: -1, "data-ts": message.ts }, h("p", { className: "day" }), h("div", { className: "content" }), h("div", { className: "thread" }));
    items.set(message.ts, item);
    const next = [...list.children].find((each) => each.dataset.ts > message.ts);
    list.insertBefore(item, next ?? null);
    markDays();
  }
  item.className = message.private ? "message private" : "message";
  refill(item.querySelector(".content"), content(message));
  if (!message.thread) drawThread(message);
}

function content(message) {
  const of = (block, element) => ({ channel: message.channel, ts: message.ts, block: block.block_id, action: element.action_id });
  const surface = {
    key: keyOf(message),
    act: (block, element, value) => act("press", { ...of(block, element), value }),
    search: async (block, element, text) => {
      const found = await act("search", { ...of(block, element), text });
      return found && groupsOf(found);
    },
  };
  return [
    message.private && h("p", { className: "note" }, "Only visible to you"),
    message.broadcast && h("p", { className: "note" }, "Replied to a thread and sent it to the channel"),
    h("p", { className: "by" },
      h("span", { className: "avatar", "data-who": message.is_bot ? "bot" : message.author, "aria-hidden": "true" }, message.author[0].toUpperCase()),
      h("strong", {}, message.author), message.is_bot && h("span", { className: "badge" }, "App"),
      h("time", {}, messageTime(message.ts)), message.edited && h("small", {}, "(edited)")),
    message.blocks.length ? message.blocks.map((block) => drawn(block, surface)) : message.text && h("p", { className: "said" }, mrkdwn(message.text)),
    message.files.map(sharedFile),
  ].filter(Boolean);
}

function drawThread(parent) {
  const item = items.get(parent.ts);
  const replies = repliesOf(parent.ts);
  const place = item?.querySelector(".thread");
  if (!place) return;
  if (!place.children.length && (!parent.private || replies.length)) {
    place.append(
      h("button", { type: "button", className: "quiet fold", onclick: () => fold(parent, place) }),
      h("ol", { className: "replies" }),
      h("form", { className: "reply", onsubmit: (event) => reply(event, parent) },
        h("input", { type: "text", autocomplete: "off", placeholder: "Reply…", "aria-label": `Reply to ${parent.author}` }),
        h("button", { type: "submit" }, "Reply")));
  }
  if (!place.children.length) return;
  const [button, answers, form] = place.children;
  const open = opened.has(parent.ts);
  const count = replies.length === 1 ? "1 reply" : `${replies.length} replies`;
  button.textContent = open ? "Close thread" : replies.length ? count : "Reply in thread";
  button.classList.toggle("faint", !open && !replies.length);
  button.setAttribute("aria-expanded", open);
  answers.hidden = form.hidden = !open;
  const wasWithin = answers.contains(document.activeElement);
  keyed(answers, replies, (each) => each.ts, (each) => h("li", { "data-ts": each.ts }), drawReply);
  if (wasWithin && !answers.contains(document.activeElement)) item.focus();
}

const drawnOf = new WeakMap(); // what stands in the element of a reply

/** Draw a reply that is new or changed; in any other somebody may be at work. */
function drawReply(item, reply) {
  if (drawnOf.get(item) === reply) return;
  drawnOf.set(item, reply);
  item.className = reply.private ? "message private" : "message";
  refill(item, content({ ...reply, broadcast: false }));
}

function fold(parent, place) {
  if (!opened.delete(parent.ts)) opened.add(parent.ts);
  drawThread(parent);
  if (opened.has(parent.ts)) place.querySelector(".reply input").focus();
}

async function reply(event, parent) {
  event.preventDefault();
  const line = event.target.querySelector("input");
  const text = line.value.trim();
  if (text && (await act("type", { channel: parent.channel, thread: parent.ts, text }))) line.value = "";
}
