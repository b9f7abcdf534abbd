// Kernels laid out as products read them.
#pragma once

#include <algorithm>

#include "product.h"

namespace SV_ARCH {

// Columns of a kernel by W units, with the gates of each side by side: [block][row][gate][W].
// Unit columns that there are not, and rows up to `filled`, are zeros; no kernel at all is zeros.
template <class Gates>
void pack_gates(const float* kernel, long rows, long units, long columns, long begin, long end,
                float* to, long filled = 0) {
  filled = std::max(filled, rows);
  for (long block = begin; block < end; ++block)
    for (long row = 0; row < filled; ++row)
      for (int g = 0; g < Gates::count; ++g) {
        vec value = {};
        if (kernel && row < rows)
          value = load(kernel + row * columns + Gates::gates[g] * units + block * W,
                       units - block * W);
        store(to + ((block * filled + row) * Gates::count + g) * W, value);
      }
}

// The same kernel turned, for gradients: from the gates of each W units to the kernel's rows, which
// are cut in panels: [panel][block][gate][W][vectors * W]. A part of several does some panels.
template <class Gates>
void pack_turned(const float* kernel, Panels panels, long units, long columns, long blocks,
                 long part, long parts, float* to) {
  const long depth = blocks * Gates::count * W;
  const long begin = panels.count() * part / parts, end = panels.count() * (part + 1) / parts;
  for (long panel = begin; panel < end; ++panel) {
    const long first = panels.first(panel) * W, width = panels.size(panel) * W;
    float* here = to + first * depth;
    for (long block = 0; block < blocks; ++block)
      for (int g = 0; g < Gates::count; ++g) {
        const long left = std::min<long>(W, units - block * W);
        for (long column = 0; column < width; ++column) {
          const bool there = first + column < panels.columns;
          const float* from =
              kernel + (first + column) * columns + Gates::gates[g] * units + block * W;
          for (long i = 0; i < W; ++i)
            here[((block * Gates::count + g) * W + i) * width + column] =
                there && i < left ? from[i] : 0.0f;
        }
      }
  }
}

}  // namespace SV_ARCH
