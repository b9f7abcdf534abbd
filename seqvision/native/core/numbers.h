// Real or complex numbers, W of them side by side.
#pragma once

#include "vector.h"

namespace SV_ARCH {

// W numbers, real with N = 1, complex with N = 2: a real and an imaginary part.
template <int N>
struct Numbers {
  vec part[N];
};

template <int N>
SV_INLINE Numbers<N> load(const float* const* from, long at, long count) {
  Numbers<N> numbers;
  for (int n = 0; n < N; ++n) numbers.part[n] = load(from[n] + at, count);
  return numbers;
}

template <int N>
SV_INLINE void store(float* const* to, long at, Numbers<N> numbers, long count) {
  for (int n = 0; n < N; ++n) store(to[n] + at, numbers.part[n], count);
}

template <int N>
SV_INLINE Numbers<N> operator*(Numbers<N> a, Numbers<N> b) {
  if constexpr (N == 1) return {{a.part[0] * b.part[0]}};
  else
    return {{a.part[0] * b.part[0] - a.part[1] * b.part[1],
             a.part[0] * b.part[1] + a.part[1] * b.part[0]}};
}

template <int N>
SV_INLINE Numbers<N> operator+(Numbers<N> a, Numbers<N> b) {
  for (int n = 0; n < N; ++n) a.part[n] += b.part[n];
  return a;
}

template <int N>
SV_INLINE Numbers<N> conjugate(Numbers<N> a) {
  if constexpr (N == 2) a.part[1] = -a.part[1];
  return a;
}

template <int N>
SV_INLINE Numbers<N> operator-(Numbers<N> a, Numbers<N> b) {
  for (int n = 0; n < N; ++n) a.part[n] -= b.part[n];
  return a;
}

}  // namespace SV_ARCH
