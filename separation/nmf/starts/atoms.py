"""A start from known atoms, such as a dictionary: W as it is, H by a few steps beside it."""

from __future__ import annotations

import math
from collections.abc import Callable

from torch import Tensor

from separation.errors import ParameterError
from separation.nmf.activations import activations
from separation.nmf.factors import Factors


def from_atoms(
    V: Tensor,
    W: Tensor,
    *,
    divergence: float | str = 1.0,
    steps: int = 10,
    check: Callable[[], object] = lambda: None,
) -> Factors:
    """Factors of V (F, N) >= 0 from atoms W (F, K) >= 0, whose columns are brought to sum to one.

    H is at least a millionth of its own mean, so that no atom is lost before it could move. Exact zeros in W stay zero.
    Raises ParameterError for atoms of another transform, for what is not finite and >= 0, and for an empty atom.
    """
    if W.ndim != 2 or len(W) != len(V) or not W.shape[1]:
        raise ParameterError(
            f"These atoms, {tuple(W.shape)}, do not fit a spectrogram of {len(V)} bins: they were made with another "
            "transform or sample rate."
        )
    if not (float(W.min()) >= 0.0 and float(W.max()) < math.inf):
        raise ParameterError("Atoms to start from must be finite and not negative.")
    size = W.sum(0)
    if not float(size.min()) > 0.0:
        raise ParameterError("Every atom to start from must have some sound in it; one is all zeros.")
    W = (W / size).to(V)
    H = activations(V, W, divergence=divergence, steps=steps, check=check)
    return Factors(W, H.clamp(min=1e-6 * float(H.mean())))
