"""The bounds within which a strategy searches."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SearchSpace:
    """What `decode` checked and hands to the `search` of a strategy.

    `batch_size` is an integer or a scalar tensor; `limits` is int32 `[batch]`, at most
    `max_length`.
    """

    batch_size: Any
    max_length: int
    start_id: int
    end_id: int
    pad_id: int
    limits: Any
