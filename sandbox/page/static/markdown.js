// The `markdown` block: headings, lists, quotes, code, emphasis and links. Everything foreign becomes a text node.
import { h } from "./dom.js";

const INLINE = /`([^`\n]+)`|\[([^\]\n]+)\]\((https?:[^\s)]+)\)|\*\*(.+?)\*\*|\*(\S(?:.*?\S)?)\*|~~(.+?)~~/;
const LIST = /^\s*(?:[-*+]|(\d+)[.)])\s+(.*)$/;

/** Return the nodes of a text in Markdown. */
export function markdown(text) {
  return text.split(/```[^\n]*\n?([\s\S]*?)```/).flatMap((part, at) => (at % 2 ? [h("pre", {}, part)] : part.split(/\n{2,}/).flatMap(paragraph)));
}

function paragraph(text) {
  const lines = text.split("\n").filter((line) => line.trim());
  if (!lines.length) return [];
  const title = /^(#{1,6})\s+(.*)$/.exec(lines[0]);
  if (title) return [h("h2", {}, inline(title[2])), ...paragraph(lines.slice(1).join("\n"))];
  const items = lines.map((line) => LIST.exec(line));
  if (items.every(Boolean)) return [h(items[0][1] ? "ol" : "ul", { className: "listed" }, items.map(([, , item]) => h("li", {}, inline(item))))];
  if (lines.every((line) => line.startsWith(">"))) return [h("blockquote", {}, inline(lines.map((line) => line.slice(1).trimStart()).join("\n")))];
  return [h("p", {}, inline(lines.join("\n")))];
}

function inline(text) {
  const found = INLINE.exec(text);
  if (!found) return text ? [text] : [];
  const [all, code, label, url, strong, em, struck] = found;
  const node = code ? h("code", {}, code)
    : url ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label)
      : h(strong ? "strong" : em ? "em" : "s", {}, inline(strong ?? em ?? struck));
  return [...inline(text.slice(0, found.index)), node, ...inline(text.slice(found.index + all.length))];
}
