"""Random factors, the same for one seed on every device."""

from __future__ import annotations

import torch
from torch import Tensor

from separation.nmf.factors import Factors


def random_start(V: Tensor, rank: int, seed: int = 0) -> Factors:
    """Seeded on the CPU, so that every device starts alike; of V's own size, so that scaling V scales H. V: (F, N)."""
    generator = torch.Generator().manual_seed(seed)
    W = torch.rand(V.shape[0], rank, generator=generator, dtype=torch.float64) + 0.1
    H = torch.rand(rank, V.shape[1], generator=generator, dtype=torch.float64) + 0.1
    H = H * (float(V.mean(dtype=torch.float64)) / (0.36 * rank))  # 0.36 is the mean of a product of two such numbers
    return Factors(W.to(V), H.to(V))
