"""Values as Python writes them, `TopK(k=8)`: parsed, not evaluated, so that only known classes and
literals can be named."""

import ast
import difflib
from collections.abc import Mapping
from typing import Any


def parse(text: str, classes: Mapping[str, type], where: str) -> Any:
    """What `text` stands for: a name of a class, a call of one with arguments by name, a literal.

    Args:
        text: what a user has written.
        classes: those that may be named.
        where: the dotted name of the setting, for error messages.

    Returns:
        An instance, or the value of the literal.

    Raises:
        ValueError: if it is none of these, or the class does not take the arguments.
    """
    try:
        return _value(ast.parse(text.strip(), mode="eval").body, classes)
    except (SyntaxError, TypeError, ValueError) as error:
        raise ValueError(f"`{where}` cannot be made: {error}. Received: {text!r}.") from None


def _value(node: ast.expr, classes: Mapping[str, type]) -> Any:
    if isinstance(node, ast.Name):
        return _class(node.id, classes)()
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.args or any(keyword.arg is None for keyword in node.keywords):
            raise ValueError("arguments are given by name, as in TopK(k=8)")
        arguments = {str(one.arg): _value(one.value, classes) for one in node.keywords}
        return _class(node.func.id, classes)(**arguments)
    return ast.literal_eval(node)


def _class(name: str, classes: Mapping[str, type]) -> type:
    if name not in classes:
        near = difflib.get_close_matches(name, classes, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(classes)}"
        raise ValueError(f"there is no {name}: {hint}")
    return classes[name]
