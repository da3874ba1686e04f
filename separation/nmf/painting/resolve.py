"""A painted place of a song solved anew, quickly enough for every stroke of a brush (Bryan & Mysore, ICML 2013).

    factors = lent(factors)                                    # once: a stroke may give any atom to any source
    a, b = region(first, last, frames, margin)                 # the changed frames and two seconds around them
    new = resolve(V[:, a:b], factors.part(a, b), maps)         # 15 warm-started steps; everything else is held
    masks = crossfade(old_masks, shares(new, maps), *room)     # nothing jumps where the region ends
    factors = factors.with_part(a, new)                        # undo: keep the old value

All are pure functions: what they are given is not written to, and the song outside the region is not even read. A mask
is a share of every bin, and a mixture of two sets of shares is one again, so the stems always sum to the song.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

import torch
from torch import Tensor

from separation.nmf.grouped import Grouped
from separation.nmf.painting.maps import Maps
from separation.nmf.painting.painted import models, states
from separation.nmf.tiles import alone, over
from separation.spectral.masks import SILENT, ratio

MARGIN = 2.0  # seconds around what changed
LIFT = 1e-3  # of the region's loudness: a source that was silent here must be able to sound


def region(first: int, last: int, frames: int, margin: int) -> tuple[int, int]:
    """Frames to solve anew after frames first … last − 1 changed, of `frames` in all."""
    return max(first - margin, 0), min(last + margin, frames)


def resolve(
    V: Tensor, factors: Grouped, maps: Maps, iterations: int = 15, *, check: Callable[[], object] = lambda: None
) -> Grouped:
    """The factors of a region whose maps changed. V (F, n), factors and maps are of that region only; W is held.

    Warm-started: what sounded is where it begins, and atoms that were silent are lifted a little. check: called at
    every step; what it raises ends the work. A silent region is returned as it is.
    """
    if float(V.max()) == 0.0:
        return factors
    made = states(V, Grouped(factors.W, _lifted(V, factors), factors.sizes, factors.step), maps, hold_W=True)
    last = next(made)
    for state in islice(made, iterations):
        check()
        last = state
    return last


def shares(
    factors: Grouped, maps: Maps, exponent: float = 1.0, carried: tuple[Tensor, Grouped] | None = None
) -> Tensor:
    """Masks (J, F, n) of a region, each bin's sum 1.

    carried: (stems, start), for stems that another method made, such as a network: their magnitudes or masks
    (J, F, n), and the factors that stood for them (`from_stems`) before they were solved anew. The masks are then
    those of the stems, changed as much as their factors changed: what nobody painted stays as good as it was.
    """

    def part(first: int, last: int) -> Tensor:
        parts = []
        for rows, _ in maps.pieces(first, last):
            loud = models(factors, maps, rows.start, rows.stop).mT
            if carried is not None:
                stems, start = carried
                for s, place in enumerate(start.places):
                    before = start.H.T[rows, place] @ start.W[:, place].T
                    gain = loud[s] / before.clamp(min=SILENT)
                    loud[s] = stems[s, :, rows].T * torch.where(before < SILENT, 1.0, gain)
            parts.append(ratio(loud, exponent))
        return torch.cat(parts, 1)

    like = factors.H.T
    return alone(like, lambda: torch.cat(over(like, part), 1)).mT


def crossfade(before: Tensor, after: Tensor, left: int, right: int) -> Tensor:
    """Masks (J, F, n) that are `before` at the region's ends and `after` within, `left` and `right` frames later.

    0 where the region ends with the song: nothing is beside it.
    """
    count = after.shape[-1]
    place = torch.arange(count, dtype=torch.float32, device=after.device)
    rising = place / left if left else torch.ones_like(place)
    falling = (count - 1 - place) / right if right else torch.ones_like(place)
    weight = torch.minimum(rising, falling).clamp_(0.0, 1.0).to(after)
    return torch.lerp(before, after, weight)


def _lifted(V: Tensor, factors: Grouped) -> Tensor:
    """H with each entry at least a thousandth of its frame's loudness; exact zeros stay zero."""
    atoms = max(factors.H.shape[0], 1)
    least = V.sum(0) / factors.W.sum(0).clamp(min=1e-30)[:, None] * (LIFT / atoms)
    return torch.where(factors.H == 0.0, factors.H, torch.maximum(factors.H, least.to(factors.H)))
