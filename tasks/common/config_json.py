"""Configuration dataclasses as JSON and back: no pickle, no eval, no silent default."""

import dataclasses
import types
import typing
from pathlib import Path
from typing import Any, TypeVar

Config = TypeVar("Config")
_CLASS = "class"  # names the class where a field may hold one of several; no field can be so named


def to_json(config: Any) -> Any:
    """A configuration as plain dictionaries, lists, strings, numbers, booleans and None."""
    if dataclasses.is_dataclass(config):
        values = {
            field.name: to_json(getattr(config, field.name)) for field in dataclasses.fields(config)
        }
        return {_CLASS: type(config).__name__, **values}
    if isinstance(config, (list, tuple)):
        return [to_json(value) for value in config]
    return str(config) if isinstance(config, Path) else config


def from_json(
    cls: type[Config], values: dict[str, Any], where: str = "the configuration"
) -> Config:
    """A configuration of type `cls` from what `to_json` made of it.

    Args:
        cls: the dataclass.
        values: the dictionary.
        where: a file name for error messages.

    Returns:
        An instance of `cls`, equal to the original.

    Raises:
        ValueError: if settings are missing, unknown or of another type.
    """
    return _read(cls, values, where, "")


def flatten(config: Any, prefix: str = "") -> dict[str, Any]:
    """Every setting by its dotted name, as on the command line: `{"train.epochs": 3}`."""
    flat: dict[str, Any] = {}
    for field in dataclasses.fields(config):
        value, name = getattr(config, field.name), prefix + field.name
        if dataclasses.is_dataclass(value):
            flat |= flatten(value, f"{name}.")
        else:
            flat[name] = value
    return flat


def differences(saved: Any, given: Any) -> dict[str, tuple[Any, Any]]:
    """The settings in which two configurations differ: dotted name -> (saved, given)."""
    old, new = flatten(saved), flatten(given)
    return {
        name: (old.get(name), new.get(name))
        for name in [*old, *(new.keys() - old.keys())]
        if old.get(name) != new.get(name)
    }


def _read(hint: Any, value: Any, where: str, name: str) -> Any:
    """`value` as the type `hint`; `name` is the dotted name of the setting."""
    options = typing.get_args(hint)
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        return _read_one_of(options, value, where, name)
    if dataclasses.is_dataclass(hint):
        return _read_dataclass(typing.cast(type, hint), value, where, name)
    if typing.get_origin(hint) is typing.Literal:
        _require(value in options, where, name, f"one of {options}", value)
        return value
    if typing.get_origin(hint) is tuple:
        _require(isinstance(value, list), where, name, "a list", value)
        return tuple(_read(options[0], item, where, name) for item in value)
    if hint is Path:
        _require(isinstance(value, str), where, name, "a path", value)
        return Path(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    _require(type(value) is hint, where, name, hint.__name__, value)
    return value


def _read_one_of(options: tuple, value: Any, where: str, name: str) -> Any:
    if value is None and type(None) in options:
        return None
    options = tuple(option for option in options if option is not type(None))
    if len(options) == 1:
        return _read(options[0], value, where, name)
    by_name = {option.__name__: option for option in options}
    name_of_class = value.get(_CLASS) if isinstance(value, dict) else type(value).__name__
    _require(name_of_class in by_name, where, name, f"one of {', '.join(by_name)}", name_of_class)
    return _read(by_name[name_of_class], value, where, name)


def _read_dataclass(cls: type, value: Any, where: str, name: str) -> Any:
    _require(isinstance(value, dict), where, name, f"the settings of {cls.__name__}", value)
    hints = typing.get_type_hints(cls)
    missing = sorted(hints.keys() - value.keys())
    unknown = sorted(value.keys() - hints.keys() - {_CLASS})
    if missing or unknown:
        raise ValueError(
            f"{where} was written by another version or changed by hand: `{name or cls.__name__}` "
            f"lacks {missing or 'nothing'}, and has the unknown settings {unknown or 'none'}."
        )
    prefix = f"{name}." if name else ""
    return cls(**{key: _read(hint, value[key], where, prefix + key) for key, hint in hints.items()})


def _require(condition: bool, where: str, name: str, expected: str, received: Any) -> None:
    if not condition:
        raise ValueError(f"{where}: `{name}` must be {expected}. Received: {received!r}.")
