"""How well a score separates: a General MIDI band rendered instrument by instrument, uSDR with and without its score.

    python tests/benchmarks/score.py [--soundfont FILE.sf2] [--seconds 24] [--keep FOLDER]

Needs fluidsynth. A piano, a bass, a flute, strings and drums play sixteen bars of four chords; each is rendered alone
(its true stem) with reverberation, the song is their sum. Compared, in dB: the song itself, unguided NMF matched to
the truth in the way that is best for it, the score, and the score in another, wavering tempo with and without
alignment.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from separation import separate  # noqa: E402
from separation.audio.signal import Audio  # noqa: E402
from separation.nmf.scores.score import Note, Score  # noqa: E402
from tests.separation.nmf.playing import write  # noqa: E402

NAMES = ("piano", "bass", "flute", "strings", "drums")
PROGRAMS = (0, 33, 73, 48, 0)
CHORDS = ((48, 52, 55, 60), (45, 48, 52, 57), (41, 45, 48, 53), (43, 47, 50, 55))


def band(seconds: float, seed: int = 1) -> Score:
    """Sixteen bars or so: chords and runs of the piano, a walking bass, a tune, held strings, a plain beat."""
    random, beat, notes = np.random.default_rng(seed), 0.5, []
    for k in range(int(seconds / beat) - 2):
        now, chord = k * beat, CHORDS[k // 4 % 4]
        notes.append(Note(0, chord[k % 4] + 12, now, now + beat, 75))
        notes.append(Note(0, chord[(k + 2) % 4] + 12, now + beat / 2, now + beat, 60))
        notes.append(Note(1, chord[(0, 2, 1, 2)[k % 4]] - 12, now, now + 0.9 * beat, 95))
        if random.random() < 0.75:
            pitch = 72 + int(random.choice([0, 2, 4, 5, 7, 9, 11, 12]))
            notes.append(Note(2, pitch, now, now + beat * 0.95, 90))
        if k % 4 == 0:
            notes += [Note(3, pitch + 12, now, now + 3.9 * beat, 60) for pitch in chord[1:]]
        notes.append(Note(4, 36 if k % 2 == 0 else 38, now, now + 0.1, 100))
        notes += [Note(4, 42, now + h * beat / 2, now + h * beat / 2 + 0.1, 70) for h in (0, 1)]
    return Score(NAMES, tuple(notes), frozenset({4}))


def render(score: Score, j: int, soundfont: Path, folder: Path) -> np.ndarray:
    """(C, T) of one instrument."""
    import mido

    alone = replace(score, notes=tuple(note for note in score.notes if note.instrument == j))
    write(folder / "one.mid", alone)
    file = mido.MidiFile(folder / "one.mid")
    for track in file.tracks:
        for k, message in enumerate(track):
            if message.type == "program_change" and message.channel < 9:
                track[k] = message.copy(program=PROGRAMS[j])
    file.save(folder / "one.mid")
    command = ["fluidsynth", "-ni", "-r", "44100", "-g", "0.6", "-F", folder / "one.wav", soundfont, folder / "one.mid"]
    subprocess.run([str(part) for part in command], check=True, capture_output=True)
    return soundfile.read(folder / "one.wav", dtype="float32", always_2d=True)[0].T


def usdr(truth: np.ndarray, estimate: np.ndarray) -> float:
    return float(10 * np.log10((np.square(truth).sum() + 1e-7) / (np.square(truth - estimate).sum() + 1e-7)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--soundfont", type=Path, default=Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"))
    parser.add_argument("--seconds", type=float, default=24.0)
    parser.add_argument("--keep", type=Path, help="write the song, its stems and its score there")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="of nmf-score")
    options = parser.parse_args()
    if not shutil.which("fluidsynth") or not options.soundfont.exists():
        print("This needs fluidsynth and a soundfont: install fluidsynth and fluid-soundfont-gm, or give --soundfont.")
        return 2
    settings = dict(pair.split("=", 1) for pair in options.set)
    score = band(options.seconds)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stems = [render(score, j, options.soundfont, folder) for j in range(len(NAMES))]
        length = round((options.seconds + 1) * 44100)
        stems = [np.pad(one, ((0, 0), (0, max(length - one.shape[1], 0))))[:, :length] for one in stems]
        song = Audio(np.sum(stems, axis=0), 44100)
        write(folder / "right.mid", score)
        knots = np.linspace(0.0, options.seconds, 9)
        wave = 0.8 * np.sin(np.arange(9) * 2.1)
        write(folder / "other.mid", score.moved(lambda second: float(np.interp(second, knots, 1.2 * knots + wave + 1))))
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            for one, called in zip(stems, NAMES, strict=True):
                Audio(one, 44100).save(options.keep / f"{called}.flac")
            song.save(options.keep / "mixture.flac")
            shutil.copy(folder / "right.mid", options.keep / "score.mid")
        print(f"{'':28s}" + "".join(f"{called:>9s}" for called in (*NAMES, "mean")))

        def show(label: str, estimates: list[np.ndarray], seconds: float = 0.0) -> None:
            row = [usdr(one, estimate) for one, estimate in zip(stems, estimates, strict=True)]
            speed = f"   {song.duration / seconds:.1f} × real time" if seconds else ""
            print(f"{label:28s}" + "".join(f"{x:9.2f}" for x in (*row, np.mean(row))) + speed, flush=True)

        show("the song itself", [song.samples] * len(stems))
        plain = [one.samples for one in separate(song, "nmf", device="cpu", sources=5).values()]
        table = np.array([[usdr(one, estimate) for estimate in plain] for one in stems])
        best = max(itertools.permutations(range(5)), key=lambda order: table[range(5), order].sum())
        show("unguided, best case", [plain[k] for k in best])
        for label, file, align in (
            ("score", "right", False), ("score, aligned", "right", True), ("other tempo, aligned", "other", True),
            ("other tempo, not aligned", "other", False),
        ):  # fmt: skip
            began = time.perf_counter()
            path = str(folder / f"{file}.mid")
            found = separate(song, "nmf-score", device="cpu", score=path, align=align, **settings)
            show(label, [found[called].samples for called in NAMES], time.perf_counter() - began)
    return 0


if __name__ == "__main__":
    sys.exit(main())
