"""A fully convolutional network beside an LSTM."""

from collections.abc import Sequence

import keras

from seqvision.errors import SeqvisionError
from seqvision.families import FAMILIES
from seqvision.families.base import Reader, classifier, model_input, scanned
from seqvision.families.convolutions import Convolutions
from seqvision.layers.dimension_shuffle import DimensionShuffle
from seqvision.options import (
    CellSpec,
    InputSpec,
    KernelSizes,
    PositiveInt,
    Rate,
    ScanSpec,
    Share,
    Units,
)


@FAMILIES.register("lstm_fcn", paper="Karim et al. 2017, arXiv 1709.05206")
def lstm_fcn(
    input_shape: Sequence[int | None],
    num_classes: int,
    *,
    scan: ScanSpec = "rows",
    filters: Units = [128, 256, 128],  # noqa: B006  (read, never changed)
    kernel_sizes: KernelSizes = [8, 5, 3],  # noqa: B006
    cell: CellSpec = "lstm",
    units: Units = 8,
    dropout: Rate = 0.8,
    shuffle: bool = True,
    steps: PositiveInt | None = None,
    momentum: Share = 0.99,
    scale: float = 1 / 255,
    input: InputSpec | None = None,
) -> keras.Model:
    """LSTM-FCN: a fully convolutional network, and an LSTM that reads the series transposed.

        logits = [dropout(LSTM(shuffled x)), FCN(x)] · W + c

    with the FCN of the family `fcn`, and kernels that begin as He et al. say. The dimension shuffle
    makes each feature a step, which holds its values at all steps: an LSTM reads a series of one
    feature in a single step. So it needs a number of steps, `steps` where series have any: a
    shorter one is followed by zeros there, as the authors' code does it, and of a longer one the
    first are read. With `shuffle: false` the LSTM reads step by step.

    Args:
        input_shape: `(height, width)` or `(height, width, channels)` of raw images, or
            `(None, features)` of raw series.
        num_classes: the number of logits.
        cell: what happens in one step; the paper's is an LSTM.
        units: the size of its state; a list makes as many layers. The paper tries 8, 64 and 128.
        dropout: the share of each such layer's output set to zero.
        shuffle: let it read features as steps.
        steps: how many steps of each feature it reads then; all there are when not given.
        scan, filters, kernel_sizes, momentum: as in `fcn`.
        scale, input: as in `stacked`.

    Returns:
        A model from raw samples `(batch, *input_shape)` to logits `(batch, num_classes)`.

    Raises:
        SeqvisionError: the series have any number of steps, and are to be shuffled to none that is
            given; or there are more or fewer of `filters` than of `kernel_sizes`.

    Examples:
        >>> import seqvision
        >>> model = seqvision.create_model("lstm_fcn", input_shape=(96, 3), num_classes=5)
        >>> model.output_shape, model.count_params()
        ((None, 5), 271821)
    """
    raw, samples = model_input(input_shape, input, scale)
    sequence = shuffled = scanned(samples, scan)
    if shuffle:
        steps = steps or sequence.shape[1]
        if steps is None:
            raise SeqvisionError(
                "lstm_fcn reads each feature as one step, of its values at all steps, so for "
                "series of any length say how many: `steps: 100` pads shorter ones with zeros and "
                "cuts longer ones; or `shuffle: false` to read them step by step"
            )
        shuffled = DimensionShuffle(steps, name="shuffle")(sequence)
    read = Reader(cell, units, dropout)(shuffled)
    found = Convolutions(momentum, initializer="he_uniform").fully(sequence, filters, kernel_sizes)
    features = keras.layers.Concatenate(name="features")([read, found])
    return classifier(raw, features, num_classes, "lstm_fcn")
