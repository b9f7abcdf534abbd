"""The recurrences written out in TensorFlow, one step after another in float64."""

import tensorflow as tf


def step(cell, p, h, c, kernel, bias, dropout):
    """From what the input adds, the states and the recurrent weights to the next states."""
    operand = h if dropout is None else h * dropout
    if cell in ("tanh_rnn", "relu_rnn"):
        new = p + operand @ kernel
        return (tf.tanh(new) if cell == "tanh_rnn" else tf.nn.relu(new)), c
    if cell == "lstm":
        i, f, g, o = tf.split(p + operand @ kernel, 4, axis=1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
        return tf.sigmoid(o) * tf.tanh(c), c
    if cell == "min_gru":
        z, new = tf.split(p, 2, axis=1)
        z = tf.sigmoid(z)
        return (1 - z) * h + z * positive(new), c
    if cell == "min_lstm":
        f, i, new = tf.split(p, 3, axis=1)
        f, i = tf.sigmoid(f), tf.sigmoid(i)
        return f / (f + i) * h + i / (f + i) * positive(new), c
    p_z, p_r, p_c = tf.split(p, 3, axis=1)
    k_z, k_r, k_c = tf.split(kernel, 3, axis=1)
    b_z, b_r, b_c = (0.0, 0.0, 0.0) if bias is None else tf.split(bias, 3)
    z = tf.sigmoid(p_z + operand @ k_z + b_z)
    r = tf.sigmoid(p_r + operand @ k_r + b_r)
    if cell == "gru":
        new = tf.tanh(p_c + r * (operand @ k_c + b_c))
    else:
        new = tf.tanh(p_c + (r * operand) @ k_c)
    return z * h + (1 - z) * new, c


def positive(p):
    """Feng et al. 2024, arXiv 2410.01201, B.3.1."""
    return tf.where(p >= 0, p + 0.5, tf.sigmoid(p))


def layer(cell, x, first, weights, mask=None, dropout=None, backwards=False):
    """The states after each step `(batch, steps, units)`, and the last ones."""
    kernel, recurrent, bias, recurrent_bias = weights
    h, c = first[0], first[1] if len(first) == 2 else None
    every = []
    for s in range(x.shape[1]):
        t = x.shape[1] - 1 - s if backwards else s
        p = x[:, t] @ kernel + (0.0 if bias is None else bias)
        new_h, new_c = step(cell, p, h, c, recurrent, recurrent_bias, dropout)
        if mask is not None:
            new_h = tf.where(mask[:, t, None], new_h, h)
            new_c = None if c is None else tf.where(mask[:, t, None], new_c, c)
        h, c = new_h, new_c
        every.append(h)
    return tf.stack(every, axis=1), [h] if c is None else [h, c]
