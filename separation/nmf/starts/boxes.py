"""Atoms from rectangles drawn on the spectrogram: each is the mean spectrum of its columns within its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from separation.errors import ParameterError
from separation.nmf.factors import Factors


@dataclass(frozen=True)
class Box:
    """Bins low … high − 1 and frames first … last − 1."""

    low: int
    high: int
    first: int
    last: int


def from_boxes(V: Tensor, boxes: Sequence[Box]) -> Factors:
    """One atom per box. W is zero outside the rows but for half an edge bin on each side, and stays so; H is even."""
    bins, frames = V.shape
    columns = []
    for box in boxes:
        if not (0 <= box.low < box.high <= bins and 0 <= box.first < box.last <= frames):
            raise ParameterError(f"{box} is not within {bins} bins × {frames} frames, or it is empty: draw it again.")
        column = torch.zeros(bins, dtype=V.dtype, device=V.device)
        column[box.low : box.high] = V[box.low : box.high, box.first : box.last].mean(1)
        for edge, inside in ((box.low - 1, box.low), (box.high, box.high - 1)):
            if 0 <= edge < bins:
                column[edge] = 0.5 * column[inside]
        if not float(column.sum()) > 0.0:
            raise ParameterError(f"There is no sound within {box}: draw it where something is heard.")
        columns.append(column / column.sum())
    if not columns:
        raise ParameterError("To start from boxes, at least one is needed.")
    level = float(V.sum(dtype=torch.float64)) / (frames * len(columns))
    return Factors(torch.stack(columns, 1), torch.full((len(columns), frames), level, dtype=V.dtype, device=V.device))
