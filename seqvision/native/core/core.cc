// Chooses what was compiled for the processor at hand.
#include "core.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "processor.h"

// Tests may do with what every processor has, which takes a quarter of the time to compile.
#if defined(__x86_64__) && !defined(SV_BASE_ALONE)
#define SV_ON_X86
#endif

// What every processor of an architecture has.
#if defined(__aarch64__)
namespace neon { extern const Processor processor; }
namespace base = neon;
#else
namespace portable { extern const Processor processor; }
namespace base = portable;
#endif
#if defined(SV_ON_X86)
namespace avx2 { extern const Processor processor; }
namespace avx512 { extern const Processor processor; }
#if defined(SV_HAS_AVX512_BF16)
namespace avx512_bf16 { extern const Processor processor; }
#endif
#endif

namespace {

bool has(const Processor& processor) {
#if defined(SV_ON_X86)
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
  if (!std::strcmp(processor.name, "avx512")) return avx512;
#if defined(SV_HAS_AVX512_BF16)
  if (!std::strcmp(processor.name, "avx512_bf16"))
    return avx512 && __builtin_cpu_supports("avx512bf16");
#endif
  if (!std::strcmp(processor.name, "avx2"))
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
  return true;
}

const Processor* const all[] = {
#if defined(SV_HAS_AVX512_BF16)
    &avx512_bf16::processor,
#endif
#if defined(SV_ON_X86)
    &avx512::processor, &avx2::processor,
#endif
    &base::processor};

const Processor* best() {
  for (const Processor* one : all)
    if (has(*one)) return one;
  return &base::processor;
}

std::atomic<const Processor*> chosen{nullptr};
std::atomic<int> threads{1};

template <class Of>
Of with_threads(const Of& of, int at_once = 1) {
  Of settled = of;
  if (settled.threads <= 0) settled.threads = std::max(1, threads / std::max(1, at_once));
  return settled;
}

const Processor& processor() {
  const Processor* now = chosen;
  if (!now) chosen = now = best();
  return *now;
}

}  // namespace

extern "C" {

int64_t sv_saved_size(const sv_layer* layer) { return processor().saved_size(*layer); }

void sv_forward(const sv_layer* layer, float* every, float* last[2], float* saved) {
  processor().forward(with_threads(*layer, layer->at_once), every, last, saved);
}

void sv_backward(const sv_layer* layer, const sv_gradients* gradients) {
  processor().backward(with_threads(*layer, layer->at_once), *gradients);
}

void sv_recur(const sv_recurrence* of, const float* const b[2], float* const h[2]) {
  processor().recur(with_threads(*of), b, h);
}

void sv_recur_back(const sv_recurrence* of, const float* const h[2], const float* const d_h[2],
                   const sv_recurrence_gradients* to) {
  processor().recur_back(with_threads(*of), h, d_h, *to);
}

void sv_scan_forward(const sv_scan* of, float* y, float* last, float* starts) {
  processor().scan(with_threads(*of), y, last, starts);
}

void sv_scan_backward(const sv_scan* of, const sv_scan_gradients* to) {
  processor().scan_back(with_threads(*of), *to);
}

void sv_convolve(const sv_convolution* of, float* y) {
  processor().convolve(with_threads(*of), y);
}

void sv_convolve_back(const sv_convolution* of, const float* d_y, float* d_x, float* d_kernel) {
  processor().convolve_back(with_threads(*of), d_y, d_x, d_kernel);
}

void sv_set_threads(int count) { threads = count > 1 ? count : 1; }

int32_t sv_states(int32_t cell) { return processor().shape(cell).states; }

int32_t sv_gates(int32_t cell) { return processor().shape(cell).gates; }

int32_t sv_recurrent_gates(int32_t cell) { return processor().shape(cell).recurrent_gates; }

int sv_bfloat16(int32_t cell) { return processor().bfloat16(cell); }

const char* sv_processor(void) { return processor().name; }

double sv_peak(double seconds) { return processor().peak(seconds); }

int sv_choose(const char* name) {
  for (const Processor* one : all)
    if (!std::strcmp(one->name, name) && has(*one)) {
      chosen = one;
      return 1;
    }
  return 0;
}

}  // extern "C"
