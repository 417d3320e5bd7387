"""The user's own synonyms: a row for each word, with tabs between it and its synonyms."""

from pathlib import Path

from tasks.common.bad_rows import BadRows, judge
from tasks.common.data_folder import found
from tasks.common.text_files import read_lines


def read_synonyms(path: Path, bad_rows: BadRows = "error") -> dict[str, tuple[str, ...]]:
    """The synonyms of each word; rows of the same word are taken together.

    Args:
        path: the file, which may be packed as `.gz`, `.xz` or `.zip`; a relative path that leads
            nowhere leads from the folder of data.
        bad_rows: what to do about a row that is not what is said above: stop, or skip, count and
            warn. Words and synonyms are single words, so that labels of words stay with them.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if a row is bad, or all are; the message names the line.
    """
    path = found(path)
    synonyms: dict[str, dict[str, None]] = {}
    problems = []
    lines = read_lines(path)
    for number, line in enumerate(lines, start=1):
        word, *others = (field.strip() for field in line.split("\t"))
        others = [other for other in others if other and other != word]
        if not word or not others:
            problems.append(
                f"{path}, line {number}: expected a word, a tab and a synonym, or more of them "
                f"with tabs between. Received: {line[:40]!r}."
            )
        elif longer := next((one for one in (word, *others) if len(one.split()) > 1), None):
            problems.append(
                f"{path}, line {number}: a synonym must be one word for one word. Received: "
                f"{longer!r}."
            )
        else:
            synonyms.setdefault(word, {}).update(dict.fromkeys(others))
    judge(problems, path, len(lines) - len(problems), bad_rows)
    return {word: tuple(others) for word, others in synonyms.items()}
