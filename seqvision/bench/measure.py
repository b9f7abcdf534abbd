"""What one process measures of one contender: `python -m seqvision.bench.measure`.

It reads one JSON line that says what to measure, and writes one JSON line of results.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from seqvision.bench.contenders import CONTENDERS, CannotDo, Contender
from seqvision.bench.machine import machine
from seqvision.bench.work import Work
from seqvision.memory import peak_memory

_WARM_UP = 3  # steps after the first, in which caches fill and pools of threads start


def reference(work: Work, path: Path) -> dict[str, Any]:
    """Write weights drawn by Keras, and the logits of a model of Keras's layers with them.

    Returns:
        `environment`: the versions and the processor that speeds depend on.
    """
    from seqvision.bench.contenders.keras import twin
    from seqvision.import_keras import import_keras

    import_keras().utils.set_random_seed(0)
    model = twin(work)
    images, _ = work.batch()
    arrays = {f"weight_{i}": weight for i, weight in enumerate(model.get_weights())}
    logits = import_keras().ops.convert_to_numpy(model.predict_on_batch(images))
    np.savez(path, logits=logits, **arrays)
    return {"environment": machine()}


def measure(
    work: Work, name: str, path: Path, seconds: float, training: bool = True
) -> dict[str, Any]:
    """Measure a contender for about `seconds` of training, and less of inference.

    Args:
        training: whether one that trains does.

    Returns:
        `train_images_per_second` and `inference_images_per_second` (of 256 images at a time)
        without the first steps, `latency_milliseconds` of one image, `first_step_seconds` from
        the making of the model to the end of its first training step, `peak_memory_mb` of the
        process, `difference`, the largest between its logits and the reference's, and `path`,
        which way its layers train. Without training, what is of training is left out.

    Raises:
        CannotDo: the contender has no layers for this work.
    """
    with np.load(path, allow_pickle=False) as archive:
        expected = archive["logits"]
        weights = [archive[f"weight_{i}"] for i in range(len(archive.files) - 1)]
    if CONTENDERS.entry(name).card.get("keras", True):
        from seqvision.import_keras import import_keras

        import_keras()
    began = time.perf_counter()
    contender: Contender = CONTENDERS.get(name)(work, weights)
    difference = float(np.abs(contender.predict(work.batch()[0]) - expected).max())
    found: dict[str, Any] = {"difference": difference}
    if training and contender.fit is not None:
        found.update(_of_training(contender.fit, work, seconds))
        found["path"] = contender.path()
    many, _ = work.batch(256)
    found["inference_images_per_second"] = 256 / _median_seconds(contender, many, seconds / 4)
    one = 1000 * _median_seconds(contender, many[:1], seconds / 8)
    found["latency_milliseconds"] = one
    if peak := peak_memory():
        found["peak_memory_mb"] = peak / 2**20
    found["seconds"] = time.perf_counter() - began
    return found


def _of_training(fit: Callable[[int], list[float]], work: Work, seconds: float) -> dict[str, float]:
    after_prediction = time.perf_counter()
    first = fit(1)[0] - after_prediction
    # The prediction compiled a graph that training does not need; its time is left out.
    ends = fit(1 + _WARM_UP + 2)
    # Where steps are handed over before they are done, only the last is waited for.
    step = (ends[-1] - ends[_WARM_UP - 1]) / (len(ends) - _WARM_UP)
    steps = max(5, round(seconds / step))
    ends = fit(_WARM_UP + steps)[_WARM_UP - 1 :]
    rate = work.batch_size * steps / (ends[-1] - ends[0])
    return {"first_step_seconds": first, "train_images_per_second": rate}


def _median_seconds(contender: Contender, images: np.ndarray, seconds: float) -> float:
    contender.predict(images)  # Compiles.
    contender.predict(images)
    took: list[float] = []
    while sum(took) < seconds or len(took) < 5:
        start = time.perf_counter()
        contender.predict(images)
        took.append(time.perf_counter() - start)
    return float(np.median(took))


def main() -> None:
    """Measure what standard input asks for, or say why the contender cannot."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        order = json.loads(sys.stdin.readline())
        work, path = Work.from_json(order["work"]), Path(order["reference"])
        try:
            if order["contender"] == "reference":
                found = reference(work, path)
            elif order["contender"] == "ceiling":
                from seqvision.bench.ceiling import ceiling

                found = ceiling(work)
            else:
                found = measure(work, order["contender"], path, order["seconds"], order["training"])
        except CannotDo as error:
            found = {"cannot": str(error)}
        json.dump(found, out)


if __name__ == "__main__":
    main()
