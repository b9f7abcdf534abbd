// Calls the core as layers do, for sanitizers to watch: exact buffers, so that a step beyond one shows.
// Prints the kinds of processor, and for each a sum of all that it computed in float32.

#include <cstdio>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "core.h"

namespace {

std::vector<float> numbers(long count, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal(0, 0.3f);
  std::vector<float> values(count);
  for (float& value : values) value = normal(generator);
  return values;
}

double sum(const std::vector<float>& values) {
  double total = 0;
  for (size_t i = 0; i < values.size(); ++i) total += values[i] * (1 + i % 7);
  return total;
}

double exercise(int cell, long batch, long steps, long features, long units, bool all, bool in_bfloat16) {
  const long gates = cell == SV_LSTM ? 4 : cell >= SV_GRU ? 3 : 1, columns = gates * units;
  const int states = cell == SV_LSTM ? 2 : 1;
  auto x = numbers(batch * steps * features, 1), kernel = numbers(features * columns, 2);
  auto recurrent = numbers(units * columns, 3), bias = numbers(columns, 4);
  auto h = numbers(batch * units, 5), c = numbers(batch * units, 6);
  auto dropout = numbers(batch * units, 7);
  std::vector<uint8_t> mask(batch * steps, 1);
  for (size_t i = 0; i < mask.size(); i += 3) mask[i] = 0;
  sv_layer layer = {};
  layer.cell = cell, layer.threads = 3, layer.go_backwards = all, layer.in_bfloat16 = in_bfloat16;
  layer.batch = batch, layer.steps = steps, layer.features = features, layer.units = units;
  layer.x = x.data(), layer.kernel = kernel.data(), layer.recurrent_kernel = recurrent.data();
  if (all) {
    layer.first[0] = h.data(), layer.first[1] = states == 2 ? c.data() : nullptr;
    layer.bias = bias.data(), layer.recurrent_bias = cell == SV_GRU ? bias.data() : nullptr;
    layer.mask = mask.data(), layer.dropout = dropout.data();
  }
  std::vector<float> every(batch * steps * units), last_h(batch * units), last_c(batch * units);
  std::vector<float> saved(sv_saved_size(&layer));
  float* last[2] = {last_h.data(), states == 2 ? last_c.data() : nullptr};
  sv_forward(&layer, nullptr, last, nullptr);
  sv_forward(&layer, every.data(), last, saved.data());
  std::vector<float> d_x(x.size()), d_kernel(kernel.size()), d_recurrent(recurrent.size());
  std::vector<float> d_bias(columns), d_h(batch * units), d_c(batch * units);
  auto d_every = numbers(every.size(), 8);
  sv_gradients of = {};
  of.every = every.data(), of.saved = saved.data(), of.d_every = d_every.data();
  of.d_last[0] = h.data(), of.d_last[1] = states == 2 ? c.data() : nullptr;
  of.d_kernel = d_kernel.data(), of.d_recurrent_kernel = d_recurrent.data();
  if (all) {
    of.d_x = d_x.data(), of.d_bias = d_bias.data();
    of.d_first[0] = d_h.data(), of.d_first[1] = states == 2 ? d_c.data() : nullptr;
  }
  sv_backward(&layer, &of);
  double total = sum(every) + sum(last_h) + sum(last_c) + sum(d_kernel) + sum(d_recurrent);
  if (all) total += sum(d_x) + sum(d_bias) + sum(d_h) + sum(d_c);
  return total;
}

double exercise_recurrence(long batch, long steps, long size, bool is_complex, bool shared, bool reverse) {
  const long all = batch * steps * size;
  sv_recurrence of = {};
  of.threads = 3, of.is_complex = is_complex, of.reverse = reverse;
  of.batch = batch, of.steps = steps, of.size = size;
  of.a_batch = shared ? 1 : batch, of.a_steps = shared ? 1 : steps;
  std::vector<float> a[2], b[2], first[2], h[2], d_a[2], d_b[2], d_first[2];
  const float* given[2] = {};
  float* states[2] = {};
  sv_recurrence_gradients to = {};
  for (int n = 0; n <= is_complex; ++n) {
    a[n] = numbers(shared ? size : all, 10 + n), b[n] = numbers(all, 12 + n);
    first[n] = numbers(batch * size, 14 + n);
    h[n].resize(all), d_b[n].resize(all), d_first[n].resize(batch * size);
    d_a[n].resize(shared ? batch * size : all);
    of.a[n] = a[n].data(), of.first[n] = first[n].data();
    given[n] = b[n].data(), states[n] = h[n].data();
    to.d_a[n] = d_a[n].data(), to.d_b[n] = d_b[n].data(), to.d_first[n] = d_first[n].data();
  }
  sv_recur(&of, given, states);
  sv_recur_back(&of, states, given, &to);
  double total = 0;
  for (int n = 0; n <= is_complex; ++n) total += sum(h[n]) + sum(d_a[n]) + sum(d_b[n]) + sum(d_first[n]);
  return total;
}

double exercise_scan(long batch, long steps, long features, long size) {
  const long all = batch * steps * features, selected = batch * steps * size;
  const long state = batch * features * size;
  auto x = numbers(all, 20), step = numbers(all, 21), a = numbers(features * size, 22);
  auto b = numbers(selected, 23), c = numbers(selected, 24), first = numbers(state, 25);
  for (float& value : step) value *= value;
  for (float& value : a) value = -value * value;
  const sv_scan of = {3,        batch,    steps,    features, size,        x.data(),
                      step.data(), a.data(), b.data(), c.data(), first.data()};
  std::vector<float> y(all), last(state), d_x(all), d_step(all), d_b(selected), d_c(selected);
  std::vector<float> starts((steps + SV_SCAN_CHUNK - 1) / SV_SCAN_CHUNK * state);
  std::vector<float> d_a(state), d_first(state);
  sv_scan_forward(&of, y.data(), last.data(), starts.data());
  const sv_scan_gradients to = {starts.data(), x.data(),   first.data(), d_x.data(),    d_step.data(),
                                d_a.data(),    d_b.data(), d_c.data(),   d_first.data()};
  sv_scan_backward(&of, &to);
  return sum(y) + sum(last) + sum(d_x) + sum(d_step) + sum(d_a) + sum(d_b) + sum(d_c) + sum(d_first);
}

double exercise_convolution(long batch, long steps, long features) {
  auto x = numbers(batch * steps * features, 30), d_y = numbers(batch * steps * features, 31);
  auto kernel = numbers(steps * features, 32);
  const sv_convolution of = {3, batch, steps, features, x.data(), kernel.data()};
  const long chunks = (batch + SV_CONVOLUTION_CHUNK - 1) / SV_CONVOLUTION_CHUNK;
  std::vector<float> y(x.size()), d_x(x.size()), d_kernel(chunks * kernel.size());
  sv_convolve(&of, y.data());
  sv_convolve_back(&of, d_y.data(), d_x.data(), d_kernel.data());
  return sum(y) + sum(d_x) + sum(d_kernel);
}

}  // namespace

int main() {
  for (const char* processor : {"avx512_bf16", "avx512", "avx2", "portable", "neon"}) {
    if (!sv_choose(processor)) continue;
    double total = 0;
    for (int cell = SV_TANH_RNN; cell <= SV_LSTM; ++cell)
      for (long units : {1, 4, 15, 17, 49})
        for (long batch : {0, 1, 9, 13})
          for (long steps : {0, 1, 5})
            for (bool in_bfloat16 : {false, true})
              if (double s = exercise(cell, batch, steps, units + 2, units, units % 2, in_bfloat16);
                  !in_bfloat16)
                total += s;
    for (long size : {1, 15, 16, 37})
      for (long batch : {0, 1, 4})
        for (int kind = 0; kind < 8; ++kind)
          total += exercise_recurrence(batch, batch + kind % 3, size, kind & 1, kind & 2, kind & 4);
    for (long features : {1, 16, 37})
      for (long size : {3, 16})
        for (long steps : {0, 1, 33}) total += exercise_scan(steps % 4, steps, features, size);
    for (long batch : {0, 1, 33})
      for (long steps : {0, 1, 11, 210})
        for (long features : {1, 16, 37}) total += exercise_convolution(batch, steps, features);
    std::printf("%s %.9g\n", processor, total);
    std::vector<std::thread> callers;
    for (int k = 0; k < 4; ++k)
      callers.emplace_back([] {
        for (int i = 0; i < 20; ++i) exercise(SV_GRU, 16, 3, 5, 18, true, i % 2);
      });
    for (auto& caller : callers) caller.join();
  }
}
