"use strict";

const facts = JSON.parse(document.getElementById("facts").textContent);
const [height, width, channels] = facts.shape;
const { classes, order } = facts;
const steps = order ? Math.max(...order.flat()) + 1 : 0;
const one = (id) => document.getElementById(id);
const board = one("board");
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const share = (p) => `${(100 * p).toFixed(1)} %`;

// ---- Drawing: by pointer and by keyboard ----

const cursor = { x: 0.5, y: 0.3, shown: false, down: false };
const sideways = width / height;

const paint = () => {
  const wide = board.clientWidth * devicePixelRatio;
  board.width = wide;
  board.height = wide / sideways;
  const context = board.getContext("2d");
  context.strokeStyle = context.fillStyle = color("--ink");
  trace(context, PEN * board.height, [board.width, board.height], 0, 0);
  if (!strokes.length && !cursor.shown) {
    context.fillStyle = color("--soft");
    context.font = `${16 * devicePixelRatio}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.fillText("draw here", board.width / 2, board.height / 2);
  }
  if (!cursor.shown) return;
  context.beginPath();
  context.arc(cursor.x * board.width, cursor.y * board.height, 0.7 * PEN * board.height, 0, 7);
  context.strokeStyle = color("--link");
  context.lineWidth = 2 * devicePixelRatio;
  context.globalAlpha = cursor.down ? 1 : 0.6;
  if (!cursor.down) context.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
  context.stroke();
};

const place = (event) => {
  const box = board.getBoundingClientRect();
  const part = (value, from, size) => Math.min(1, Math.max(0, (value - from) / size));
  return [part(event.clientX, box.left, box.width), part(event.clientY, box.top, box.height)];
};
let stroke = null;
board.addEventListener("pointerdown", (event) => {
  if (event.button || stroke) return;
  board.setPointerCapture(event.pointerId);
  lift();
  cursor.shown = false;
  stroke = [place(event)];
  strokes.push(stroke);
  changed();
});
board.addEventListener("pointermove", (event) => {
  if (!stroke) return;
  const events = event.getCoalescedEvents?.() ?? [];
  stroke.push(...(events.length ? events : [event]).map(place));
  changed();
});
for (const end of ["pointerup", "pointercancel"]) board.addEventListener(end, () => (stroke = null));

const lift = () => (cursor.down = false);
const clear = () => {
  strokes.length = 0;
  lift();
  changed();
};
const undo = () => {
  strokes.pop();
  lift();
  changed();
};
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
board.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "z") undo();
  else if (event.ctrlKey || event.metaKey || event.altKey) return;
  else if (event.key === " ") {
    cursor.shown = true;
    if (!event.repeat) cursor.down = !cursor.down;
    if (cursor.down && !event.repeat) strokes.push([[cursor.x, cursor.y]]);
    changed();
  } else if (event.key in MOVES) {
    const [across, down] = MOVES[event.key];
    cursor.shown = true;
    cursor.x = Math.min(1, Math.max(0, cursor.x + (across * 0.03) / sideways));
    cursor.y = Math.min(1, Math.max(0, cursor.y + down * 0.03));
    if (cursor.down) strokes.at(-1).push([cursor.x, cursor.y]);
    changed(cursor.down);
  } else if (event.key === "Delete" || event.key === "Backspace") clear();
  else return;
  event.preventDefault();
});
board.addEventListener("blur", () => {
  cursor.shown = false;
  lift();
  paint();
});
one("clear").addEventListener("click", clear);
one("undo").addEventListener("click", undo);
for (const id of ["centred", "dark"]) one(id).addEventListener("change", () => changed());

// ---- Asking: one request at a time, the newest drawing next ----

let asking = false;
let newer = false;

// The picture as the model gets it, rows of 0 to 255.
const picture = () => {
  const values = one("centred").checked ? centred(height, width) : asDrawn(height, width);
  const dark = one("dark").checked;
  return values.map((row) => Array.from(row, (v) => Math.round(255 * (dark ? 1 - v : v))));
};
const changed = (other = true) => {
  paint();
  one("undo").disabled = one("clear").disabled = !strokes.length;
  if (!other) return;
  newer = asking;
  if (!asking) requestAnimationFrame(ask);
  busy(true);
};
const busy = (is) => {
  asking = is;
  document.body.toggleAttribute("data-asking", is);
};
const ask = async () => {
  newer = false;
  if (!strokes.length) show(null, null);
  else {
    const image = picture();
    const pixels = channels ? image.map((row) => row.map((v) => Array(channels).fill(v))) : image;
    try {
      const response = await fetch(`predict?steps=${steps > 0}&top=3`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ pixels }),
      });
      const said = await response.json();
      if (!response.ok) throw new Error(said.error);
      one("problem").hidden = true;
      if (strokes.length) show(image, said);
    } catch (error) {
      one("problem").textContent = `No answer: ${error.message}`;
      one("problem").hidden = false;
    }
  }
  if (newer) requestAnimationFrame(ask);
  else busy(false);
};

// ---- Showing ----

const across = order && facts.reads[1] !== "row";
const step = order ? facts.reads[1] : "";
if (across) one("reading").classList.add("across");

const FRAMES = 7;
const frames = Array.from({ length: FRAMES }, (_, k) => Math.round(((k + 1) * steps) / FRAMES));
const element = (name, text = "") => Object.assign(document.createElement(name), { textContent: text });

// Draw the picture, or what of it was read before a step, into a canvas.
const picturePixels = (canvas, image, until = Infinity) => {
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = image ? image[y][x] : 0;
      const read = until === Infinity || (image && order[y][x] < until);
      pixels.data.set([value, value, value, read ? 255 : 0], 4 * (y * width + x));
    }
  }
  context.putImageData(pixels, 0, 0);
};

// The classes that have a column: all, or those that are most probable at some step.
const MOST_COLUMNS = 12;
const columns = (said) => {
  const all = classes.map((_, k) => k);
  if (classes.length <= MOST_COLUMNS) return all;
  const peak = (k) => Math.max(...said.steps.map((step) => step.probabilities[k]));
  const best = all.map((k) => [peak(k), k]).sort((a, b) => b[0] - a[0]).slice(0, MOST_COLUMNS);
  return best.map(([, k]) => k).sort((a, b) => a - b);
};

const showBeliefs = (said) => {
  const chosen = said ? columns(said) : classes.map((_, k) => k).slice(0, MOST_COLUMNS);
  const best = said && classes.indexOf(said.class);
  const names = one("names");
  names.classList.toggle("long", chosen.some((k) => classes[k].length > 2));
  names.replaceChildren(...chosen.map((k) => {
    const name = element("span", classes[k]);
    if (k === best) name.className = "best";
    return name;
  }));
  const canvas = one("beliefs");
  const [wide, high] = across ? [steps, chosen.length] : [chosen.length, steps];
  [canvas.width, canvas.height] = [wide, high];
  if (!said) return;
  const context = canvas.getContext("2d");
  context.fillStyle = color("--link");
  said.steps.forEach((step, t) => chosen.forEach((k, n) => {
    context.globalAlpha = step.probabilities[k];
    context.fillRect(across ? t : n, across ? n : t, 1, 1);
  }));
};

const showFrames = (image, said) => {
  const [heads, cells] = document.querySelectorAll(".strip tr");
  heads.replaceChildren(...frames.map((number) => {
    const head = element("th", `${step} ${number}`);
    head.scope = "col";
    return head;
  }));
  cells.replaceChildren(...frames.map((number) => {
    const cell = element("td");
    const canvas = element("canvas");
    picturePixels(canvas, image, image ? number : 0);
    cell.append(canvas);
    if (said) {
      const belief = said.steps[number - 1];
      const sure = element("span", share(belief.probability));
      sure.className = "share";
      cell.append(element("span", belief.class), sure);
      cell.classList.toggle("same", belief.class === said.class);
    }
    return cell;
  }));
};

const showAnswer = (said) => {
  const answer = one("answer");
  if (!said) {
    answer.textContent = "Nothing drawn yet.";
    one("top").replaceChildren();
    return;
  }
  answer.replaceChildren(element("b", said.class), element("span", share(said.probability)));
  const since = steps && 1 + said.steps.findLastIndex((step) => step.class !== said.class);
  if (since) {
    answer.append(element("span", `so it has believed since ${step} ${since + 1} of ${steps}`));
  } else if (steps) answer.append(element("span", "so it has believed from the beginning"));
  one("top").replaceChildren(...said.top.map((each) => {
    const item = element("li");
    const meter = Object.assign(element("meter"), { value: each.probability });
    meter.setAttribute("aria-label", each.class);
    item.append(element("span", each.class), meter, element("span", share(each.probability)));
    return item;
  }));
};

let shown = [null, null];
const show = (image, said) => {
  shown = [image, said];
  picturePixels(one("seen"), image);
  showAnswer(said);
  if (!steps) return;
  showBeliefs(said);
  showFrames(image, said);
};

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  paint();
  show(...shown);
});
addEventListener("resize", paint);
one("undo").disabled = one("clear").disabled = true;
paint();
show(null, null);
document.body.dataset.drawn = "yes";
