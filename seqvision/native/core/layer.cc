// The passes of every cell, for one kind of processor: compiled once for each.

#include <algorithm>
#include <chrono>

#include "backward.h"
#include "cells.h"
#include "convolution.h"
#include "forward.h"
#include "processor.h"
#include "recurrence.h"
#include "scan.h"

namespace SV_ARCH {
namespace {

template <class Cell>
int64_t saved_size(const sv_layer& layer) {
  const Size size(layer);
  return size.blocks * size.steps * size.batch * Cell::SLOTS * W;
}

template <class Use>
auto with_cell(int32_t cell, const Use& use) {
  switch (cell) {
    case SV_TANH_RNN: return use(SimpleRnn<false>{});
    case SV_RELU_RNN: return use(SimpleRnn<true>{});
    case SV_GRU: return use(Gru{});
    case SV_GRU_RESET_BEFORE: return use(GruResetBefore{});
    case SV_MIN_GRU: return use(MinGru{});
    case SV_MIN_LSTM: return use(MinLstm{});
    default: return use(Lstm{});
  }
}

int64_t saved_size_of(const sv_layer& layer) {
  return with_cell(layer.cell, [&](auto cell) { return saved_size<decltype(cell)>(layer); });
}

// A second product within a step would need its operand in words too.
template <class Cell>
constexpr bool in_words = HAS_BFLOAT16 && !Cell::TWO;

bool bfloat16_of(int32_t cell) {
  return with_cell(cell, [](auto cell) { return in_words<decltype(cell)>; });
}

Shape shape_of(int32_t cell) {
  return with_cell(cell, [](auto cell) {
    using Cell = decltype(cell);
    return Shape{Cell::STATES, Cell::GATES, Cell::H::count ? Cell::GATES : 0};
  });
}

void forward_of(const sv_layer& layer, float* every, float* const* last, float* saved) {
  with_cell(layer.cell, [&](auto cell) {
    using Cell = decltype(cell);
    if constexpr (in_words<Cell>)
      if (layer.in_bfloat16) return forward<Cell, true>(layer, every, last, saved);
    forward<Cell, false>(layer, every, last, saved);
  });
}

void backward_of(const sv_layer& layer, const sv_gradients& of) {
  with_cell(layer.cell, [&](auto cell) {
    using Cell = decltype(cell);
    if constexpr (in_words<Cell>)
      if (layer.in_bfloat16) return backward<Cell, true>(layer, of);
    backward<Cell, false>(layer, of);
  });
}

void recur_of(const sv_recurrence& of, const float* const* b, float* const* h) {
  of.is_complex ? recur<2>(of, b, h) : recur<1>(of, b, h);
}

void recur_back_of(const sv_recurrence& of, const float* const* h, const float* const* d_h,
                   const sv_recurrence_gradients& to) {
  of.is_complex ? recur_back<2>(of, h, d_h, to) : recur_back<1>(of, h, d_h, to);
}

void scan_of(const sv_scan& of, float* y, float* last, float* starts) {
  of.size == 16 ? scan<16>(of, y, last, starts) : scan<0>(of, y, last, starts);
}

void scan_back_of(const sv_scan& of, const sv_scan_gradients& to) {
  of.size == 16 ? scan_back<16>(of, to) : scan_back<0>(of, to);
}

// A tile times a panel that stays in the first cache, again and again.
double peak(double seconds) {
  using clock = std::chrono::steady_clock;
  constexpr int R = rows_of_tile(3);
  constexpr long DEPTH = 64;
  alignas(64) float left[R * DEPTH] = {}, right[DEPTH * 3 * W] = {}, result[R * 3 * W];
  const Operands of{left, DEPTH, right, 3 * W, DEPTH};
  double best = 0;
  const auto end = clock::now() + std::chrono::duration<double>(seconds);
  while (clock::now() < end) {
    constexpr int TIMES = 200;
    const auto begin = clock::now();
    for (int i = 0; i < TIMES; ++i) tile_of<R, 3, false>(of, result);
    const std::chrono::duration<double> took = clock::now() - begin;
    best = std::max(best, 2.0 * R * 3 * W * DEPTH * TIMES / took.count());
  }
  return best;
}

}  // namespace

extern const Processor processor = {SV_NAME, saved_size_of, forward_of, backward_of, peak,
                                    bfloat16_of, shape_of,   recur_of,    recur_back_of,
                                    scan_of,     scan_back_of, convolve,    convolve_back};

}  // namespace SV_ARCH
