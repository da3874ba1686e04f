"""Grouping by the body of the instrument: Spiertz & Gnann, “Source-filter based clustering for monaural blind source
separation”, DAFx 2009.

A note is an excitation, which has the pitch, through a filter, which is the instrument. In the logarithm of a mel
spectrum the two add up, and the filter is what varies slowly along the bands: the low cepstral coefficients.
Two ways: k-means on the cepstra, or a factorisation of the mel levels themselves, whose atoms are the filters.
"""

from __future__ import annotations

import torch
from torch import Tensor

from separation.nmf.factorisation import factorise
from separation.nmf.grouping.k_means import k_means


def by_cepstra(timbre: Tensor, groups: int, seed: int = 0) -> Tensor:
    """Labels (K,) by k-means on the cepstra (K, 12) of `Features.timbre`, seeded by position."""
    return k_means(timbre.double(), groups, seed)


def by_filters(levels: Tensor, groups: int, seed: int = 0, iterations: int = 200) -> Tensor:
    """Labels (K,): the filter that holds most of each atom's mel levels (M, K), in natural logarithms."""
    above = (levels.double() - levels.amin(0).double()).clamp(min=0.0) + 1e-6  # what rises over the quietest band
    fit = factorise(above / above.sum(0), min(groups, *levels.shape), divergence="kl", iterations=iterations, seed=seed)
    return torch.as_tensor(fit.H).argmax(0)
