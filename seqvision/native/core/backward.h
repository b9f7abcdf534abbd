// The gradients of a layer, last step to first.
//
// Steps go back in stretches: the rows by themselves, then what they add to the gradients of
// weights, of which each thread has some rows. Every number is a sum in an order that does not
// depend on the threads.
#pragma once

#include <algorithm>

#include "layout.h"
#include "pack.h"
#include "product.h"
#include "scratch.h"
#include "threads.h"

namespace SV_ARCH {

constexpr long ROWS_OF_STRETCH = 384;  // Rows times steps: a stretch stays in the second cache.

template <class Cell, bool WORDS>
struct Backward {
  const sv_layer& layer;
  const sv_gradients& of;
  Size size;
  Slots slots;       // What the forward pass kept: it is only read.
  Slots gradients;   // Of the sums, for a stretch of steps.
  float* d_states;   // [state][batch][width]
  float* d_operand;  // [batch][width]
  // Gradients in words, of a step by their slots, and of a stretch by pairs of rows.
  Slots of_step, of_pairs;
  const float *x_turned, *h_turned, *second_turned;

  void rows(long begin, long end, long from, long to) const;
  void pairs(long part, long from, long to) const;
  void weights(long part, long from, long to) const;
  vec old(int k, long b, long row, long s) const;
  vec dropped(long row, long column) const;
  float* d_state(int k, long row) const { return d_states + (k * size.batch + row) * size.width; }
};

// A state before step s.
template <class Cell, bool WORDS>
vec Backward<Cell, WORDS>::old(int k, long b, long row, long s) const {
  if (s == 0)
    return layer.first[k] ? load(layer.first[k] + row * size.units + b * W, size.left(b)) : vec{};
  if (k == 1) return load(slots.at(b, s - 1, row) + (Cell::SLOTS - 1) * W);
  return load(of.every + (row * size.steps + s - 1) * size.units + b * W, size.left(b));
}

// What a state is multiplied by within its product.
template <class Cell, bool WORDS>
vec Backward<Cell, WORDS>::dropped(long row, long column) const {
  const float* factors = layer.dropout;
  return factors ? load(factors + row * size.units + column, size.units - column) : all(1.0f);
}

// Steps `from` to `to` of some rows, the last of them first.
template <class Cell, bool WORDS>
void Backward<Cell, WORDS>::rows(long begin, long end, long from, long to) const {
  constexpr int G = Cell::X::count, HG = Cell::H::count, STATES = Cell::STATES;
  const long count = end - begin, width = size.width;
  [[maybe_unused]] const long units = size.units;
  for (long s = to - 1; s >= from; --s) {
    for (long b = 0; b < size.blocks; ++b)
      for (long row = begin; row < end; ++row) {
        vec d[STATES], before[STATES], now[Cell::SLOTS] = {};
        float* result = gradients.at(b, s - from, row);
        for (int k = 0; k < STATES; ++k) d[k] = load(d_state(k, row) + b * W);
        if (of.d_every)
          d[0] += load(of.d_every + (row * size.steps + s) * units + b * W, size.left(b));
        if (!is_masked(layer, row, s)) {
          const float* kept_then = slots.at(b, s, row);
          for (int k = 0; k < STATES; ++k) before[k] = old(k, b, row, s);
          for (int k = 0; k < Cell::SLOTS; ++k) now[k] = load(kept_then + k * W);
          Cell::backward(before, d, now);
        }
        for (int k = 0; k < Cell::GRADIENTS; ++k) store(result + k * W, now[k]);
        if constexpr (WORDS)
          for (int k = 0; k < Cell::GRADIENTS; ++k)
            store_words(of_step.at(b, 0, row) + k * W / 2, now[k]);
        for (int k = 0; k < STATES; ++k) store(d_state(k, row) + b * W, d[k]);
      }
    const float* at_step = gradients.at(0, s - from, begin);
    if constexpr (Cell::TWO) {
      plain_product({units}, count,
                    {at_step + Cell::SECOND_SLOT * W, gradients.row, second_turned, 0, W,
                     size.blocks, gradients.block},
                    [&](long row, long column, const float* sums, long vectors) {
                      std::copy_n(sums, vectors * W, d_operand + (begin + row) * width + column);
                    });
      for (long b = 0; b < size.blocks; ++b)
        for (long row = begin; row < end; ++row) {
          if (is_masked(layer, row, s)) continue;
          float* result = gradients.at(b, s - from, row);
          const vec factor = dropped(row, b * W);
          vec before[1] = {old(0, b, row, s) * factor}, d[1] = {}, now[Cell::SLOTS];
          for (int k = 0; k < Cell::SLOTS; ++k) now[k] = load(result + k * W);
          Cell::backward_second(before, load(d_operand + row * width + b * W), d, now);
          for (int k = 0; k < Cell::SLOTS; ++k) store(result + k * W, now[k]);
          store(d_state(0, row) + b * W, load(d_state(0, row) + b * W) + d[0] * factor);
        }
    }
    const Slots& left = WORDS ? of_step : gradients;
    const float* first_left = WORDS ? of_step.at(0, 0, begin) : at_step;
    constexpr int FLOATS = WORDS ? W / 2 : W;  // Of a slot, numbers or words.
    if constexpr (HG > 0)
      plain_product<WORDS>({units}, count,
                    {first_left + Cell::H_SLOT * FLOATS, left.row, h_turned, 0, HG * FLOATS,
                     size.blocks, left.block},
                    [&](long row, long column, const float* sums, long vectors) {
                      float* to = d_state(0, begin + row) + column;
                      for (long v = 0; v < vectors; ++v)
                        store(to + v * W, load(to + v * W) +
                                              load(sums + v * W) *
                                                  dropped(begin + row, column + v * W));
                    });
    if (of.d_x)
      plain_product<WORDS>({size.features}, count,
                    {first_left + Cell::X_SLOT * FLOATS, left.row, x_turned, 0, G * FLOATS,
                     size.blocks, left.block},
                    [&](long row, long column, const float* sums, long vectors) {
                      float* to = of.d_x + ((begin + row) * size.steps + read_at(layer, s)) *
                                               size.features + column;
                      for (long v = 0; v < vectors; ++v)
                        store(to + v * W, load(sums + v * W), size.features - column - v * W);
                    });
  }
}

// The gradients of some of a stretch's rows and steps, two in a word.
template <class Cell, bool WORDS>
void Backward<Cell, WORDS>::pairs(long part, long from, long to) const {
  const long depth = (to - from) * size.batch, count = (depth + 1) / 2;
  const long begin = count * part / size.threads, end = count * (part + 1) / size.threads;
  for (long b = 0; b < size.blocks; ++b)
    for (long pair = begin; pair < end; ++pair)
      for (int k = 0; k < Cell::GRADIENTS; ++k) {
        const float* low = gradients.at(b, 0, 2 * pair) + k * W;
        const vec high = 2 * pair + 1 < depth ? load(low + gradients.row) : vec{};
        store(of_pairs.at(b, 0, pair) + k * W, words(load(low), high));
      }
}

// Adds what steps `from` to `to` have to the gradients of weights, of which each part has some
// rows. A row of ones among the operands makes the bias's.
template <class Cell, bool WORDS>
void Backward<Cell, WORDS>::weights(long part, long from, long to) const {
  const long units = size.units, features = size.features, columns = Cell::GATES * units;
  const bool is_first = to == size.steps;

  // `operand(row, s, begin, end, to)` writes the inputs from `begin` to `end` of a product.
  const auto gradient = [&](auto order, long slot, long inputs, float* kernel, float* bias,
                            const auto& operand) {
    using Gates = decltype(order);
    const long rows = inputs + (bias ? 1 : 0);
    const long begin = rows * part / size.threads, end = rows * (part + 1) / size.threads;
    const long width = end - begin, deep = (to - from) * size.batch;
    const long depth = WORDS ? (deep + 1) / 2 : deep;
    if (!width) return;
    Scratch scratch(own_scratch(), {(deep + 1) * width});
    float* left = scratch[0];
    for (long s = from; s < to; ++s)
      for (long row = 0; row < size.batch; ++row, left += width) {
        operand(row, s, begin, std::min(end, inputs), left);
        if (end > inputs) left[width - 1] = 1.0f;
      }
    if constexpr (WORDS) {
      std::fill_n(left, width, 0.0f);  // The last one's partner, if there is none.
      for (long pair = 0; pair < depth; ++pair)
        for (long i = 0; i < width; i += W) {
          const float* low = scratch[0] + 2 * pair * width + i;
          const vec value = words(load(low, width - i), load(low + width, width - i));
          store(scratch[0] + pair * width + i, value, width - i);
        }
    }
    const Slots& right = WORDS ? of_pairs : gradients;
    for (long b = 0; b < size.blocks; ++b)
      panel_product<Gates::count, true, WORDS>(
          width, {scratch[0], width, right.at(b, 0, 0) + slot * W, right.row, depth},
          [&](long row, const float* sums) {
            float* to = begin + row == inputs ? bias : kernel + (begin + row) * columns;
            for (int g = 0; g < Gates::count; ++g) {
              float* gate = to + Gates::gates[g] * units + b * W;
              const vec before = is_first ? vec{} : load(gate, size.left(b));
              store(gate, before + load(sums + g * W), size.left(b));
            }
          });
  };
  gradient(typename Cell::X{}, Cell::X_SLOT, features, of.d_kernel, of.d_bias,
           [&](long row, long s, long begin, long end, float* to) {
             const float* x = layer.x + (row * size.steps + read_at(layer, s)) * features;
             std::copy(x + begin, x + end, to);
           });
  if constexpr (Cell::H::count > 0)
    gradient(typename Cell::H{}, Cell::H_SLOT, units, of.d_recurrent_kernel, of.d_recurrent_bias,
             [&](long row, long s, long begin, long end, float* to) {
               const float* h = s ? of.every + (row * size.steps + s - 1) * units
                                : layer.first[0] ? layer.first[0] + row * units : nullptr;
               if (!h) {
                 std::fill_n(to, end - begin, 0.0f);
               } else if (!layer.dropout) {
                 std::copy(h + begin, h + end, to);
               } else {
                 const float* factors = layer.dropout + row * units;
                 for (long i = begin; i < end; ++i) *to++ = h[i] * factors[i];
               }
             });
  if constexpr (Cell::TWO)
    gradient(typename Cell::SECOND{}, Cell::SECOND_SLOT, units, of.d_recurrent_kernel, nullptr,
             [&](long row, long s, long begin, long end, float* to) {
               const float* from = slots.at(0, s, row) + Cell::OPERAND_SLOT * W;
               for (long i = begin; i < end; ++i) *to++ = from[i / W * slots.block + i % W];
             });
}

// The gradients where nothing was read.
template <class Cell>
void backward_of_nothing(const Size& size, const sv_gradients& of) {
  const long columns = Cell::GATES * size.units;
  std::fill_n(of.d_kernel, size.features * columns, 0.0f);
  if (Cell::H::count) std::fill_n(of.d_recurrent_kernel, size.units * columns, 0.0f);
  for (float* bias : {of.d_bias, of.d_recurrent_bias})
    if (bias) std::fill_n(bias, columns, 0.0f);
  for (int k = 0; k < Cell::STATES; ++k)
    if (of.d_first[k] && of.d_last[k])
      std::copy_n(of.d_last[k], size.batch * size.units, of.d_first[k]);
}

template <class Cell, bool WORDS>
void backward(const sv_layer& layer, const sv_gradients& of) {
  constexpr int G = Cell::X::count, HG = Cell::H::count;
  const Size size(layer);
  if (!size.batch || !size.steps) return backward_of_nothing<Cell>(size, of);
  const long features = size.features, units = size.units, columns = Cell::GATES * units;
  const Panels to_x{features}, to_h{units};
  const long stretch = std::min(size.steps, (ROWS_OF_STRETCH + size.batch - 1) / size.batch);
  const long pairs = (stretch * size.batch + 1) / 2;
  const long row = Cell::GRADIENTS * W, per_state = size.batch * size.width;
  Scratch scratch(callers_scratch(),
                  {of.d_x ? to_x.vectors() * W * size.blocks * G * W : 0,
                   size.width * size.blocks * HG * W, Cell::TWO ? size.width * size.blocks * W : 0,
                   size.blocks * stretch * size.batch * row, Cell::STATES * per_state,
                   Cell::TWO ? per_state : 0, WORDS ? size.blocks * size.batch * row / 2 : 0,
                   WORDS ? size.blocks * pairs * row : 0});
  const Slots gradients{scratch[3], stretch * size.batch * row, size.batch * row, row};
  const Slots slots = kept<Cell>(size, const_cast<float*>(of.saved));
  const Slots of_step{scratch[6], size.batch * row / 2, 0, row / 2};
  const Slots of_pairs{scratch[7], pairs * row, 0, row};
  const Backward<Cell, WORDS> pass{layer,      of,       size,       slots,      gradients,
                                   scratch[4], scratch[5], of_step,  of_pairs,   scratch[0],
                                   scratch[1], scratch[2]};
  in_parts(size.threads, [&](int part) {
    if (of.d_x)
      pack_turned<typename Cell::X, WORDS>(layer.kernel, to_x, units, columns, size.blocks, part,
                                    size.threads, scratch[0]);
    pack_turned<typename Cell::H, WORDS>(layer.recurrent_kernel, to_h, units, columns, size.blocks, part,
                                  size.threads, scratch[1]);
    if constexpr (Cell::TWO)
      pack_turned<typename Cell::SECOND>(layer.recurrent_kernel, to_h, units, columns, size.blocks,
                                         part, size.threads, scratch[2]);
  });
  for (int k = 0; k < Cell::STATES; ++k)
    for (long row = 0; row < size.batch; ++row) {
      std::fill_n(pass.d_state(k, row), size.width, 0.0f);
      if (of.d_last[k]) std::copy_n(of.d_last[k] + row * units, units, pass.d_state(k, row));
    }
  for (long to = size.steps; to > 0; to -= std::min(to, stretch)) {
    const long from = std::max(0L, to - stretch);
    in_parts(size.threads, [&](int part) {
      pass.rows(size.first_row(part), size.first_row(part + 1), from, to);
    });
    if constexpr (WORDS) in_parts(size.threads, [&](int part) { pass.pairs(part, from, to); });
    in_parts(size.threads, [&](int part) { pass.weights(part, from, to); });
  }
  for (int k = 0; k < Cell::STATES; ++k)
    if (of.d_first[k])
      for (long row = 0; row < size.batch; ++row)
        std::copy_n(pass.d_state(k, row), units, of.d_first[k] + row * units);
}

}  // namespace SV_ARCH
