// Products of matrices: panels of the right one, packed or as they lie, and tiles of the result
// that stay in registers.
#pragma once

#include <algorithm>

#include "bfloat16.h"
#include "vector.h"

namespace SV_ARCH {

// So many rows of a result, each of `vectors` vectors, leave registers for a row of the right one.
constexpr int rows_of_tile(int vectors) {
#if defined(__aarch64__)
  const int registers = 24;  // Of 32.
#else
  const int registers = W >= 16 ? 24 : 12;
#endif
  return std::min(registers / vectors, 8);
}

// tile[r][v] += sum over k of a[r, k] * b[k * ldb + v * W ...]; a[r, k] is at r * lda + k, or
// turned at k * lda + r. Of words each k is two numbers.
template <int R, int V, bool TURNED, bool WORDS>
SV_INLINE void accumulate(vec (&tile)[R][V], const float* a, long lda, const float* b, long ldb,
                          long depth) {
  const float* rows[R];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) rows[r] = TURNED ? a + r : a + r * lda;
  const long step = TURNED ? lda : 1;
  for (long k = 0; k < depth; ++k, b += ldb) {
    vec right[V];
#pragma GCC unroll 16
    for (int v = 0; v < V; ++v) right[v] = load(b + v * W);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const vec left = all(rows[r][k * step]);
#pragma GCC unroll 16
      for (int v = 0; v < V; ++v)
        tile[r][v] = WORDS ? add_product_of_words(tile[r][v], left, right[v])
                           : tile[r][v] + left * right[v];
    }
  }
}

// What a product reads: the left matrix in pieces of `depth` columns, and a panel of the right one.
struct Operands {
  const float* a;
  long lda;
  const float* b;
  long ldb;
  long depth;
  long pieces = 1;
  long a_piece = 0;  // From one piece to the next.
};

template <int R, int V, bool TURNED, bool WORDS = false>
__attribute__((noinline)) void tile_of(const Operands& of, float* result) {
  vec tile[R][V] = {};
  const float* a = of.a;
  const float* b = of.b;
  for (long piece = 0; piece < of.pieces; ++piece) {
    accumulate<R, V, TURNED, WORDS>(tile, a, of.lda, b, of.ldb, of.depth);
    a += of.a_piece;
    b += of.depth * of.ldb;
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 16
    for (int v = 0; v < V; ++v) store(result + (r * V + v) * W, tile[r][v]);
}

template <int V, bool TURNED, bool WORDS, int R = rows_of_tile(V)>
SV_INLINE void tile_of_rows(int rows, const Operands& of, float* result) {
  if constexpr (R > 1) {
    if (rows < R) return tile_of_rows<V, TURNED, WORDS, R - 1>(rows, of, result);
  }
  tile_of<R, V, TURNED, WORDS>(of, result);
}

// Computes `rows` rows of a panel of V vectors; calls `use(row, values)` with each, V * W floats.
template <int V, bool TURNED = false, bool WORDS = false, class Use>
SV_INLINE void panel_product(long rows, Operands of, const Use& use) {
  constexpr int R = rows_of_tile(V);
  alignas(64) float result[R * V * W];
  const long tiles = (rows + R - 1) / R;
  for (long tile = 0, row = 0; tile < tiles; ++tile) {
    const int count = static_cast<int>((rows - row + tiles - tile - 1) / (tiles - tile));
    Operands here = of;
    here.a += TURNED ? row : row * of.lda;
    tile_of_rows<V, TURNED, WORDS>(count, here, result);
    for (int r = 0; r < count; ++r) use(row + r, result + r * V * W);
    row += count;
  }
}

// The columns of a matrix in panels of up to three vectors, as even as they come.
struct Panels {
  long columns;
  long vectors() const { return (columns + W - 1) / W; }
  long count() const { return (vectors() + 2) / 3; }
  long first(long panel) const { return vectors() * panel / count(); }  // vector
  long size(long panel) const { return first(panel + 1) - first(panel); }
};

// Calls `use(row, first_column, values, vectors)` for each row of each panel of a result; `b` has
// the panels one after another, each `(depth * pieces, size * W)`.
template <bool WORDS = false, class Use>
SV_INLINE void plain_product(Panels panels, long rows, Operands of, const Use& use) {
  for (long panel = 0; panel < panels.count(); ++panel) {
    const long first = panels.first(panel), size = panels.size(panel);
    Operands here = of;
    here.ldb = size * W;
    here.b += first * W * of.depth * of.pieces;
    const auto used = [&](long row, const float* values) { use(row, first * W, values, size); };
    if (size == 3) panel_product<3, false, WORDS>(rows, here, used);
    if (size == 2) panel_product<2, false, WORDS>(rows, here, used);
    if (size == 1) panel_product<1, false, WORDS>(rows, here, used);
  }
}

}  // namespace SV_ARCH
