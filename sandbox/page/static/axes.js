// Bars, lines and areas between two axes. The values begin at nought, so that heights can be compared.
import { dash, mark, svg } from "./svg.js";

const SIGN = 6.6; // pixels, the width of a sign of a label
const MOST_SLANTED = 110; // pixels that slanted labels may take below
const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 2 });

/** Return `root`, the drawing; `spots`, where its values are read; `under(event)`, which of them the pointer is at. */
export function axisPlot({ type, axis_config: axes }, { places, height }, tones, width) {
  const frame = framed(places, axes, width, height);
  const count = places[0].values.length;
  const spots = places.map(({ values }, at) => ({ x: frame.middle(at), y: frame.y(Math.max(...values, 0)) - 8, marks: [] }));
  const bands = spots.map(({ marks }, at) => lit(marks, svg("rect", { x: frame.left + at * frame.band, y: frame.top, width: frame.band, height: frame.bottom - frame.top, class: "band" })));
  const shapes = Array.from({ length: count }, (_, at) => ({ bar, line, area })[type](frame, places.map(({ values }) => values[at]), at, count, tones));
  const root = svg("svg", { width, height, "aria-hidden": "true" }, bands, scale(frame, axes), type === "area" ? shapes.reverse() : shapes, labels(frame, places, axes));
  return { root, spots, under: (event) => {
    const at = Math.floor((event.clientX - root.getBoundingClientRect().left - frame.left) / frame.band);
    return at >= 0 && at < places.length ? at : -1;
  } };
}

function lit(marks, element) { marks.push(element); return element; }

function framed(places, axes, width, height) {
  const values = places.flatMap((each) => each.values);
  const steps = ticks(Math.min(0, ...values), Math.max(0, ...values));
  const longest = Math.max(...places.map(({ label }) => label.length)) * SIGN;
  let left = Math.max(...steps.map((step) => compact.format(step).length)) * SIGN + 12;
  const right = width - 8;
  const slanted = longest + 8 > (right - left) / places.length;
  const below = slanted ? Math.min(longest * 0.72 + 16, MOST_SLANTED) : 20;
  if (slanted) left = Math.max(left, Math.min(longest * 0.72, MOST_SLANTED) - (right - left) / places.length / 2);
  const [top, bottom] = [axes.y_label ? 26 : 10, height - below - (axes.x_label ? 20 : 2)];
  const [low, high, band] = [steps[0], steps.at(-1), (right - left) / places.length];
  return { left, right, top, bottom, band, steps, slanted, height, middle: (at) => left + (at + 0.5) * band, y: (value) => bottom - ((value - low) / (high - low)) * (bottom - top) };
}

/** Return round values from below the lowest to above the highest. */
function ticks(low, high) {
  const rough = (high - low || 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= rough * 0.999);
  const first = Math.floor(low / step);
  const last = Math.max(Math.ceil(high / step), first + 1);
  return Array.from({ length: last - first + 1 }, (_, at) => (first + at) * step);
}

function scale({ left, right, top, y, steps }, axes) {
  return [steps.map((step) => [
    svg("path", { d: `M${left} ${y(step)}H${right}`, class: step === 0 ? "base" : "grid" }),
    svg("text", { x: left - 6, y: y(step) + 4, "text-anchor": "end" }, compact.format(step))]),
  axes.y_label && svg("text", { x: 0, y: top - 14, class: "axis" }, axes.y_label)];
}

function labels({ left, right, bottom, band, middle, slanted, height }, places, axes) {
  const every = slanted ? Math.ceil(13 / band) : 1;
  return [places.map(({ label }, at) => at % every === 0 && svg("text", slanted
    ? { "text-anchor": "end", transform: `translate(${middle(at) + 4} ${bottom + 14}) rotate(-45)` }
    : { "text-anchor": "middle", x: middle(at), y: bottom + 16 }, label)).filter(Boolean),
  axes.x_label && svg("text", { x: (left + right) / 2, y: height - 6, "text-anchor": "middle", class: "axis" }, axes.x_label)];
}

function bar({ middle, band, y }, values, at, count, tones) {
  const wide = Math.min(band * 0.76, 64 * count) / count;
  return values.map((value, place) => {
    const [upper, lower] = [y(Math.max(value, 0)), y(Math.min(value, 0))];
    const x = middle(place) + (at - count / 2) * wide;
    return svg("rect", { x, y: upper, width: Math.max(wide - 1, 1), height: lower - upper, rx: 1.5, fill: tones.fill(at), class: `edge tone-${at}` });
  });
}

const through = ({ middle, y }, values) => values.map((value, at) => `${middle(at)} ${y(value)}`).join("L");

function line(frame, values, at) {
  return [svg("path", { d: `M${through(frame, values)}`, class: `stroke tone-${at}`, "stroke-dasharray": dash(at) }),
    values.map((value, place) => mark(at, frame.middle(place), frame.y(value)))];
}

function area(frame, values, at, count, tones) {
  const ends = `L${frame.middle(values.length - 1)} ${frame.y(0)}L${frame.middle(0)} ${frame.y(0)}Z`;
  return [svg("path", { d: `M${through(frame, values)}${ends}`, fill: tones.fill(at), class: "veil" }), line(frame, values, at)];
}
