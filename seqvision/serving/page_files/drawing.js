"use strict";

// A drawing is lines of points, in parts of the board's width and height. It is kept as lines, not
// as pixels, so that it can be drawn at any size with a pen of the right width.
const strokes = [];

// The pen's width as a part of the picture's height: MNIST's digits have strokes about 2.4 of 28
// pixels wide.
const PEN = 2.4 / 28;

// MNIST's digits fill a box of 20×20 of 28×28 pixels, and their centre of mass is in the middle
// (LeCun et al. 1998).
const BOX = 20 / 28;

// A small drawing is enlarged up to so many times: a dot stays a dot.
const MOST = 4;

// Draw all lines into a context, with a scale and an offset in pixels.
const trace = (context, width, scale, left, top) => {
  context.lineWidth = width;
  context.lineCap = context.lineJoin = "round";
  for (const stroke of strokes) {
    context.beginPath();
    const [first, ...others] = stroke;
    const at = ([x, y]) => [left + scale[0] * x, top + scale[1] * y];
    context.moveTo(...at(first));
    if (!others.length) context.lineTo(...at(first));
    // Through the middles between points, so that corners of a quick hand are round.
    others.forEach((point, place) => {
      const next = others[place + 1];
      const middle = next ? [(point[0] + next[0]) / 2, (point[1] + next[1]) / 2] : point;
      context.quadraticCurveTo(...at(point), ...at(middle));
    });
    context.stroke();
  }
};

// The ink of each pixel, 0 to 1: drawn eight times as large, and averaged.
const FINE = 8;
const ink = (height, width, scale, left, top, shift = [0, 0]) => {
  const canvas = new OffscreenCanvas(width * FINE, height * FINE);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const pen = PEN * height * FINE;
  trace(context, pen, scale.map((s) => s * FINE), (left + shift[0]) * FINE, (top + shift[1]) * FINE);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const pixels = Array.from({ length: height }, () => new Float64Array(width));
  for (let y = 0; y < canvas.height; y++) {
    for (let x = 0; x < canvas.width; x++) {
      pixels[Math.floor(y / FINE)][Math.floor(x / FINE)] += data[4 * (y * canvas.width + x) + 3];
    }
  }
  return pixels.map((row) => row.map((sum) => sum / (255 * FINE * FINE)));
};

// The drawing as a picture of height × width pixels, 0 to 1, as it lies on the board.
const asDrawn = (height, width) => ink(height, width, [width, height], 0, 0);

// The same, sized and centred as MNIST's digits are.
const centred = (height, width) => {
  const points = strokes.flat();
  const pen = PEN * height;
  const box = BOX * Math.min(height, width) - pen;
  const range = (axis, size) => {
    const values = points.map((point) => point[axis] * size);
    return [Math.min(...values), Math.max(...values)];
  };
  const [left, right] = range(0, width);
  const [top, bottom] = range(1, height);
  const times = Math.min(MOST, box / Math.max(right - left, bottom - top, 1e-9));
  const scale = [times * width, times * height];
  const x = (width - times * (left + right)) / 2;
  const y = (height - times * (top + bottom)) / 2;
  const middle = ink(height, width, scale, x, y);
  let [mass, across, down] = [0, 0, 0];
  middle.forEach((row, j) => row.forEach((value, i) => {
    mass += value;
    across += value * (i + 0.5);
    down += value * (j + 0.5);
  }));
  return ink(height, width, scale, x, y, [width / 2 - across / mass, height / 2 - down / mass]);
};
