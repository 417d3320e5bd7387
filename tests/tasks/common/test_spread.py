"""Which validation sentences a run shows."""

import pytest

from tasks.common.spread import spread


@pytest.mark.parametrize(
    ("items", "count", "expected"),
    [
        (range(10), 2, [2, 7]),
        (range(10), 5, [1, 3, 5, 7, 9]),
        ("abc", 3, ["a", "b", "c"]),
        ("abc", 500, ["a", "b", "c"]),
        ("abc", 0, []),
        ("", 2, []),
    ],
)
def test_the_middle_of_each_part_is_chosen(items, count, expected):
    assert spread(items, count) == expected


def test_a_sorted_file_gives_short_and_long_sentences():
    lengths = [length for length in range(1, 31) for _ in range(50)]

    assert sum(spread(lengths, 500)) / 500 == pytest.approx(sum(lengths) / len(lengths), rel=0.02)
