"""PyTorch's recurrent layers with the same weights (`pip install seqvision[torch]`).

Trained as in PyTorch, and within Keras's loop on its PyTorch backend.
"""

import importlib
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from seqvision.bench.contenders import CONTENDERS, CannotDo, Contender
from seqvision.bench.work import Work
from seqvision.specs import name_and_options

_OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSprop", "sgd": "SGD"}


@CONTENDERS.register("torch", keras=False)
def torch_layers(work: Work, weights: list[np.ndarray]) -> Contender:
    """`torch.nn.GRU` or `torch.nn.LSTM`, layer upon layer, trained step by step.

    On a GPU, if there is one, by its own kernels.
    """
    torch = _torch()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = _Stack(torch, work, weights).to(device)
    optimizer_name = _OPTIMIZERS.get(work.optimizer)
    if optimizer_name is None:
        raise CannotDo(f"the optimizer {work.optimizer!r} is not among {', '.join(_OPTIMIZERS)}")
    optimizer = getattr(torch.optim, optimizer_name)(model.parameters(), lr=1e-3)
    images, labels = (torch.from_numpy(array).to(device) for array in work.batch())
    loss_of = torch.nn.CrossEntropyLoss()

    def fit(steps: int) -> list[float]:
        model.train()
        ends = []
        for _ in range(steps):
            optimizer.zero_grad(set_to_none=True)
            loss_of(model(images), labels).backward()
            optimizer.step()
            ends.append(time.perf_counter())
        if device == "cuda":
            torch.cuda.synchronize()
            ends[-1] = time.perf_counter()
        return ends

    def predict(images: np.ndarray) -> np.ndarray:
        model.eval()
        with torch.inference_mode():
            return model(torch.from_numpy(images).to(device)).cpu().numpy()

    return Contender(fit, predict, path=lambda: f"torch on {device}")


@CONTENDERS.register("torch-in-keras")
def within_keras(work: Work, weights: list[np.ndarray]) -> Contender:
    """The same module in a Keras model, with Keras's optimizer and loop: KERAS_BACKEND=torch."""
    import keras

    from seqvision.bench.contenders.keras import trained_by_fit

    if keras.backend.backend() != "torch":
        raise CannotDo("a module of PyTorch is a Keras layer under KERAS_BACKEND=torch")
    stack = _Stack(_torch(), work, weights)
    shape = (None, work.num_classes)
    layer = keras.layers.TorchModuleWrapper(stack, output_shape=shape)
    return trained_by_fit(keras.Sequential([keras.Input(work.input_shape), layer]), work)


def _torch() -> Any:
    try:
        return importlib.import_module("torch")
    except ImportError:
        raise CannotDo("PyTorch is not installed: pip install 'seqvision[torch]'") from None


def _Stack(torch: Any, work: Work, weights: list[np.ndarray]) -> Any:
    """A module of the work's layers; Keras's weights in PyTorch's order and shape."""
    options = work.model
    if options["family"] != "stacked":
        raise CannotDo("PyTorch's layers are stacked")
    cell, cell_options = name_and_options(options["cell"])
    scan, scan_options = name_and_options(options["scan"])
    if (
        cell_options
        or scan_options
        or cell not in ("gru", "lstm")
        or scan not in ("rows", "columns")
    ):
        raise CannotDo("PyTorch's layers stack plain GRUs and LSTMs over rows or columns")
    if options["layer_norm"] or options["recurrent_dropout"] or len(work.input_shape) != 2:
        raise CannotDo("PyTorch's layers have no recurrent dropout; the model is kept plain")
    if options["pooling"] not in ("last", "mean", "max"):
        raise CannotDo("PyTorch's model pools by last, mean or max")
    given = list(weights)
    if work.steps is None:
        scaled = _pixels(options["scale"], scan)
        features = work.input_shape[1 if scan == "rows" else 0]
    else:
        scaled = _normalized(torch, options["input"], given)
        features = work.input_shape[1]
    make = {"gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[cell]
    half = work.precision in ("bfloat16", "mixed_bfloat16")
    units = options["units"] if isinstance(options["units"], list) else [options["units"]]

    class Stack(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            sizes = [features, *units]
            self.layers = torch.nn.ModuleList(
                make(sizes[depth], size, batch_first=True) for depth, size in enumerate(units)
            )
            self.dropout = torch.nn.Dropout(options["dropout"])
            self.logits = torch.nn.Linear(units[-1], work.num_classes)
            rest = iter(torch.from_numpy(np.ascontiguousarray(w)) for w in given)
            with torch.no_grad():
                for layer in self.layers:
                    _fill(torch, layer, cell, next(rest), next(rest), next(rest))
                self.logits.weight.copy_(next(rest).T)
                self.logits.bias.copy_(next(rest))

        def forward(self, samples: Any) -> Any:
            with torch.autocast(samples.device.type, dtype=torch.bfloat16, enabled=half):
                return self.logits(self.pooled(scaled(samples))).float()

        def pooled(self, sequence: Any) -> Any:
            for layer in self.layers:
                sequence = self.dropout(layer(sequence)[0])
            if options["pooling"] == "last":
                return sequence[:, -1]
            return sequence.mean(dim=1) if options["pooling"] == "mean" else sequence.amax(dim=1)

    return Stack()


def _pixels(scale: float, scan: str) -> Callable[[Any], Any]:
    """What makes a sequence of images."""
    return lambda x: x * scale if scan == "rows" else x.transpose(1, 2) * scale


def _normalized(torch: Any, spec: Any, weights: list[np.ndarray]) -> Callable[[Any], Any]:
    """What makes a sequence of series without gaps; takes its statistics from the weights."""
    _, options = name_and_options(spec or "series")
    normalize = options.pop("normalize", "train")
    options.pop("gaps", None)  # There are none.
    if normalize == "each" or any(options.values()):
        raise CannotDo("PyTorch's model normalises by the training series, and no more")
    if normalize == "none":
        return lambda x: x
    mean, scale = (torch.from_numpy(weights.pop(0)) for _ in range(2))
    return lambda x: (x - mean.to(x.device)) * scale.to(x.device)


def _fill(torch: Any, layer: Any, cell: str, kernel: Any, recurrent: Any, bias: Any) -> None:
    """Give a layer Keras's weights: its gates in PyTorch's order, its kernels transposed."""
    if cell == "gru":  # Keras's z, r, h are PyTorch's r, z, n.

        def ordered(weight: Any) -> Any:
            z, r, h = weight.chunk(3, dim=-1)
            return torch.cat([r, z, h], dim=-1)

        input_bias, recurrent_bias = ordered(bias)
    else:  # i, f, g, o in both.

        def ordered(weight: Any) -> Any:
            return weight

        input_bias, recurrent_bias = bias, torch.zeros_like(bias)
    layer.weight_ih_l0.copy_(ordered(kernel).T)
    layer.weight_hh_l0.copy_(ordered(recurrent).T)
    layer.bias_ih_l0.copy_(input_bias)
    layer.bias_hh_l0.copy_(recurrent_bias)
