"""Keras's GRU in place of a model's mixers: what else there is to read a sequence with."""

import numpy as np

from seqvision.bench.contenders import CONTENDERS, CannotDo, Contender
from seqvision.bench.work import Work


@CONTENDERS.register("keras-gru", mixer={"name": "recurrent", "cell": "gru"})
def in_place_of_mixers(work: Work, weights: list[np.ndarray]) -> Contender:
    """The same blocks with `keras.layers.GRU`, as wide as a step, for a mixer."""
    from seqvision.bench.contenders.keras import trained_by_fit, twin

    if "mixer" not in work.model:
        raise CannotDo(f"a model of the family {work.model['family']!r} has no mixers")
    model = twin(work)
    model.set_weights(weights)
    return trained_by_fit(model, work)
