"""What every command does around its work: options, logging, and errors that a user can read."""

import logging
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import tyro

# Subcommands are presets only (a field that may hold one of several classes keeps its own), and an
# option of the command may stand behind the preset.
_RULES = (tyro.conf.AvoidSubcommands, tyro.conf.CascadeSubcommandArgs)


def run(command: Callable[..., Any], arguments: Sequence[str] | None = None) -> Any:
    """Run a command line: parse the options of `command` from its signature, call it.

    What a user can cause is a `ValueError` or an `OSError` everywhere in this project: it ends the
    process with exit code 2 and says what is wrong, without a traceback. To see the traceback, set
    the environment variable `KERAS_ATTENTION_TRACEBACK`.

    Args:
        command: a function; its arguments are the options, its docstring their help.
        arguments: the command line, by default the process' own.

    Returns:
        What `command` returns.
    """
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    logging.getLogger("absl").setLevel(logging.ERROR)
    try:
        return tyro.cli(command, args=arguments, config=_RULES)
    except BrokenPipeError:  # whoever reads our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
    except (ValueError, OSError) as error:
        if os.environ.get("KERAS_ATTENTION_TRACEBACK"):
            raise
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        raise SystemExit(130) from None


def presets_type(presets: dict[str, Callable[[], Any]]) -> Any:
    """The annotation of an argument that is chosen by the name of a preset, a subcommand.

    Args:
        presets: name -> function that returns a configuration; its docstring is the help.

    Returns:
        A type for the signature of a command.
    """
    return tyro.extras.subcommand_type_from_defaults(
        {name: preset() for name, preset in presets.items()},
        {name: (preset.__doc__ or "").strip() for name, preset in presets.items()},
    )
