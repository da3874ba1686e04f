"""What the multichannel methods share: the start they learn from, and the way from their filters to the stems."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from separation.audio.signal import Stream
from separation.progress import Report
from separation.separators.moments import listened, moments
from separation.separators.shares import FRAMES, PART, transform

if TYPE_CHECKING:
    from torch import Tensor

    from separation.spatial.multichannel import Model, Scene
    from separation.spectral.stft import Patch

LEARNT = 2048  # frames a model is learnt on at most: 48 s
BEFORE = 80  # steps of the start


@dataclass(frozen=True, eq=False)
class Start:
    """scene: what is learnt on. model: atoms with a place, grouped into sources. whole: whether that is all frames."""

    scene: Scene
    model: Model
    whole: bool


def start(
    stream: Stream,
    blocks: Iterable[np.ndarray],
    *,
    sources: int,
    rank: int,
    seed: int,
    device: str,
    listening: Report,
    learning: Report,
) -> Start | None:
    """Atoms with a place (NTF), grouped by sound, time and place; None for silence. blocks: those of the stream."""
    from separation.nmf.factors import Factors
    from separation.nmf.features import describe
    from separation.nmf.grouping.affinity import affinity
    from separation.nmf.grouping.assignment import loudest_first
    from separation.nmf.grouping.spectral import spectral
    from separation.spatial.multichannel import scene
    from separation.spatial.ntf import factorise_tensor
    from separation.spatial.starts import start as model_of

    n_fft, hop = transform(stream.sample_rate)
    heard = listened(blocks, n_fft, hop, length=stream.frames, device=device, report=listening)
    X, total = moments((patch.spectrum for patch in heard), LEARNT)
    if not X.any():
        return None
    V = X.abs()
    atoms = factorise_tensor(V, min(rank, *V.shape[1:]), iterations=BEFORE, seed=seed, report=learning)
    features = replace(
        describe(Factors(atoms.W, atoms.H), list(V), stream.sample_rate, hop), position=atoms.position.float().cpu()
    )
    labels = spectral(affinity(features, atoms.H), sources, seed)
    labels = loudest_first(labels, features.energy, sources).to(V.device)
    there = scene(X)
    return Start(there, model_of(there, atoms, labels, sources), V.shape[2] == total)


def flat(X: Tensor, atoms: int) -> Tensor:
    """Activations (K, N) to begin with for a scene's X (F, C, N): as loud as each frame, the same for every atom."""
    level = X.abs().square().mean((0, 1)) * len(X) / max(atoms, 1)
    return level.clamp(min=1e-12).expand(atoms, -1).clone()


def stems(
    stream: Stream,
    blocks: Iterable[np.ndarray],
    filters: Callable[[Patch], Callable[[Tensor, slice], Tensor]],
    device: str,
    report: Report,
) -> Iterator[np.ndarray]:
    """Blocks (J, C, n). filters: given a patch, what makes spectra (J, C, F, n) of X (F, C, n), own frames of it."""
    from separation.spectral.stft import overlap_add, patches

    n_fft, hop = transform(stream.sample_rate)
    length = max(stream.frames, 1)

    def unmixed() -> Iterator[Patch]:
        for patch in patches(blocks, FRAMES, n_fft, hop, device=device):
            report(min(patch.start * hop, length), length, "Making the stems")
            unmix = filters(patch)
            for place, part in patch.parts(PART, hop):
                report.check()
                yield part.replace(unmix(part.spectrum.transpose(0, 1), place))

    for block in overlap_add(unmixed(), hop):
        yield block.cpu().numpy()
    report(1, 1, "Making the stems")
