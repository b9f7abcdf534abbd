/* The recurrence of a layer over all its time steps, forward and backward: the C interface.
 *
 * Matrices are of float32 and lie row by row. A null pointer is what is not there or not wanted.
 * Kernels, biases and their gates are in Keras's order: z, r, h of a GRU, i, f, c, o of an LSTM; z, h
 * of a minimal GRU, f, i, h of a minimal LSTM, which have no recurrent kernel.
 */
#ifndef SEQVISION_CORE_H
#define SEQVISION_CORE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SV_API __attribute__((visibility("default")))

enum sv_cell {
  SV_TANH_RNN,
  SV_RELU_RNN,
  SV_GRU,
  SV_GRU_RESET_BEFORE,
  SV_LSTM,
  SV_MIN_GRU,
  SV_MIN_LSTM
};

/* What both passes are given. */
typedef struct {
  int32_t cell;
  int32_t threads;      /* At most so many take part; 0: as many as `sv_set_threads` says, */
  int32_t at_once;      /* shared among so many layers that run at once (0 is 1). */
  int32_t go_backwards; /* Begin with the last step; outputs are in the order of reading. */
  int32_t in_bfloat16;  /* Multiply in bfloat16, sums in float32, where `sv_bfloat16` says so. */
  int64_t batch, steps, features, units;
  const float* x; /* (batch, steps, features) */
  const float* first[2];         /* (batch, units): the states before all steps; null: zeros. */
  const float* kernel;           /* (features, gates * units) */
  const float* recurrent_kernel; /* (units, gates * units) */
  const float* bias;             /* (gates * units) */
  const float* recurrent_bias;   /* (gates * units): of a GRU that resets after its product. */
  const uint8_t* mask;           /* (batch, steps): where it is 0 a step leaves the states alone. */
  const float* dropout;          /* (batch, units): factors of the state within its product. */
} sv_layer;

/* How many states a cell has, and how many gates in its kernel and in its recurrent kernel. */
SV_API int32_t sv_states(int32_t cell);
SV_API int32_t sv_gates(int32_t cell);
SV_API int32_t sv_recurrent_gates(int32_t cell);

/* Floats that the way back needs; `saved` has so many. */
SV_API int64_t sv_saved_size(const sv_layer* layer);

/* Writes the outputs, (batch, steps, units), and the last states, each (batch, units). `every` and
 * `saved` may be null if no backward pass follows. */
SV_API void sv_forward(const sv_layer* layer, float* every, float* last[2], float* saved);

/* Gradients; `every` and `saved` are what the forward pass wrote. */
typedef struct {
  const float* every;
  const float* saved;
  const float* d_every;   /* (batch, steps, units) */
  const float* d_last[2]; /* (batch, units) */
  float* d_x;
  float* d_first[2];
  float* d_kernel;
  float* d_recurrent_kernel;
  float* d_bias;
  float* d_recurrent_bias;
} sv_gradients;

SV_API void sv_backward(const sv_layer* layer, const sv_gradients* gradients);

/* A linear recurrence, element by element: h(t) = a(t) h(t - 1) + b(t). Of complex numbers, real and
 * imaginary parts are arrays of their own; of real ones the second of each two is not looked at. */
typedef struct {
  int32_t threads; /* As of sv_layer. */
  int32_t is_complex;
  int32_t reverse; /* Begin with the last step. */
  int64_t batch, steps, size;
  int64_t a_batch, a_steps; /* 1 each if all samples, or all steps, have the same a. */
  const float* a[2];        /* (a_batch, a_steps, size) */
  const float* first[2];    /* (batch, size): h before all steps. */
} sv_recurrence;

/* Writes h, (batch, steps, size), from b, which lies likewise. */
SV_API void sv_recur(const sv_recurrence* of, const float* const b[2], float* const h[2]);

typedef struct {
  float* d_a[2]; /* (batch, a_steps, size): still to be added up over the batch if a_batch is 1 */
  float* d_b[2];
  float* d_first[2];
} sv_recurrence_gradients;

/* Gradients from those of h. */
SV_API void sv_recur_back(const sv_recurrence* of, const float* const h[2],
                          const float* const d_h[2], const sv_recurrence_gradients* to);

/* The recurrence of a selective state space, whose features each have a state of `size` numbers:
 * h(t) = exp(step(t) a) h(t - 1) + step(t) x(t) b(t), y(t) = the sum of c(t) h(t) over them. */
typedef struct {
  int32_t threads; /* As of sv_layer. */
  int64_t batch, steps, features, size;
  const float* x;     /* (batch, steps, features) */
  const float* step;  /* likewise */
  const float* a;     /* (features, size) */
  const float* b;     /* (batch, steps, size) */
  const float* c;     /* likewise */
  const float* first; /* (batch, features, size): h before all steps. */
} sv_scan;

/* The steps of a chunk, whose first state is kept for the way back. */
#define SV_SCAN_CHUNK 32

/* Writes y, which lies as x, the last h, which lies as the first, and the first of each chunk,
 * `batch * ceil(steps / SV_SCAN_CHUNK) * features * size` numbers. */
SV_API void sv_scan_forward(const sv_scan* of, float* y, float* last, float* starts);

typedef struct {
  const float* starts; /* What the way forward wrote. */
  const float* d_y;
  const float* d_last;
  float* d_x;
  float* d_step;
  float* d_a; /* (batch, features, size): still to be added up over the batch. */
  float* d_b;
  float* d_c;
  float* d_first;
} sv_scan_gradients;

SV_API void sv_scan_backward(const sv_scan* of, const sv_scan_gradients* to);

/* A causal convolution of each feature by itself: y(t) = the sum of kernel(s) x(t - s) over s from 0
 * to t. */
typedef struct {
  int32_t threads; /* As of sv_layer. */
  int64_t batch, steps, features;
  const float* x;      /* (batch, steps, features) */
  const float* kernel; /* (steps, features) */
} sv_convolution;

/* Writes y, which lies as x. */
SV_API void sv_convolve(const sv_convolution* of, float* y);

/* So many samples' gradients of the kernel are added up. */
#define SV_CONVOLUTION_CHUNK 32

/* Writes the gradients: d_x, and d_kernel of (ceil(batch / SV_CONVOLUTION_CHUNK), steps, features),
 * still to be added up over the first. */
SV_API void sv_convolve_back(const sv_convolution* of, const float* d_y, float* d_x,
                             float* d_kernel);

/* How many threads take part in a layer that does not say; one at first. */
SV_API void sv_set_threads(int threads);

/* Another's threads to do the work in place of the core's own; null: its own again. Called as
 * GCC's OpenMP is: all of `threads` threads or fewer call `work(data)`, and it returns after all. A
 * library whose threads go on spinning after its own work would keep ours from their cores. */
typedef void (*sv_team)(void (*work)(void*), void* data, unsigned threads, unsigned flags);
SV_API void sv_set_team(sv_team team);

/* Whether a cell's products can be in bfloat16; else a layer that asks for it has float32's. */
SV_API int sv_bfloat16(int32_t cell);

/* The name of what was chosen for this processor, such as "avx512", "avx2" or "portable". */
SV_API const char* sv_processor(void);

/* Takes another that this processor has, for tests; returns 0 if it has it. */
SV_API int sv_choose(const char* name);

/* The speed of one core in products that never leave its registers and caches, in FLOP/s. */
SV_API double sv_peak(double seconds);

#ifdef __cplusplus
}
#endif
#endif
