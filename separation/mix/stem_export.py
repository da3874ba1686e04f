"""The song and its stems as one NI stem file: a master and four stems that add up to it.

Such a file has exactly four stems. Up to four keep a track each, silence fills what is missing. Of more than four,
voice, drums and bass keep theirs, then the loudest, until three are kept; all others are added together as “Other”.
Faders, pan, width and mute are heard in the stems as they are in the master, so the sum holds; in ALAC exactly, because
the stem that takes the rest of the song takes the rounding.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from separation.audio.container import track_blocks
from separation.audio.resampling import Resampler
from separation.audio.stemfile import RATES, TRACKS, StemFile
from separation.audio.tags import Cover
from separation.audio.writing import BITS
from separation.errors import Cancelled, OutputError
from separation.mix.export import BLOCK, Export, part_of
from separation.mix.render import matrices, mix_block
from separation.mix.state import MixState, gain
from separation.progress import SILENT, Report
from separation.stems import integers, level_db, quantise

ORDER = ("drums", "bass", "other", "vocals")  # of Native Instruments
KEPT = ("vocals", "drums", "bass")
NAMES = {"drums": "Drums", "bass": "Bass", "other": "Other", "vocals": "Vox"}
COLOURS = ("#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#E69F00", "#0072B2", "#F0E442")  # told apart by every eye
SILENT_TRACK = "(silent)"


def tracks_of(names: tuple[str, ...], loudness: Mapping[str, float]) -> list[tuple[str, tuple[str, ...]]]:
    """The four tracks: a title, and the stems that are added up in it (none: silence). loudness: energy by stem."""
    kept = list(names)
    if len(names) > TRACKS - 1:
        first = [name for name in KEPT if name in names]
        rest = sorted((name for name in names if name not in (*KEPT, "other")), key=lambda name: -loudness[name])
        kept = (first + rest)[:3]
    folded = tuple(name for name in names if name not in kept)
    found = {name: (name,) for name in kept} | ({"other": folded} if folded else {})
    order = [name for name in ORDER if name in found] + [name for name in found if name not in ORDER]
    made = [(NAMES.get(name, name[:1].upper() + name[1:]), found[name]) for name in order]
    return made + [(SILENT_TRACK, ())] * (TRACKS - 1 - len(made))


def export_stem_file(
    path: str | os.PathLike[str],
    mixture: np.ndarray,
    stems: Mapping[str, np.ndarray],
    state: MixState,
    *,
    rest: str,
    sample_rate: int,
    subtype: str | None = None,
    tags: Mapping[str, str] | None = None,
    cover: Cover | None = None,
    span: tuple[int, int] | None = None,
    overwrite: bool = False,
    report: Report = SILENT,
) -> Export:
    """Write song and stems, as the mixer plays them. mixture, stems: (T, C) float32 of one or two channels.

    rest: the stem that takes the rounding. subtype: PCM_16 or PCM_24 for ALAC; AAC if None. A mix over full scale is
    turned down as a whole, and its stems with it. `residual_db` is what the stems, read back, lack of the master.
    """
    target = Path(path)
    if target.exists() and not overwrite:
        raise OutputError(f"“{target}” is already there: choose another name, or allow overwriting.")
    if mixture.shape[1] > 2:
        raise OutputError(f"A stem file is stereo and this song has {mixture.shape[1]} channels: export stems instead.")
    if not stems:
        raise OutputError("There are no stems for a stem file: separate the song first.")
    if subtype not in (None, *BITS):
        raise OutputError(f"A stem file cannot hold {subtype}: choose one of {', '.join(BITS)}, or none for AAC.")
    start, stop = part_of(len(mixture), span)
    measuring, writing, checking = report.split(1, 4, 2)
    peak, loudness = _measure(mixture, stems, state, start, stop, measuring)
    order = tuple(stems)
    tracks = tracks_of(order, loudness)
    lowest = next(k for k, (_, inside) in enumerate(tracks) if rest in inside)
    trim, bits = min(1.0, 1 / peak if peak else 1.0), BITS.get(subtype or "")
    rate = sample_rate if bits else next((r for r in RATES if r >= sample_rate), RATES[-1])
    labels = [(title, _colour(inside, k)) for k, (title, inside) in enumerate(tracks)]
    with StemFile(target, rate, labels, subtype=subtype or "", tags=tags, cover=cover) as file:
        resampled = Resampler(sample_rate, rate)
        for at, whole, parts in _rendered(mixture, stems, state, start, stop, trim):
            added = [sum((parts[order.index(name)] for name in inside), np.zeros_like(whole)) for _, inside in tracks]
            if bits:
                exact = integers(whole, bits)
                file.write(_stereo(np.stack([exact, *quantise(np.stack(added), exact, lowest, bits)])))
            else:
                block = _stereo(np.stack([whole, *added])).astype(np.float32)
                for ready in resampled.feed(block.reshape(2 * TRACKS, -1)):
                    file.write(_split(ready))
            writing(at - start, stop - start, f"Write {target.name}")
        for ready in resampled.finish():
            file.write(_split(ready))
    try:
        residual = _residual(target, rate, round((stop - start) * rate / sample_rate), checking)
    except Cancelled:
        target.unlink(missing_ok=True)
        raise
    decibels = float(20 * np.log10(peak)) if peak else float("-inf")
    return Export({"mix": target}, residual, decibels, float(20 * np.log10(trim)))


def _rendered(
    mixture: np.ndarray, stems: Mapping[str, np.ndarray], state: MixState, start: int, stop: int, level: float
) -> Iterator[tuple[int, np.ndarray, list[np.ndarray]]]:
    """Where a block ends, its mix (C, n), and each stem as it is heard in it."""
    settled = matrices(state, tuple(stems), mixture.shape[1])
    master = (gain(state.master_db) * level,) * 2
    for at in range(start, stop, BLOCK):
        part = slice(at, min(at + BLOCK, stop))
        inside = [np.asarray(stem[part], np.float32).T for stem in stems.values()]
        whole = mix_block(np.asarray(mixture[part]).T, inside, settled, settled, master=master)
        # a stem alone is a song of one stem
        parts = [
            mix_block(one, [one], settled[j : j + 1], settled[j : j + 1], master=master) for j, one in enumerate(inside)
        ]
        yield part.stop, whole, parts


def _measure(
    mixture: np.ndarray, stems: Mapping[str, np.ndarray], state: MixState, start: int, stop: int, report: Report
) -> tuple[float, dict[str, float]]:
    peak, loudness = 0.0, dict.fromkeys(stems, 0.0)
    for at, whole, parts in _rendered(mixture, stems, state, start, stop, 1.0):
        peak = max(peak, float(np.abs(whole).max(initial=0.0)))
        for name, part in zip(stems, parts, strict=True):
            loudness[name] += float(np.square(part, dtype=np.float64).sum())
        report(at - start, stop - start, "Measure the peak")
    return peak, loudness


def _residual(path: Path, rate: int, frames: int, report: Report) -> float:
    """Level of the master minus the stems, as they are in the file, in dB."""
    flows = [track_blocks(path, number, BLOCK) for number in range(TRACKS)]
    lacking = loud = done = 0.0
    for master, *others in zip(*flows, strict=False):
        whole = master.astype(np.float64)
        lacking += float(np.square(whole - sum(other.astype(np.float64) for other in others)).sum())
        loud += float(np.square(whole).sum())
        done += master.shape[1]
        report(min(done, frames), max(frames, 1), "Read back what was written")
    return level_db(lacking, loud)


def _stereo(tracks: np.ndarray) -> np.ndarray:
    """(5, C, n) of one or two channels -> (5, 2, n)."""
    return np.ascontiguousarray(np.broadcast_to(tracks, (tracks.shape[0], 2, tracks.shape[2])))


def _split(flat: np.ndarray) -> np.ndarray:
    return flat.reshape(TRACKS, 2, -1)


def _colour(inside: tuple[str, ...], number: int) -> str:
    name = inside[0] if len(inside) == 1 else "other"
    return COLOURS[ORDER.index(name)] if name in ORDER else COLOURS[number if len(inside) else 6]
