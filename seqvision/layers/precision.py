"""The type in which what adds up over time is computed."""

from typing import Any

import keras


def full(dtype: Any) -> str:
    """Float32, which half precision becomes, or float64, if that is what is given.

    Half precision loses small numbers that are added to large ones. `keras.backend.result_type`
    makes float32 of float64 on JAX and PyTorch.
    """
    return "float64" if keras.backend.standardize_dtype(dtype) == "float64" else "float32"
