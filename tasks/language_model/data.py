"""A text as a `tf.data` pipeline of windows."""

from tasks.language_model.corpora import (
    Builtin,
    Corpus,
    Splits,
    TextFile,
    TinyShakespeare,
    load_text,
)
from tasks.language_model.text import RunningText, TextConfig
from tasks.language_model.windows import Windowing, held_out_windows, training_windows

__all__ = [
    "Builtin",
    "Corpus",
    "RunningText",
    "Splits",
    "TextConfig",
    "TextFile",
    "TinyShakespeare",
    "Windowing",
    "held_out_windows",
    "load_text",
    "training_windows",
]
