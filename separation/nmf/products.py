"""The product of two matrices, by the quickest routine this machine has.

On a processor, oneDNN multiplies float32 matrices about twice as fast as the BLAS that torch was built with where
that BLAS was written by another maker (measured on AMD: 250 against 110 GFlop/s per core). Every other case is torch's.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor


def times(A: Tensor, B: Tensor, shift: Tensor | None = None) -> Tensor:
    """A (m, k) times B (k, n), plus shift (n,) in every row; a new tensor. Strides are free."""
    if quick(A):
        return torch.ops.mkldnn._linear_pointwise(A, B.T, shift, "none", [], "")
    return A @ B if shift is None else torch.addmm(shift, A, B)


def quick(A: Tensor) -> bool:
    """Whether products with A are oneDNN's."""
    return A.dtype == torch.float32 and A.device.type == "cpu" and _there()


@cache
def _there() -> bool:
    """Tried once on a small product, for the routine is not promised to stay."""
    if not torch.backends.mkldnn.is_available():
        return False
    try:
        A, B, c = torch.rand(5, 3), torch.rand(3, 7), torch.rand(7)
        return torch.allclose(torch.ops.mkldnn._linear_pointwise(A, B.T, c, "none", [], ""), A @ B + c, atol=1e-5)
    except (AttributeError, RuntimeError):
        return False
