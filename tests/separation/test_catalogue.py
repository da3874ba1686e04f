"""The catalogue: every method is described without loading what would run it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from separation import catalogue
from separation.errors import MethodError
from separation.parameters import describe

ROOT = Path(__file__).resolve().parents[2]
ALL = """
import pkgutil, sys
from separation import catalogue, checkpoints, separators
from separation.parameters import describe
for module in pkgutil.iter_modules(separators.__path__):
    __import__(f"separation.separators.{module.name}")
for method in catalogue.methods():
    assert method.names(method.parameters()) and describe(method.parameters)
    [checkpoints.status(c) for c in method.checkpoints]
print(len(catalogue.ids()), *sorted({"torch", "scipy", "soundfile", "PySide6"} & sys.modules.keys()))
"""


def test_describing_all_methods_loads_neither_torch_nor_scipy() -> None:
    done = subprocess.run([sys.executable, "-c", ALL], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.split() == [str(len(catalogue.ids()))]


@pytest.mark.parametrize("id", catalogue.ids())
def test_every_method_is_whole(id: str) -> None:
    method = catalogue.find(id)
    assert method.id == id and (method.run is None) != (method.stream is None)
    names = method.names(method.parameters())
    assert method.rest in names and len(set(names)) == len(names) and names == method.stems
    assert method.title and method.summary.endswith(".") and method.source and method.licence and method.speed > 0
    assert all(d.help.endswith((".", "?")) for d in describe(method.parameters))


def test_an_unknown_method_is_refused_with_those_there_are() -> None:
    with pytest.raises(MethodError, match="hybrid, spleeter"):
        catalogue.find("nope")
