"""Mixers that PyTorch has too give its numbers."""

import keras
import numpy as np
import pytest
from keras import ops

from seqvision.mixers import TCN, Attention

torch = pytest.importorskip("torch")
FEATURES = 8


def drawn(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def with_weights(mixer):
    """The mixer with weights far from what they begin with, and these as PyTorch's, by name."""
    keras.utils.set_random_seed(0)
    mixer.build((None, None, FEATURES))
    random = np.random.default_rng(1)
    for weight in mixer.weights:
        weight.assign(random.normal(0, 0.5, weight.shape))
    return mixer, {w.name: torch.tensor(ops.convert_to_numpy(w)) for w in mixer.weights}


@pytest.mark.parametrize("causal", [False, True])
def test_attention_without_positions_is_multihead_attention(causal):
    mixer, w = with_weights(Attention(2, 4, causal=causal, positions="none"))
    theirs = torch.nn.MultiheadAttention(FEATURES, 2, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(w["kernel"].T)
        theirs.in_proj_bias.copy_(w["bias"])
        theirs.out_proj.weight.copy_(w["output_kernel"].T)
        theirs.out_proj.bias.copy_(w["output_bias"])
        x, mask = drawn(3, 7, FEATURES), np.ones((3, 7), bool)
        mask[0, 5:] = mask[1, 3] = False
        later = torch.ones(7, 7, dtype=torch.bool).triu(1) if causal else None
        hidden, same = torch.tensor(~mask), [torch.tensor(x)] * 3
        expected, _ = theirs(*same, key_padding_mask=hidden, attn_mask=later)
    found = mixer(ops.convert_to_tensor(x), mask=ops.convert_to_tensor(mask))
    np.testing.assert_allclose(ops.convert_to_numpy(found)[mask], expected.numpy()[mask], atol=1e-5)


def test_a_block_of_tcn_is_two_of_pytorchs_convolutions():
    mixer, w = with_weights(TCN(kernel_size=3, depth=2))
    x = drawn(3, 11, FEATURES)
    expected = after = torch.tensor(x).transpose(1, 2)
    for n in range(4):
        apart = 2 ** (n // 2)
        conv = torch.nn.Conv1d(FEATURES, FEATURES, 3, dilation=apart, padding=2 * apart)
        conv = torch.nn.utils.parametrizations.weight_norm(conv)
        with torch.no_grad():
            conv.parametrizations.weight.original1.copy_(w[f"direction_{n}"].permute(2, 1, 0))
            conv.parametrizations.weight.original0.copy_(w[f"length_{n}"][:, None, None])
            conv.bias.copy_(w[f"bias_{n}"])
            after = conv(after)[:, :, : x.shape[1]].relu()
        if n % 2:
            expected = after = (expected + after).relu()
    found = ops.convert_to_numpy(mixer(ops.convert_to_tensor(x)))
    np.testing.assert_allclose(found, expected.transpose(1, 2).detach().numpy(), atol=1e-4)


def test_weights_of_tcn_begin_with_the_length_of_what_was_drawn():
    mixer = TCN(depth=1)
    mixer.build((None, None, 50))
    w = {weight.name: ops.convert_to_numpy(weight) for weight in mixer.weights}
    for n in range(2):
        length = np.linalg.norm(w[f"direction_{n}"].reshape(-1, 50), axis=0)
        np.testing.assert_allclose(w[f"length_{n}"], length, rtol=1e-5)
        assert np.std(w[f"direction_{n}"]) == pytest.approx(0.01, rel=0.1)
