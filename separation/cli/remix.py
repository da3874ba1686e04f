"""`unbraid remix`: a folder of stems, or a project, back into one file, as the studio's mixer would play it.

A project's mixer stands as it was saved, and options go on top: the file is the one that the studio exports. The mix
is the song plus what the faders change (see `mix/render.py`), so with all faders at rest it is the sum of the stems,
sample for sample. A file called “mixture” in a folder is the song; without one, the sum of the stems is. With another
tempo or key the stems are stretched first and mixed then (see `mix/stretched.py`).
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from separation.cli import surround, upmix
from separation.cli.interruption import Interruption
from separation.cli.terminal import Terminal
from separation.errors import InputError, OutputError, ParameterError
from separation.mix.presets import preset
from separation.mix.speed import NATURAL, Speed
from separation.mix.state import PAN_LAWS, MixState, Strip
from separation.project.project import ENDING, SNAPSHOTS

if TYPE_CHECKING:
    import numpy as np

    from separation.audio.signal import Stream
    from separation.mix.stretched import Source

HELP = "put stems back together with other levels"
BLOCK = 1 << 16
STEM_FILE, DAW_PROJECT = ".stem.mp4", ".dawproject"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "input", metavar="STEMS_DIR|PROJECT", help="a folder that “unbraid separate” wrote, or a saved *.unbraid"
    )
    parser.add_argument(
        "-o", "--output", required=True, metavar="FILE",
        help="the file to write; its ending says the kind: wav, flac, mp3, ogg, opus, m4a; of a project also "
        ".dawproject, and .stem.mp4 for DJ programs (AAC; ALAC with --subtype PCM_16 or PCM_24)",
    )  # fmt: skip
    parser.add_argument(
        "--preset", metavar="PRESET",
        help="karaoke: without the voice; acapella: the voice alone; drums: the drums alone; practice:STEM: without "
        "that stem; minus-one:STEM: that stem as a quiet guide; upmix, upmix-wide, upmix-1950s: stereo of a mono song",
    )  # fmt: skip
    upmix.configure(parser)
    surround.configure(parser)
    parser.add_argument(
        "--gain", action="append", default=[], metavar="STEM=DB", help="level of a stem in dB, -inf for silence"
    )
    parser.add_argument(
        "--pan", action="append", default=[], metavar="STEM=POSITION", help="from -1 (left) over 0 to 1 (right)"
    )
    parser.add_argument(
        "--width", action="append", default=[], metavar="STEM=WIDTH", help="from 0 (mono) over 1 (as it was) to 2"
    )
    parser.add_argument("--phase", action="append", default=[], metavar="STEM", help="invert the phase of a stem")
    parser.add_argument("--pan-law", choices=PAN_LAWS, help="what panning does to the level (default: balance)")
    parser.add_argument("--snapshot", choices=SNAPSHOTS, help="the mix that a project keeps under that letter")
    parser.add_argument("--tempo", type=float, default=1.0, metavar="TIMES", help="0.25 to 2 times as fast")
    parser.add_argument(
        "--key", type=float, default=0.0, metavar="SEMITONES",
        help="up (+2) or down (-3) by up to 12; drums stay, voices keep their formants",
    )  # fmt: skip
    parser.add_argument("--cents", type=float, default=0.0, metavar="CENTS", help="hundredths of a semitone on top")
    parser.add_argument(
        "--keep-pitch", action="append", default=[], metavar="STEM", help="do not transpose this stem (drums never are)"
    )
    parser.add_argument("--subtype", choices=("PCM_16", "PCM_24", "FLOAT"), help="sample format (default: the stems')")
    parser.add_argument("--loop", action="store_true", help="write only the loop that is set in the project")
    parser.add_argument(
        "--no-recipe", action="store_true",
        help="of a project, do not write FILE.recipe.json, which tells how it was made",
    )  # fmt: skip
    parser.add_argument("--overwrite", action="store_true", help="replace the file if it is already there")


def run(options: argparse.Namespace, terminal: Terminal) -> int:
    """Render and write; returns the exit status."""
    if options.surround:
        return surround.run(options, terminal, run)
    source, target, speed = Path(options.input), Path(options.output), _speed(options)
    layout = upmix.wanted(options)
    if target.exists() and not options.overwrite:
        raise OutputError(f"“{target}” is already there: add --overwrite, or choose another name with -o.")
    if source.suffix.lower() == ENDING and not source.is_dir():
        return _project(source, target, options, speed, terminal)
    if options.snapshot:
        raise ParameterError("Only a project keeps mixes: leave --snapshot out for a folder of stems.")
    if target.name.lower().endswith((STEM_FILE, DAW_PROJECT)):
        raise ParameterError(f"“{target.name}” needs a project: give one that the studio saved, or end with .wav.")
    if options.loop:
        raise ParameterError("A folder of stems has no loop: leave --loop out, or give a project.")
    stems, mixture = _stems(source)
    state = _state(options, MixState(tuple((name, Strip()) for name in stems)))
    kept = _kept(options, tuple(stems))
    if layout:
        upmix.folder(stems, mixture, state, layout, speed, kept, target, options.subtype, terminal)
        terminal.result(str(target))
        return 0
    with Interruption() as interruption:
        clipped = _render(stems, mixture, state, speed, kept, target, options.subtype, terminal, interruption)
    if clipped:
        terminal.say(f"The mix is louder than full scale at {clipped} samples, which were clipped: turn stems down.")
    terminal.result(str(target))
    return 0


def _project(path: Path, target: Path, options: argparse.Namespace, speed: Speed, terminal: Terminal) -> int:
    from separation.audio.stretching import stretched_length
    from separation.audio.tags import labels
    from separation.audio.writing import format_of, subtype_for
    from separation.mix.daw_export import export_dawproject
    from separation.mix.export import export_mix
    from separation.mix.stem_export import export_stem_file
    from separation.mix.stretched import stretched_arrays
    from separation.mix.upmix_export import export_upmix
    from separation.operations import open_project
    from separation.progress import Report
    from separation.project import package, recipe
    from separation.project.store import Store

    project = package.read(path).project
    song, last = project.source, project.separation
    assert song is not None
    mix = project.snapshot(options.snapshot) if options.snapshot else project.mix
    if mix is None:
        raise ParameterError(f"“{path.name}” keeps no mix {options.snapshot}: leave --snapshot out, or keep one first.")
    state = _state(options, mix.only(last.stems) if last else mix)
    kept = _kept(options, last.stems if last else ())
    told = None if options.no_recipe else recipe.path_for(target)
    if told and told.exists() and not options.overwrite:
        raise OutputError(f"“{told}” is already there: add --overwrite or --no-recipe, or choose another name with -o.")
    span = project.loop_frames if options.loop else None
    if options.loop and span is None:
        raise ParameterError(f"No loop is set in “{path.name}”: leave --loop out, or set one in the studio.")
    tags, cover = labels(song.path, song.tags)
    if options.loop and options.upmix:
        raise ParameterError("An upmix is made of the whole song: leave --loop out.")
    parted = target.name.lower().endswith((STEM_FILE, DAW_PROJECT))
    if parted and options.upmix:
        raise ParameterError(f"“{target.name}” holds no upmix: leave --upmix out, or end the file with .wav.")
    subtype = options.subtype
    if not parted:
        subtype = subtype or (subtype_for(song.subtype) if format_of(target).lossless else None)

    def tell(kind: str, value: object) -> None:
        if kind == "notice":
            terminal.say(str(value))

    store = Store()
    try:
        with Interruption() as interruption:
            reading, stretching, mixing = Report(terminal.progress(target.name), interruption).split(
                1, 0 if speed == NATURAL else 3, 1
            )
            facts = open_project(
                reading, tell, path=str(path), store=str(store.folder), name="mixture", prefix="stem"
            )
            stems: dict[str, np.ndarray] = {
                name: store.map(array, song.frames, song.channels)
                for name, array in zip(last.stems if last else (), facts["arrays"], strict=True)
            }
            mixture: np.ndarray = store.map("mixture", song.frames, song.channels)
            if speed != NATURAL:
                change = upmix.stretched if options.upmix else stretched_arrays
                mixture, stems = change(
                    mixture, stems, speed, store.create, sample_rate=song.sample_rate, keep_pitch=kept,
                    report=stretching,
                )  # fmt: skip
            if options.upmix:
                upmixed = export_upmix(
                    target, mixture, stems, state, options.upmix, sample_rate=song.sample_rate,
                    subtype=options.subtype, tags=tags, cover=cover, overwrite=True, report=mixing,
                )  # fmt: skip
                if told:
                    layout = options.upmix
                    made = recipe.of_mix(project, state, target, upmix=layout, speed=speed, keep_pitch=kept)
                    recipe.write(told, made)
                upmix.tell(upmixed, terminal)
                terminal.result(str(target))
                return 0
            inside = span and (stretched_length(span[0], speed.tempo), stretched_length(span[1], speed.tempo))
            of_stems = export_dawproject if target.name.lower().endswith(DAW_PROJECT) else export_stem_file
            write = partial(of_stems, rest=last.rest if last else "") if parted else export_mix
            done = write(
                target, mixture, stems, state, sample_rate=song.sample_rate,
                subtype=subtype, tags=tags, cover=cover, span=inside, overwrite=True, report=mixing,
            )  # fmt: skip
            if told:
                made = recipe.of_mix(project, state, target, span=span, speed=speed, keep_pitch=kept)
                recipe.write(told, made)
    finally:
        store.close()
    if done.trim_db:
        terminal.say(f"The mix was {-done.trim_db:.1f} dB over full scale and was turned down by as much.")
    terminal.result(str(target))
    return 0


def _stems(folder: Path) -> tuple[dict[str, Path], Path | None]:
    """The sound files of a folder by name, and the one that is the whole song."""
    from separation.audio.writing import FORMATS

    if not folder.is_dir():
        raise InputError(f"There is no folder “{folder}”: give one that “unbraid separate” wrote.")
    endings = {format.extension for format in FORMATS.values()}
    found: dict[str, Path] = {}
    for path in sorted(p for p in folder.iterdir() if p.suffix.lower() in endings and not p.name.startswith(".")):
        if path.stem in found:
            raise InputError(f"“{folder}” holds the stem “{path.stem}” twice, in two formats: take one of them away.")
        found[path.stem] = path
    mixture = found.pop("mixture", None)
    if not found:
        raise InputError(f"There are no stems in “{folder}”: give a folder that “unbraid separate” wrote.")
    return found, mixture


def _state(options: argparse.Namespace, state: MixState) -> MixState:
    """The mix of the options on top of `state`."""
    names = state.names
    if options.preset:
        state = preset(state, options.preset)
    for name, value in (_pair(text, names) for text in options.gain):
        if math.isnan(value) or value > 60:
            raise ParameterError(f"A gain is a number of dB up to 60, or -inf; {value} is not.")
        strip = replace(state.strip(name), gain_db=value)
        state = state.with_strip(name, replace(strip, mute=False) if options.preset else strip)
    for name, value in (_pair(text, names) for text in options.pan):
        if not -1 <= value <= 1:
            raise ParameterError(f"A pan lies between -1 (left) and 1 (right); {value} does not.")
        state = state.with_strip(name, replace(state.strip(name), pan=value))
    for name, value in (_pair(text, names) for text in options.width):
        if not 0 <= value <= 2:
            raise ParameterError(f"A width lies between 0 (mono) and 2 (twice as wide); {value} does not.")
        state = state.with_strip(name, replace(state.strip(name), width=value))
    for name in options.phase:
        state = state.with_strip(_known(name, names), replace(state.strip(name), invert=True))
    return replace(state, pan_law=options.pan_law or state.pan_law)


def _speed(options: argparse.Namespace) -> Speed:
    return Speed(options.tempo, options.key + options.cents / 100)


def _kept(options: argparse.Namespace, names: tuple[str, ...]) -> list[str]:
    """The stems that are not to be transposed."""
    return [_known(name, names) for name in options.keep_pitch]


def _pair(text: str, names: tuple[str, ...]) -> tuple[str, float]:
    name, _, value = text.rpartition("=")
    try:
        return _known(name or text, names), float(value)
    except ValueError:
        raise ParameterError(f"“{value}” is not a number: write for example {name}=-6.") from None


def _known(name: str, names: tuple[str, ...]) -> str:
    if name not in names:
        raise ParameterError(f"There is no stem “{name}” here: choose one of {', '.join(names)}.")
    return name


def _render(
    paths: dict[str, Path], mixture: Path | None, state: MixState, speed: Speed, kept: list[str], target: Path,
    subtype: str | None, terminal: Terminal, interruption: Interruption,
) -> int:  # fmt: skip
    from separation.audio.reading import open_stream, probe
    from separation.audio.writing import Writer, format_of, subtype_for
    from separation.mix.dither import Dither
    from separation.mix.render import matrices, mix_block
    from separation.mix.stretched import stretched
    from separation.progress import Report

    infos = {path: probe(path) for path in (*paths.values(), *([mixture] if mixture else []))}
    first = next(iter(infos.values()))
    for info in infos.values():
        if (info.sample_rate, info.channels) != (first.sample_rate, first.channels):
            raise InputError(f"“{info.path.name}” and “{first.path.name}” differ in rate or channels: separate again.")
    frames = round(max(info.frames for info in infos.values()) / speed.tempo)
    say = functools.cache(terminal.say)  # files are read more than once
    opened = {path: functools.partial(_blocks, open_stream, path, say) for path in infos}
    settled = matrices(state, tuple(paths), first.channels)
    if subtype is None and format_of(target).lossless:
        subtype = subtype_for(first.subtype)
    report = Report(terminal.progress(target.name), interruption)
    song, stems = opened[mixture] if mixture else None, {name: opened[path] for name, path in paths.items()}
    if speed == NATURAL:
        mixing, blocks = report, _side_by_side(song, stems, first.channels)
    else:
        listening, mixing = report.split(1, 4)
        blocks = stretched(
            song, stems, speed, channels=first.channels, sample_rate=first.sample_rate, keep_pitch=kept,
            report=listening,
        )  # fmt: skip
    done = 0
    with contextlib.ExitStack() as files:
        writer = files.enter_context(
            Writer(
                target, sample_rate=first.sample_rate, channels=first.channels, subtype=subtype, tags=first.tags,
                cover=first.cover,
            )
        )  # fmt: skip
        dither = Dither() if writer.subtype == "PCM_16" else None
        for whole, parts in blocks:
            mixing(done, max(frames, done), "Mixing")
            mix = mix_block(whole, parts, settled, settled)
            writer.write(dither(mix) if dither else mix)
            done += mix.shape[1]
    report(1, 1, "Done")
    return writer.clipped


def _blocks(opener: Callable[..., Stream], path: Path, notice: Callable[[str], object]) -> Iterator[np.ndarray]:
    return opener(path, notice=notice).blocks


def _side_by_side(
    song: Source | None, stems: Mapping[str, Source], channels: int
) -> Iterator[tuple[np.ndarray, list[np.ndarray]]]:
    """Blocks (C, n) of the song, or of the sum of its stems, and of the stems; shorter ones end in silence."""
    import numpy as np

    from separation.audio.blocks import Blocks, padded

    queues = [Blocks(channels, source()) for source in (*stems.values(), *([song] if song else []))]
    while True:
        parts = [queue.take(BLOCK) for queue in queues]
        count = max(part.shape[1] for part in parts)
        if count == 0:
            return
        parts = [padded(part, count) for part in parts]
        whole = parts.pop() if song else np.asarray(sum(part.astype(np.float64) for part in parts))
        yield whole, parts
