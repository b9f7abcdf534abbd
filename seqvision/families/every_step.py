"""What a model that reads in one direction would answer if the sequence ended at each step."""

import keras


def every_step(model: keras.Model) -> keras.Model:
    """The same model, weights copied, with an answer after each step read.

    Every layer that gives its last step only, recurrent or pooling, is made to give all. What it
    gives at step t is what the model says of a sequence cut off after t, if no layer looks ahead:
    the family's card says so with `causal=True`.

    Args:
        model: from images `(batch, *input_shape)` to logits `(batch, num_classes)`.

    Returns:
        A model from images to logits `(batch, steps, num_classes)`.
    """
    derived = keras.models.clone_model(model, clone_function=_with_every_step)
    derived.set_weights(model.get_weights())
    return derived


def _with_every_step(layer: keras.layers.Layer) -> keras.layers.Layer:
    config = layer.get_config()
    if "return_sequences" in config:
        config["return_sequences"] = True
    return layer.__class__.from_config(config)
