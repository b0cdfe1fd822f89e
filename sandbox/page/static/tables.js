// Tables: `data_table`, which a person sorts and pages, and `table`, which stays as it was sent. Cells are literal text.
import { h } from "./dom.js";

const ORDERS = ["none", "ascending", "descending"];
const standings = new Map(); // how a person left a table: drawn anew, it stands as it stood

/** Return a table with a caption, headers that sort, and pages; `key` says which one it is. */
export function dataTable(block, key) {
  const [header, ...rows] = block.rows;
  const standing = standings.get(key) ?? { column: 0, order: "none", page: 0 };
  standings.set(key, standing);
  const heads = header.map((cell, column) => head(cell, column, key, () => {
    const next = standing.column === column ? ORDERS[(ORDERS.indexOf(standing.order) + 1) % 3] : "ascending";
    Object.assign(standing, { column, order: next, page: 0 });
    draw();
  }));
  const numeric = header.map((_, column) => rows.every((row) => row[column].type === "raw_number"));
  const body = h("tbody");
  const pages = pager(block, key, (step) => { standing.page += step; draw(); });

  function draw() {
    heads.forEach((each, column) => {
      each.ariaSort = column === standing.column ? standing.order : "none";
      each.classList.toggle("number", numeric[column]);
    });
    const from = standing.page * pages.size;
    const shown = sorted(rows, standing, numeric).slice(from, from + pages.size);
    body.replaceChildren(...shown.map((row) => h("tr", {}, row.map((cell, column) => place(cell, numeric[column], column === block.row_header_column_index)))));
    pages.show(from, shown.length, rows.length);
  }
  draw();
  const table = h("table", {}, h("caption", {}, h("span", {}, block.caption)), h("thead", {}, h("tr", {}, heads)), body);
  return h("div", { className: "table" }, scrolled(table, block.caption, key), pages.root);
}

/** Return a table as it was sent: its first row heads it, columns may have sides. */
export function plainTable(block, key) {
  const [header, ...rows] = block.rows;
  const side = (column) => block.column_settings?.[column]?.align ?? "left";
  const cell = (tag, scope) => (each, column) => h(tag, { className: `to-${side(column)}`, ...scope }, contents(each));
  const table = h("table", {}, h("thead", {}, h("tr", {}, header.map(cell("th", { scope: "col" })))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map(cell("td", {}))))));
  return h("div", { className: "table" }, scrolled(table, "Table", key));
}

/** Whatever is wider than the message scrolls in here, also by keys. */
const scrolled = (table, name, key) => h("div", { className: "scrolls", role: "group", tabIndex: 0, "aria-label": name, "data-key": `${key} cells` }, table);

function head(cell, column, key, onclick) {
  return h("th", { scope: "col" }, h("button", { type: "button", className: "quiet", "data-key": `${key} ${column}`, onclick },
    contents(cell), h("span", { className: "order", "aria-hidden": "true" })));
}

function place(cell, isNumber, isHeader) {
  return h(isHeader ? "th" : "td", { className: isNumber ? "number" : "", ...(isHeader && { scope: "row" }) }, contents(cell));
}

/** A column goes by number where all of it are numbers, otherwise by text; without an order it stands as it was sent. */
function sorted(rows, { column, order }, numeric) {
  if (order === "none") return rows;
  const compare = numeric[column]
    ? (one, other) => one[column].value - other[column].value
    : (one, other) => words(one[column]).localeCompare(words(other[column]), "en");
  const up = [...rows].sort(compare);
  return order === "ascending" ? up : up.reverse();
}

function pager(block, key, go) {
  const size = block.page_size ?? 5;
  const told = h("span", { role: "status" });
  const step = (label, by) => h("button", { type: "button", "data-key": `${key} ${label}`, "aria-label": `${label} rows of ${block.caption}`, onclick: (event) => { if (event.currentTarget.ariaDisabled !== "true") go(by); } }, label);
  const [back, on] = [step("Previous", -1), step("Next", 1)];
  const root = h("div", { className: "pages" }, told, back, on);
  return { root, size, show(from, count, all) {
    root.hidden = all <= size;
    const said = `Rows ${from + 1} to ${from + count} of ${all}`;
    if (told.textContent !== said) told.textContent = said;
    back.ariaDisabled = String(from === 0); // `disabled` would take the focus away
    on.ariaDisabled = String(from + count >= all);
  } };
}

/** Return what stands in a cell; rich text has its words and links, without styles. */
function contents(cell) {
  if (cell.type !== "rich_text") return [words(cell)];
  return parts(cell).map((part) => (part.type === "link" && /^https?:/i.test(part.url) ? h("a", { href: part.url, target: "_blank", rel: "noopener noreferrer" }, part.text ?? part.url) : wordsOf(part)));
}

const words = (cell) => (cell.type === "rich_text" ? parts(cell).map(wordsOf).join("") : String(cell.text ?? cell.value));
const wordsOf = (part) => part.text ?? part.url ?? part.fallback ?? (part.name ? `:${part.name}:` : part.user_id ? `@${part.user_id}` : "");
const parts = (node) => (node.elements ? node.elements.flatMap(parts) : [node]);
