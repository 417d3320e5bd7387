"""Options of a command line that may stand in the place of a run's settings."""

from dataclasses import fields, replace
from typing import Any, TypeVar

Config = TypeVar("Config")


def over(config: Config, options: Any) -> Config:
    """`config` with what `options` says; both are dataclasses, and None says nothing.

    Example:

    >>> from tasks.translation.config import DecodeConfig, DecodeOptions
    >>> over(DecodeConfig(beams=4, max_length=53), DecodeOptions(beams=7)).max_length
    53
    """
    given = {field.name: getattr(options, field.name) for field in fields(options)}
    return replace(config, **{name: value for name, value in given.items() if value is not None})
