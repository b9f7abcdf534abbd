// Fourier transforms of complex numbers, W sequences side by side.
//
// A convolution does not ask in which order frequencies lie, so they stay where the passes leave them
// (Gentleman & Sande 1966), and the way back, which takes them from there (Cooley & Tukey 1965),
// has nothing to sort either.
#pragma once

#include <cmath>
#include <vector>

#include "numbers.h"

namespace SV_ARCH {

using Complex = Numbers<2>;

// Complex numbers lie in memory as W real parts and W imaginary ones.
constexpr long PAIR = 2 * W;

SV_INLINE Complex load_pair(const float* from) { return {{load(from), load(from + W)}}; }

SV_INLINE void store_pair(float* to, Complex z) {
  store(to, z.part[0]);
  store(to + W, z.part[1]);
}

// z times a number of the circle; BACK: times its conjugate.
template <bool BACK>
SV_INLINE Complex turned(Complex z, const float* by) {
  const float re = by[0], im = BACK ? -by[1] : by[1];
  return {{z.part[0] * re - z.part[1] * im, z.part[0] * im + z.part[1] * re}};
}

// z times -i; BACK: times i.
template <bool BACK>
SV_INLINE Complex quarter(Complex z) {
  if constexpr (BACK) return {{-z.part[1], z.part[0]}};
  else
    return {{z.part[1], -z.part[0]}};
}

// cos and sin of 2 pi k / R, for k from 1 to half of R.
template <int R>
struct Circle;
template <>
struct Circle<3> {
  static constexpr float cos[] = {-0.5f}, sin[] = {0.866025404f};
};
template <>
struct Circle<5> {
  static constexpr float cos[] = {0.309016994f, -0.809016994f}, sin[] = {0.951056516f, 0.587785252f};
};
template <>
struct Circle<7> {
  static constexpr float cos[] = {0.623489802f, -0.222520934f, -0.900968868f};
  static constexpr float sin[] = {0.781831482f, 0.974927912f, 0.433883739f};
};

// The transform of R numbers, in place.
template <int R, bool BACK>
SV_INLINE void transform_few(Complex* z) {
  if constexpr (R == 2) {
    const Complex a = z[0], b = z[1];
    z[0] = a + b, z[1] = a - b;
  } else if constexpr (R == 4) {
    const Complex a = z[0] + z[2], b = z[0] - z[2], c = z[1] + z[3];
    const Complex d = quarter<BACK>(z[1] - z[3]);
    z[0] = a + c, z[1] = b + d, z[2] = a - c, z[3] = b - d;
  } else {
    constexpr int H = R / 2;
    Complex sums[H], differences[H], first = z[0];
#pragma GCC unroll 3
    for (int k = 0; k < H; ++k) {
      sums[k] = z[k + 1] + z[R - 1 - k];
      differences[k] = z[k + 1] - z[R - 1 - k];
      z[0] = z[0] + sums[k];
    }
#pragma GCC unroll 3
    for (int q = 1; q <= H; ++q) {
      Complex even = first, odd = {};
#pragma GCC unroll 3
      for (int k = 1; k <= H; ++k) {
        const int at = k * q % R, place = at > H ? R - at : at;
        const float cos = Circle<R>::cos[place - 1];
        const float sin = at > H ? -Circle<R>::sin[place - 1] : Circle<R>::sin[place - 1];
        for (int n = 0; n < 2; ++n) {
          even.part[n] += sums[k - 1].part[n] * cos;
          odd.part[n] += differences[k - 1].part[n] * sin;
        }
      }
      odd = quarter<BACK>(odd);
      z[q] = even + odd, z[R - q] = even - odd;
    }
  }
}

// A pass over blocks in a row: each is cut into R parts, and the numbers at the same place in all of
// them are transformed.
//   turns: for each place the circle's number of each part but the first
template <int R, bool BACK>
void pass(float* at, long blocks, long length, const float* turns) {
  const long part = length / R;
  for (long block = 0; block < blocks; ++block, at += length * PAIR)
    for (long j = 0; j < part; ++j) {
      const float* by = turns + 2 * (R - 1) * j;
      float* own = at + j * PAIR;
      Complex z[R];
#pragma GCC unroll 7
      for (int q = 0; q < R; ++q) {
        z[q] = load_pair(own + q * part * PAIR);
        if (BACK && q && part > 1) z[q] = turned<true>(z[q], by + 2 * (q - 1));
      }
      transform_few<R, BACK>(z);
#pragma GCC unroll 7
      for (int q = 0; q < R; ++q) {
        if (!BACK && q && part > 1) z[q] = turned<false>(z[q], by + 2 * (q - 1));
        store_pair(own + q * part * PAIR, z[q]);
      }
    }
}

// Transforms of one length, which has no prime factors but 2, 3, 5 and 7.
class Fourier {
 public:
  // The shortest such length that is no shorter than `steps`.
  static long length_for(long steps) {
    for (long length = std::max(1L, steps);; ++length) {
      long rest = length;
      for (long factor : {2, 3, 5, 7})
        while (rest % factor == 0) rest /= factor;
      if (rest == 1) return length;
    }
  }

  explicit Fourier(long length) : length_(length), turns_(2 * length) {
    // In double precision: an error here is one of each number that is turned.
    const double angle = -std::acos(0.0) / length;
    for (long j = 0; j < length; ++j) {
      turns_[2 * j] = std::cos(angle * j);
      turns_[2 * j + 1] = std::sin(angle * j);
    }
    for (long rest = length; rest > 1;) {
      int radix = 4;  // Large primes come last, where nothing is turned.
      for (int factor : {7, 5, 3, 2})
        if (rest % 4 && rest % factor == 0) radix = factor;
      Level level{radix, rest, {}};
      for (long j = 0; j < rest / radix; ++j)
        for (int q = 1; q < radix; ++q) {
          const long quarters = 4 * (j * q * (length / rest) % length);
          const float *turn = turns(quarters % length), re = turn[0], im = turn[1];
          const float by_quarters[] = {re, im, -re, -im, re};
          level.turns.push_back(by_quarters[quarters / length]);
          level.turns.push_back(by_quarters[quarters / length + 1]);
        }
      levels_.push_back(level);
      rest /= radix;
    }
  }

  long length() const { return length_; }

  // The real and the imaginary part of e^(-i pi / 2 j / length).
  const float* turns(long j) const { return &turns_[2 * j]; }

  void forward(float* at) const { deeper<false>(at, 0, length_); }

  // `length` times what was there before.
  void back(float* at) const { deeper<true>(at, 0, length_); }

 private:
  struct Level {
    int radix;
    long length;
    std::vector<float> turns;
  };

  // Blocks that are too large for the first cache are done one after the other, with all below them.
  template <bool BACK>
  void deeper(float* at, std::size_t level, long length) const {
    constexpr long SMALL = 6000 / PAIR;  // 24 kB.
    if (level == levels_.size()) return;
    if (length <= SMALL) return all_levels<BACK>(at, level, length);
    const long part = length / levels_[level].radix;
    if (!BACK) one_level<BACK>(at, levels_[level], 1);
    for (long q = 0; q < levels_[level].radix; ++q)
      deeper<BACK>(at + q * part * PAIR, level + 1, part);
    if (BACK) one_level<BACK>(at, levels_[level], 1);
  }

  template <bool BACK>
  void all_levels(float* at, std::size_t from, long length) const {
    for (std::size_t n = from; n < levels_.size(); ++n) {
      const Level& level = levels_[BACK ? levels_.size() - 1 - (n - from) : n];
      one_level<BACK>(at, level, length / level.length);
    }
  }

  template <bool BACK>
  static void one_level(float* at, const Level& level, long blocks) {
    const float* turns = level.turns.data();
    switch (level.radix) {
      case 2: return pass<2, BACK>(at, blocks, level.length, turns);
      case 3: return pass<3, BACK>(at, blocks, level.length, turns);
      case 4: return pass<4, BACK>(at, blocks, level.length, turns);
      case 5: return pass<5, BACK>(at, blocks, level.length, turns);
      default: return pass<7, BACK>(at, blocks, level.length, turns);
    }
  }

  long length_;
  std::vector<float> turns_;
  std::vector<Level> levels_;
};

}  // namespace SV_ARCH
