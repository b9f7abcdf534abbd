"""The mixers as loops over steps, written from the papers' equations in NumPy, apart from Keras.

Each takes the weights by name, in float64, the sequence `(batch, steps, features)` and the first
state `(batch, size)`, complex where the paper's is, and returns what comes out and the last state.
"""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def g(x):
    """Feng et al. 2024, B.3.1: x + 0.5 where x ≥ 0, σ(x) elsewhere."""
    return np.where(x >= 0, x + 0.5, sigmoid(x))


def over(sequence, h, step):
    outputs = []
    for x in sequence.swapaxes(0, 1):
        h, y = step(x, h)
        outputs.append(y)
    return np.stack(outputs, axis=1), h


def min_gru(w, sequence, h, positive=True):
    """Feng et al. 2024, section 3.1: z = σ(Linear(x)), h = (1 − z) h + z h̃."""
    activation = g if positive else lambda x: x
    (k_z, k_h), (b_z, b_h) = np.split(w["kernel"], 2, axis=1), np.split(w["bias"], 2)

    def step(x, h):
        z = sigmoid(x @ k_z + b_z)
        h = (1 - z) * h + z * activation(x @ k_h + b_h)
        return h, out(w, h)

    return over(sequence, h, step)


def min_lstm(w, sequence, h, positive=True):
    """Feng et al. 2024, section 3.2: f' = f / (f + i), i' = i / (f + i), h = f' h + i' h̃."""
    activation = g if positive else lambda x: x
    (k_f, k_i, k_h), (b_f, b_i, b_h) = np.split(w["kernel"], 3, axis=1), np.split(w["bias"], 3)

    def step(x, h):
        f, i = sigmoid(x @ k_f + b_f), sigmoid(x @ k_i + b_i)
        h = f / (f + i) * h + i / (f + i) * activation(x @ k_h + b_h)
        return h, out(w, h)

    return over(sequence, h, step)


def out(w, h):
    return h @ w["output_kernel"] + w["output_bias"] if "output_kernel" in w else h


def lru(w, sequence, h):
    """Orvieto et al. 2023, appendix A: x = Λ x + exp(γ) (B u), y = Re(C x) + D u."""
    poles = np.exp(-np.exp(w["nu"]) + 1j * np.exp(w["theta"]))
    b, c = w["b_real"] + 1j * w["b_imag"], w["c_real"] + 1j * w["c_imag"]

    def step(x, h):
        h = poles * h + np.exp(w["gamma"]) * (x @ b)
        return h, (h @ c).real + w["skip"] * x

    return over(sequence, h, step)


def s5(w, sequence, h):
    """Smith et al. 2022, equation 6, with conjugate pairs: y = 2 Re(C x) + D u."""
    poles, step_size = -np.exp(w["decay"]) + 1j * w["frequency"], np.exp(w["log_step"])
    bars = np.exp(poles * step_size), (np.exp(poles * step_size) - 1) / poles
    b, c = w["b_real"] + 1j * w["b_imag"], w["c_real"] + 1j * w["c_imag"]

    def step(x, h):
        h = bars[0] * h + bars[1] * (x @ b)
        return h, 2 * (h @ c).real + w["skip"] * x

    return over(sequence, h, step)


def s4d(w, sequence, h):
    """Gu et al. 2022, equations 2 and 3 by zero-order hold, with B = 1, for each feature alone."""
    poles = -np.exp(w["decay"]) + 1j * w["frequency"]
    step_size = np.exp(w["log_step"])[:, None]
    bars = np.exp(poles * step_size), (np.exp(poles * step_size) - 1) / poles
    c = w["c_real"] + 1j * w["c_imag"]
    features = sequence.shape[-1]

    def step(x, h):
        h = bars[0] * h.reshape(len(h), features, -1) + bars[1] * x[:, :, None]
        return h.reshape(len(h), -1), 2 * (h * c).sum(axis=-1).real + w["skip"] * x

    return over(sequence, h, step)
