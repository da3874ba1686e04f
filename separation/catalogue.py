"""The methods: one line each, each module imported when asked for."""

from __future__ import annotations

from importlib import import_module

from separation.errors import MethodError
from separation.method import Method

DEFAULT = "hybrid"

_MODULES = {
    "hybrid": "separation.separators.hybrid",
    "spleeter": "separation.separators.spleeter",
    "nmf": "separation.separators.nmf",
    "ntf": "separation.separators.ntf",
    "mnmf": "separation.separators.mnmf",
    "fastmnmf": "separation.separators.fastmnmf",
    "imm": "separation.separators.imm",
    "nmfd": "separation.separators.nmfd",
    "nmf-painted": "separation.separators.nmf_painted",
    "nmf-dictionary": "separation.separators.nmf_dictionary",
    "nmf-shifted": "separation.separators.nmf_shifted",
    "nmf-score": "separation.separators.nmf_score",
    "hpss": "separation.separators.hpss",
    "centre": "separation.separators.centre",
    "repet": "separation.separators.repet",
    "rpca": "separation.separators.rpca",
    "ica": "separation.separators.ica",
    "isa": "separation.separators.isa",
}


def ids() -> tuple[str, ...]:
    """The ids of every method, best first."""
    return tuple(_MODULES)


def find(method: str | Method) -> Method:
    """The method of that id. Raises MethodError, naming those there are."""
    if isinstance(method, Method):
        return method
    if method not in _MODULES:
        raise MethodError(f"There is no method “{method}”: choose one of {', '.join(_MODULES)}.")
    found: Method = import_module(_MODULES[method]).METHOD
    return found


def methods() -> tuple[Method, ...]:
    """Every method, best first."""
    return tuple(find(i) for i in _MODULES)
