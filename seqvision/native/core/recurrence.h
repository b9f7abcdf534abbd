// A linear recurrence over time, element by element: h(t) = a(t) h(t - 1) + b(t).
//
// Nothing is multiplied but what lies side by side, so that memory sets the speed: a thread takes
// its rows through all steps, and reads and writes each number once.
#pragma once

#include <algorithm>

#include "core.h"
#include "numbers.h"
#include "threads.h"

namespace SV_ARCH {

// Where a step of a row lies, by the order of reading.
struct Places {
  const sv_recurrence& of;
  long row;
  long at(long s) const { return (row * of.steps + step(s)) * of.size; }
  long of_a(long s) const {
    return ((of.a_batch == 1 ? 0 : row) * of.a_steps + (of.a_steps == 1 ? 0 : step(s))) * of.size;
  }
  long step(long s) const { return of.reverse ? of.steps - 1 - s : s; }
};

template <int N>
void recur(const sv_recurrence& of, const float* const* b, float* const* h) {
  each_sample(of, [&](long row) {
    const Places places{of, row};
    for (long s = 0; s < of.steps; ++s) {
      const long at = places.at(s), at_a = places.of_a(s);
      const long before = s ? places.at(s - 1) : places.row * of.size;
      const float* const* from = s ? h : of.first;
      for (long i = 0; i < of.size; i += W) {
        const long left = of.size - i;
        const auto moved = load<N>(of.a, at_a + i, left) * load<N>(from, before + i, left);
        store<N>(h, at + i, moved + load<N>(b, at + i, left), left);
      }
    }
  });
}

// g(t) = d_h(t) + a(t + 1)* g(t + 1) is the gradient of b; that of a is g(t) h(t - 1)*, added up if
// all steps have the same a.
template <int N>
void recur_back(const sv_recurrence& of, const float* const* h, const float* const* d_h,
                const sv_recurrence_gradients& to) {
  each_sample(of, [&](long row) {
    const Places places{of, row};
    const long first = places.row * of.size;
    const bool add_up = of.a_steps == 1;
    for (int n = 0; n < N; ++n) {
      std::fill_n(to.d_first[n] + first, of.size, 0.0f);
      if (add_up) std::fill_n(to.d_a[n] + first, of.size, 0.0f);
    }
    for (long s = of.steps - 1; s >= 0; --s) {
      const long at = places.at(s), at_a = places.of_a(s);
      const long before = s ? places.at(s - 1) : first;
      const float* const* from = s ? h : of.first;
      for (long i = 0; i < of.size; i += W) {
        const long left = of.size - i;
        // What comes from the step after waits in the place of the first state's gradient.
        const auto g = load<N>(d_h, at + i, left) + load<N>(to.d_first, first + i, left);
        store<N>(to.d_b, at + i, g, left);
        store<N>(to.d_first, first + i, conjugate<N>(load<N>(of.a, at_a + i, left)) * g, left);
        auto d_a = g * conjugate<N>(load<N>(from, before + i, left));
        if (add_up) d_a = d_a + load<N>(to.d_a, first + i, left);
        store<N>(to.d_a, (add_up ? first : at) + i, d_a, left);
      }
    }
  });
}

}  // namespace SV_ARCH
