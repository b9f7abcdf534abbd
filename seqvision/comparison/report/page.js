"use strict";

// A table sorts by the column whose heading is pressed; what has no value stays last.
for (const table of document.querySelectorAll("table.sortable")) {
  const headings = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  headings.forEach((heading, column) => {
    heading.querySelector("button").addEventListener("click", () => {
      const up = heading.getAttribute("aria-sort") !== "ascending";
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", up ? "ascending" : "descending");
      const numeric = heading.classList.contains("number");
      const value = (row) => row.cells[column].dataset.value;
      const compare = (a, b) => (numeric ? a - b : a.localeCompare(b, undefined, { numeric: true }));
      const rows = [...body.rows].sort((first, second) => {
        const [a, b] = [value(first), value(second)];
        if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
        return up ? compare(a, b) : compare(b, a);
      });
      body.append(...rows);
    });
  });
}

// A filter leaves the rows in which every word typed is found.
for (const input of document.querySelectorAll(".filter input")) {
  const rows = [...document.getElementById(input.getAttribute("aria-controls")).tBodies[0].rows];
  const count = input.parentElement.querySelector("output");
  const filter = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) {
      const text = row.dataset.words.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
    const shown = rows.filter((row) => !row.hidden).length;
    count.textContent = words.length ? `${shown} of ${rows.length} models` : "";
  };
  input.addEventListener("input", filter);
  filter();
}

// A link into what is folded opens it.
const open = () => {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && target.tagName === "DETAILS") target.open = true;
};
addEventListener("hashchange", open);
open();

// Charts as wide as their place: a single view stretches, panels wrap into fewer columns.
const LABELS = 96; // pixels beside the panels for the axis
const fitted = (spec, width) => {
  const copy = structuredClone(spec);
  const panel = copy.spec;
  if (panel) {
    const room = width - LABELS + copy.spacing;
    const columns = Math.floor(room / (panel.width + copy.spacing));
    copy.columns = Math.max(1, Math.min(copy.columns, columns));
    const share = Math.floor(room / copy.columns) - copy.spacing;
    const square = panel.width === panel.height; // A matrix, which grows in both ways, and less.
    panel.width = Math.min(share, (square ? 1.3 : 2) * panel.width);
    if (square) panel.height = panel.width;
  } else if (typeof copy.width === "number") {
    copy.width = "container";
    copy.autosize = { type: "fit-x", contains: "padding" };
  }
  if (width < 480) copy.config.legend.columns = 2;
  return copy;
};
const charts = [...document.querySelectorAll(".chart")].map((place) => ({
  place,
  spec: JSON.parse(place.querySelector("script").textContent),
  width: 0,
}));
const options = {
  actions: false,
  defaultStyle: false,
  mode: "vega-lite",
  renderer: "svg",
  tooltip: { theme: "custom", disableDefaultStyle: true },
};
const draw = async () => {
  for (const chart of charts) {
    const width = chart.place.clientWidth;
    if (width === chart.width) continue;
    chart.width = width;
    chart.view?.finalize();
    chart.view = (await vegaEmbed(chart.place, fitted(chart.spec, width), options)).view;
  }
  document.body.dataset.drawn = "yes";
};
let waiting;
addEventListener("resize", () => {
  clearTimeout(waiting);
  waiting = setTimeout(draw, 150);
});
draw();
