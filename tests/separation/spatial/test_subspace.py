"""Independent subspaces: known independent activations are found, the reader reads, the ixegram is a distance."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from separation.spatial.subspace import components, ixegram


def spectrogram(seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    g = torch.Generator().manual_seed(seed)
    W = torch.rand(50, 3, generator=g, dtype=torch.float64) ** 4
    H = torch.rand(3, 2000, generator=g, dtype=torch.float64) ** 8
    return W, H, W @ H


def test_independent_activations_are_found() -> None:
    W, H, V = spectrogram()
    found = components(V, 3)
    z = found.reader @ V
    assert torch.allclose(found.spectra @ z, V, atol=1e-6)
    match = torch.corrcoef(torch.cat((H, z)))[:3, 3:].abs()
    assert (match.amax(1) > 0.98).all() and match.argmax(1).unique().numel() == 3
    shapes = torch.nn.functional.cosine_similarity(W[:, :, None], found.spectra[:, None], dim=0)
    assert (shapes.amax(1) > 0.98).all() and (found.spectra.sum(0) > 0).all()


def test_it_reads_other_frames_and_levels_scale() -> None:
    W, _, V = spectrogram()
    found = components(V, 3)
    other = W @ torch.rand(3, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    assert torch.allclose(found.spectra @ (found.reader @ other), other, atol=1e-5)
    louder = components(8 * V, 3)
    assert torch.allclose(louder.spectra @ louder.reader, found.spectra @ found.reader, atol=1e-6)
    assert (components(V, 10).spectra.shape[1]) == 3  # there are no more
    fewer = components(V, 2)
    assert torch.linalg.matrix_rank(fewer.spectra @ fewer.reader) == 2


def test_the_ixegram_is_the_divergence_of_histograms() -> None:
    g = torch.Generator().manual_seed(0)
    z = torch.stack((torch.randn(900, generator=g), torch.randn(900, generator=g), torch.rand(900, generator=g) ** 9))
    D = ixegram(z)
    assert torch.allclose(D, D.T) and not D.diagonal().any() and D[0, 2] > 5 * D[0, 1]
    p = []
    for row in z.double().numpy():
        row = (row - row.mean()) / row.std()
        counts, _ = np.histogram(row.clip(-3.999, 3.999), bins=24, range=(-4, 4))
        p.append((counts + 0.5) / (counts + 0.5).sum())
    assert float(D[0, 2]) == pytest.approx(((p[0] - p[2]) * np.log(p[0] / p[2])).sum(), rel=1e-6)
