// The recurrence of a selective state space: every feature has a state of `size` numbers.
//
// Features lie side by side in a vector, so that nothing is summed across one but the gradients of b
// and c. The states of all steps, `size` times as large as x, are never in memory: what is kept is
// one for each chunk of steps, from which the way back computes those of the chunk once more, within
// the first caches.
#pragma once

#include <algorithm>

#include "core.h"
#include "scratch.h"
#include "threads.h"
#include "vector.h"

namespace SV_ARCH {

constexpr long CHUNK = SV_SCAN_CHUNK;

inline long chunks_of(const sv_scan& of) { return (of.steps + CHUNK - 1) / CHUNK; }

// One number of the states of `count` features, from rows of `size`.
SV_INLINE vec gather(const float* from, long size, long count) {
  vec value = {};
  for (long i = 0; i < std::min<long>(W, count); ++i) value[i] = from[i * size];
  return value;
}

SV_INLINE void scatter(float* to, vec value, long size, long count) {
  for (long i = 0; i < std::min<long>(W, count); ++i) to[i * size] = value[i];
}

SV_INLINE float sum(vec value) {
  float total = 0;
  for (int i = 0; i < W; ++i) total += value[i];
  return total;
}

// A sample's part of everything.
struct Sample {
  const sv_scan& of;
  long r;
  long at(long s) const { return (r * of.steps + s) * of.features; }
  const float* b(long s) const { return of.b + (r * of.steps + s) * of.size; }
  const float* c(long s) const { return of.c + (r * of.steps + s) * of.size; }
  long state() const { return r * of.features * of.size; }
  // Of the state before a chunk: its numbers one after another, each of all features.
  long start(long chunk) const { return (r * chunks_of(of) + chunk) * of.size * of.features; }
};

// With N the size is known when this is compiled, and states stay in registers.
template <long N>
void scan(const sv_scan& of, float* y, float* last, float* starts) {
  const long size = N ? N : of.size, features = of.features;
  each_sample(of, [&](long row) {
    const Sample sample{of, row};
    const Scratch own(own_scratch(), {size * W, size * W});
    float *h = own[0], *a = own[1];
    for (long f = 0; f < features; f += W) {
      const long left = features - f, state = sample.state() + f * size;
      for (long n = 0; n < size; ++n) {
        store(h + n * W, gather(of.first + state + n, size, left));
        store(a + n * W, gather(of.a + f * size + n, size, left));
      }
      for (long s = 0; s < of.steps; ++s) {
        if (s % CHUNK == 0) {
          float* to = starts + sample.start(s / CHUNK) + f;
          for (long n = 0; n < size; ++n) store(to + n * features, load(h + n * W), left);
        }
        const long at = sample.at(s) + f;
        const vec step = load(of.step + at, left), fed = step * load(of.x + at, left);
        const float *b = sample.b(s), *c = sample.c(s);
        vec seen = {};
        for (long n = 0; n < size; ++n) {
          const vec now = exp(step * load(a + n * W)) * load(h + n * W) + fed * b[n];
          store(h + n * W, now);
          seen += now * c[n];
        }
        store(y + at, seen, left);
      }
      for (long n = 0; n < size; ++n) scatter(last + state + n, load(h + n * W), size, left);
    }
  });
}

template <long N>
void scan_back(const sv_scan& of, const sv_scan_gradients& to) {
  const long size = N ? N : of.size, features = of.features;
  const long width = (features + W - 1) / W * W * size, steps_of_chunk = CHUNK * size * W;
  each_sample(of, [&](long row) {
    const Sample sample{of, row};
    const Scratch own(own_scratch(), {width, width, size * W, steps_of_chunk + size * W,
                                      steps_of_chunk, steps_of_chunk, steps_of_chunk});
    // What comes from later steps, the gradient of a, and, of a chunk, its states, by what each step
    // multiplies them, and the gradients of b and c, still to be summed over a vector.
    float *later = own[0], *d_a = own[1], *a = own[2], *h = own[3], *moved = own[4];
    float *d_b = own[5], *d_c = own[6];
    std::fill_n(d_a, width, 0.0f);
    for (long f = 0; f < features; f += W)
      for (long n = 0; n < size; ++n)
        store(later + f * size + n * W,
              gather(to.d_last + sample.state() + f * size + n, size, features - f));
    for (long chunk = chunks_of(of) - 1; chunk >= 0; --chunk) {
      const long begin = chunk * CHUNK, steps = std::min<long>(CHUNK, of.steps - begin);
      std::fill_n(d_b, steps * size * W, 0.0f);
      std::fill_n(d_c, steps * size * W, 0.0f);
      for (long f = 0; f < features; f += W) {
        const long left = features - f;
        const float* start = to.starts + sample.start(chunk) + f;
        for (long n = 0; n < size; ++n) {
          store(a + n * W, gather(of.a + f * size + n, size, left));
          store(h + n * W, load(start + n * features, left));
        }
        for (long s = 0; s < steps; ++s) {
          const long at = sample.at(begin + s) + f;
          const vec step = load(of.step + at, left), fed = step * load(of.x + at, left);
          const float* b = sample.b(begin + s);
          for (long n = 0; n < size; ++n) {
            const long here = (s * size + n) * W;
            const vec by = exp(step * load(a + n * W));
            store(moved + here, by);
            store(h + here + size * W, by * load(h + here) + fed * b[n]);
          }
        }
        for (long s = steps - 1; s >= 0; --s) {
          const long at = sample.at(begin + s) + f;
          const vec step = load(of.step + at, left), x = load(of.x + at, left);
          const vec above = load(to.d_y + at, left), fed = step * x;
          const float *b = sample.b(begin + s), *c = sample.c(begin + s);
          vec d_fed = {}, d_step = {};
          for (long n = 0; n < size; ++n) {
            const long here = (s * size + n) * W, carried = f * size + n * W;
            const vec g = load(later + carried) + above * c[n];
            store(d_c + here, load(d_c + here) + above * load(h + here + size * W));
            store(d_b + here, load(d_b + here) + g * fed);
            d_fed += g * b[n];
            const vec before = g * load(moved + here), d_exponent = before * load(h + here);
            store(d_a + carried, load(d_a + carried) + d_exponent * step);
            d_step += d_exponent * load(a + n * W);
            store(later + carried, before);
          }
          store(to.d_x + at, d_fed * step, left);
          store(to.d_step + at, d_fed * x + d_step, left);
        }
      }
      for (long s = 0; s < steps; ++s)
        for (long n = 0; n < size; ++n) {
          const long at = (sample.r * of.steps + begin + s) * size + n;
          to.d_b[at] = sum(load(d_b + (s * size + n) * W));
          to.d_c[at] = sum(load(d_c + (s * size + n) * W));
        }
    }
    for (long f = 0; f < features; f += W)
      for (long n = 0; n < size; ++n) {
        const long at = sample.state() + f * size + n, own_at = f * size + n * W;
        scatter(to.d_a + at, load(d_a + own_at), size, features - f);
        scatter(to.d_first + at, load(later + own_at), size, features - f);
      }
  });
}

}  // namespace SV_ARCH
