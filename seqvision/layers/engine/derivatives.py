"""From the gradient of an activation's result to that of what it was applied to.

`y` is the result. TensorFlow has one operation for each, in place of three.
"""

from typing import Any

import keras

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    def of_sigmoid(y: Any, d: Any) -> Any:
        return tf.raw_ops.SigmoidGrad(y=y, dy=d)

    def of_tanh(y: Any, d: Any) -> Any:
        return tf.raw_ops.TanhGrad(y=y, dy=d)

else:

    def of_sigmoid(y: Any, d: Any) -> Any:
        return d * y * (1 - y)

    def of_tanh(y: Any, d: Any) -> Any:
        return d * (1 - y * y)
