// The line at the bottom: what people type, and the commands that complete it.
import { act } from "./api.js";
import { byId, freshId, h } from "./dom.js";

const [line, list, form] = [byId("line"), byId("completions"), byId("composer")];
let place = null;
let candidates = [];
let shown = [];
let active = 0;

/** Take the commands, each with its name alone and with each word of its hint, and the names of shortcuts. */
export function setCommands(commands, shortcuts) {
  const typed = commands.flatMap(({ name, description, usage }) => {
    const words = usage.replace(/[[\]]/g, "").split("|").map((word) => word.trim()).filter(Boolean);
    return [
      { shown: name, text: name, about: description },
      ...words.map((word) => ({ shown: `${name} ${word}`, text: `${name} ${word.replace(/\d+$/, "")}`, about: "" })),
    ];
  });
  const run = (name) => () => { empty(); act("shortcut", { name }); };
  candidates = [...typed, ...shortcuts.map((name) => ({ shown: name, text: `/${name.toLowerCase()}`, about: "Shortcut", run: run(name) }))];
}

/** Say which channel is written to. */
export function writeTo(channel) {
  place = channel;
  line.placeholder = channel.archived ? "This channel is archived." : `Message ${channel.label}, or / for commands`;
  line.setAttribute("aria-label", `Message ${channel.label}`);
  line.disabled = channel.archived;
}

/** Put a text into the line, ready to be sent. */
export function write(text) {
  line.value = text;
  grow();
  hide();
  line.focus();
}

function choose(candidate) {
  if (candidate.run) candidate.run();
  else write(candidate.text);
}

function offer(typed) {
  shown = typed.startsWith("/") ? candidates.filter((each) => each.text.startsWith(typed.toLowerCase())) : [];
  active = 0;
  list.replaceChildren(...shown.map((each) => h("li", { id: freshId("command"), role: "option", onclick: () => choose(each) },
    h("code", {}, each.shown), each.about && h("small", {}, each.about))));
  list.hidden = !shown.length;
  mark();
}

function mark() {
  [...list.children].forEach((option, at) => {
    option.setAttribute("aria-selected", at === active);
    if (at !== active) return;
    line.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  });
  if (list.hidden) line.removeAttribute("aria-activedescendant");
}

function hide() { offer(""); }
function grow() { line.rows = Math.min(6, line.value.split("\n").length); }

function empty() {
  hide();
  line.value = "";
  grow();
}

async function send() {
  const text = line.value.trim();
  if (!text) return;
  empty();
  if (!(await act("type", { channel: place.id, text }))) write(text);
}

line.addEventListener("input", () => { grow(); offer(line.value); });
line.addEventListener("keydown", (event) => {
  const { key } = event;
  const chosen = list.hidden ? null : shown[active];
  if (chosen && (key === "ArrowDown" || key === "ArrowUp")) {
    active = (active + (key === "ArrowDown" ? 1 : -1) + shown.length) % shown.length;
    mark();
  } else if (chosen && key === "Escape") hide();
  else if (chosen && key === "Tab" && !event.shiftKey && line.value !== chosen.text) choose(chosen);
  else if (chosen && key === "Enter" && (chosen.run || line.value.trim() !== chosen.text.trim())) choose(chosen);
  else if (key === "Enter" && !event.shiftKey) send();
  else return;
  event.preventDefault();
});
list.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the line
form.addEventListener("submit", (event) => { event.preventDefault(); send(); });
form.addEventListener("focusout", (event) => { if (!form.contains(event.relatedTarget)) hide(); });
byId("slash").addEventListener("click", () => {
  const wasOpen = !list.hidden;
  line.focus();
  if (wasOpen) return hide();
  if (!line.value.startsWith("/")) line.value = "/";
  offer(line.value);
});
