// A layer over all time steps, forward and backward. Compiled once for each kind of processor.
//
// The batch is cut into rows that a thread takes through all steps, with no waiting in between. What
// is kept for the way back lies by W units, then step, then row: [units / W][steps][batch][slots * W],
// so that it is the right matrix of a weight's gradient as it lies. Each number is a sum in an order
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
              vec p[G], sum[1] = {first(load(sums), size.left(b))}, now[1] = {load(state(s, 0, row) + b * W)};
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
  in_parts(size.threads, [&](int part) { pass.rows(size.first_row(part), size.first_row(part + 1)); });
}

// ---- backward ---------------------------------------------------------------------------------

template <class Cell>
struct Backward {
  const sv_layer& layer;
  const sv_gradients& of;
  Size size;
  Slots slots;
  const float *x_turned, *h_turned, *second_turned;

  void rows(long begin, long end) const;
  void weights(long part) const;
  vec old(int k, long b, long row, long s) const;
};

// A state before step s.
template <class Cell>
vec Backward<Cell>::old(int k, long b, long row, long s) const {
  if (s == 0)
    return layer.first[k] ? load(layer.first[k] + row * size.units + b * W, size.left(b)) : vec{};
  if (k == 1) return load(slots.at(b, s - 1, row) + (Cell::SLOTS - 1) * W);
  return load(of.every + (row * size.steps + s - 1) * size.units + b * W, size.left(b));
}

template <class Cell>
void Backward<Cell>::rows(long begin, long end) const {
  constexpr int G = Cell::X::count, HG = Cell::H::count, STATES = Cell::STATES;
  const long count = end - begin, width = size.width, units = size.units;
  Scratch scratch(own_scratch(), {STATES * count * width, count * width});
  float* d_states = scratch[0];  // [state][row][width]
  float* d_operand = scratch[1];
  const auto d_state = [&](int k, long row) { return d_states + (k * count + row) * width; };
  for (int k = 0; k < STATES; ++k)
    for (long row = 0; row < count; ++row) {
      std::fill(d_state(k, row), d_state(k, row) + width, 0.0f);
      if (of.d_last[k]) std::copy_n(of.d_last[k] + (begin + row) * units, units, d_state(k, row));
    }
  const auto dropped = [&](long row, long column) {
    return layer.dropout ? load(layer.dropout + (begin + row) * units + column, units - column)
                         : all(1.0f);
  };

  for (long s = size.steps - 1; s >= 0; --s) {
    for (long b = 0; b < size.blocks; ++b)
      for (long row = 0; row < count; ++row) {
        vec d[STATES], before[STATES], now[Cell::SLOTS];
        float* at = slots.at(b, s, begin + row);
        for (int k = 0; k < STATES; ++k) d[k] = load(d_state(k, row) + b * W);
        if (of.d_every)
          d[0] += load(of.d_every + ((begin + row) * size.steps + s) * units + b * W, size.left(b));
        if (is_masked(layer, begin + row, s)) {
          const int sums = STATES == 2 ? Cell::SLOTS - 1 : Cell::SLOTS;
          for (int k = 0; k < sums; ++k) store(at + k * W, vec{});
        } else {
          for (int k = 0; k < STATES; ++k) before[k] = old(k, b, begin + row, s);
          for (int k = 0; k < Cell::SLOTS; ++k) now[k] = load(at + k * W);
          Cell::backward(before, d, now);
          for (int k = 0; k < Cell::SLOTS; ++k) store(at + k * W, now[k]);
        }
        for (int k = 0; k < STATES; ++k) store(d_state(k, row) + b * W, d[k]);
      }
    if constexpr (Cell::TWO) {
      plain_product({units}, count,
                    {slots.at(0, s, begin) + Cell::SECOND_SLOT * W, slots.row, second_turned, 0, W,
                     size.blocks, slots.block},
                    [&](long row, long column, const float* sums, long vectors) {
                      std::copy_n(sums, vectors * W, d_operand + row * width + column);
                    });
      for (long b = 0; b < size.blocks; ++b)
        for (long row = 0; row < count; ++row) {
          if (is_masked(layer, begin + row, s)) continue;
          float* at = slots.at(b, s, begin + row);
          const vec factor = dropped(row, b * W);
          vec before[1] = {old(0, b, begin + row, s) * factor}, d[1] = {}, now[Cell::SLOTS];
          for (int k = 0; k < Cell::SLOTS; ++k) now[k] = load(at + k * W);
          Cell::backward_second(before, load(d_operand + row * width + b * W), d, now);
          for (int k = 0; k < Cell::SLOTS; ++k) store(at + k * W, now[k]);
          store(d_state(0, row) + b * W, load(d_state(0, row) + b * W) + d[0] * factor);
        }
    }
    plain_product({units}, count,
                  {slots.at(0, s, begin) + Cell::H_SLOT * W, slots.row, h_turned, 0, HG * W,
                   size.blocks, slots.block},
                  [&](long row, long column, const float* sums, long vectors) {
                    float* to = d_state(0, row) + column;
                    for (long v = 0; v < vectors; ++v)
                      store(to + v * W, load(to + v * W) + load(sums + v * W) *
                                                               dropped(row, column + v * W));
                  });
    if (of.d_x)
      plain_product({size.features}, count,
                    {slots.at(0, s, begin) + Cell::X_SLOT * W, slots.row, x_turned, 0, G * W,
                     size.blocks, slots.block},
                    [&](long row, long column, const float* sums, long vectors) {
                      float* to = of.d_x + ((begin + row) * size.steps + read_at(layer, s)) *
                                               size.features + column;
                      for (long v = 0; v < vectors; ++v)
                        store(to + v * W, load(sums + v * W), size.features - column - v * W);
                    });
  }
  for (int k = 0; k < STATES; ++k)
    if (of.d_first[k])
      for (long row = 0; row < count; ++row)
        std::copy_n(d_state(k, row), units, of.d_first[k] + (begin + row) * units);
}

// The gradients of weights, of which each part has some rows. A row of ones among the operands makes
// the bias's.
template <class Cell>
void Backward<Cell>::weights(long part) const {
  constexpr long DEPTH = 256;  // So many rows of the right matrix stay in the first caches.
  const long units = size.units, features = size.features, columns = Cell::GATES * units;
  const long depth = size.steps * size.batch;

  // `operand(k, begin, end, to)` writes the inputs from `begin` to `end` of row k.
  const auto gradient = [&](auto order, long slot, long inputs, float* kernel, float* bias,
                            const auto& operand) {
    using Gates = decltype(order);
    const long rows = inputs + (bias ? 1 : 0);
    const long begin = rows * part / size.threads, end = rows * (part + 1) / size.threads;
    const long width = end - begin;
    if (!width) return;
    Scratch scratch(own_scratch(), {DEPTH * width});
    float* left = scratch[0];
    for (long k = 0; k < depth; k += DEPTH) {
      const long here = std::min(DEPTH, depth - k);
      for (long i = 0; i < here; ++i) {
        operand(k + i, begin, std::min(end, inputs), left + i * width);
        if (end > inputs) left[(i + 1) * width - 1] = 1.0f;
      }
      for (long b = 0; b < size.blocks; ++b)
        panel_product<Gates::count, true>(
            width, {left, width, slots.begin + b * slots.block + k * slots.row + slot * W,
                    slots.row, here},
            [&](long row, const float* sums) {
              float* to = begin + row == inputs ? bias : kernel + (begin + row) * columns;
              for (int g = 0; g < Gates::count; ++g) {
                float* gate = to + Gates::gates[g] * units + b * W;
                const vec before = k ? load(gate, size.left(b)) : vec{};
                store(gate, before + load(sums + g * W), size.left(b));
              }
            });
    }
  };
  gradient(typename Cell::X{}, Cell::X_SLOT, features, of.d_kernel, of.d_bias,
           [&](long k, long begin, long end, float* to) {
             const long s = k / size.batch, row = k % size.batch;
             const float* x = layer.x + (row * size.steps + read_at(layer, s)) * features;
             std::copy(x + begin, x + end, to);
           });
  gradient(typename Cell::H{}, Cell::H_SLOT, units, of.d_recurrent_kernel, of.d_recurrent_bias,
           [&](long k, long begin, long end, float* to) {
             const long s = k / size.batch, row = k % size.batch;
             const float* h = s ? of.every + (row * size.steps + s - 1) * units
                              : layer.first[0] ? layer.first[0] + row * units : nullptr;
             const float* factors = layer.dropout ? layer.dropout + row * units : nullptr;
             for (long i = begin; i < end; ++i)
               *to++ = h ? factors ? h[i] * factors[i] : h[i] : 0.0f;
           });
  if constexpr (Cell::TWO)
    gradient(typename Cell::SECOND{}, Cell::SECOND_SLOT, units, of.d_recurrent_kernel, nullptr,
             [&](long k, long begin, long end, float* to) {
               const float* from = slots.begin + k * slots.row + Cell::OPERAND_SLOT * W;
               for (long i = begin; i < end; ++i) *to++ = from[i / W * slots.block + i % W];
             });
}

template <class Cell>
void backward(const sv_layer& layer, const sv_gradients& of) {
  constexpr int G = Cell::X::count, HG = Cell::H::count;
  const Size size(layer);
  const long features = size.features, units = size.units, columns = Cell::GATES * units;
  if (!size.batch || !size.steps) {  // Nothing was read.
    std::fill_n(of.d_kernel, features * columns, 0.0f);
    std::fill_n(of.d_recurrent_kernel, units * columns, 0.0f);
    for (float* bias : {of.d_bias, of.d_recurrent_bias})
      if (bias) std::fill_n(bias, columns, 0.0f);
    for (int k = 0; k < Cell::STATES; ++k)
      if (of.d_first[k] && of.d_last[k])
        std::copy_n(of.d_last[k], size.batch * units, of.d_first[k]);
    return;
  }
  const Panels to_x{features}, to_h{units};
  Scratch scratch(callers_scratch(),
                  {of.d_x ? to_x.vectors() * W * size.blocks * G * W : 0,
                   size.width * size.blocks * HG * W,
                   Cell::TWO ? size.width * size.blocks * W : 0});
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
  const Backward<Cell> pass{layer,      of,         size,      kept<Cell>(size, of.saved),
                            scratch[0], scratch[1], scratch[2]};
  in_parts(size.threads, [&](int part) { pass.rows(size.first_row(part), size.first_row(part + 1)); });
  in_parts(size.threads, [&](int part) { pass.weights(part); });
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
