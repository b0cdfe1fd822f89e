// Charts: `data_visualization`, with its values under the pointer, by arrow keys, and in a table for screen readers.
import { axisPlot } from "./axes.js";
import { h } from "./dom.js";
import { piePlot } from "./pie.js";
import { tones } from "./svg.js";

const KINDS = { bar: "Bar chart", line: "Line chart", area: "Area chart", pie: "Pie chart" };
const numbers = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });

/** Return a chart; `key` says which one it is. */
export function chart(block, key) {
  const { type } = block.chart;
  const data = type === "pie" ? segmentsOf(block.chart) : seriesOf(block.chart);
  const made = tones(data.parts.length);
  const reading = h("output", { className: "reading", hidden: true });
  const canvas = h("div", { className: "canvas" });
  const plot = h("div", { className: "plot", role: "group", tabIndex: 0, "data-key": `${key} plot`, "aria-label": `${block.title}: ${KINDS[type]}. Arrow keys read its values.` }, canvas, reading);
  const draw = type === "pie" ? piePlot : axisPlot;
  let drawn = { spots: [] };
  const reads = reader(plot, reading, data, () => drawn);
  new ResizeObserver(([entry]) => {
    const width = Math.floor(entry.contentRect.width);
    if (!width || width === drawn.width) return;
    drawn = { width, ...draw(block.chart, data, made, width) };
    canvas.replaceChildren(drawn.root);
    reads.none();
  }).observe(canvas);
  canvas.style.height = `${data.height}px`; // before it is drawn, so that nothing moves then
  const legend = data.parts.length > 1 || type === "pie"
    ? h("ul", { className: "legend", "aria-hidden": "true" }, data.parts.map(({ name, note }, at) => h("li", {}, made.swatch(at, type), h("span", {}, name), note && h("span", { className: "hint" }, note)))) : null;
  return h("figure", { className: `chart ${type}` }, h("figcaption", {}, block.title), made.patterns, h("div", { className: "drawn" }, plot, legend), table(block, data));
}

/** What a chart with axes shows: its places from left to right, each with a value for each series. */
function seriesOf({ series, axis_config: axes }) {
  const places = axes.categories.map((label) => ({ label, values: series.map(({ data }) => data.find((point) => point.label === label)?.value ?? 0) }));
  const longest = Math.max(...axes.categories.map((label) => label.length));
  const said = ({ values }) => values.map((value, at) => [series[at].name, numbers.format(value)]);
  return { places, said, height: longest > 8 ? 300 : 240, head: [axes.x_label ?? "", ...series.map(({ name }) => name)], parts: series.map(({ name }) => ({ name })) };
}

/** What a pie shows: its segments, each with its share of all. */
function segmentsOf({ segments }) {
  const all = segments.reduce((sum, { value }) => sum + value, 0);
  const share = (value) => (value / all < 0.005 ? "less than 1 %" : `${Math.round((100 * value) / all)} %`);
  const places = segments.map(({ label, value }) => ({ label, values: [value], share: share(value) }));
  const said = ({ values: [value], share: part }) => [["", numbers.format(value)], ["", part]];
  return { places, said, height: 220, head: ["", "Value", "Share"], parts: places.map(({ label, values: [value], share: part }) => ({ name: label, note: `${numbers.format(value)}, ${part}` })) };
}

/** The values for who does not see the drawing. */
function table(block, { head, places, said }) {
  return h("div", { className: "unseen" }, h("table", {}, h("caption", {}, `Values of: ${block.title}`),
    h("thead", {}, h("tr", {}, head.map((each, at) => (at || each ? h("th", { scope: "col" }, each) : h("td"))))),
    h("tbody", {}, places.map((each) => h("tr", {}, h("th", { scope: "row" }, each.label), said(each).map(([, value]) => h("td", {}, value)))))));
}

/** Show the value of one place at a time: of that under the pointer, or of the one that arrow keys have come to. */
function reader(plot, reading, data, drawn) {
  let at = -1;
  function show(next) {
    if (next === at) return;
    at = next;
    drawn().spots.forEach(({ marks }, each) => marks.forEach((mark) => mark.classList.toggle("lit", each === at)));
    reading.hidden = at < 0;
    if (at < 0) return;
    const { x, y } = drawn().spots[at];
    reading.replaceChildren(h("strong", {}, data.places[at].label), ...data.said(data.places[at]).map(([name, value]) => h("span", {}, name && `${name}: `, value)));
    const half = reading.offsetWidth / 2;
    reading.style.left = `${Math.min(Math.max(x, half), drawn().width - half)}px`;
    reading.style.top = `${Math.max(y, reading.offsetHeight)}px`;
  }
  const none = () => show(-1);
  plot.addEventListener("pointermove", (event) => show(drawn().under?.(event) ?? -1));
  plot.addEventListener("pointerdown", (event) => show(drawn().under?.(event) ?? -1));
  plot.addEventListener("pointerleave", none);
  plot.addEventListener("focusout", none);
  plot.addEventListener("keydown", (event) => {
    const last = data.places.length - 1;
    const to = { ArrowRight: Math.min(at + 1, last), ArrowDown: Math.min(at + 1, last), ArrowLeft: at < 0 ? last : Math.max(at - 1, 0), ArrowUp: at < 0 ? last : Math.max(at - 1, 0), Home: 0, End: last, Escape: -1 }[event.key];
    if (to === undefined) return;
    show(to);
    event.preventDefault();
    event.stopPropagation();
  });
  return { none };
}
