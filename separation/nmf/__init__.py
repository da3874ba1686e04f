"""Non-negative matrix factorisation: spectrograms as sums of atoms.

    from separation.nmf import factorise
    f = factorise(V, rank=32, divergence="kl", iterations=200, seed=0)

    from separation.nmf import melody_line
    seconds, hertz = melody_line(song.samples, song.sample_rate)    # NaN where nothing is sung

Torch is imported on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from separation.nmf.factorisation import Factorisation, Factors, factorise, iterate
    from separation.nmf.singer.imm import melody_line

__all__ = ["Factorisation", "Factors", "factorise", "iterate", "melody_line"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'separation.nmf' has no attribute {name!r}")
    from importlib import import_module

    home = "separation.nmf.singer.imm" if name == "melody_line" else "separation.nmf.factorisation"
    return getattr(import_module(home), name)
