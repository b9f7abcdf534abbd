// A layer over all time steps, forward and backward. Compiled once for each kind of processor.
//
// The batch is cut into rows that a thread takes through all steps, with no waiting in between. What
// is kept for the way back lies by W units, then step, then row: [units / W][steps][batch][slots * W].
// The gradients of sums lie so too, which makes them the right matrix of a weight's gradient as they
// are. Each number is a sum in an order
// that does not depend on the threads. Units that fill up the last W are zeros throughout: infinity
// times the zeros of their kernels would be NaN.

#include <algorithm>
#include <chrono>

#include "cells.h"
#include "core.h"
#include "pack.h"
#include "processor.h"
#include "product.h"
#include "scratch.h"
#include "threads.h"

namespace SV_ARCH {
namespace {

constexpr long ROWS_AT_ONCE = 64;  // The input of so many rows and steps is multiplied at a time.
constexpr long ROWS_OF_STRETCH = 384;  // So many rows and steps go back between gradients of weights.
constexpr long FEWEST_ROWS = 4;    // For fewer a thread is not worth waking.

struct Size {
  explicit Size(const sv_layer& of)
      : batch(of.batch), steps(of.steps), features(of.features), units(of.units),
        blocks((units + W - 1) / W), width(blocks * W),
        threads(std::max(1L, std::min<long>(of.threads, batch / FEWEST_ROWS))) {}
  long batch, steps, features, units;
  long blocks;  // W units each, the last filled up with zeros
  long width;   // blocks * W
  long threads;
  long first_row(long thread) const { return batch * thread / threads; }
  long left(long block) const { return std::min<long>(W, units - block * W); }
};

// Where slots lie: those kept for the way back, or those of one step that the next one overwrites.
struct Slots {
  float* begin;
  long block, step, row;  // From one to the next.
  float* at(long b, long s, long r) const { return begin + b * block + s * step + r * row; }
};

template <class Cell>
Slots kept(const Size& size, float* saved) {
  const long row = Cell::SLOTS * W;
  return {saved, size.steps * size.batch * row, size.batch * row, row};
}

// The step of the input that is read at step s.
long read_at(const sv_layer& layer, long s) {
  return layer.go_backwards ? layer.steps - 1 - s : s;
}

bool is_masked(const sv_layer& layer, long row, long s) {
  return layer.mask && !layer.mask[row * layer.steps + read_at(layer, s)];
}

// ---- forward ----------------------------------------------------------------------------------

template <class Cell>
struct Forward {
  const sv_layer& layer;
  Size size;
  float* every;
  float* const* last;
  float* saved;
  const float *x_panels, *x_bias, *h_panels, *h_bias, *second_panels;

  void rows(long begin, long end) const;
};

template <class Cell>
void Forward<Cell>::rows(long begin, long end) const {
  constexpr int G = Cell::X::count, HG = Cell::H::count, STATES = Cell::STATES;
  const long count = end - begin, width = size.width, features = size.features;
  const long chunk = std::min(size.steps, (ROWS_AT_ONCE + count - 1) / count);
  const long projected_block = chunk * count * G * W;

  Scratch scratch(own_scratch(), {chunk * count * features, size.blocks * projected_block,
                                  2 * STATES * count * width, count * width,
                                  saved ? 0 : size.blocks * count * Cell::SLOTS * W});
  float* inputs = scratch[0];
  float* projected = scratch[1];
  float* states = scratch[2];  // [turn][state][row][width]
  float* operand = scratch[3];
  std::fill_n(operand, count * width, 0.0f);
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
        for (long row = 0; row < count; ++row)
          std::copy_n(layer.x + ((begin + row) * size.steps + read_at(layer, s + step)) * features,
                      features, inputs + (step * count + row) * features);
      for (long b = 0; b < size.blocks; ++b) {
        vec bias[G];
        for (int g = 0; g < G; ++g) bias[g] = load(x_bias + (b * G + g) * W);
        float* to = projected + b * projected_block;
        panel_product<G>(here * count,
                         {inputs, features, x_panels + b * features * G * W, G * W, features},
                         [&](long row, const float* sums) {
                           for (int g = 0; g < G; ++g)
                             store(to + (row * G + g) * W,
                                 first(load(sums + g * W) + bias[g], size.left(b)));
                         });
      }
    }

    const float* old_h = state(s, 0, 0);
    const float* multiplied = old_h;
    if (layer.dropout) {
      for (long row = 0; row < count; ++row)
        for (long u = 0; u < size.units; ++u)
          operand[row * width + u] =
              old_h[row * width + u] * layer.dropout[(begin + row) * size.units + u];
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
      vec bias[HG];
      for (int g = 0; g < HG; ++g) bias[g] = load(h_bias + (b * HG + g) * W);
      panel_product<HG>(
          count, {multiplied, width, h_panels + b * size.units * HG * W, HG * W, size.units},
          [&](long row, const float* sums) {
            vec p[G], sum[HG], now[STATES], kept_now[Cell::SLOTS] = {};
            const float* from = projected + b * projected_block + (at * count + row) * G * W;
            for (int g = 0; g < G; ++g) p[g] = load(from + g * W);
            for (int g = 0; g < HG; ++g) sum[g] = first(load(sums + g * W) + bias[g], size.left(b));
            for (int k = 0; k < STATES; ++k) now[k] = load(state(s, k, row) + b * W);
            if constexpr (Cell::TWO) now[0] = load(multiplied + row * width + b * W);
            Cell::forward(p, sum, now, kept_now);
            if constexpr (!Cell::TWO) finish(b, row, now, kept_now);
            float* to = slots.at(b, s, row);
            for (int k = 0; k < Cell::SLOTS; ++k) store(to + k * W, kept_now[k]);
          });
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

template <class Cell>
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
    pack_gates<typename Cell::X>(layer.kernel, features, units, columns, begin, end, scratch[0]);
    pack_gates<typename Cell::X>(layer.bias, 1, units, columns, begin, end, scratch[1]);
    pack_gates<typename Cell::H>(layer.recurrent_kernel, units, units, columns, begin, end,
                                 scratch[2]);
    pack_gates<typename Cell::H>(layer.recurrent_bias, 1, units, columns, begin, end, scratch[3]);
    if constexpr (Cell::TWO)
      pack_gates<typename Cell::SECOND>(layer.recurrent_kernel, units, units, columns, begin, end,
                                        scratch[4], size.width);
  });
  const Forward<Cell> pass{layer,      size,       every,      last,      saved,
                           scratch[0], scratch[1], scratch[2], scratch[3], scratch[4]};
  in_parts(size.threads, [&](int part) {
    pass.rows(size.first_row(part), size.first_row(part + 1));
  });
}

// ---- backward ---------------------------------------------------------------------------------

template <class Cell>
struct Backward {
  const sv_layer& layer;
  const sv_gradients& of;
  Size size;
  Slots slots;       // What the forward pass kept: it is only read.
  Slots gradients;   // Of the sums, for a stretch of steps.
  float* d_states;   // [state][batch][width]
  float* d_operand;  // [batch][width]
  const float *x_turned, *h_turned, *second_turned;

  void rows(long begin, long end, long from, long to) const;
  void weights(long part, long from, long to) const;
  vec old(int k, long b, long row, long s) const;
  vec dropped(long row, long column) const;
  float* d_state(int k, long row) const { return d_states + (k * size.batch + row) * size.width; }
};

// A state before step s.
template <class Cell>
vec Backward<Cell>::old(int k, long b, long row, long s) const {
  if (s == 0)
    return layer.first[k] ? load(layer.first[k] + row * size.units + b * W, size.left(b)) : vec{};
  if (k == 1) return load(slots.at(b, s - 1, row) + (Cell::SLOTS - 1) * W);
  return load(of.every + (row * size.steps + s - 1) * size.units + b * W, size.left(b));
}

// What a state is multiplied by within its product.
template <class Cell>
vec Backward<Cell>::dropped(long row, long column) const {
  const float* factors = layer.dropout;
  return factors ? load(factors + row * size.units + column, size.units - column) : all(1.0f);
}

// Steps `from` to `to` of some rows, the last of them first.
template <class Cell>
void Backward<Cell>::rows(long begin, long end, long from, long to) const {
  constexpr int G = Cell::X::count, HG = Cell::H::count, STATES = Cell::STATES;
  const long count = end - begin, width = size.width, units = size.units;
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
    plain_product({units}, count,
                  {at_step + Cell::H_SLOT * W, gradients.row, h_turned, 0, HG * W, size.blocks,
                   gradients.block},
                  [&](long row, long column, const float* sums, long vectors) {
                    float* to = d_state(0, begin + row) + column;
                    for (long v = 0; v < vectors; ++v)
                      store(to + v * W, load(to + v * W) +
                                            load(sums + v * W) *
                                                dropped(begin + row, column + v * W));
                  });
    if (of.d_x)
      plain_product({size.features}, count,
                    {at_step + Cell::X_SLOT * W, gradients.row, x_turned, 0, G * W, size.blocks,
                     gradients.block},
                    [&](long row, long column, const float* sums, long vectors) {
                      float* to = of.d_x + ((begin + row) * size.steps + read_at(layer, s)) *
                                               size.features + column;
                      for (long v = 0; v < vectors; ++v)
                        store(to + v * W, load(sums + v * W), size.features - column - v * W);
                    });
  }
}

// Adds what steps `from` to `to` have to the gradients of weights, of which each part has some rows.
// A row of ones among the operands makes the bias's.
template <class Cell>
void Backward<Cell>::weights(long part, long from, long to) const {
  const long units = size.units, features = size.features, columns = Cell::GATES * units;
  const bool is_first = to == size.steps;

  // `operand(row, s, begin, end, to)` writes the inputs from `begin` to `end` of a product.
  const auto gradient = [&](auto order, long slot, long inputs, float* kernel, float* bias,
                            const auto& operand) {
    using Gates = decltype(order);
    const long rows = inputs + (bias ? 1 : 0);
    const long begin = rows * part / size.threads, end = rows * (part + 1) / size.threads;
    const long width = end - begin, depth = (to - from) * size.batch;
    if (!width) return;
    Scratch scratch(own_scratch(), {depth * width});
    float* left = scratch[0];
    for (long s = from; s < to; ++s)
      for (long row = 0; row < size.batch; ++row, left += width) {
        operand(row, s, begin, std::min(end, inputs), left);
        if (end > inputs) left[width - 1] = 1.0f;
      }
    for (long b = 0; b < size.blocks; ++b)
      panel_product<Gates::count, true>(
          width, {scratch[0], width, gradients.at(b, 0, 0) + slot * W, gradients.row, depth},
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
  std::fill_n(of.d_recurrent_kernel, size.units * columns, 0.0f);
  for (float* bias : {of.d_bias, of.d_recurrent_bias})
    if (bias) std::fill_n(bias, columns, 0.0f);
  for (int k = 0; k < Cell::STATES; ++k)
    if (of.d_first[k] && of.d_last[k])
      std::copy_n(of.d_last[k], size.batch * size.units, of.d_first[k]);
}

template <class Cell>
void backward(const sv_layer& layer, const sv_gradients& of) {
  constexpr int G = Cell::X::count, HG = Cell::H::count;
  const Size size(layer);
  if (!size.batch || !size.steps) return backward_of_nothing<Cell>(size, of);
  const long features = size.features, units = size.units, columns = Cell::GATES * units;
  const Panels to_x{features}, to_h{units};
  // Their gradients stay in the second cache until the weights' are made of them.
  const long stretch = std::min(size.steps, (ROWS_OF_STRETCH + size.batch - 1) / size.batch);
  const long row = Cell::GRADIENTS * W, per_state = size.batch * size.width;
  Scratch scratch(callers_scratch(),
                  {of.d_x ? to_x.vectors() * W * size.blocks * G * W : 0,
                   size.width * size.blocks * HG * W, Cell::TWO ? size.width * size.blocks * W : 0,
                   size.blocks * stretch * size.batch * row, Cell::STATES * per_state,
                   Cell::TWO ? per_state : 0});
  const Slots gradients{scratch[3], stretch * size.batch * row, size.batch * row, row};
  const Backward<Cell> pass{layer,      of,         size,       kept<Cell>(size, const_cast<float*>(of.saved)),
                            gradients,  scratch[4], scratch[5], scratch[0],
                            scratch[1], scratch[2]};
  in_parts(size.threads, [&](int part) {
    if (of.d_x)
      pack_turned<typename Cell::X>(layer.kernel, to_x, units, columns, size.blocks, part,
                                    size.threads, scratch[0]);
    pack_turned<typename Cell::H>(layer.recurrent_kernel, to_h, units, columns, size.blocks, part,
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
    in_parts(size.threads, [&](int part) { pass.weights(part, from, to); });
  }
  for (int k = 0; k < Cell::STATES; ++k)
    if (of.d_first[k])
      for (long row = 0; row < size.batch; ++row)
        std::copy_n(pass.d_state(k, row), units, of.d_first[k] + row * units);
}

template <class Cell>
int64_t saved_size(const sv_layer& layer) {
  const Size size(layer);
  return size.blocks * size.steps * size.batch * Cell::SLOTS * W;
}

template <class Use>
auto with_cell(const sv_layer& layer, const Use& use) {
  switch (layer.cell) {
    case SV_TANH_RNN: return use(SimpleRnn<false>{});
    case SV_RELU_RNN: return use(SimpleRnn<true>{});
    case SV_GRU: return use(Gru{});
    case SV_GRU_RESET_BEFORE: return use(GruResetBefore{});
    default: return use(Lstm{});
  }
}

int64_t saved_size_of(const sv_layer& layer) {
  return with_cell(layer, [&](auto cell) { return saved_size<decltype(cell)>(layer); });
}

void forward_of(const sv_layer& layer, float* every, float* const* last, float* saved) {
  with_cell(layer, [&](auto cell) { forward<decltype(cell)>(layer, every, last, saved); });
}

void backward_of(const sv_layer& layer, const sv_gradients& of) {
  with_cell(layer, [&](auto cell) { backward<decltype(cell)>(layer, of); });
}

// A tile times a panel that stays in the first cache, again and again.
double peak(double seconds) {
  using clock = std::chrono::steady_clock;
  constexpr int R = rows_of_tile(3);
  constexpr long DEPTH = 64;
  alignas(64) float left[R * DEPTH] = {}, right[DEPTH * 3 * W] = {}, result[R * 3 * W];
  const Operands of{left, DEPTH, right, 3 * W, DEPTH};
  double best = 0;
  for (const auto end = clock::now() + std::chrono::duration<double>(seconds); clock::now() < end;) {
    constexpr int TIMES = 200;
    const auto begin = clock::now();
    for (int i = 0; i < TIMES; ++i) tile_of<R, 3, false>(of, result);
    const std::chrono::duration<double> took = clock::now() - begin;
    best = std::max(best, 2.0 * R * 3 * W * DEPTH * TIMES / took.count());
  }
  return best;
}

}  // namespace

extern const Processor processor = {SV_NAME, saved_size_of, forward_of, backward_of, peak};

}  // namespace SV_ARCH
