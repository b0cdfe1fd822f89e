// A pie: what each part has of all, from twelve o'clock on.
import { svg } from "./svg.js";

/** Return `root`, the drawing; `spots`, where its values are read; `under(event)`, which of them the pointer is at. */
export function piePlot(_chart, { places, height }, tones, width) {
  const radius = Math.min(width, height) / 2 - 8;
  const [x, y] = [width / 2, height / 2];
  const all = places.reduce((sum, { values: [value] }) => sum + value, 0);
  const at = (share, far) => [x + Math.sin(share * 2 * Math.PI) * far * radius, y - Math.cos(share * 2 * Math.PI) * far * radius];
  let before = 0;
  const spots = places.map(({ values: [value] }, place) => {
    const [from, to] = [before / all, (before + value) / all];
    before += value;
    const wedge = svg("path", { d: outline(at, from, to, radius, [x, y]), fill: tones.fill(place), class: "wedge", "data-at": place });
    const [middleX, middleY] = at((from + to) / 2, 0.6);
    return { x: middleX, y: middleY, marks: [wedge] };
  });
  const root = svg("svg", { width, height, "aria-hidden": "true" }, spots.map(({ marks }) => marks));
  return { root, spots, under: ({ target }) => Number(target.dataset?.at ?? -1) };
}

function outline(at, from, to, radius, [x, y]) {
  if (to - from > 0.9999) return `M${x} ${y - radius}A${radius} ${radius} 0 1 1 ${x - 0.01} ${y - radius}Z`;
  const [[startX, startY], [endX, endY]] = [at(from, 1), at(to, 1)];
  return `M${x} ${y}L${startX} ${startY}A${radius} ${radius} 0 ${to - from > 0.5 ? 1 : 0} 1 ${endX} ${endY}Z`;
}
