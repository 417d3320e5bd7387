"""Every attention mechanism as a small, composable, correct Keras 3 layer.

Everything public is importable from here. A name is looked up in its module the first time it is
used (PEP 562), so that importing the package costs nothing and needs only Keras and NumPy.
"""

from importlib import import_module

__version__ = "0.1.0"

# Public name -> the module that defines it, a line per module.
_MODULES: dict[str, tuple[str, ...]] = {}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
