"""Separation by pretrained dictionaries: known atoms are looked for in the song, and adapt to it.

Where all that is known are drums, their hits are looked for instead (`dictionary_hits.py`). Else
the atoms are adapted on all of a song up to a minute and a half, and on evenly spread moments of a longer one; then the
song passes by once more, and each piece is shared out. Memory does not grow with length.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from separation.audio.signal import Stream
from separation.method import Method
from separation.nmf.dictionaries.choice import chosen, named, stems_of
from separation.nmf.dictionaries.file import header
from separation.parameters import Parameters, parameter
from separation.progress import Report
from separation.separators.moments import listened, moments, twice
from separation.separators.shares import Loudness, reconstruction, stems_by_shares, transform

if TYPE_CHECKING:
    from torch import Tensor

    from separation.nmf.dictionaries.dictionary import Dictionary
    from separation.spectral.stft import Patch

STEMS = ("vocals", "drums", "bass", "other")

LEARNT = 4096  # frames the atoms adapt to at most: 95 s


@dataclass(frozen=True)
class DictionaryParameters(Parameters):
    dictionary: str = parameter(
        "voice+drums+bass+other", file="Dictionary (*.safetensors)",
        help="What to listen for: names of dictionaries joined by +, such as drums or voice+piano, or a file.",
    )  # fmt: skip
    adapt: float = parameter(
        1.0, minimum=0.0, maximum=100.0, help="How freely the atoms follow this song: 0 keeps them as they are."
    )
    sparsity: float = parameter(
        0.01, minimum=0.0, maximum=10.0, help="How strongly to keep to few instruments at a time: 0 is not at all."
    )
    rest_atoms: int = parameter(
        6, minimum=0, maximum=128, expert=True, help="Free atoms for what the dictionaries do not know."
    )
    iterations: int = parameter(60, minimum=11, maximum=2000, expert=True, help="Steps of adapting.")
    exponent: float = parameter(
        1.0, minimum=0.5, maximum=4.0, help="Bleed or artefacts: low lets other stems through, high cuts harder."
    )
    reconstruction: str = reconstruction()


def stream(stream: Stream, parameters: DictionaryParameters, report: Report) -> Iterator[np.ndarray]:
    """Blocks (J, C, n), in the order of the names."""
    import torch

    from separation.nmf.dictionaries.fit import Choices, fit, sounding
    from separation.nmf.dictionaries.hits import are_drums
    from separation.separators.dictionary_hits import stems_of_hits
    from separation.spectral.masks import magnitude

    known = _known(parameters.dictionary, stream.sample_rate)
    if are_drums(known.names[:-1]):
        yield from stems_of_hits(stream, known.dictionary, known.groups, known.names, parameters, report)
        return
    listening, learning, rendering = report.split(1, 6, 4)
    names, n_fft, hop = known.names, known.dictionary.transform.n_fft, known.dictionary.transform.hop
    blocks, again = twice(stream)

    heard = listened(
        again(), n_fft, hop, length=stream.frames, device=parameters.device, report=listening
    )
    V, total = moments((patch.spectrum.abs() for patch in heard), LEARNT)
    channels = list(V)
    if not total:
        return
    V = torch.stack([side.square() for side in channels]).mean(0).sqrt_() if len(channels) > 1 else channels[0]
    if float(V.max()) == 0.0:
        for block in blocks:
            yield np.zeros((len(names), *block.shape), np.float32)
        return
    choices = Choices(parameters.sparsity, parameters.adapt, parameters.rest_atoms, known.dictionary.divergence)
    fitted = fit(
        V, torch.tensor(known.dictionary.W), known.groups, choices, prices=torch.tensor(known.prices), report=learning,
        steps=parameters.iterations, seed=parameters.seed,
    )  # fmt: skip
    learnt_all = V.shape[1] == total
    del channels, V
    of = torch.tensor(fitted.groups, device=fitted.W.device).clamp(max=len(names) - 1)
    sides = [(of == j).nonzero().flatten() for j in range(len(names))]

    def models(patch: Patch) -> Loudness:
        if learnt_all:
            H = fitted.H[:, patch.start : patch.start + patch.spectrum.shape[-1]]
        else:
            H = sounding(magnitude(patch.spectrum), fitted, report=rendering)

        def loudness(place: slice) -> Tensor:
            return torch.stack([fitted.W[:, side] @ H[side, place] for side in sides])

        return loudness

    yield from stems_by_shares(
        blocks, models, n_fft, hop, exponent=parameters.exponent, length=stream.frames,
        device=parameters.device, report=rendering, reconstruction=parameters.reconstruction,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Known:
    """All dictionaries as one, the stem and the price of each of its atoms, and the stems' names."""

    dictionary: Dictionary
    groups: tuple[int, ...]
    prices: np.ndarray
    names: tuple[str, ...]


def _known(text: str, sample_rate: int) -> _Known:
    """The window is the longest that one of the dictionaries was learnt with: the others are brought to it."""
    from separation.nmf.dictionaries.dictionary import Transform, concatenated
    from separation.nmf.dictionaries.file import load
    from separation.nmf.dictionaries.transform import resampled

    paths = chosen(text)
    names, groups = stems_of([header(path) for path in paths])
    loaded = [load(path) for path in paths]
    target = Transform(
        sample_rate, *transform(sample_rate, max(each.transform.window for each in loaded))
    )
    whole = concatenated([resampled(each, target) for each in loaded])
    # which drum it is matters only where each is a stem of its own
    prices = whole.prices() if len(loaded) == 1 else np.zeros(len(whole.labels), np.float32)
    return _Known(whole, sum(groups, ()), prices, names)


def _names(parameters: DictionaryParameters) -> tuple[str, ...]:
    return named(parameters.dictionary)


METHOD = Method(
    "nmf-dictionary",
    title="Known instruments (NMF)",
    summary="Finds instruments by their usual sound.",
    family="nmf",
    stems=STEMS,
    rest="other",
    source="Févotte & Idier, Neural Computation 23(9), 2011; group sparsity after Lefèvre, Bach & Févotte, “Itakura-"
    "Saito nonnegative matrix factorization with group sparsity”, ICASSP 2011; learnt after the same, WASPAA 2011",
    licence="MIT; dictionaries MIT and CC0",
    parameters=DictionaryParameters,
    stream=stream,
    speed=9.0,
    stems_for=_names,
)
