"""From the gradient of an activation's result to that of what it was applied to.

`y` is the result. TensorFlow has one operation for each, in place of three.
"""

from typing import Any

import keras

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    def of_sigmoid(y: Any, d: Any) -> Any:
        """Return d times the derivative of the sigmoid where it is y."""
        return tf.raw_ops.SigmoidGrad(y=y, dy=d)

    def of_tanh(y: Any, d: Any) -> Any:
        """Return d times the derivative of tanh where it is y."""
        return tf.raw_ops.TanhGrad(y=y, dy=d)

else:

    def of_sigmoid(y: Any, d: Any) -> Any:
        """Return d times the derivative of the sigmoid where it is y."""
        return d * y * (1 - y)

    def of_tanh(y: Any, d: Any) -> Any:
        """Return d times the derivative of tanh where it is y."""
        return d * (1 - y * y)
