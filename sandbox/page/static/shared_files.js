// Files that were shared: their name, their size, and a way to have them.
import { me } from "./api.js";
import { h } from "./dom.js";

const UNITS = [[1e9, "GB"], [1e6, "MB"], [1e3, "kB"]];

/** Return a file of a message. */
export function sharedFile({ id, name, title, size, filetype }) {
  const href = `/files/${encodeURIComponent(id)}?as=${encodeURIComponent(me.name)}`;
  return h("div", { className: "file" },
    h("span", { className: "kind", "aria-hidden": "true" }, filetype),
    h("p", {}, h("strong", {}, title), h("small", {}, `${title === name ? "" : `${name}, `}${sized(size)}`)),
    h("a", { href, download: name, "aria-label": `Download ${name}` }, "Download"));
}

function sized(bytes) {
  const [unit, word] = UNITS.find(([least]) => bytes >= least) ?? [1, "bytes"];
  return `${new Intl.NumberFormat("en-US", { maximumFractionDigits: unit === 1 ? 0 : 1 }).format(bytes / unit)} ${word}`;
}
