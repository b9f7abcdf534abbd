// A layer over all time steps, first to last.
//
// A thread takes its rows through all steps, with no waiting in between.
#pragma once

#include <algorithm>

#include "layout.h"
#include "pack.h"
#include "product.h"
#include "scratch.h"
#include "threads.h"

namespace SV_ARCH {

constexpr long ROWS_AT_ONCE = 64;  // The input of so many rows and steps is multiplied at a time.

template <class Cell, bool WORDS>
struct Forward {
  const sv_layer& layer;
  Size size;
  float* every;
  float* const* last;
  float* saved;
  const float *x_panels, *x_bias, *h_panels, *h_bias, *second_panels;

  void rows(long begin, long end) const;
};

template <class Cell, bool WORDS>
void Forward<Cell, WORDS>::rows(long begin, long end) const {
  constexpr int G = Cell::X::count, HG = Cell::H::count, STATES = Cell::STATES;
  const long count = end - begin, width = size.width, features = size.features;
  const long chunk = std::min(size.steps, (ROWS_AT_ONCE + count - 1) / count);
  const long projected_block = chunk * count * G * W;
  // How far one row's operands are from the next one's, and how deep their products are.
  const long of_row = WORDS ? words_of(features) : features, depth = WORDS ? (features + 1) / 2
                                                                           : features;
  const long of_state = WORDS ? width / 2 : width, state_depth = WORDS ? (size.units + 1) / 2
                                                                       : size.units;

  Scratch scratch(own_scratch(), {chunk * count * of_row, size.blocks * projected_block,
                                  2 * STATES * count * width, count * width,
                                  saved ? 0 : size.blocks * count * Cell::SLOTS * W});
  float* inputs = scratch[0];
  float* projected = scratch[1];
  float* states = scratch[2];  // [turn][state][row][width]
  float* operand = scratch[3];
  const auto state = [&](long turn, int k, long row) {
    return states + ((turn % 2 * STATES + k) * count + row) * width;
  };
  Slots slots = kept<Cell>(size, saved);
  if (saved) {
    slots.begin += begin * slots.row;
  } else {
    slots = {scratch[4], count * Cell::SLOTS * W, 0, Cell::SLOTS * W};
  }

  for (int k = 0; k < STATES; ++k)
    for (long row = 0; row < count; ++row) {
      float* to = state(0, k, row);
      std::fill(to, to + width, 0.0f);
      const float* from = layer.first[k];
      if (from) std::copy_n(from + (begin + row) * size.units, size.units, to);
    }

  for (long s = 0; s < size.steps; ++s) {
    const long at = s % chunk;
    if (at == 0) {  // The input of the next few steps.
      const long here = std::min(chunk, size.steps - s);
      for (long step = 0; step < here; ++step)
        for (long row = 0; row < count; ++row) {
          const float* x =
              layer.x + ((begin + row) * size.steps + read_at(layer, s + step)) * features;
          float* to = inputs + (step * count + row) * of_row;
          if constexpr (WORDS) {
            for (long i = 0; i < features; i += W)
              store_words(to + i / 2, load(x + i, features - i));
          } else {
            std::copy_n(x, features, to);
          }
        }
      for (long b = 0; b < size.blocks; ++b) {
        vec bias[G];
        for (int g = 0; g < G; ++g) bias[g] = load(x_bias + (b * G + g) * W);
        float* to = projected + b * projected_block;
        panel_product<G, false, WORDS>(
            here * count, {inputs, of_row, x_panels + b * depth * G * W, G * W, depth},
            [&](long row, const float* sums) {
              for (int g = 0; g < G; ++g)
                store(to + (row * G + g) * W,
                      first(load(sums + g * W) + bias[g], size.left(b)));
            });
      }
    }

    const float* old_h = state(s, 0, 0);
    const float* multiplied = old_h;
    if (HG && (WORDS || layer.dropout)) {
      for (long row = 0; row < count; ++row)
        for (long b = 0; b < size.blocks; ++b) {
          vec h = load(old_h + row * width + b * W);
          if (layer.dropout)
            h *= load(layer.dropout + (begin + row) * size.units + b * W, size.left(b));
          if constexpr (WORDS) {
            store_words(operand + row * of_state + b * W / 2, h);
          } else {
            store(operand + row * of_state + b * W, h);
          }
        }
      multiplied = operand;
    }
    const auto finish = [&](long b, long row, vec* now, vec* kept_now) {
      if (is_masked(layer, begin + row, s))
        for (int k = 0; k < STATES; ++k) now[k] = load(state(s, k, row) + b * W);
      for (int k = 0; k < STATES; ++k) store(state(s + 1, k, row) + b * W, now[k]);
      if constexpr (STATES == 2) kept_now[Cell::SLOTS - 1] = now[1];
      if (every)
        store(every + ((begin + row) * size.steps + s) * size.units + b * W, now[0], size.left(b));
    };
    for (long b = 0; b < size.blocks; ++b) {
      vec bias[HG + 1];
      for (int g = 0; g < HG; ++g) bias[g] = load(h_bias + (b * HG + g) * W);
      const auto step = [&](long row, const float* sums) {
        vec p[G], sum[HG + 1], now[STATES], kept_now[Cell::SLOTS] = {};
        const float* from = projected + b * projected_block + (at * count + row) * G * W;
        for (int g = 0; g < G; ++g) p[g] = load(from + g * W);
        for (int g = 0; g < HG; ++g) sum[g] = first(load(sums + g * W) + bias[g], size.left(b));
        for (int k = 0; k < STATES; ++k) now[k] = load(state(s, k, row) + b * W);
        if constexpr (Cell::TWO) now[0] = load(multiplied + row * width + b * W);
        Cell::forward(p, sum, now, kept_now);
        if constexpr (!Cell::TWO) finish(b, row, now, kept_now);
        float* to = slots.at(b, s, row);
        for (int k = 0; k < Cell::SLOTS; ++k) store(to + k * W, kept_now[k]);
      };
      if constexpr (HG > 0) {
        panel_product<HG, false, WORDS>(
            count,
            {multiplied, of_state, h_panels + b * state_depth * HG * W, HG * W, state_depth}, step);
      } else {
        for (long row = 0; row < count; ++row) step(row, nullptr);
      }
    }
    if constexpr (Cell::TWO) {
      for (long b = 0; b < size.blocks; ++b)
        panel_product<1>(
            count,
            {slots.at(0, s, 0) + Cell::OPERAND_SLOT * W, slots.row,
             second_panels + b * width * W, W, W, size.blocks, slots.block},
            [&](long row, const float* sums) {
              float* to = slots.at(b, s, row);
              const float* from = projected + b * projected_block + (at * count + row) * G * W;
              vec p[G], sum[1] = {first(load(sums), size.left(b))};
              vec now[1] = {load(state(s, 0, row) + b * W)};
              vec kept_now[Cell::SLOTS];
              for (int g = 0; g < G; ++g) p[g] = load(from + g * W);
              for (int k = 0; k < Cell::SLOTS; ++k) kept_now[k] = load(to + k * W);
              Cell::forward_second(p, sum, now, kept_now);
              finish(b, row, now, kept_now);
              store(to + Cell::SECOND_SLOT * W, kept_now[Cell::SECOND_SLOT]);
            });
    }
  }
  for (int k = 0; k < STATES; ++k)
    for (long row = 0; row < count; ++row)
      std::copy_n(state(size.steps, k, row), size.units,
                  last[k] + (begin + row) * size.units);
}

template <class Cell, bool WORDS>
void forward(const sv_layer& layer, float* every, float* const* last, float* saved) {
  constexpr int G = Cell::X::count, HG = Cell::H::count;
  const Size size(layer);
  if (!size.batch) return;
  const long features = size.features, units = size.units, columns = Cell::GATES * units;
  Scratch scratch(callers_scratch(),
                  {size.blocks * features * G * W, size.blocks * G * W,
                   size.blocks * units * HG * W, size.blocks * HG * W,
                   Cell::TWO ? size.blocks * size.width * W : 0});
  in_parts(size.threads, [&](int part) {
    const long begin = size.blocks * part / size.threads;
    const long end = size.blocks * (part + 1) / size.threads;
    pack_gates<typename Cell::X, WORDS>(layer.kernel, features, units, columns, begin, end, scratch[0]);
    pack_gates<typename Cell::X>(layer.bias, 1, units, columns, begin, end, scratch[1]);
    pack_gates<typename Cell::H, WORDS>(layer.recurrent_kernel, units, units, columns, begin, end,
                                        scratch[2]);
    pack_gates<typename Cell::H>(layer.recurrent_bias, 1, units, columns, begin, end, scratch[3]);
    if constexpr (Cell::TWO)
      pack_gates<typename Cell::SECOND>(layer.recurrent_kernel, units, units, columns, begin, end,
                                        scratch[4], size.width);
  });
  const Forward<Cell, WORDS> pass{layer,      size,       every,      last,      saved,
                           scratch[0], scratch[1], scratch[2], scratch[3], scratch[4]};
  in_parts(size.threads, [&](int part) {
    pass.rows(size.first_row(part), size.first_row(part + 1));
  });
}

}  // namespace SV_ARCH
