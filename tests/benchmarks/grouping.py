"""How well each grouping turns atoms into stems: uSDR on songs whose true stems are known, beside what atoms can do.

    python tests/benchmarks/grouping.py                          all groupings on ../shared/audio
    python tests/benchmarks/grouping.py --songs rock,reggae --rank 48 --sources 4 --seconds 10

The atoms are learnt once per song, as the method `nmf` does, so that only the grouping differs. "oracle" gives each
atom to the true stem it overlaps most (its energy ⟨w h, V_j⟩): the ceiling of any grouping into whole atoms. "labels of
hybrid" does the same with the stems that the method `hybrid` finds. "random" says what chance gives. Stems are matched
to the truth in the way that is best for them. "start" is the grouping `--start` into as many stems as there are; "asked
n" answers the first n questions of the queue with the oracle's labels. Figures are means over the stems of each song.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "benchmarks")]

from quality import matched, read  # noqa: E402

from separation import separate  # noqa: E402
from separation.audio.signal import Audio  # noqa: E402
from separation.errors import CheckpointError  # noqa: E402
from separation.nmf.factorisation import factorise  # noqa: E402
from separation.nmf.factors import Factors  # noqa: E402
from separation.nmf.features import Features, describe  # noqa: E402
from separation.nmf.grouping.affinity import affinity  # noqa: E402
from separation.nmf.grouping.assignment import GROUPINGS, group  # noqa: E402
from separation.nmf.grouping.constraints import Answers  # noqa: E402
from separation.nmf.grouping.membership import membership  # noqa: E402
from separation.nmf.grouping.percussive import hits_by_features  # noqa: E402
from separation.nmf.grouping.soft import hard, models  # noqa: E402
from separation.nmf.grouping.spectral import suggest_sources  # noqa: E402
from separation.nmf.grouping.suggestions import suggest  # noqa: E402
from separation.separators.shares import transform  # noqa: E402
from separation.spectral.masks import magnitude, ratio  # noqa: E402
from separation.spectral.stft import istft, stft  # noqa: E402

ASKED = (0, 2, 4, 8, 16)


@dataclass(frozen=True, eq=False)
class Case:
    """A song with its atoms; truth: the stems that sound; oracle (K,): the stem of each atom."""

    name: str
    mixture: Audio
    truth: dict[str, np.ndarray]
    spectrum: Tensor
    V: Tensor
    factors: Factors
    features: Features
    oracle: Tensor
    network: Tensor | None

    def score(self, labels: Tensor, sources: int, exponent: float = 1.5) -> float:
        """Mean uSDR of the stems these labels make."""
        masks = ratio(models(self.factors, hard(labels, sources)), exponent)
        _, hop = transform(self.mixture.sample_rate)
        length = self.mixture.samples.shape[1]
        stems = [istft(mask * self.spectrum, length, hop).double().numpy() for mask in masks]
        return float(np.mean(list(matched(self.truth, stems).values())))


def prepare(folder: Path, rank: int, iterations: int, seconds: float, seed: int) -> Case:
    mixture, truth = read(folder)
    count = round(seconds * mixture.sample_rate)
    mixture = mixture.with_samples(mixture.samples[:, :count])
    truth = {name: stem[:, :count] for name, stem in truth.items() if np.square(stem[:, :count]).mean() > 1e-8}
    n_fft, hop = transform(mixture.sample_rate)
    spectrum = stft(torch.tensor(mixture.samples), n_fft, hop)
    V = magnitude(spectrum)
    fit = factorise(V, rank, iterations=iterations, seed=seed)
    factors = Factors(fit.W, fit.H)

    def labels_from(stems: Iterable[np.ndarray]) -> Tensor:
        loud = [magnitude(stft(torch.tensor(stem, dtype=torch.float32), n_fft, hop)) for stem in stems]
        return membership(factors, loud).argmax(1)

    try:
        told = labels_from(stem.samples for stem in separate(mixture, "hybrid", device="cpu").values())
    except CheckpointError as error:
        print(error)
        told = None
    features = describe(factors, list(spectrum.abs()), mixture.sample_rate, hop)
    oracle = labels_from(truth.values())
    return Case(folder.name, mixture, truth, spectrum, V, factors, features, oracle, told)


def labels_of(case: Case, sources: int, seed: int) -> Iterator[tuple[str, Tensor, int]]:
    """Name, labels and number of stems of every grouping."""
    yield "oracle", case.oracle, len(case.truth)
    if case.network is not None:
        yield "labels of hybrid", case.network, 4
    for grouping in GROUPINGS:
        labels = group(case.factors, case.features, case.V, sources, case.mixture.sample_rate, grouping, seed)
        yield grouping, labels, 2 if grouping == "percussive" else sources
    yield "hits by features", hits_by_features(case.features), 2
    random = torch.Generator().manual_seed(seed)
    yield "random", torch.randint(sources, case.oracle.shape, generator=random), sources


def asked(case: Case, start: str, seed: int) -> Iterator[tuple[str, float, float]]:
    """After how many answers: mean uSDR, and the share of the energy nobody was asked about that is grouped right.

    "start" is the grouping itself, into as many stems as there are.
    """
    sources = len(case.truth)
    labels = group(case.factors, case.features, case.V, sources, case.mixture.sample_rate, start, seed)
    energy = case.features.energy.double()
    overlap = hard(labels, sources).double().T @ (energy[:, None] * hard(case.oracle, sources).double())
    labels = _renamed(overlap)[labels]
    yield "start", case.score(labels, sources), float(energy[labels == case.oracle].sum() / energy.sum())
    A = affinity(case.features, case.factors.H)
    answers = Answers()
    for count in range(max(ASKED) + 1):
        found = suggest(case.features, A, hard(labels, sources), answers)
        if count in ASKED:
            rest = [s.atom for s in found.queue]
            right = energy[rest] * (found.labels[rest] == case.oracle[rest])
            yield f"asked {count}", case.score(found.labels, sources), float(right.sum() / energy[rest].sum())
        if not found.queue:
            break
        atom = found.queue[0].atom
        answers = answers.say(atom, int(case.oracle[atom]))


def _renamed(overlap: Tensor) -> Tensor:
    """For each group, the stem it stands for, when every group stands for another one: the best in all."""
    from scipy.optimize import linear_sum_assignment

    return torch.from_numpy(linear_sum_assignment(-overlap.numpy())[1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audio", type=Path, default=ROOT.parent / "shared" / "audio")
    parser.add_argument("--songs", default="", help="parts of song names, separated by commas")
    parser.add_argument("--seconds", type=float, default=30.0, help="of each song, from its beginning")
    parser.add_argument("--rank", type=int, default=32)
    parser.add_argument("--iterations", type=int, default=150)
    parser.add_argument("--sources", type=int, default=4)
    parser.add_argument("--seeds", type=int, default=1, help="random starts to average over")
    parser.add_argument("--start", default="source-filter", choices=GROUPINGS)
    options = parser.parse_args()
    folders = sorted(p.parent for p in options.audio.glob("*/mixture.flac"))
    folders = [f for f in folders if any(part in f.name for part in options.songs.split(","))]
    if not folders:
        print(f"There are no folders with a mixture.flac in {options.audio}: name another with --audio.")
        return 2
    table: dict[str, list[list[float]]] = {}
    for folder in folders:
        for seed in range(options.seeds):
            case = prepare(folder, options.rank, options.iterations, options.seconds, seed)
            guess = suggest_sources(affinity(case.features, case.factors.H))
            print(f"{case.name}, seed {seed}: {len(case.truth)} true stems, {guess} by the eigengap", flush=True)
            for name, labels, sources in labels_of(case, options.sources, seed):
                table.setdefault(name, []).append([case.score(labels, sources)])
            for name, level, right in asked(case, options.start, seed):
                table.setdefault(name, []).append([level, right])
    print(f"\n{'':18s}{'uSDR dB':>9s}{'± error':>9s}{'right, not asked':>18s}")
    for name, rows in table.items():
        values = np.array(rows)
        error = values[:, 0].std() / len(values) ** 0.5
        last = f"{100 * values[:, 1].mean():16.0f} %" if values.shape[1] > 1 else ""
        print(f"{name:18s}{values[:, 0].mean():9.2f}{error:9.2f}{last}")
    return 0


if __name__ == "__main__":
    warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
    sys.exit(main())
