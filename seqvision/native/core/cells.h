// One time step of each cell, elementwise: what stands between the products.
//
// A step keeps `SLOTS` vectors for the way back, which puts the gradients of its sums in place of
// the first `GRADIENTS`. `X` are the slots of what comes from the input, `H` of what comes from the
// state, each with the gate of Keras's kernel that it is.
#pragma once

#include "vector.h"

namespace SV_ARCH {

// The gates of a kernel in the order of slots, which begin at `slot`.
template <int... Gates>
struct Order {
  static constexpr int count = sizeof...(Gates);
  static constexpr int gates[count + 1] = {Gates..., 0};
};

// h = tanh or relu (p + h U)
template <bool RELU>
struct SimpleRnn {
  using X = Order<0>;
  using H = Order<0>;
  static constexpr int GATES = 1, SLOTS = 1, GRADIENTS = 1, X_SLOT = 0, H_SLOT = 0, STATES = 1;
  static constexpr bool TWO = false;

  static SV_INLINE void forward(const vec* p, const vec* s, vec* states, vec* slots) {
    const vec sum = p[0] + s[0];
    const vec zero = {};
    if constexpr (RELU) {
      states[0] = sum < zero ? zero : sum;  // NaN stays.
    } else {
      states[0] = tanh(sum);
    }
    slots[0] = states[0];
  }

  static SV_INLINE void backward(const vec*, vec* d, vec* slots) {
    const vec h = slots[0];
    const vec zero = {};
    if constexpr (RELU) {
      slots[0] = h > zero ? d[0] : zero;
    } else {
      slots[0] = d[0] * (1.0f - h * h);
    }
    d[0] = zero;
  }
};

// z, r, c; h = z h + (1 - z) tanh(p_c + r (h U_c + b)); slots c, z, r, h U_c + b
struct Gru {
  using X = Order<2, 0, 1>;
  using H = Order<0, 1, 2>;
  static constexpr int GATES = 3, SLOTS = 4, GRADIENTS = 4, X_SLOT = 0, H_SLOT = 1, STATES = 1;
  static constexpr bool TWO = false;

  static SV_INLINE void forward(const vec* p, const vec* s, vec* states, vec* slots) {
    const vec z = sigmoid(p[1] + s[0]), r = sigmoid(p[2] + s[1]);
    const vec c = tanh(p[0] + r * s[2]);
    states[0] = c + z * (states[0] - c);
    slots[0] = c, slots[1] = z, slots[2] = r, slots[3] = s[2];
  }

  static SV_INLINE void backward(const vec* old, vec* d, vec* slots) {
    const vec c = slots[0], z = slots[1], r = slots[2], s = slots[3];
    const vec d_old = d[0] * z;
    const vec d_c = (d[0] - d_old) * (1.0f - c * c);
    slots[0] = d_c;
    slots[1] = d[0] * (old[0] - c) * z * (1.0f - z);
    slots[2] = d_c * s * r * (1.0f - r);
    slots[3] = d_c * r;
    d[0] = d_old;
  }
};

// z, r; c = tanh(p_c + (r h) U_c), a second product; slots c, z, r, r h
struct GruResetBefore {
  using X = Order<2, 0, 1>;
  using H = Order<0, 1>;
  using SECOND = Order<2>;
  static constexpr int GATES = 3, SLOTS = 4, GRADIENTS = 4, X_SLOT = 0, H_SLOT = 1, STATES = 1;
  static constexpr int SECOND_SLOT = 0, OPERAND_SLOT = 3;
  static constexpr bool TWO = true;

  static SV_INLINE void forward(const vec* p, const vec* s, vec* states, vec* slots) {
    slots[1] = sigmoid(p[1] + s[0]), slots[2] = sigmoid(p[2] + s[1]);
    slots[3] = slots[2] * states[0];
  }

  static SV_INLINE void forward_second(const vec* p, const vec* s, vec* states, vec* slots) {
    const vec c = tanh(p[0] + s[0]);
    states[0] = c + slots[1] * (states[0] - c);
    slots[0] = c;
  }

  static SV_INLINE void backward(const vec* old, vec* d, vec* slots) {
    const vec c = slots[0], z = slots[1];
    const vec d_old = d[0] * z;
    slots[0] = (d[0] - d_old) * (1.0f - c * c);
    slots[1] = d[0] * (old[0] - c) * z * (1.0f - z);
    d[0] = d_old;
  }

  // From the gradient of the second product's operand.
  static SV_INLINE void backward_second(const vec* old, vec d_operand, vec* d, vec* slots) {
    const vec r = slots[2];
    slots[2] = d_operand * old[0] * r * (1.0f - r);
    d[0] = d[0] + d_operand * r;
  }
};

// i, f, g, o of p + h U; c = f c + i g; h = o tanh c; slots i, f, g, o, and c as it
// was left, masked or not
struct Lstm {
  using X = Order<0, 1, 2, 3>;
  using H = Order<0, 1, 2, 3>;
  static constexpr int GATES = 4, SLOTS = 5, GRADIENTS = 4, X_SLOT = 0, H_SLOT = 0, STATES = 2;
  static constexpr bool TWO = false;

  static SV_INLINE void forward(const vec* p, const vec* s, vec* states, vec* slots) {
    const vec i = sigmoid(p[0] + s[0]), f = sigmoid(p[1] + s[1]);
    const vec g = tanh(p[2] + s[2]), o = sigmoid(p[3] + s[3]);
    const vec c = f * states[1] + i * g;
    states[0] = o * tanh(c), states[1] = c;
    slots[0] = i, slots[1] = f, slots[2] = g, slots[3] = o;
  }

  static SV_INLINE void backward(const vec* old, vec* d, vec* slots) {
    const vec i = slots[0], f = slots[1], g = slots[2], o = slots[3];
    const vec t = tanh(slots[4]);
    const vec d_c = d[1] + d[0] * o * (1.0f - t * t);
    slots[0] = d_c * g * i * (1.0f - i);
    slots[1] = d_c * old[1] * f * (1.0f - f);
    slots[2] = d_c * i * (1.0f - g * g);
    slots[3] = d[0] * t * o * (1.0f - o);
    d[0] = vec{};
    d[1] = d_c * f;
  }
};

// What a minimal cell's candidate is made of, p + 1/2 or sigmoid p, and its derivative.
SV_INLINE vec positive(vec p) { return p >= 0.0f ? p + 0.5f : sigmoid(p); }
SV_INLINE vec d_positive(vec c) { return c >= 0.5f ? all(1.0f) : c * (1.0f - c); }

// z; h = (1 - z) h + z g(p_c); slots z, g(p_c)
struct MinGru {
  using X = Order<0, 1>;
  using H = Order<>;
  static constexpr int GATES = 2, SLOTS = 2, GRADIENTS = 2, X_SLOT = 0, H_SLOT = 0, STATES = 1;
  static constexpr bool TWO = false;

  static SV_INLINE void forward(const vec* p, const vec*, vec* states, vec* slots) {
    const vec z = sigmoid(p[0]), c = positive(p[1]);
    states[0] = (1.0f - z) * states[0] + z * c;
    slots[0] = z, slots[1] = c;
  }

  static SV_INLINE void backward(const vec* old, vec* d, vec* slots) {
    const vec z = slots[0], c = slots[1];
    slots[0] = d[0] * (c - old[0]) * z * (1.0f - z);
    slots[1] = d[0] * z * d_positive(c);
    d[0] = d[0] * (1.0f - z);
  }
};

// f, i, as shares of their sum; h = f h + i g(p_c); slots f, i, g(p_c)
struct MinLstm {
  using X = Order<0, 1, 2>;
  using H = Order<>;
  static constexpr int GATES = 3, SLOTS = 3, GRADIENTS = 3, X_SLOT = 0, H_SLOT = 0, STATES = 1;
  static constexpr bool TWO = false;

  // f / (f + i) = 1 / (1 + i / f), with i / f = (1 + exp -p_f) / (1 + exp -p_i).
  static SV_INLINE void forward(const vec* p, const vec*, vec* states, vec* slots) {
    const vec to_f = expm1(-p[0]) + 2.0f, to_i = expm1(-p[1]) + 2.0f, c = positive(p[2]);
    const vec share = to_f / (to_f + to_i);
    states[0] = (1.0f - share) * states[0] + share * c;
    slots[0] = 1.0f / to_f, slots[1] = 1.0f / to_i, slots[2] = c;
  }

  static SV_INLINE void backward(const vec* old, vec* d, vec* slots) {
    const vec f = slots[0], i = slots[1], c = slots[2];
    const vec share = i / (f + i), d_share = d[0] * (c - old[0]) * share * (1.0f - share);
    slots[0] = -d_share * (1.0f - f);
    slots[1] = d_share * (1.0f - i);
    slots[2] = d[0] * share * d_positive(c);
    d[0] = d[0] * (1.0f - share);
  }
};

}  // namespace SV_ARCH
