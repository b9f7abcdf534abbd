// Products of numbers of 16 bits, where the processor has them: sums stay in float32.
//
// A word of 32 bits is two bfloat16 that follow one another in the depth of a product. Words lie
// where floats do, so that a product of words is one of floats with half the depth.
#pragma once

#include "vector.h"

#if defined(__AVX512BF16__)
#include <immintrin.h>
#endif

namespace SV_ARCH {

// Words of a row of floats that is filled up to the next W.
constexpr long words_of(long floats) { return (floats + W - 1) / W * (W / 2); }

#if defined(__AVX512BF16__)

constexpr bool HAS_BFLOAT16 = true;

// sum + left * right, of both numbers of each word
SV_INLINE vec add_product_of_words(vec sum, vec left, vec right) {
  return (vec)_mm512_dpbf16_ps((__m512)sum, (__m512bh)left, (__m512bh)right);
}

// The numbers of a vector side by side, W / 2 words.
SV_INLINE void store_words(float* to, vec value) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), (__m256i)_mm512_cvtneps_pbh((__m512)value));
}

// W words of two vectors, a number of each.
SV_INLINE vec words(vec low, vec high) {
  const __m512i first = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)low));
  const __m512i second = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)high));
  return (vec)_mm512_or_si512(first, _mm512_slli_epi32(second, 16));
}

#else

constexpr bool HAS_BFLOAT16 = false;
SV_INLINE vec add_product_of_words(vec sum, vec, vec) { return sum; }
SV_INLINE void store_words(float*, vec) {}
SV_INLINE vec words(vec low, vec) { return low; }

#endif

}  // namespace SV_ARCH
