"""The tokens that carried an answer, for a terminal, a web page and a table."""

import html
from collections.abc import Sequence

import numpy as np

from keras_attention.visualization.token_scores import token_scores_ansi, token_scores_html
from tasks.common.special_ids import END_ID, SPECIAL_PIECES, START_ID
from tasks.text_classification.explanations import (
    DELETED,
    METHODS,
    Explainer,
    Explanation,
    Faithfulness,
)

_STRONGEST = 5  # tokens that are named where there are no colours
_WIDTH = max(map(len, METHODS))
_MARKERS = (SPECIAL_PIECES[START_ID], SPECIAL_PIECES[END_ID])


def explained(
    explainer: Explainer, texts: Sequence[str], seconds: Sequence[str] | None
) -> list[dict[str, Explanation]]:
    """For each text its explanation by each method."""
    by_method = {name: explainer.explain(texts, seconds, name) for name in METHODS}
    return [{name: rows[i] for name, rows in by_method.items()} for i in range(len(texts))]


def as_lines(
    explanations: dict[str, Explanation], colored: bool, faithful: Sequence[str] | None
) -> str:
    """A line for each method, with what the test of deletion has said of it."""
    return "\n".join(
        f"  {name:<{_WIDTH}}  {_tokens(one, colored)}{_verdict(name, faithful)}"
        for name, one in explanations.items()
    )


def as_page(
    texts: Sequence[dict[str, Explanation]], titles: Sequence[str], faithful: Sequence[str] | None
) -> str:
    """A web page of all texts."""
    parts = []
    for title, explanations in zip(titles, texts, strict=True):
        parts.append(f"<h2>{html.escape(title)}</h2>")
        for name, one in explanations.items():
            verdict = html.escape(_verdict(name, faithful).strip())
            parts.append(f"<h3>{html.escape(name)} <small>{verdict}</small></h3>")
            parts.append(token_scores_html(*_without_markers(one)))
    return _PAGE.format(body="\n".join(parts))


def faithfulness_table(found: Sequence[Faithfulness]) -> list[tuple[str, ...]]:
    """Rows of a method and, for each deleted share, by how many points its answers' fall."""
    return [(one.method, *(f"{100 * fall:.1f}" for fall in one.falls)) for one in found]


FAITHFULNESS_HEADER = ("deleted", *(f"{100 * share:.0f} %" for share in DELETED))


def _tokens(one: Explanation, colored: bool) -> str:
    pieces, scores = _without_markers(one)
    if colored:
        return token_scores_ansi(pieces, scores)
    order = np.argsort(-np.abs(scores), kind="stable")[:_STRONGEST]
    return ", ".join(f"{pieces[i].lstrip('▁')} {scores[i]:+.2f}" for i in order)


def _without_markers(one: Explanation) -> tuple[list[str], np.ndarray]:
    """Pieces and scores of the text itself."""
    kept = [i for i, piece in enumerate(one.pieces) if piece not in _MARKERS]
    return [one.pieces[i] for i in kept], one.scores[kept]


def _verdict(name: str, faithful: Sequence[str] | None) -> str:
    """Nothing for a method to be believed."""
    if faithful is None or name in faithful:
        return ""
    return "  (no better than tokens at random)"


_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>The tokens behind the answers</title>
<style>
body {{ font-family: sans-serif; line-height: 1.8; max-width: 60em; margin: 2em auto; }}
h2 {{ font-size: 1.1em; }}
h3 {{ font-size: 0.8em; font-weight: normal; margin: 0; color: #444; }}
p {{ margin: 0 0 0.5em; font-family: monospace; }}
span {{ white-space: pre-wrap; }}
</style>
<p>Blue: speaks for the answer. Orange: speaks against it. A method that is no better than tokens at
random shows where the model looks, not why it answers.</p>
{body}
</html>
"""
