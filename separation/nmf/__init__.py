"""Non-negative matrix factorisation: spectrograms as sums of atoms.

    from separation.nmf import factorise
    f = factorise(V, rank=32, divergence="kl", iterations=200, seed=0)

Torch is imported on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from separation.nmf.factorisation import Factorisation, Factors, factorise, iterate

__all__ = ["Factorisation", "Factors", "factorise", "iterate"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'separation.nmf' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module("separation.nmf.factorisation"), name)
