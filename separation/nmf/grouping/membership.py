"""Labels from somewhere else: how much of each atom lies in each stem that another method (a network, say) found."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from separation.errors import InputError
from separation.nmf.factors import Factors


def membership(factors: Factors, stems: Sequence[Tensor]) -> Tensor:
    """Energies d_kj = ⟨w_k h_k, V_j⟩ (K, J), float64 on the CPU, of magnitudes V_j (F, N) of the stems.

    It adds up over pieces of a song: the table of the whole is the sum of the pieces' tables.
    Raises InputError when a stem has another shape than the factors' model.
    """
    W, H = factors.W, factors.H
    columns = []
    for V in stems:
        if V.shape != (W.shape[0], H.shape[1]):
            raise InputError(
                f"A stem of {V.shape[0]} bins × {V.shape[1]} frames does not fit atoms of {W.shape[0]} bins × "
                f"{H.shape[1]} frames: take the transform the atoms were learnt with."
            )
        columns.append(((W.T @ V.to(W)) * H).cpu().double().sum(1))
    return torch.stack(columns, 1)


def shares(table: Tensor, exponent: float = 1.0) -> Tensor:
    """The table's rows as shares that sum to one (K, J): a soft assignment. An atom in no stem is in all alike.

    exponent: of the energies. Magnitudes of different sources overlap, so that even an atom that is all of one source
    has energy in others: with 3 the largest share is, on average, about how often its stem is the right one.
    """
    table = (table / table.amax(1, keepdim=True).clamp(min=1e-300)) ** exponent
    total = table.sum(1, keepdim=True)
    return torch.where(total > 0, table / total.clamp(min=1e-300), 1.0 / table.shape[1])


def disagreements(table: Tensor, labels: Tensor) -> tuple[int, ...]:
    """The atoms whose label (K,) is not the stem that holds most of them, by how much energy is in dispute."""
    best, says = table.max(1)
    disputed = best - table.gather(1, labels[:, None].to(table.device))[:, 0]
    order = torch.argsort(disputed, descending=True, stable=True)
    return tuple(int(k) for k in order if int(says[k]) != int(labels[k]) and float(disputed[k]) > 0)
