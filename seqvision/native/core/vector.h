// A vector of floats as wide as the processor's registers, and the functions of a gate.
//
// Each file that includes this is compiled once for each kind of processor, with its compiler flags
// and with SV_WIDTH, the number of floats in a register. GCC's and Clang's vector types take the
// place of intrinsics.
#pragma once

#include <cstdint>
#include <cstring>

namespace SV_ARCH {

constexpr int W = SV_WIDTH;

typedef float vec __attribute__((vector_size(W * sizeof(float))));
typedef int32_t ivec __attribute__((vector_size(W * sizeof(int32_t))));
typedef float unaligned __attribute__((vector_size(W * sizeof(float)), aligned(4), may_alias));

#define SV_INLINE inline __attribute__((always_inline))

SV_INLINE vec load(const float* from) { return *reinterpret_cast<const unaligned*>(from); }

SV_INLINE void store(float* to, vec value) { *reinterpret_cast<unaligned*>(to) = value; }

// The first `count` of W floats, and zeros: nothing beyond them is read.
SV_INLINE vec load(const float* from, long count) {
  if (count >= W) return load(from);
  vec value = {};
  std::memcpy(&value, from, count * sizeof(float));
  return value;
}

SV_INLINE void store(float* to, vec value, long count) {
  if (count >= W) return store(to, value);
  std::memcpy(to, &value, count * sizeof(float));
}

// The first `count` numbers, and zeros.
SV_INLINE vec first(vec value, long count) {
  if (count >= W) return value;
  ivec lane;
  for (int i = 0; i < W; ++i) lane[i] = i;
  return lane < static_cast<int32_t>(count) ? value : vec{};
}

SV_INLINE vec all(float value) { return value - vec{}; }

// exp(x) = 2^n (1 + p), to about one unit in the last place: x = n ln 2 + r, and p a polynomial of
// r. NaN stays NaN. Beyond +-87 the result is that of +-87, which a gate cannot tell from infinity.
struct Power {
  vec p, scale;
};

SV_INLINE Power power(vec x) {
  x = x > 87.0f ? all(87.0f) : x;
  x = x < -87.0f ? all(-87.0f) : x;
  const float rounder = 12582912.0f;  // 1.5 * 2^23: what is added to it is rounded to an integer.
  const vec sum = x * 1.44269504f + rounder;
  const vec n = sum - rounder;
  const vec r = x - n * 0.693359375f + n * 2.12194440e-4f;  // ln 2 in two parts (Cody & Waite).
  // The Taylor series, whose next term is below 2e-9 where |r| <= ln 2 / 2.
  vec p = all(1.0f / 5040);
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r * r + r;
  const ivec bits = ((ivec)sum - (ivec)all(rounder) + 127) << 23;  // 2^n
  return {p, (vec)bits};
}

SV_INLINE vec exp(vec x) {
  const Power e = power(x);
  return e.p * e.scale + e.scale;
}

SV_INLINE vec expm1(vec x) {
  const Power e = power(x);
  return e.p * e.scale + (e.scale - 1.0f);
}

SV_INLINE vec sigmoid(vec x) { return 1.0f / (expm1(-x) + 2.0f); }

SV_INLINE vec tanh(vec x) {
  const vec e = expm1(2.0f * x);
  return e / (e + 2.0f);
}

}  // namespace SV_ARCH
