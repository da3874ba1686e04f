"""Which dictionaries a person means by “voice+drums” or a path, and the stems they give, from their headers alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path

from separation.errors import ParameterError
from separation.nmf.dictionaries.file import ENDING, Header, header

OTHER, REST = "other", "rest"  # the stem of what no dictionary knows, and its name if none is called “other”


def shipped() -> tuple[str, ...]:
    """Names of the dictionaries that come with the program."""
    folder = files("resources") / "dictionaries"
    return tuple(sorted(p.name.removesuffix(ENDING) for p in folder.iterdir() if p.name.endswith(ENDING)))


def chosen(text: str) -> tuple[Path, ...]:
    """The files of names or paths joined by “+”. Raises ParameterError for one that is not there."""
    if Path(text).is_file():
        return (Path(text),)
    return tuple(_places(text))


def stems_of(headers: Sequence[Header]) -> tuple[tuple[str, ...], tuple[tuple[int, ...], ...]]:
    """Names of the stems, and per dictionary the stem of each of its atoms; what is left over goes to the last one.

    One dictionary gives a stem for each of its labels. Of several, each gives one: its label if it has just one, else
    its name; equal names are one stem.
    """
    named = [
        head.labels if len(headers) == 1 or len(head.groups) == 1 else (head.name,) * len(head.labels)
        for head in headers
    ]  # fmt: skip
    found = dict.fromkeys(name for each in named for name in each)
    last = OTHER if OTHER in found else REST
    names = (*(name for name in found if name != last), last)
    return names, tuple(tuple(names.index(name) for name in each) for each in named)


def named(text: str) -> tuple[str, ...]:
    """The stems that this choice gives. Raises ParameterError or InputError."""
    return stems_of([header(path) for path in chosen(text)])[0]


def _places(text: str) -> Iterator[Path]:
    known = shipped()
    parts = [part.strip() for part in text.split("+") if part.strip()]
    if not parts:
        raise ParameterError(f"No dictionary is named: choose {', '.join(known)}, or give the path of one.")
    for part in dict.fromkeys(parts):
        if part in known:
            yield Path(str(files("resources") / "dictionaries" / f"{part}{ENDING}"))
        elif Path(part).is_file():
            yield Path(part)
        else:
            raise ParameterError(
                f"There is no dictionary “{part}”: choose {', '.join(known)}, several joined by “+”, or give the path "
                "of one."
            )
