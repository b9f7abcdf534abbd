// What is compiled for each kind of processor.
#pragma once

#include "core.h"

// How many states a cell has, and how many gates in its kernels.
struct Shape {
  int32_t states, gates, recurrent_gates;
};

struct Processor {
  const char* name;
  int64_t (*saved_size)(const sv_layer&);
  void (*forward)(const sv_layer&, float* every, float* const* last, float* saved);
  void (*backward)(const sv_layer&, const sv_gradients&);
  double (*peak)(double seconds);
  bool (*bfloat16)(int32_t cell);
  Shape (*shape)(int32_t cell);
  void (*recur)(const sv_recurrence&, const float* const* b, float* const* h);
  void (*recur_back)(const sv_recurrence&, const float* const* h, const float* const* d_h,
                     const sv_recurrence_gradients&);
  void (*scan)(const sv_scan&, float* y, float* last, float* starts);
  void (*scan_back)(const sv_scan&, const sv_scan_gradients&);
  void (*convolve)(const sv_convolution&, float* y);
  void (*convolve_back)(const sv_convolution&, const float* d_y, float* d_x, float* d_kernel);
};
