"use strict";

const facts = JSON.parse(document.getElementById("facts").textContent);
const { classes, steps: saysSteps } = facts;
const one = (id) => document.getElementById(id);
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const share = (p) => `${(100 * p).toFixed(1)} %`;
const element = (name, text = "") => Object.assign(document.createElement(name), { textContent: text });

// ---- Reading what a person wrote ----

const ABSENT = new Set(["", "nan", "na", "null", "?"]);

// The numbers of a line, null where there is none; undefined if it holds anything else.
const numbers = (line) => {
  const separator = [",", ";", "\t"].find((each) => line.includes(each)) ?? /\s+/;
  const cells = line.trim().split(separator).map((cell) => cell.trim().toLowerCase());
  const values = cells.map((cell) => (ABSENT.has(cell) ? null : Number(cell)));
  return values.some((value) => value !== null && !Number.isFinite(value)) ? undefined : values;
};

// The body of a request: JSON of one series, or of what was written, or a table for the server.
const bodyOf = (text) => {
  const json = (content, series = null) => ({ kind: "application/json", content, series });
  if (/^\s*\{/.test(text)) return json(text);
  if (/^\s*\[/.test(text)) {
    try {
      const series = JSON.parse(text);
      return json(JSON.stringify({ series }), series);
    } catch {
      return json(`{"series": ${text}}`); // The server says what is wrong.
    }
  }
  const rows = text.replace(/(\r?\n)+$/, "").split(/\r?\n/).map(numbers);
  if (rows.every(Boolean)) return json(JSON.stringify({ series: rows }), rows);
  return { kind: "text/csv", content: text, series: null };
};

// ---- Asking ----

const ask = async (options, series) => {
  document.body.toggleAttribute("data-asking", true);
  try {
    const steps = saysSteps && series !== null;
    const response = await fetch(`predict?steps=${steps}&top=3`, { method: "POST", ...options });
    const said = await response.json();
    if (!response.ok) throw new Error(said.error);
    one("problem").hidden = true;
    show(said, series);
  } catch (error) {
    one("problem").textContent = `No answer: ${error.message}`;
    one("problem").hidden = false;
  }
  document.body.toggleAttribute("data-asking", false);
};
one("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const { kind, content, series } = bodyOf(one("text").value);
  ask({ headers: { "Content-Type": kind }, body: content }, series);
});
one("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) one("form").requestSubmit();
});
one("file").addEventListener("change", () => {
  const [file] = one("file").files;
  if (!file) return;
  const form = new FormData();
  form.append("file", file);
  ask({ body: form }, null);
  one("file").value = ""; // So that the same file, changed, can be chosen again.
});

// ---- Showing ----

const COLORS = ["#4269d0", "#efb118", "#ff725c", "#6cc5b0", "#3ca951", "#ff8ab7", "#a463f2", "#97bbf5"];

// Draw each feature as a line over its own range, open where it was not observed.
const drawLines = (series) => {
  const canvas = one("lines");
  const rows = series.map((row) => (Array.isArray(row) ? row : [row]));
  const [wide, high] = [(canvas.width = canvas.clientWidth * devicePixelRatio), (canvas.height = canvas.clientHeight * devicePixelRatio)];
  const context = canvas.getContext("2d");
  context.lineWidth = 1.5 * devicePixelRatio;
  for (let feature = 0; feature < (rows[0]?.length ?? 0); feature++) {
    const values = rows.map((row) => row[feature]);
    const seen = values.filter((value) => value !== null);
    const low = seen.reduce((a, b) => Math.min(a, b), Infinity);
    const range = seen.reduce((a, b) => Math.max(a, b), -Infinity) - low || 1;
    context.strokeStyle = context.fillStyle = COLORS[feature % COLORS.length];
    context.beginPath();
    values.forEach((value, step) => {
      if (value === null) return;
      const x = ((step + 0.5) / rows.length) * wide;
      const y = high * (0.95 - (0.9 * (value - low)) / range);
      if (step && values[step - 1] !== null) context.lineTo(x, y);
      else context.moveTo(x, y);
      context.fillRect(x - devicePixelRatio, y - devicePixelRatio, 2 * devicePixelRatio, 2 * devicePixelRatio);
    });
    context.stroke();
  }
};

// The classes that have a row: all, or those that are most probable at some step.
const MOST_ROWS = 12;
const drawBeliefs = (said) => {
  const peak = (k) => said.steps.reduce((most, step) => Math.max(most, step.probabilities[k]), 0);
  const all = classes.map((_, k) => k);
  const best = all.map((k) => [peak(k), k]).sort((a, b) => b[0] - a[0]).slice(0, MOST_ROWS);
  const chosen = best.map(([, k]) => k).sort((a, b) => a - b);
  one("names").replaceChildren(...chosen.map((k) => {
    const name = element("span", classes[k]);
    if (classes[k] === said.class) name.className = "best";
    return name;
  }));
  const canvas = one("beliefs");
  [canvas.width, canvas.height] = [said.steps.length, chosen.length];
  const context = canvas.getContext("2d");
  context.fillStyle = color("--link");
  said.steps.forEach((step, t) => chosen.forEach((k, n) => {
    context.globalAlpha = step.probabilities[k];
    context.fillRect(t, n, 1, 1);
  }));
};

const showOne = (said) => {
  one("answer").replaceChildren(element("b", said.class), element("span", share(said.probability)));
  one("top").replaceChildren(...said.top.map((each) => {
    const item = element("li");
    const meter = Object.assign(element("meter"), { value: each.probability });
    meter.setAttribute("aria-label", each.class);
    item.append(element("span", each.class), meter, element("span", share(each.probability)));
    return item;
  }));
};

const showSeveral = (answers) => {
  one("answer").replaceChildren(element("b", `${answers.length}`), element("span", "series were read"));
  one("top").replaceChildren();
  one("several").tBodies[0].replaceChildren(...answers.map((each) => {
    const row = element("tr");
    row.append(...[each.series, each.class, share(each.probability)].map((text) => element("td", text)));
    return row;
  }));
};

let shown = () => {};
const show = (said, series) => {
  const several = said.answers?.length === 1 ? null : said.answers;
  one("several").hidden = !several;
  one("reading").hidden = !series;
  if (several) showSeveral(several);
  else showOne(said.answers?.[0] ?? said);
  shown = () => {
    if (!series) return;
    drawLines(series);
    if (said.steps) drawBeliefs(said);
  };
  shown();
};
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => shown());
addEventListener("resize", () => shown());
document.body.dataset.drawn = "yes";
