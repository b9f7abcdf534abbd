"""What the binding of a framework is compiled against: the version of it that is installed.

It stands alone, as build.py does.
"""

from collections.abc import Callable


def tensorflow() -> tuple[str, list[str]]:
    """What tells this TensorFlow from others, and the compiler's flags for it."""
    import tensorflow as tf

    about = f"{tf.version.VERSION} {tf.version.GIT_VERSION} {tf.version.COMPILER_VERSION}"
    return about, [*tf.sysconfig.get_compile_flags(), *tf.sysconfig.get_link_flags()]


def jax() -> tuple[str, list[str]]:
    """What tells this JAX from others, and the compiler's flags for it."""
    import jax  # pyright: ignore[reportMissingImports]
    import jax.lib  # pyright: ignore[reportMissingImports]

    about = f"jax {jax.__version__} {jax.lib.__version__}"  # type: ignore[attr-defined]
    return about, [f"-I{jax.ffi.include_dir()}"]


FRAMEWORKS: dict[str, Callable[[], tuple[str, list[str]]]] = {"tensorflow": tensorflow, "jax": jax}
"""By the name of the binding. PyTorch needs none."""
