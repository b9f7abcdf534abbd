// A causal convolution of each feature with a kernel as long as the sequence, by Fourier transforms.
//
// To keep its end from coming round to its beginning, a sequence is not filled up with zeros to twice
// its length, but turned: its steps by up to a quarter of a circle (the right-angle convolution of
// Crandall & Fagin 1994). What goes beyond the end comes round times -i, as the imaginary part of
// what comes out, and the real part is what is asked for.
#pragma once

#include <algorithm>

#include "core.h"
#include "fourier.h"
#include "scratch.h"
#include "threads.h"

namespace SV_ARCH {

// Features that are read together: a line of the cache.
constexpr long LINE = 16;
constexpr long GROUPS = LINE / W;

// The frequencies of W features.
class Spectrum {
 public:
  Spectrum(const Fourier& fourier, float* at) : fourier_(fourier), at_(at) {}

  // From rows of `stride` numbers, of which `count` at most are looked at.
  void read(const float* rows, long steps, long stride, long count) const {
    for (long s = 0; s < steps; ++s) {
      const vec x = load(rows + s * stride, count);
      const float* turn = fourier_.turns(s);
      store_pair(at_ + s * PAIR, {{x * turn[0], x * turn[1]}});
    }
    std::fill(at_ + steps * PAIR, at_ + size(fourier_), 0.0f);
    fourier_.forward(at_);
  }

  // Back to rows; the frequencies are lost.
  void write(float* rows, long steps, long stride, long count) const {
    fourier_.back(at_);
    const float share = 1.0f / fourier_.length();
    for (long s = 0; s < steps; ++s) {
      const Complex z = turned<true>(load_pair(at_ + s * PAIR), fourier_.turns(s));
      store(rows + s * stride, z.part[0] * share, count);
    }
  }

  void clear() const { std::fill_n(at_, size(fourier_), 0.0f); }

  void multiply(const Spectrum& by) const {
    each([&](long i) { store_pair(at_ + i, load_pair(at_ + i) * load_pair(by.at_ + i)); });
  }

  // By the conjugate, which goes from later steps to earlier ones.
  void multiply_back(const Spectrum& by) const {
    each([&](long i) {
      store_pair(at_ + i, load_pair(at_ + i) * conjugate(load_pair(by.at_ + i)));
    });
  }

  void add_product_back(const Spectrum& a, const Spectrum& b) const {
    each([&](long i) {
      const Complex product = load_pair(a.at_ + i) * conjugate(load_pair(b.at_ + i));
      store_pair(at_ + i, load_pair(at_ + i) + product);
    });
  }

  static long size(const Fourier& fourier) { return fourier.length() * PAIR; }

 private:
  template <class Each>
  SV_INLINE void each(const Each& at) const {
    for (long i = 0; i < size(fourier_); i += PAIR) at(i);
  }

  const Fourier& fourier_;
  float* at_;
};

// A line of features in a chunk of samples, of one sample after the other.
class Line {
 public:
  Line(const sv_convolution& of, long n)
      : of_(of), chunk_(n % chunks(of)), feature_(n / chunks(of) * LINE) {}

  static long count(const sv_convolution& of) {
    return (of.features + LINE - 1) / LINE * chunks(of);
  }

  // Calls `each(g, at, count)` for each W features: which they are of the line, where they begin in
  // a sample, and how many there are from there on.
  template <class Each>
  void groups(const Each& each) const {
    for (long g = 0; g < GROUPS && feature_ + g * W < of_.features; ++g)
      each(g, feature_ + g * W, of_.features - feature_ - g * W);
  }

  // The same of each sample, where they begin in the batch.
  template <class Each>
  void samples(const Each& each) const {
    const long begin = chunk_ * SV_CONVOLUTION_CHUNK;
    const long end = std::min<long>(of_.batch, begin + SV_CONVOLUTION_CHUNK);
    for (long b = begin; b < end; ++b)
      groups([&](long g, long at, long count) { each(g, b * row() + at, count); });
  }

  // Where the chunk's gradient of the kernel begins.
  long chunk() const { return chunk_ * row(); }

 private:
  static long chunks(const sv_convolution& of) {
    return (of.batch + SV_CONVOLUTION_CHUNK - 1) / SV_CONVOLUTION_CHUNK;
  }
  long row() const { return of_.steps * of_.features; }

  const sv_convolution& of_;
  long chunk_, feature_;
};

inline void convolve(const sv_convolution& of, float* y) {
  const Fourier fourier(Fourier::length_for(of.steps));
  const long size = Spectrum::size(fourier), steps = of.steps, stride = of.features;
  each_of(Line::count(of), of.threads, [&](long n) {
    const Line line(of, n);
    const Scratch own(own_scratch(), {GROUPS * size, size});
    const auto kernel = [&](long g) { return Spectrum(fourier, own[0] + g * size); };
    const Spectrum x(fourier, own[1]);
    line.groups([&](long g, long at, long count) {
      kernel(g).read(of.kernel + at, steps, stride, count);
    });
    line.samples([&](long g, long at, long count) {
      x.read(of.x + at, steps, stride, count);
      x.multiply(kernel(g));
      x.write(y + at, steps, stride, count);
    });
  });
}

inline void convolve_back(const sv_convolution& of, const float* d_y, float* d_x,
                          float* d_kernel) {
  const Fourier fourier(Fourier::length_for(of.steps));
  const long size = Spectrum::size(fourier), steps = of.steps, stride = of.features;
  each_of(Line::count(of), of.threads, [&](long n) {
    const Line line(of, n);
    const Scratch own(own_scratch(), {GROUPS * size, GROUPS * size, size, size});
    const auto kernel = [&](long g) { return Spectrum(fourier, own[0] + g * size); };
    const auto total = [&](long g) { return Spectrum(fourier, own[1] + g * size); };
    const Spectrum x(fourier, own[2]), d(fourier, own[3]);
    line.groups([&](long g, long at, long count) {
      kernel(g).read(of.kernel + at, steps, stride, count);
      total(g).clear();
    });
    line.samples([&](long g, long at, long count) {
      x.read(of.x + at, steps, stride, count);
      d.read(d_y + at, steps, stride, count);
      total(g).add_product_back(d, x);
      d.multiply_back(kernel(g));
      d.write(d_x + at, steps, stride, count);
    });
    line.groups([&](long g, long at, long count) {
      total(g).write(d_kernel + line.chunk() + at, steps, stride, count);
    });
  });
}

}  // namespace SV_ARCH
