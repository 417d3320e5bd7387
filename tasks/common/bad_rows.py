"""What to do about rows of a file that hold no example: stop at the first, or count and skip."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

logger = logging.getLogger(__name__)
BadRows = Literal["error", "skip"]


def judge(problems: Sequence[str], path: Path, good: int, policy: BadRows) -> None:
    """Stop at the first bad row, or warn about all of them together.

    Args:
        problems: what is wrong, one sentence for each bad row, which names the row.
        path: the file.
        good: number of good rows.
        policy: `"error"` stops; `"skip"` warns, unless nothing is left.

    Raises:
        ValueError: as `policy` says.
    """
    if not problems:
        return
    if policy == "error" or not good:
        raise ValueError(
            f"{problems[0]} ({len(problems)} such rows, {good} good ones.) Correct the file, "
            'or set `bad_rows` to "skip".'
        )
    logger.warning(
        "%s: skipped %d of %d rows. The first: %s",
        path,
        len(problems),
        len(problems) + good,
        problems[0],
    )
