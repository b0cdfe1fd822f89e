// Slack's mrkdwn as DOM nodes. Everything foreign becomes a text node.
import { h } from "./dom.js";
import { readDate } from "./dates.js";

/** Names of people and channels by id; `app.js` fills it. */
export const names = { users: {}, channels: {} };

const TOKEN = /```([\s\S]+?)```|`([^`\n]+)`|<([^<>\n]+)>/g;
const BARE = /(https?:\/\/[^\s<>|\0]+)|(?<![\w<!])@(channel|here|everyone)\b/g;
const STYLES = [["*", "strong"], ["_", "em"], ["~", "s"]].map(([mark, tag]) => {
  const sign = `\\${mark}`;
  return [new RegExp(`(?<![\\w${sign}])${sign}(?=\\S)([^${sign}\\n]+?)(?<=\\S)${sign}(?![\\w${sign}])`), tag];
});
const SAFE_LINK = /^(https?:|mailto:)/i;

const decode = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&").replaceAll("\u00ad", "");

/** Return the nodes of a mrkdwn text; `verbatim` leaves bare addresses and @here alone. */
export function mrkdwn(text, verbatim = false) {
  const held = [];
  const hold = (node) => `\0${held.push(node) - 1}\0`;
  let marked = text.replaceAll("\0", "").replace(TOKEN, (_, block, code, token) => {
    if (block !== undefined) return hold(h("pre", {}, decode(block.replace(/^\n/, ""))));
    return hold(code !== undefined ? h("code", {}, decode(code)) : readToken(token));
  });
  if (!verbatim) {
    marked = marked.replace(BARE, (all, url) => hold(url ? link(decode(url), decode(url)) : mention(all)));
  }
  return lines(marked).map(({ quote, text: part }) => (quote ? h("blockquote", {}, styled(part, held)) : styled(part, held))).flat();
}

/** Return runs of quoted and of other lines. */
function lines(text) {
  const runs = [];
  for (const line of text.split("\n")) {
    const quote = line.startsWith("&gt;");
    const own = quote ? line.slice(4).trimStart() : line;
    if (runs.at(-1)?.quote === quote) runs.at(-1).text += `\n${own}`;
    else runs.push({ quote, text: own });
  }
  return runs;
}

function styled(text, held) {
  const found = STYLES.map(([pattern, tag]) => ({ match: pattern.exec(text), tag }))
    .filter(({ match }) => match)
    .sort((one, other) => one.match.index - other.match.index)[0];
  if (!found) return text.split(/\0(\d+)\0/).map((part, at) => (at % 2 ? held[part] : decode(part))).filter((part) => part !== "");
  const { match, tag } = found;
  return [
    ...styled(text.slice(0, match.index), held),
    h(tag, {}, styled(match[1], held)),
    ...styled(text.slice(match.index + match[0].length), held),
  ];
}

function readToken(token) {
  const bar = token.indexOf("|");
  const target = bar < 0 ? token : token.slice(0, bar);
  const label = bar < 0 ? "" : decode(token.slice(bar + 1));
  if (target.startsWith("@")) return mention(`@${names.users[target.slice(1)] ?? target.slice(1)}`);
  if (target.startsWith("#")) return mention(`#${names.channels[target.slice(1)] ?? (label || "a private channel")}`);
  if (target.startsWith("!date^")) {
    const [, seconds, pattern] = target.split("^");
    return h("time", { title: label }, readDate(seconds, pattern, label));
  }
  if (target.startsWith("!")) return mention(label || `@${target.slice(1)}`);
  return link(decode(target), label || decode(target));
}

const mention = (text) => h("span", { className: "mention" }, text);

function link(url, label) {
  if (!SAFE_LINK.test(url)) return document.createTextNode(label);
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label);
}
