"""Harmonic atoms with free envelopes: w_k = C_k e_k (Vincent, Bertin & Badeau, TASLP 2010, eq. 8).

C_k (F, M) holds M narrow-band combs of one pitch: its partials, weighted by triangles that are evenly spaced on the
scale of equivalent rectangular bandwidths (Glasberg & Moore 1990) from the fundamental to half the sample rate and add
up to one. The model stays linear in e ≥ 0, so e ← e · ((Cᵀ P Hᵀ)/(Cᵀ Q Hᵀ))^γ never raises the loss, and the sums in
it are Cᵀ times those that would move W. An envelope can follow any instrument, but nothing between the partials.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from separation.errors import ParameterError
from separation.nmf.starts.combs import LOBE
from separation.nmf.updates import Sums

SWEEPS = 200  # of coordinate descent, to find the parameters of given atoms


@dataclass(frozen=True, eq=False)
class Harmonic:
    """combs (M, F, K), spectra that sum to one or are empty. loose (K,): True for atoms that are not harmonic.

    The parameters E (F, K) of a harmonic atom are its first M rows, the others are zero; a loose atom is its own.
    """

    combs: Tensor
    loose: Tensor

    def joining(self, W: Tensor, hold: Tensor | None) -> Harmonic:
        bins, count = self.combs.shape[1:]
        if W.shape != (bins, count):
            raise ParameterError(
                f"This structure is for {count} atoms of {bins} bins, not {W.shape[1]} of {W.shape[0]}: "
                "make it for the same transform, and ask for as many atoms as it has."
            )
        loose = self.loose.to(W.device)
        if hold is not None:
            whole, part = hold.all(0), hold.any(0)
            if bool((part & ~whole & ~loose).any()):
                raise ParameterError("A harmonic atom is held whole or not at all: hold all of its bins or none.")
            loose = loose | whole
        return Harmonic(self.combs.to(W), loose)

    def inside(self, W: Tensor) -> Tensor:
        C, w = self.combs.to(W.device, torch.float64), W.double()
        gram, seen = torch.einsum("mfk,jfk->kmj", C, C), (C * w).sum(1)
        e, sizes = torch.zeros_like(seen), gram.diagonal(dim1=1, dim2=2).T
        for _ in range(SWEEPS):
            for m in range(len(C)):
                slope = seen[m] - (gram[:, m] * e.T).sum(1)
                e[m] = torch.where(sizes[m] > 0.0, e[m] + slope / sizes[m].clamp(min=1e-300), 0.0).clamp(min=0.0)
        E = torch.zeros_like(W)
        E[: len(C)] = e.to(W)
        return torch.where(self.loose.to(W.device), W, E)

    def atoms(self, E: Tensor) -> Tensor:
        C = self.combs.to(E)
        W = C[0] * E[0]
        for m in range(1, len(C)):
            W.addcmul_(C[m], E[m])
        return torch.where(self.loose.to(E.device), E, W)

    def pulled(self, sums: Sums) -> Sums:
        return Sums(self._pulled(sums.numerator), self._pulled(sums.denominator))

    def _pulled(self, terms: Tensor) -> Tensor:
        bands, bins, count = self.combs.shape
        terms = terms.expand(bins, count)
        bound = terms.new_zeros(bins, count)
        bound[:bands] = (self.combs.to(terms) * terms).sum(1)
        return torch.where(self.loose.to(terms.device), terms, bound)


def harmonic(
    bins: int, sample_rate: float, fundamentals: Tensor, *, stiffness: Tensor | float = 0.0, bands: int = 6,
    free: int = 0,
) -> Harmonic:  # fmt: skip
    """One harmonic atom per fundamental (P,) in Hz, then `free` atoms of any shape.

    stiffness: B of strings, one or (P,); partials lie at h f0 √(1 + B h²). bands: M, how finely envelopes may bend.
    Raises ParameterError where no atom could be made.
    """
    f0 = fundamentals.double().cpu()
    B = torch.as_tensor(stiffness, dtype=torch.float64).cpu().expand(f0.shape)
    if not 1 <= bands <= bins or free < 0 or not len(f0) or bool((f0 <= 0.0).any() | (f0 >= sample_rate / 2).any()):
        raise ParameterError("Harmonic atoms need a band or more, and fundamentals above 0 Hz below half the rate.")
    combs = torch.zeros(bands, bins, len(f0) + free)
    for k, (first, b) in enumerate(zip(f0.tolist(), B.tolist(), strict=True)):
        combs[:, :, k] = _comb(bins, sample_rate, first, b, bands).T
    loose = torch.zeros(len(f0) + free, dtype=torch.bool)
    loose[len(f0) :] = True
    return Harmonic(combs, loose)


def _comb(bins: int, sample_rate: float, f0: float, stiffness: float, bands: int) -> Tensor:
    width, top = sample_rate / 2 / (bins - 1), sample_rate / 2
    h = torch.arange(1, int(top / f0) + 1, dtype=torch.float64)
    hertz = h * f0 * (1.0 + stiffness * h * h).sqrt()
    hertz = hertz[hertz < top]
    low, high, places = (_erb(torch.as_tensor(f, dtype=torch.float64)) for f in (f0, top, hertz))
    place = (places - low) / (high - low) * (bands - 1)
    share = (1.0 - (place[:, None] - torch.arange(bands)).abs()).clamp(min=0.0)  # (partials, M)
    comb = torch.zeros(bins, bands, dtype=torch.float64)
    centre = hertz / width
    for step in range(1 - int(LOBE), int(LOBE) + 1):
        at = centre.floor() + step
        lobe = torch.cos((at - centre).abs().clamp(max=LOBE) * (torch.pi / 2 / LOBE)).square()
        inside = (at >= 0) & (at < bins)
        comb.index_add_(0, at[inside].long(), (lobe[:, None] * share)[inside])
    comb[comb < 1e-9] = 0.0  # what rounding left at the edge of a lobe
    return (comb / comb.sum(0).clamp(min=1e-30)).float()


def _erb(hertz: Tensor) -> Tensor:
    """Number of equivalent rectangular bandwidths below a frequency (Glasberg & Moore 1990, eq. 4)."""
    return 21.4 * torch.log10(1.0 + 0.00437 * hertz)
