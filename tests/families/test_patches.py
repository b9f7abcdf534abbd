"""Families over patches against their papers' equations, and published sizes."""

import math
from functools import partial

import numpy as np
import pytest
from scipy.special import erf, softmax

from seqvision import create_model
from seqvision.errors import SeqvisionError
from seqvision.families import FAMILIES
from seqvision.families.build import _planned
from seqvision.runs.flops import flops_per_image

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 6, 4, 3), dtype=np.uint8).astype("float32")
PATCHES = np.stack([IMAGES[:, r : r + 2, c : c + 2] for r in (0, 2, 4) for c in (0, 2)], 1) / 255
PATCHES = PATCHES.reshape(2, 6, 12)


def made(family, **options):
    """A model of two blocks with weights far from what they begin with, and these by layer."""
    model = create_model(family, IMAGES.shape[1:], 3, patch_size=2, units=8, depth=2, **options)
    random = np.random.default_rng(1)
    model.set_weights([random.normal(0, 0.4, w.shape) for w in model.get_weights()])
    return model, {layer.name: layer.get_weights() for layer in model.layers}


def dense(x, kernel, bias):
    return x @ kernel + bias


def gelu(x):
    return x * (1 + erf(x / np.sqrt(2))) / 2


def norm(x, gamma, beta):
    x = x - x.mean(axis=-1, keepdims=True)
    return x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-6) * gamma + beta


def test_mlp_mixer_is_the_papers_equations():
    model, w = made("mlp_mixer", token_mlp_ratio=0.7)
    assert w["token_mlp_1_hidden"][0].shape == (6, 5)
    x = dense(PATCHES, *w["encoder"])
    for n in (1, 2):
        columns = norm(x, *w[f"token_mlp_{n}_norm"]).transpose(0, 2, 1)
        columns = gelu(dense(columns, *w[f"token_mlp_{n}_hidden"]))
        x = x + dense(columns, *w[f"token_mlp_{n}_out"]).transpose(0, 2, 1)
        rows = gelu(dense(norm(x, *w[f"mlp_{n}_norm"]), *w[f"mlp_{n}_hidden"]))
        x = x + dense(rows, *w[f"mlp_{n}_out"])
    expected = dense(norm(x, *w["norm"]).mean(axis=1), *w["logits"])
    np.testing.assert_allclose(model(IMAGES), expected, atol=1e-5)


def test_gmlp_is_the_papers_equations():
    model, w = made("gmlp")
    x = dense(PATCHES, *w["encoder"])
    for n in (1, 2):
        z = norm(x, *w[f"gmlp_{n}_norm"])
        u, v = (gelu(dense(z, *w[f"gmlp_{n}_{half}"])) for half in ("value", "gate"))
        v = norm(v, *w[f"gmlp_{n}_gate_norm"])
        kernel, bias = w[f"gmlp_{n}_spatial"]
        mixed = [sum(kernel[j, i] * v[:, j] for j in range(6)) + bias[i] for i in range(6)]
        x = x + dense(u * np.stack(mixed, 1), *w[f"gmlp_{n}_out"])
    expected = dense(norm(x, *w["norm"]).mean(axis=1), *w["logits"])
    np.testing.assert_allclose(model(IMAGES), expected, atol=1e-5)


def test_gmlp_begins_as_an_mlp_of_each_patch():
    layer = create_model("gmlp", (6, 4), 3, patch_size=2).get_layer("gmlp_1_spatial")
    kernel, bias = layer.get_weights()
    assert 0 < np.abs(kernel).max() < 0.01 and (bias == 1).all()


@pytest.mark.parametrize("pooling", ["class_token", "mean"])
def test_vit_is_the_papers_equations(pooling):
    """Of z = [class; patches] + positions, with the class first, as the paper has it."""
    model, w = made("vit_patches", num_heads=2, mlp_ratio=3, pooling=pooling)
    token, (positions,) = pooling == "class_token", w["positions"]
    z = dense(PATCHES, *w["encoder"])
    if token:
        z = np.concatenate([np.broadcast_to(w["class_token"][0], (2, 1, 8)), z], axis=1)
        positions = np.roll(positions, 1, axis=0)
    z = z + positions
    for n in (1, 2):
        kernel, bias, output_kernel, output_bias = w[f"attention_{n}"]
        rows = norm(z, *w[f"attention_{n}_norm"]) @ kernel + bias
        heads = []
        for k in (0, 4):  # Two heads of four.
            q, key, v = (rows[:, :, part + k : part + k + 4] for part in (0, 8, 16))
            a = softmax(q @ key.transpose(0, 2, 1) / 2, axis=-1)
            heads.append(a @ v)
        z = z + np.concatenate(heads, axis=-1) @ output_kernel + output_bias
        wide = gelu(dense(norm(z, *w[f"mlp_{n}_norm"]), *w[f"mlp_{n}_hidden"]))
        z = z + dense(wide, *w[f"mlp_{n}_out"])
    z = norm(z, *w["norm"])
    expected = dense(z[:, 0] if token else z.mean(axis=1), *w["logits"])
    np.testing.assert_allclose(model(IMAGES), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("family", "parameters", "options"),
    [
        ("vit_patches", 86_567_656, {"units": 768, "depth": 12, "num_heads": 12}),  # ViT-B/16
        ("mlp_mixer", 59_880_472, {"units": 768, "depth": 12}),  # Mixer-B/16
        ("gmlp", 19_422_656, {"units": 256, "depth": 30}),  # gMLP-S
    ],
)
def test_has_the_parameters_of_the_published_model(family, parameters, options):
    build = partial(FAMILIES.get(family), (224, 224, 3), 1000, patch_size=16, **options)
    assert sum(math.prod(v.shape) for v in _planned(build)) == parameters


def test_positions_and_the_class_token_cost_no_products():
    model = create_model("vit_patches", (6, 4), 3, patch_size=[1, 4], units=8, depth=1)
    attention, wide = 8 * 24 + 8 * 8, 2 * 8 * 32
    assert flops_per_image(model) == 2 * (6 * 4 * 8 + 7 * (attention + wide) + 8 * 3)


def test_heads_that_do_not_divide_the_units_are_told():
    with pytest.raises(SeqvisionError, match="expected a multiple of num_heads, 4, got 10"):
        create_model("vit_patches", (6, 4), 3, units=10)
