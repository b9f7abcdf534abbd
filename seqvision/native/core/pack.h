// Kernels laid out as products read them.
#pragma once

#include <algorithm>

#include "product.h"

namespace SV_ARCH {

// Columns of a kernel by W units, with the gates of each side by side: [block][row][gate][W].
// Unit columns that there are not, and rows up to `filled`, are zeros; no kernel at all is zeros.
// As words, two rows are one.
template <class Gates, bool WORDS = false>
void pack_gates(const float* kernel, long rows, long units, long columns, long begin, long end,
                float* to, long filled = 0) {
  filled = std::max(filled, rows);
  const long depth = WORDS ? (filled + 1) / 2 : filled;
  const auto at = [&](long row, int g, long block) {
    if (!kernel || row >= rows) return vec{};
    return load(kernel + row * columns + Gates::gates[g] * units + block * W, units - block * W);
  };
  for (long block = begin; block < end; ++block)
    for (long row = 0; row < depth; ++row)
      for (int g = 0; g < Gates::count; ++g)
        store(to + ((block * depth + row) * Gates::count + g) * W,
              WORDS ? words(at(2 * row, g, block), at(2 * row + 1, g, block)) : at(row, g, block));
}

// The same kernel turned, for gradients: from the gates of each W units to the kernel's rows, which
// are cut in panels: [panel][block][gate][W][vectors * W], or W / 2 words in place of W numbers. A
// part of several does some panels.
template <class Gates, bool WORDS = false>
void pack_turned(const float* kernel, Panels panels, long units, long columns, long blocks,
                 long part, long parts, float* to) {
  constexpr int PER_BLOCK = WORDS ? W / 2 : W;
  const long depth = blocks * Gates::count * PER_BLOCK;
  const long begin = panels.count() * part / parts, end = panels.count() * (part + 1) / parts;
  for (long panel = begin; panel < end; ++panel) {
    const long first = panels.first(panel) * W, width = panels.size(panel) * W;
    float* here = to + first * depth;
    for (long block = 0; block < blocks; ++block)
      for (int g = 0; g < Gates::count; ++g) {
        const long left = std::min<long>(W, units - block * W);
        for (long column = 0; column < width; ++column) {
          float values[W] = {};
          if (first + column < panels.columns)
            store(values, load(kernel + (first + column) * columns + Gates::gates[g] * units +
                                   block * W, left));
          if constexpr (WORDS) store_words(values, load(values));
          for (long i = 0; i < PER_BLOCK; ++i)
            here[((block * Gates::count + g) * PER_BLOCK + i) * width + column] = values[i];
        }
      }
  }
}

}  // namespace SV_ARCH
