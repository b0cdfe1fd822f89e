// Drawing in SVG, and what tells the parts of a chart apart: a colour, a pattern, a dash and the shape of a mark.
import { freshId, h } from "./dom.js";

/** Return an element of SVG with these attributes. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== ""));
  return element;
}

/** Lines and dots in the colour of the page over the colour of a part; the first part has none. */
const PATTERNS = [
  [],
  [["path", { d: "M-2 2 2-2M0 8 8 0M6 10 10 6", class: "hatch" }]],
  [["circle", { cx: 4, cy: 4, r: 1.7, class: "dot" }]],
  [["path", { d: "M0 4H8", class: "hatch" }]],
  [["path", { d: "M0 4H8M4 0V8", class: "hatch" }]],
  [["path", { d: "M-2 6 2 10M0 0 8 8M6-2 10 2", class: "hatch" }]],
];
const DASHES = ["none", "7 4", "2 4", "10 3 2 3", "5 2", "1 3"];
const MARKS = [
  (r) => `M${-r} 0A${r} ${r} 0 1 0 ${r} 0A${r} ${r} 0 1 0 ${-r} 0Z`,
  (r) => `M${-r} ${-r}H${r}V${r}H${-r}Z`,
  (r) => `M0 ${-1.3 * r}L${1.2 * r} ${r}H${-1.2 * r}Z`,
  (r) => `M0 ${-1.4 * r}L${1.4 * r} 0 0 ${1.4 * r} ${-1.4 * r} 0Z`,
  (r) => `M0 ${1.3 * r}L${1.2 * r} ${-r}H${-1.2 * r}Z`,
  (r) => `M${-r} ${-r / 3}H${-r / 3}V${-r}H${r / 3}V${-r / 3}H${r}V${r / 3}H${r / 3}V${r}H${-r / 3}V${r / 3}H${-r}Z`,
];

/** The mark of a part at a place of a line. */
export const mark = (at, x, y, r = 4) => svg("path", { d: MARKS[at](r), transform: `translate(${x} ${y})`, class: `mark tone-${at}` });
export const dash = (at) => DASHES[at];

/** Return the fills of so many parts, the element that has to be on the page for them, and swatches for a legend. */
export function tones(count) {
  const ids = Array.from({ length: count }, () => freshId("pattern"));
  const defs = ids.map((id, at) => svg("pattern", { id, width: 8, height: 8, patternUnits: "userSpaceOnUse", class: `tone-${at}` },
    svg("rect", { width: 8, height: 8, class: "ground" }), PATTERNS[at].map(([tag, attributes]) => svg(tag, attributes))));
  const patterns = h("div", { className: "patterns", "aria-hidden": "true" }, svg("svg", { width: 0, height: 0 }, svg("defs", {}, defs)));
  const fill = (at) => `url(#${ids[at]})`;
  const sample = (at, type) => (type === "line"
    ? [svg("path", { d: "M0 7H26", class: `stroke tone-${at}`, "stroke-dasharray": dash(at) }), mark(at, 13, 7)]
    : [svg("rect", { width: 26, height: 14, rx: 2, fill: fill(at), class: `edge tone-${at}` })]);
  return { patterns, fill, swatch: (at, type) => svg("svg", { width: 26, height: 14, viewBox: "0 0 26 14" }, sample(at, type)) };
}
