"""What another tempo does to real stems: whether attacks stay sharp, how near the spectrum is, what it costs.

    python tests/benchmarks/stretching.py --songs rock,caesium --tempos 0.7,1.4
    pip install --no-deps --target /tmp/stretchpeer python-stretch
    python tests/benchmarks/stretching.py --peer /tmp/stretchpeer

Per kind of stem, over all songs and tempos: decibels that an attack loses over what is ahead of it; places more than
5 ms off; correlation of the 20 ms around an attack with the stem's; distance of magnitude spectra at the places of the
even stretch; processor time per second of a stereo stem. Attacks are those of each stem that rise by over 6 dB; the
peer, which takes whole buffers and has no attacks, gets each stem whole.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from separation.audio.attacks import find_attacks, merged  # noqa: E402
from separation.audio.reading import load  # noqa: E402
from separation.audio.stretching import stretch  # noqa: E402
from separation.mix.speed import kind  # noqa: E402
from separation.mix.stretched import ORDER  # noqa: E402

Stretched = Callable[[np.ndarray, str, float], np.ndarray]


def sharpness(sound: np.ndarray, at: int, rate: int) -> float:
    """Level in dB of the 10 ms from `at` over that of the 13 ms that end 2 ms ahead of it."""
    after = np.square(sound[:, at : at + rate // 100]).mean()
    before = np.square(sound[:, at - rate * 15 // 1000 : at - rate * 2 // 1000]).mean()
    return float(10 * np.log10((after + 1e-9) / (before + 1e-9)))


def place(stem: np.ndarray, result: np.ndarray, at: int, to: int, rate: int) -> tuple[float, float]:
    """Where the 17 ms around an attack are found, in seconds from `to`, and how alike they are."""
    ahead, length, reach = rate // 300, rate * 17 // 1000, rate // 40
    one = stem[:, at - ahead : at - ahead + length].sum(axis=0)
    two = result[:, to - ahead - reach : to - ahead + length + reach].sum(axis=0)
    energies = np.convolve(two**2, np.ones(length), "valid") * np.square(one).sum()
    alike = np.correlate(two, one, "valid") / np.sqrt(energies + 1e-12)
    best = int(np.argmax(alike))
    return (best - reach) / rate, float(alike[best])


def distance(stem: np.ndarray, result: np.ndarray, tempo: float, size: int) -> float:
    """Relative distance of magnitude spectra of `size` samples at places that belong together."""
    places = np.arange(size, stem.shape[1] - size, size // 4)

    def magnitudes(sound: np.ndarray, centres: np.ndarray) -> np.ndarray:
        padded = np.pad(sound, ((0, 0), (size, size)))
        spectra = np.fft.rfft(padded[:, (centres + size // 2)[:, None] + np.arange(size)] * np.hanning(size))
        return np.asarray(np.sqrt((np.abs(spectra) ** 2).sum(axis=0)))

    wanted = magnitudes(stem, places)
    found = magnitudes(result, np.round(places / tempo).astype(int))
    return float(np.linalg.norm(wanted - found) / np.linalg.norm(wanted))


def figures(stem: np.ndarray, result: np.ndarray, tempo: float, rate: int) -> list[float] | None:
    margin = rate // 10
    attacks = [
        (a, round(a / tempo)) for a in find_attacks([stem], rate)
        if margin < a < stem.shape[1] - margin and margin < a / tempo < result.shape[1] - margin
        and sharpness(stem, a, rate) > 6
    ]  # fmt: skip
    if not attacks:
        return None
    lost = [sharpness(stem, a, rate) - sharpness(result, to, rate) for a, to in attacks]
    found = [place(stem, result, a, to, rate) for a, to in attacks]
    return [
        float(np.mean(lost)), 100 * float(np.mean([abs(lag) > 0.005 for lag, _ in found])),
        float(np.mean([alike for _, alike in found])), distance(stem, result, tempo, 1024),
        distance(stem, result, tempo, 4096),
    ]  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--songs", default="rock,caesium,funk,beatles", help="parts of folder names")
    parser.add_argument("--tempos", default="0.7,1.4")
    parser.add_argument("--seconds", type=float, default=8.0, help="of each song, after its fourth second")
    parser.add_argument("--audio", type=Path, default=ROOT.parent / "shared" / "audio")
    parser.add_argument("--peer", type=Path, help="a folder that holds python_stretch")
    options = parser.parse_args()
    table: dict[tuple[str, str], list[list[float]]] = defaultdict(list)
    for folder in sorted(p for p in options.audio.iterdir() if any(s in p.name for s in options.songs.split(","))):
        sounds = {p.stem: load(p) for p in sorted(folder.glob("*.flac")) if p.stem != "mixture"}
        rate = next(iter(sounds.values())).sample_rate
        part = slice(4 * rate, round((4 + options.seconds) * rate))
        stems = {name: sound.samples[:, part] for name, sound in sounds.items()}
        began = time.process_time()
        heard = {name: find_attacks([stem], rate) for name, stem in stems.items()}
        attacks = merged((heard[n] for n in sorted(heard, key=lambda n: ORDER.index(kind(n)))), rate)
        listening = (time.process_time() - began) / len(stems) / options.seconds

        def ours(
            stem: np.ndarray, name: str, tempo: float, rate: int = rate, at: tuple[int, ...] = attacks
        ) -> np.ndarray:
            return np.concatenate(
                list(stretch([stem], *stem.shape, rate, tempo=tempo, kind=kind(name), attacks=at)), axis=1
            )

        def even(stem: np.ndarray, name: str, tempo: float, rate: int = rate) -> np.ndarray:
            return ours(stem, name, tempo, rate, ())

        ways: dict[str, Stretched] = {"ours": ours, "without attacks": even}
        if options.peer:
            sys.path.insert(0, str(options.peer))
            import python_stretch

            def peer(stem: np.ndarray, name: str, tempo: float, rate: int = rate) -> np.ndarray:
                stretcher = python_stretch.Signalsmith.Stretch()
                stretcher.preset(stem.shape[0], rate)
                stretcher.setTimeFactor(tempo)
                return np.asarray(stretcher.process(np.ascontiguousarray(stem)))

            ways["peer"] = peer
        for name, stem in stems.items():
            for tempo in (float(t) for t in options.tempos.split(",")):
                for way, function in ways.items():
                    began = time.process_time()
                    result = function(stem, name, tempo)
                    cost = (time.process_time() - began) / options.seconds + (listening if way == "ours" else 0)
                    row = figures(stem, result, tempo, rate)
                    if row:
                        table[kind(name), way].append([*row, 100 * cost])
    print("kind    way              lost dB  >5 ms %  alike  1024   4096   % of a core")
    for (what, way), rows in sorted(table.items()):
        lost, off, alike, short, long, cost = np.mean(rows, axis=0)
        print(f"{what:7} {way:16} {lost:7.1f} {off:8.0f} {alike:6.2f} {short:6.3f} {long:6.3f} {cost:8.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
