from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.playback.playhead import SILENT, State, advance, jump, voice_at
from app.playback.score import Score
from separation.mix.render import render
from separation.mix.state import MINUS_INFINITY, MixState, Strip
from tests.songs import NAMES, Song

RATE = 44100
MUTED = MixState((("vocals", Strip(mute=True)), ("drums", Strip(gain_db=-6.0, pan=-0.5))), master_db=-1.0)


def scored(song: Song, **changes: object) -> Score:
    stems = tuple(np.ascontiguousarray(song.stems[name].samples.T) for name in NAMES)
    mixture = np.ascontiguousarray(song.mixture.samples.T)
    return replace(Score(mixture, RATE, NAMES, stems, len(mixture)), **changes)  # type: ignore[arg-type]


def played(score: Score, state: State, count: int, size: int = 512) -> tuple[np.ndarray, State]:
    parts = []
    for start in range(0, count, size):
        sound, _, state = advance(score, state, min(size, count - start))
        parts.append(sound)
    return np.concatenate(parts, axis=1), state


def playing(score: Score, position: int = 0) -> State:
    return jump(score, SILENT, voice_at(score, position))


def test_at_unit_faders_the_song_is_heard_bit_for_bit(short_song: Song) -> None:
    score = scored(short_song)
    sound, state = played(score, playing(score), score.frames + 1000)
    assert sound[:, : score.frames].tobytes() == short_song.mixture.samples.tobytes()
    assert not sound[:, score.frames :].any()
    assert state == SILENT


def test_a_set_mixer_sounds_as_the_offline_render(short_song: Song) -> None:
    score = scored(short_song, mix=MUTED)
    sound, _ = played(score, playing(score), score.frames)
    wanted = render(short_song.mixture.samples, [short_song.stems[n].samples for n in NAMES], MUTED, NAMES)
    assert sound.tobytes() == wanted.tobytes()


WIDE = MixState(
    (("vocals", Strip(width=0.0, invert=True)), ("drums", Strip(-2.0, 0.3, width=1.8)), ("other", Strip(pan=-0.6))),
    pan_law="linear",
)


def test_width_phase_and_pan_law_sound_as_the_offline_render(short_song: Song) -> None:
    score = scored(short_song, mix=WIDE)
    sound, _ = played(score, playing(score), score.frames)
    wanted = render(short_song.mixture.samples, [short_song.stems[n].samples for n in NAMES], WIDE, NAMES)
    assert sound.tobytes() == wanted.tobytes()


def test_meters_show_what_a_width_leaves() -> None:
    """Sides that are each other's opposite: mono has nothing of them, twice the width twice as much."""
    wave = np.sin(np.arange(RATE) / 9).astype(np.float32) / 4
    stem = np.stack([wave, -wave], axis=1)
    for width, level in ((0.0, 0.0), (1.0, 0.25), (2.0, 0.5)):
        mix = MixState((("a", Strip(width=width)),))
        score = Score(stem, RATE, ("a",), (stem,), len(stem), mix)
        _, peaks, _ = advance(score, playing(score), 512)
        assert peaks[0] == pytest.approx([level, level], abs=1e-4)


def test_turning_the_phase_makes_no_step() -> None:
    ones = np.ones((RATE, 2), np.float32)
    before = Score(ones, RATE, ("a",), (ones,), len(ones))
    after = replace(before, mix=MixState((("a", Strip(invert=True)),)))
    _, state = played(before, playing(before), 1000)
    sound, _ = played(after, state, 2000, size=300)
    assert np.abs(np.diff(sound[0], prepend=1.0)).max() <= 2.02 / before.block
    assert (sound[:, before.block :] == -1.0).all()


@pytest.mark.parametrize("size", [1, 100, 511, 5000])
def test_block_sizes_change_nothing_once_a_ramp_is_over(short_song: Song, size: int) -> None:
    before, after = scored(short_song), scored(short_song, mix=MUTED)
    _, state = played(before, playing(before), 3000)
    sound, _ = played(after, state, 6000, size)
    wanted, _ = played(after, playing(after), 9000)
    assert np.array_equal(sound[:, after.block + after.block :], wanted[:, 3000 + after.block + after.block :])


def test_a_fader_moves_in_one_block_without_a_step() -> None:
    """A steady tone muted at its crest: the change in level per sample stays that of an 11 ms ramp."""
    ones = np.ones((RATE, 2), np.float32)
    before = Score(ones, RATE, ("a",), (ones,), len(ones))
    after = replace(before, mix=MixState((("a", Strip(gain_db=MINUS_INFINITY)),)))
    _, state = played(before, playing(before), 1000)
    sound, _ = played(after, state, 2000, size=300)
    assert np.abs(np.diff(sound[0], prepend=1.0)).max() <= 1.01 / before.block
    assert not sound[:, before.block :].any()


def test_a_loop_is_exact_to_the_sample(short_song: Song) -> None:
    score = scored(short_song, loop=(10_000, 17_777))
    sound, _ = played(score, playing(score, 9_000), 40_000)
    period, start, x = 7_777, 1_000, short_song.mixture.samples
    for turn in range(4):
        a = start + turn * period
        inside = sound[:, a + score.fade : a + period]
        assert np.array_equal(inside, x[:, 10_000 + score.fade : 17_777])


def test_jumps_do_not_click(short_song: Song) -> None:
    """Across a jump within a steady tone, no sample differs from its neighbour more than in the tone and the fade."""
    tone = np.sin(2 * np.pi * 441.3 * np.arange(RATE) / RATE).astype(np.float32)
    score = Score(np.stack([tone, tone], axis=1), RATE, loop=(5_000, 9_013))
    sound, state = played(score, playing(score, 4_000), 20_000)
    for position in (20_000, 30_017, None):
        state = jump(score, state, None if position is None else voice_at(score, position))
        part, state = played(score, state, 3_000)
        sound = np.concatenate([sound, part], axis=1)
    steepest = np.abs(np.diff(tone)).max()
    assert np.abs(np.diff(sound[0][score.fade :])).max() < steepest + np.pi / score.fade
    assert state == SILENT


@pytest.mark.parametrize("before", [1, 40, 110, 219])
def test_a_jump_within_a_jump_does_not_click(before: int) -> None:
    """Seek to less than 5 ms before the loop's end, or the song's: above 4 kHz there is nothing over −60 dBFS."""
    tone = (0.5 * np.sin(2 * np.pi * 220 * np.arange(RATE) / RATE)).astype(np.float32)
    score = Score(np.stack([tone, tone], axis=1), RATE, loop=(5_000, 20_031))
    sound, state = played(score, playing(score, 4_000), 3_000, 500)
    for position in (20_031 - before, 12_345, 12_345 + 77, 20_031 - before):
        state = jump(score, state, voice_at(score, position))
        part, state = played(score, state, 100 if position == 12_345 else 3_000, 100)
        sound = np.concatenate([sound, part], axis=1)
    heard = sound[0].astype(float)
    spectrum = np.fft.rfft(heard)
    spectrum[np.fft.rfftfreq(len(heard), 1 / RATE) < 4_000] = 0
    added = np.fft.irfft(spectrum, len(heard))[1_000:-1_000]
    assert np.abs(heard).max() > 0.4
    assert np.abs(added).max() < 10 ** (-60 / 20)


def test_a_seek_to_the_very_end_fades_what_was_heard() -> None:
    ones = np.ones((RATE, 2), np.float32)
    score = Score(ones, RATE)
    _, state = played(score, playing(score), 2_000)
    state = jump(score, state, voice_at(score, RATE - 10))
    sound, state = played(score, state, 2_000, 100)
    assert np.abs(np.diff(sound[0])).max() < 0.05
    assert state == SILENT


def test_a_loop_of_nothing_is_no_loop(short_song: Song) -> None:
    score = scored(short_song, loop=(1_000, 1_010))
    sound, _ = played(score, playing(score), 5_000)
    assert np.array_equal(sound, short_song.mixture.samples[:, :5_000])


def test_a_position_beyond_the_loop_plays_on(short_song: Song) -> None:
    score = scored(short_song, loop=(1_000, 20_000))
    sound, state = played(score, playing(score, 30_000), score.frames)
    rest = short_song.mixture.samples[:, 30_000 + score.fade :]
    assert np.array_equal(sound[:, score.fade : score.frames - 30_000], rest)
    assert state == SILENT


def test_where_stems_are_not_ready_the_original_plays(short_song: Song) -> None:
    ready = 20_000
    score = scored(short_song, mix=MixState((("vocals", Strip(mute=True)),)), ready=ready)
    sound, _ = played(score, playing(score), 30_000)
    x, voice = short_song.mixture.samples, short_song.stems["vocals"].samples
    early = ready - 3 * score.block
    assert np.array_equal(sound[:, :early], (x - voice)[:, :early])
    assert np.array_equal(sound[:, ready:], x[:, ready:30_000])


def test_stems_beyond_the_ready_part_are_never_read(short_song: Song) -> None:
    score = scored(short_song, mix=MUTED, ready=20_000)
    for stem in score.stems:
        stem[20_000:] = np.nan
    sound, _ = played(score, playing(score), 30_000, size=777)
    assert np.isfinite(sound).all()


def test_original_crossfades_to_the_song_and_keeps_the_master(short_song: Song) -> None:
    remix = scored(short_song, mix=MUTED)
    original = replace(remix, original=True)
    _, state = played(remix, playing(remix), 4_096)
    sound, _ = played(original, state, 4_096)
    x = short_song.mixture.samples[:, 4_096 + original.block : 8_192]
    assert np.allclose(sound[:, original.block :], 10 ** (-1 / 20) * x, atol=1e-6)


def test_the_first_fade_rises_and_ends_on_the_song(short_song: Song) -> None:
    score = scored(short_song)
    state = jump(score, SILENT, voice_at(score, 0, fade_in=6_000))
    sound, _ = played(score, state, 10_000)
    x = short_song.mixture.samples
    assert np.array_equal(sound[:, 6_000:], x[:, 6_000:10_000])
    assert np.allclose(sound[:, 3_000], 0.5 * x[:, 3_000], atol=1e-3)


def test_peaks_are_those_after_the_faders(short_song: Song) -> None:
    score = scored(short_song, mix=MUTED)
    state = playing(score)
    _, peaks, _ = advance(score, state, 4_096)
    drums = np.abs(short_song.stems["drums"].samples[:, :4_096]).max(axis=1)
    assert not peaks[NAMES.index("vocals")].any()
    assert np.allclose(peaks[NAMES.index("drums")], drums * 10 ** (-6 / 20) * np.array([1.0, 0.5]), rtol=1e-5)


def test_any_state_can_be_played_on_from_again(short_song: Song) -> None:
    """What is rendered ahead may be thrown away: rendering again from a kept state gives the same sound."""
    score = scored(short_song, mix=MUTED, loop=(2_000, 5_001))
    _, kept = played(score, playing(score), 4_700)
    first, _ = played(score, kept, 4_000)
    again, _ = played(score, kept, 4_000)
    assert np.array_equal(first, again)


@pytest.mark.parametrize("channels", [1, 6])
def test_any_number_of_channels_plays(channels: int) -> None:
    x = np.random.default_rng(1).standard_normal((3_000, channels)).astype(np.float32)
    score = Score(x, 96_000, ("a",), (x,), len(x), MixState((("a", Strip(gain_db=MINUS_INFINITY)),)))
    sound, _ = played(score, playing(score), 3_000)
    assert not sound.any()
