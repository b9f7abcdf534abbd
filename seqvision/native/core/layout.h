// How large a layer is, and where what its steps keep lies.
//
// The batch is cut into rows that a thread takes through all steps. What is kept for the way back
// lies by W units, then step, then row: [units / W][steps][batch][slots * W]. The gradients of sums
// lie so too, which makes them the right matrix of a weight's gradient as they are. Units that fill
// up the last W are zeros throughout: infinity times the zeros of their kernels would be NaN.
#pragma once

#include <algorithm>

#include "core.h"
#include "vector.h"

namespace SV_ARCH {

constexpr long FEWEST_ROWS = 4;  // For fewer a thread is not worth waking.

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
inline long read_at(const sv_layer& layer, long s) {
  return layer.go_backwards ? layer.steps - 1 - s : s;
}

inline bool is_masked(const sv_layer& layer, long row, long s) {
  return layer.mask && !layer.mask[row * layer.steps + read_at(layer, s)];
}

}  // namespace SV_ARCH
