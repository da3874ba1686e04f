"""A factorisation to be solved: the spectrogram laid out frame by frame, its divergence, weights and smallest number.

Solvers hold H as (N, K), one row per frame, and read V as (N, F): a tile of frames is then one piece of memory.
Short-time Fourier transforms lie this way already; anything else is copied once, the only array of V's size.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from separation.errors import InputError, ParameterError
from separation.nmf.divergences import Divergence, Rule, divergence, needs_floor, rule_of
from separation.nmf.products import times
from separation.nmf.tiles import over, tiles

TINY = 1e-12  # what counts as nothing, as a share of V's mean: 120 dB down
SILENT = 1e-9  # floor of V where silence would cost infinitely much
NEAR_ONE = 2.0**13  # a mean outside 1/this … this is brought to about 1, so that no power over- or underflows


def nobody() -> None:
    """Asks for no stop."""


@dataclass(frozen=True, eq=False)
class Problem:
    """frames (N, F) ≈ scale · V transposed, floored if it must be; raised: frames^α. weights (N, F) or None.

    shift (F,): added to every model, so that nothing is divided by zero. check: called at every tile, from several
    threads; what it raises ends the work.
    """

    frames: Tensor
    raised: Tensor
    kind: Divergence
    rule: Rule
    weights: Tensor | None
    shift: Tensor
    scale: float
    check: Callable[[], object] = nobody

    @property
    def tiny(self) -> float:
        return float(self.shift[0])

    def loss(self, W: Tensor, H: Tensor, every: int = 1) -> float:
        """Σ d(frames | H Wᵀ) in tiles. W (F, K), H (N, K). every: only each so-many-th tile, as a sample."""

        def part(first: int, last: int) -> float:
            total = 0.0
            for index, rows in enumerate(tiles(self.frames, first, last)):
                if index % every == 0:
                    self.check()
                    model = times(H[rows], W.T, self.shift)
                    total += divergence(self.frames[rows], model, self.kind, self.weight(rows))
            return total

        return sum(over(self.frames, part))

    def weight(self, rows: slice) -> Tensor | None:
        """Of a tile, one piece of memory: products with strided ones are a hundred times slower."""
        return None if self.weights is None else self.weights[rows].contiguous()


def pose(
    V: Tensor,
    divergence_name: Divergence = 1.0,
    weights: Tensor | None = None,
    check: Callable[[], object] = nobody,
) -> Problem:
    """The problem of V (F, N) >= 0; weights >= 0 must broadcast to V. V is not written to.

    Raises InputError or ParameterError, in a sentence, for what cannot be factorised.
    """
    rule = rule_of(divergence_name)
    low, mean = _looked_at(V, check)
    check()
    scale = 1.0 if 1.0 / NEAR_ONE < mean < NEAR_ONE else 2.0 ** -round(math.log2(mean))
    frames = V.T.contiguous()
    if scale != 1.0:
        frames = frames * scale
    mean *= scale
    floor = SILENT * mean
    if needs_floor(divergence_name) and low * scale < floor:
        frames = frames.clamp_(min=floor) if frames.data_ptr() != V.data_ptr() else frames.clamp(min=floor)
    raised = frames if rule.alpha == 1.0 else frames.pow(rule.alpha)
    shift = torch.full((V.shape[0],), TINY * mean, dtype=V.dtype, device=V.device)
    return Problem(frames, raised, divergence_name, rule, _weights(V, weights), shift, scale, check)


def check_rank(shape: tuple[int, ...] | torch.Size, rank: int) -> None:
    """Raises ParameterError for a number of atoms that a spectrogram of this shape cannot have."""
    if not 1 <= rank <= min(shape):
        raise ParameterError(
            f"The number of atoms must lie between 1 and {min(shape)} for {shape[0]} bins × {shape[1]} frames; "
            f"{rank} does not."
        )


def _looked_at(V: Tensor, check: Callable[[], object]) -> tuple[float, float]:
    """The lowest entry and the mean."""
    if V.ndim != 2 or not V.is_floating_point() or not V.numel():
        raise InputError("A spectrogram to factorise is a table of real numbers with two axes, bins and frames.")
    found = []
    for look in (Tensor.min, Tensor.max, partial(Tensor.mean, dtype=torch.float64)):
        check()
        found.append(float(look(V)))
    low, high, mean = found
    if not (low >= 0.0 and high < math.inf):  # NaN fails both
        raise InputError("A spectrogram to factorise must hold finite numbers that are not negative: take magnitudes.")
    if high == 0.0:
        raise InputError("This spectrogram is all zeros: there is nothing in it to take apart.")
    return low, mean


def _weights(V: Tensor, weights: Tensor | None) -> Tensor | None:
    if weights is None:
        return None
    try:
        full = weights.to(V).expand(V.shape)
    except RuntimeError:
        raise ParameterError(
            f"The weights of a spectrogram of {V.shape[0]} bins × {V.shape[1]} frames must have this shape or one "
            f"number per bin (F, 1) or frame (1, N); these have the shape {tuple(weights.shape)}."
        ) from None
    if not (float(full.min()) >= 0.0 and 0.0 < float(full.max()) < math.inf):
        raise ParameterError("Weights must be finite, not negative, and not all zero.")
    return full.T
