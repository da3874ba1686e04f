"""Grouping atoms into sources by any of the rules: labels in a fixed order, whatever the order of the atoms."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from separation.errors import ParameterError
from separation.nmf.factors import Factors
from separation.nmf.features import Features, mel_levels
from separation.nmf.grouping.affinity import affinity
from separation.nmf.grouping.dendrogram import ward
from separation.nmf.grouping.percussive import hits_by_medians
from separation.nmf.grouping.shift_invariant import by_instruments, log_spectra
from separation.nmf.grouping.source_filter import by_cepstra, by_filters
from separation.nmf.grouping.spectral import spectral

GROUPINGS = ("affinity", "ward", "source-filter", "filters", "shift-invariant", "percussive")


def group(
    factors: Factors,
    features: Features,
    V: Tensor,
    sources: int,
    sample_rate: int,
    grouping: str,
    seed: int = 0,
    check: Callable[[], object] = lambda: None,
) -> Tensor:
    """The source 0 … sources − 1 of each atom (K,), loudest source first; sources without atoms come last.

    V (F, N): magnitudes of the mixture, which "percussive" looks at; it makes two sources, notes first.
    check: called now and then; what it raises ends the work. Raises ParameterError for an unknown grouping.
    """
    order = torch.argsort(features.energy, descending=True, stable=True)  # rules are seeded by position
    if grouping == "percussive":
        return hits_by_medians(factors, V, check)
    groups = min(sources, len(order))
    if grouping in ("affinity", "ward"):
        A = affinity(features, factors.H)[order][:, order]
        labels = spectral(A, groups, seed) if grouping == "affinity" else ward(A, features.energy[order]).cut(groups)
    elif grouping == "source-filter":
        labels = by_cepstra(features.timbre[order], groups, seed)
    elif grouping == "filters":
        W = factors.W[:, order]
        labels = by_filters(mel_levels(W / W.sum(0).clamp(min=1e-30), sample_rate).cpu(), groups, seed)
    elif grouping == "shift-invariant":
        labels = by_instruments(log_spectra(factors.W[:, order], sample_rate), groups, seed, check)
    else:
        raise ParameterError(f"There is no grouping “{grouping}”: use one of {', '.join(GROUPINGS)}.")
    result = torch.empty_like(labels)
    result[order] = labels
    return loudest_first(result, features.energy, sources)


def loudest_first(labels: Tensor, energy: Tensor, sources: int) -> Tensor:
    """The same groups, numbered by their energy (K,)."""
    total = torch.zeros(sources, dtype=torch.float64).index_add_(0, labels, energy.double())
    return torch.argsort(torch.argsort(total, descending=True, stable=True))[labels]
