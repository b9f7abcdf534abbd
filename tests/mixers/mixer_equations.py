"""The mixers as loops over steps, written from the papers' equations in NumPy, apart from Keras.

Each takes the weights by name, in float64, the sequence `(batch, steps, features)` and the first
states, each `(batch, size)`, and returns what comes out and the last states. Of a complex state the
real and the imaginary part are the first two. A mixer without
states is given none.
"""

from functools import wraps

import numpy as np
from scipy.signal import cont2discrete


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def g(x):
    """Feng et al. 2024, B.3.1: x + 0.5 where x ≥ 0, σ(x) elsewhere."""
    return np.where(x >= 0, x + 0.5, sigmoid(x))


def over(sequence, states, step):
    """From `step(x, *states)`, which returns the new states and what comes out."""
    outputs = []
    for x in sequence.swapaxes(0, 1):
        *states, y = step(x, *states)
        outputs.append(y)
    return np.stack(outputs, axis=1), states


def of_complex(equations):
    """Equations of a complex state, as of its parts."""

    @wraps(equations)
    def of_parts(w, sequence, states):
        outputs, (h,) = equations(w, sequence, [states[0] + 1j * states[1]])
        return outputs, [h.real, h.imag]

    return of_parts


def min_gru(w, sequence, states, positive=True):
    """Feng et al. 2024, section 3.1: z = σ(Linear(x)), h = (1 − z) h + z h̃."""
    activation = g if positive else lambda x: x
    (k_z, k_h), (b_z, b_h) = np.split(w["kernel"], 2, axis=1), np.split(w["bias"], 2)

    def step(x, h):
        z = sigmoid(x @ k_z + b_z)
        h = (1 - z) * h + z * activation(x @ k_h + b_h)
        return h, out(w, h)

    return over(sequence, states, step)


def min_lstm(w, sequence, states, positive=True):
    """Feng et al. 2024, section 3.2: f' = f / (f + i), i' = i / (f + i), h = f' h + i' h̃."""
    activation = g if positive else lambda x: x
    (k_f, k_i, k_h), (b_f, b_i, b_h) = np.split(w["kernel"], 3, axis=1), np.split(w["bias"], 3)

    def step(x, h):
        f, i = sigmoid(x @ k_f + b_f), sigmoid(x @ k_i + b_i)
        h = f / (f + i) * h + i / (f + i) * activation(x @ k_h + b_h)
        return h, out(w, h)

    return over(sequence, states, step)


def out(w, h):
    return h @ w["output_kernel"] + w["output_bias"] if "output_kernel" in w else h


@of_complex
def lru(w, sequence, states):
    """Orvieto et al. 2023, appendix A: x = Λ x + exp(γ) (B u), y = Re(C x) + D u."""
    poles = np.exp(-np.exp(w["nu"]) + 1j * np.exp(w["theta"]))
    b, c = w["b_real"] + 1j * w["b_imag"], w["c_real"] + 1j * w["c_imag"]

    def step(x, h):
        h = poles * h + np.exp(w["gamma"]) * (x @ b)
        return h, (h @ c).real + w["skip"] * x

    return over(sequence, states, step)


@of_complex
def s5(w, sequence, states):
    """Smith et al. 2022, equation 6, with conjugate pairs: y = 2 Re(C x) + D u."""
    poles, step_size = -np.exp(w["decay"]) + 1j * w["frequency"], np.exp(w["log_step"])
    bars = np.exp(poles * step_size), (np.exp(poles * step_size) - 1) / poles
    b, c = w["b_real"] + 1j * w["b_imag"], w["c_real"] + 1j * w["c_imag"]

    def step(x, h):
        h = bars[0] * h + bars[1] * (x @ b)
        return h, 2 * (h @ c).real + w["skip"] * x

    return over(sequence, states, step)


@of_complex
def s4d(w, sequence, states):
    """Gu et al. 2022, equations 2 and 3 by zero-order hold, with B = 1, for each feature alone."""
    poles = -np.exp(w["decay"]) + 1j * w["frequency"]
    step_size = np.exp(w["log_step"])[:, None]
    bars = np.exp(poles * step_size), (np.exp(poles * step_size) - 1) / poles
    c = w["c_real"] + 1j * w["c_imag"]
    features = sequence.shape[-1]

    def step(x, h):
        h = bars[0] * h.reshape(len(h), features, -1) + bars[1] * x[:, :, None]
        return h.reshape(len(h), -1), 2 * (h * c).sum(axis=-1).real + w["skip"] * x

    return over(sequence, states, step)


def rg_lru(w, sequence, states):
    """De et al. 2024, equations 1 to 4, with c = 8 and a = σ(−Λ), after a causal convolution."""
    k_a, k_x = np.split(w["kernel"], 2, axis=1)
    b_a, b_x = np.split(w["bias"], 2)
    a = sigmoid(-w["decay"])

    def step(x, h, *before):
        inputs = [x, *before]
        u = sum(k * each for k, each in zip(w["conv_kernel"], inputs, strict=True))
        u = u + w["conv_bias"]
        r, i = sigmoid(u @ k_a + b_a), sigmoid(u @ k_x + b_x)
        a_t = a ** (8 * r)
        h = a_t * h + np.sqrt(1 - a_t**2) * (i * u)
        return h, *inputs[:-1], h

    return over(sequence, states, step)


def qrnn(w, sequence, states):
    """Bradbury et al. 2016, equations 1, 2 and 4: a masked convolution and fo-pooling."""
    (k_z, k_f, k_o), (b_z, b_f, b_o) = np.split(w["kernel"], 3, axis=1), np.split(w["bias"], 3)
    features = sequence.shape[-1]

    def step(x, c, *before):
        inputs = [x, *before]

        def convolved(kernel, bias):
            rows = kernel.reshape(len(inputs), features, -1)
            return sum(each @ row for each, row in zip(inputs, rows, strict=True)) + bias

        z, f, o = np.tanh(convolved(k_z, b_z)), convolved(k_f, b_f), convolved(k_o, b_o)
        c = sigmoid(f) * c + (1 - sigmoid(f)) * z
        return c, *inputs[:-1], sigmoid(o) * c

    return over(sequence, states, step)


def silu(x):
    return x * sigmoid(x)


def hgrn(lower_bound=0.0):
    """Qin et al. 2023, section 3.2: λ = γ + (1 − γ) μ, h = λ exp(iθ) h + (1 − λ) c."""

    @of_complex
    def equations(w, sequence, states):
        k_r, k_i, k_m, k_g = np.split(w["kernel"], np.arange(1, 4) * len(w["theta"]), axis=1)
        b_r, b_i, b_m, b_g = np.split(w["bias"], np.arange(1, 4) * len(w["theta"]))

        def step(x, h):
            c = silu(x @ k_r + b_r) + 1j * silu(x @ k_i + b_i)
            kept = lower_bound + (1 - lower_bound) * sigmoid(x @ k_m + b_m)
            h = kept * np.exp(1j * w["theta"]) * h + (1 - kept) * c
            both = np.concatenate([h.real, h.imag], axis=1)
            both = both - both.mean(axis=1, keepdims=True)
            both = both / np.sqrt((both**2).mean(axis=1, keepdims=True) + 1e-5)
            return h, out(w, (both * w["gamma"] + w["beta"]) * silu(x @ k_g + b_g))

        return over(sequence, states, step)

    return equations


def mamba(w, sequence, states):
    """Gu & Dao 2023, algorithm 2 and figure 3: Δ, B and C from the input, B discretized as Δ B."""
    a = -np.exp(w["decay"])
    rank, n = len(w["step_kernel"]), a.shape[1]
    k_step, k_b, k_c = np.split(w["kernel"], [rank, rank + n], axis=1)

    def step(x, h, *before):
        u, z = np.split(x @ w["input_kernel"], 2, axis=1)
        inputs = [u, *before]
        v = sum(k * each for k, each in zip(w["conv_kernel"], inputs, strict=True))
        v = silu(v + w["conv_bias"])
        delta = np.log1p(np.exp(v @ k_step @ w["step_kernel"] + w["step_bias"]))[:, :, None]
        b_bar = delta * (v @ k_b)[:, None]
        h = np.exp(delta * a) * h.reshape(len(x), *a.shape) + b_bar * v[:, :, None]
        y = np.einsum("ben,bn->be", h, v @ k_c) + w["skip"] * v
        return h.reshape(len(x), -1), *inputs[:-1], (y * silu(z)) @ w["output_kernel"]

    return over(sequence, states, step)


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def turned(x, place):
    """Su et al. 2021, equation 14: pairs turned by m θ, θ_i = 10000^(−2(i − 1) / d)."""
    half = len(x) // 2
    theta = 10000 ** (-2 * np.arange(half) / len(x))
    z = (x[:half] + 1j * x[half:]) * np.exp(1j * place * theta)
    return np.concatenate([z.real, z.imag])


def attention(w, sequence, states, heads=4, causal=False, rotary=True):
    """Vaswani et al. 2017, equation 1 and section 3.2.2, step by step and head by head."""
    outputs = np.zeros_like(sequence)
    for sample, seen in zip(sequence, outputs, strict=True):
        steps = len(sample)
        row = (sample @ w["kernel"] + w["bias"]).reshape(steps, 3, heads, -1)
        heard = np.zeros(row.shape[:1] + row.shape[2:])
        for n in range(heads):
            q, k, v = row[:, :, n].swapaxes(0, 1)
            if rotary:
                q, k = ([turned(x, m) for m, x in enumerate(part)] for part in (q, k))
            for t in range(steps):
                read = range(t + 1) if causal else range(steps)
                share = softmax(np.array([q[t] @ k[s] / np.sqrt(v.shape[1]) for s in read]))
                heard[t, n] = sum(share[s] * v[s] for s in read)
        seen[:] = heard.reshape(steps, -1) @ w["output_kernel"] + w["output_bias"]
    return outputs, []


@of_complex
def retention(w, sequence, states, heads=4):
    """Sun et al. 2023, equations 6 and 8, whose keys and queries are turned by their places.

    S is that of the paper turned back by the place it is of; the first is of place −1.
    """
    batch = len(sequence)
    kernels = (w[f"{name}_kernel"] for name in ("query", "key", "value", "gate"))
    q, k, v, gate = (np.stack(np.split(sequence @ kernel, heads, axis=-1), 2) for kernel in kernels)
    pairs, values = q.shape[-1] // 2, v.shape[-1]
    gamma = 1 - 2.0 ** (-5 - np.arange(heads))[:, None, None]
    h = states[0].reshape(batch, heads, pairs, values)
    s = turned_rows(np.concatenate([h.real, h.imag], axis=2), -1)
    outputs = []
    for n in range(sequence.shape[1]):
        s = gamma * s
        y = np.zeros((batch, heads, values))
        for i in range(batch):
            for head in range(heads):
                key = turned(k[i, n, head], n) / np.sqrt(2 * pairs)
                s[i, head] += np.outer(key, v[i, n, head])
                y[i, head] = turned(q[i, n, head], n) @ s[i, head]
        y = (y - y.mean(axis=-1, keepdims=True)) / np.sqrt(y.var(axis=-1, keepdims=True) + 1e-5)
        swish = gate[:, n] * sigmoid(gate[:, n])
        outputs.append((swish * y).reshape(batch, -1) @ w["output_kernel"])
    last = turned_rows(s, 1 - sequence.shape[1])
    last = last[:, :, :pairs] + 1j * last[:, :, pairs:]
    return np.stack(outputs, axis=1), [last.reshape(batch, -1)]


def mlstm(w, sequence, states, heads=4, forget=sigmoid, norm=True):
    """Beck et al. 2024, section 2.3, with u of the block's convolution for q and k.

    C and n are the paper's own, which no m scales but where they begin and end.
    """
    batch, (memory, m, *queue) = len(sequence), states
    keys, values = (w[f"{name}_kernel"].shape[1] // heads for name in ("query", "value"))
    both = memory.reshape(batch, heads, keys, values + 1) * np.exp(m)[:, :, None, None]
    c, n = both[..., :-1].copy(), both[..., -1].copy()
    outputs = []
    for x in sequence.swapaxes(0, 1):
        u, inputs = x, [x, *queue]
        if "conv_kernel" in w:
            u = sum(k * each for k, each in zip(w["conv_kernel"], inputs, strict=True))
            u = silu(u + w["conv_bias"])
        q, k, v = (
            (each @ w[f"{name}_kernel"]).reshape(batch, heads, -1)
            for each, name in ((u, "query"), (u, "key"), (x, "value"))
        )
        k = k / np.sqrt(keys)
        i, f = np.split(x @ w["kernel"] + w["bias"], 2, axis=1)
        m = np.maximum(np.log(forget(f)) + m, i)
        i, f = np.exp(i), forget(f)
        h = np.zeros((batch, heads, values))
        for row in range(batch):
            for head in range(heads):
                at = row, head
                c[at] = f[at] * c[at] + i[at] * np.outer(k[at], v[at])
                n[at] = f[at] * n[at] + i[at] * k[at]
                h[at] = q[at] @ c[at] / max(abs(q[at] @ n[at]), 1)
        if norm:
            h = h - h.mean(axis=-1, keepdims=True)
            h = h / np.sqrt((h**2).mean(axis=-1, keepdims=True) + 1e-5)
        o = sigmoid(x @ w["gate_kernel"] + w["gate_bias"])
        outputs.append((o * h.reshape(batch, -1)) @ w["output_kernel"])
        queue = inputs[:-1]
    both = np.concatenate([c, n[..., None]], axis=-1) * np.exp(-m)[:, :, None, None]
    return np.stack(outputs, axis=1), [both.reshape(batch, -1), m, *queue]


def turned_rows(states, place):
    """Each column of the states of heads, `(batch, heads, size, values)`, turned."""
    return np.apply_along_axis(turned, 2, states, place)


def after(queue, x):
    """A sequence behind what came before it, and as much of their end."""
    row = np.concatenate([queue.reshape(len(x), -1, x.shape[-1]), x], axis=1)
    return row, row[:, x.shape[1] :].reshape(len(x), -1)


def tcn(w, sequence, states):
    """Bai et al. 2018, sections 3.1 to 3.3, with the kernels of Salimans & Kingma, equation 2."""
    x = y = sequence
    queues = []
    for n, queue in enumerate(states):
        row, queue = after(queue, y)
        v = w[f"direction_{n}"]
        kernel = w[f"length_{n}"] * v / np.sqrt((v**2).sum(axis=(0, 1)))
        taps = [row[:, j * 2 ** (n // 2) :][:, : x.shape[1]] for j in range(len(kernel))]
        y = sum(tap @ part for tap, part in zip(taps, kernel, strict=True)) + w[f"bias_{n}"]
        y = np.maximum(y, 0)
        if n % 2:
            x = y = np.maximum(x + y, 0)
        queues.append(queue)
    return x, queues


def multires(w, sequence, states):
    """Shi et al. 2023, algorithm 1 with the tree that fades."""
    low, queues, depth = sequence, [], len(states)
    y = w["mix"][-1] * sequence
    for n, queue in enumerate(states):
        row, queue = after(queue, low)
        pairs = [np.stack([row[:, t], row[:, t + 2**n]]) for t in range(sequence.shape[1])]
        high = np.stack([np.einsum("kbf,kf->bf", pair, w["high"]) for pair in pairs], axis=1)
        low = np.stack([np.einsum("kbf,kf->bf", pair, w["low"]) for pair in pairs], axis=1)
        y = y + w["mix"][depth - n] * high
        queues.append(queue)
    return y + w["mix"][0] * low, queues


def gru(w, sequence, states):
    """Keras's GRU, whose reset gate comes after the product: Cho et al. 2014 in cuDNN's form."""
    from_x, from_h = w["bias"]

    def step(x, h):
        x_z, x_r, x_c = np.split(x @ w["kernel"] + from_x, 3, axis=1)
        h_z, h_r, h_c = np.split(h @ w["recurrent_kernel"] + from_h, 3, axis=1)
        z = sigmoid(x_z + h_z)
        h = z * h + (1 - z) * np.tanh(x_c + sigmoid(x_r + h_r) * h_c)
        return h, h

    return over(sequence, states, step)


def cornn(w, sequence, states, dt=0.042, gamma=2.7, epsilon=4.7):
    """Rusch & Mishra 2020, equation 3 with n̄ = n − 1."""

    def step(x, y, z):
        driven = y @ w["recurrent_kernel"] + z @ w["velocity_recurrent_kernel"]
        driven = np.tanh(driven + x @ w["kernel"] + w["bias"])
        z = z + dt * driven - dt * gamma * y - dt * epsilon * z
        y = y + dt * z
        return y, z, y

    return over(sequence, states, step)


def lin_oss(imex=False):
    """Rusch & Rus 2024, both discretisations as M and F, of 2 × 2 blocks, from y and z.

    The state is that of the mixer, from which y and z are had, and which they become again.
    """

    def equations(w, sequence, states):
        a, step_size = (np.tile(v, 2) for v in (np.maximum(w["stiffness"], 0), w["step_logit"]))
        step_size = sigmoid(step_size)
        one, twice = np.ones_like(a), step_size**2 * a
        if imex:
            m = np.array([[one, -step_size * a], [step_size, 1 - twice]])
            f = step_size, step_size**2
            omega, leaning = np.sqrt(a - twice * a / 4), step_size * a / 2
        else:
            s = 1 / (1 + twice)
            m = np.array([[1 - twice * s, -step_size * a * s], [step_size * s, s]])
            f = m[0, 0] * step_size, m[1, 0] * step_size
            omega, leaning = np.sqrt(a), 0

        def step(x, z, y):
            u = x @ w["input_kernel"]
            z, y = m[0, 0] * z + m[0, 1] * y + f[0] * u, m[1, 0] * z + m[1, 1] * y + f[1] * u
            return z, y, y @ w["output_kernel"] + w["skip"] * x

        y = states[1] / omega if np.any(states[1]) else states[1]
        outputs, (z, y) = over(sequence, [states[0] + leaning * y, y], step)
        return outputs, [z - leaning * y, omega * y]

    return equations


def lmu(order, theta, activation):
    """Voelker et al. 2019, its linear system by SciPy's zero-order hold, with the inputs and
    outputs of Chilkuri & Eliasmith 2021."""
    a, b = np.zeros((order, order)), np.zeros((order, 1))
    for i in range(order):
        b[i] = (2 * i + 1) * (-1) ** i / theta
        for j in range(order):
            a[i, j] = (2 * i + 1) / theta * (-1 if i < j else (-1.0) ** (i - j + 1))
    a, b, *_ = cont2discrete((a, b, np.eye(order), np.zeros((order, 1))), dt=1.0)

    def equations(w, sequence, states):
        def step(x, m):
            u = x @ w["input_kernel"] + w["input_bias"]
            m = m.reshape(len(x), -1, order) @ a.T + u[:, :, None] * b[:, 0]
            m = m.reshape(len(x), -1)
            return m, activation(m @ w["memory_kernel"] + x @ w["kernel"] + w["bias"])

        return over(sequence, states, step)

    return equations


def relu(x):
    return np.maximum(x, 0)
