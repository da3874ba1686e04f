"""The player on a null sound card: what is recorded there is compared sample by sample."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.playback.player import Player
from separation.mix.render import render
from separation.mix.state import MINUS_INFINITY, MixState, Strip
from tests.songs import NAMES, Song
from tests.sound import Server, Sound, align

# on a busy machine the sound server itself drops samples now and then; what is wrong with ours is wrong three times
pytestmark = pytest.mark.flaky(reruns=2)

RATE = 44100
FIRST = round(0.15 * RATE)  # the first sound of a session fades in over this
FADE = round(0.005 * RATE)
MUTED = MixState((("vocals", Strip(mute=True)), ("drums", Strip(gain_db=-7.3))))


@pytest.fixture
def player(qtbot: QtBot) -> Iterator[Player]:
    player = Player()
    yield player
    player.close()


def interleaved(samples: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(samples.T)


def load(player: Player, song: Song) -> None:
    player.load(interleaved(song.mixture.samples), RATE)
    player.set_stems(NAMES, {n: interleaved(song.stems[n].samples) for n in NAMES}, song.mixture.frames)


def offline(song: Song, mix: MixState) -> np.ndarray:
    return interleaved(render(song.mixture.samples, [song.stems[n].samples for n in NAMES], mix, NAMES))


def until_end(qtbot: QtBot, player: Player) -> None:
    qtbot.waitUntil(lambda: not player.playing, timeout=20_000)
    qtbot.wait(250)  # what is on its way to the recorder


def test_at_unit_faders_the_recording_is_the_song_bit_for_bit(
    qtbot: QtBot, player: Player, sound: Sound, short_song: Song
) -> None:
    recorder = sound.record()
    load(player, short_song)
    player.play()
    until_end(qtbot, player)
    heard, x = recorder.stop(), interleaved(short_song.mixture.samples)
    start = align(heard, x)
    assert heard[start + FIRST : start + len(x)].tobytes() == x[FIRST:].tobytes()
    assert not heard[start + len(x) :].any()
    assert player.position == player.duration


def test_a_change_of_faders_while_it_plays_sounds_as_the_offline_render(
    qtbot: QtBot, player: Player, sound: Sound, song: Song
) -> None:
    recorder = sound.record()
    load(player, song)
    player.play()
    qtbot.waitUntil(lambda: player.position > 0.8)
    player.set_mix(MUTED)
    qtbot.waitUntil(lambda: player.position > 1.4)
    player.set_mix(MixState())
    qtbot.waitUntil(lambda: player.position > 2.2)
    player.pause()
    qtbot.wait(400)
    heard, x, remix = recorder.stop(), interleaved(song.mixture.samples), offline(song, MUTED)
    start = align(heard, x)
    heard = heard[start : start + round(2.0 * RATE)]
    x, remix = x[: len(heard)], remix[: len(heard)]
    is_song, is_remix = (heard == x).all(axis=1), (heard == remix).all(axis=1)
    differ = (x != remix).any(axis=1)
    ramps = np.flatnonzero(differ & ~is_song & ~is_remix)
    ramps = ramps[ramps > FIRST]
    assert len(ramps) <= 2 * 512  # two moves of one block each; all else is the one or the other, bit for bit
    middle = int(1.2 * RATE)
    down, up = ramps[ramps < middle], ramps[ramps > middle]
    assert is_song[FIRST : down[0]].all()
    assert is_remix[down[-1] + 1 : up[0]].all()
    assert is_song[up[-1] + 1 :].all()
    assert max(down[-1] - down[0], up[-1] - up[0]) < 512
    assert 0.8 < down[0] / RATE < up[-1] / RATE < 2.0


def test_seeking_and_looping_play_the_right_samples(qtbot: QtBot, player: Player, sound: Sound, song: Song) -> None:
    recorder = sound.record()
    load(player, song)
    player.set_loop((3.0, 3.5))
    player.play()
    qtbot.waitUntil(lambda: player.position > 0.5)
    player.seek(2.9)
    assert player.position == pytest.approx(2.9)
    positions = []
    for _ in range(60):
        qtbot.wait(20)
        positions.append(player.position)
    player.pause()
    qtbot.wait(400)
    heard, x = recorder.stop(), interleaved(song.mixture.samples)
    assert max(positions) <= 3.5
    assert any(b < a for a, b in pairwise(positions))  # it went round
    a, b = 3 * RATE, 3 * RATE + RATE // 2
    start = align(heard, x[a + FADE : b])
    for turn in range(2):
        at = start + turn * (b - a)
        assert np.array_equal(heard[at : at + b - a - FADE], x[a + FADE : b])
    assert np.array_equal(heard[start - FADE - 1_000 : start - FADE], x[a - 1_000 : a])


def test_faders_seeks_and_pauses_do_not_click(qtbot: QtBot, player: Player, sound: Sound) -> None:
    """A 220 Hz tone: what is above 4 kHz in the recording is what a hand on the controls added."""
    tone = (0.5 * np.sin(2 * np.pi * 220 * np.arange(8 * RATE) / RATE)).astype(np.float32)
    tone = np.stack([tone, tone], axis=1)
    recorder = sound.record()
    player.load(tone, RATE)
    player.set_stems(["tone"], [tone], len(tone))
    player.play()
    for gain_db in (MINUS_INFINITY, 0.0, -10.0, 6.0, 0.0):
        qtbot.wait(120)
        player.set_mix(MixState((("tone", Strip(gain_db=gain_db)),)))
    for act in (lambda: player.set_original(True), player.pause, player.play, lambda: player.seek(5.00123)):
        qtbot.wait(250)
        act()
    qtbot.wait(300)
    player.pause()
    qtbot.wait(400)
    heard = recorder.stop()[:, 0].astype(float)
    heard = heard[np.flatnonzero(heard)[0] + FIRST :]  # the null sink swallows the first 20 ms of a stream
    spectrum = np.fft.rfft(heard)
    spectrum[np.fft.rfftfreq(len(heard), 1 / RATE) < 4_000] = 0
    added = np.fft.irfft(spectrum, len(heard))[1_000:-1_000]  # the cut itself rings at both ends
    assert np.abs(heard).max() > 0.9
    assert np.abs(added).max() < 10 ** (-60 / 20)


def place(recording: np.ndarray, wanted: np.ndarray) -> int:
    """Where the frames `wanted` stand in the recording, bit for bit."""
    found = [
        int(k)
        for k in np.flatnonzero(recording[:, 0] == wanted[0, 0])
        if np.array_equal(recording[k : k + len(wanted)], wanted)
    ]
    assert found, "what was played is not in the recording"
    return found[0]


def test_a_pause_loses_nothing(qtbot: QtBot, player: Player, sound: Sound, song: Song) -> None:
    recorder = sound.record()
    load(player, song)
    player.play()
    qtbot.waitUntil(lambda: player.position > 0.7)
    player.pause()
    assert not player.playing
    qtbot.wait(500)
    rested = player.position
    qtbot.wait(100)
    assert player.position == rested
    player.play()
    qtbot.waitUntil(lambda: player.position > rested + 0.5)
    player.pause()
    qtbot.wait(400)
    heard, x = recorder.stop(), interleaved(song.mixture.samples)
    at = round(rested * RATE)
    start = place(heard, x[FIRST : FIRST + 64]) - FIRST  # exact: a rhythm is like itself a beat later
    assert np.array_equal(heard[start + FIRST : start + at], x[FIRST:at])
    again = place(heard, x[at + FADE : at + FADE + 64])
    assert again > start + at
    assert np.array_equal(heard[again : again + RATE // 4 - FADE], x[at + FADE : at + RATE // 4])


def test_stems_that_arrive_while_it_plays_are_taken_up(qtbot: QtBot, player: Player, sound: Sound, song: Song) -> None:
    recorder = sound.record()
    x, remix = interleaved(song.mixture.samples), offline(song, MUTED)
    player.load(x, RATE)
    player.set_mix(MUTED)
    player.play()
    stems = [interleaved(song.stems[n].samples) for n in NAMES]
    for ready in (0.1, 0.3, 0.9, 1.4):
        qtbot.wait(80)
        player.set_stems(NAMES, stems, round(ready * RATE))
    qtbot.waitUntil(lambda: player.position > 1.7)
    player.pause()
    qtbot.wait(400)
    heard = recorder.stop()
    start = align(heard, x)
    assert np.array_equal(heard[start + RATE : start + RATE + 10_000], remix[RATE : RATE + 10_000])
    late = slice(round(1.4 * RATE), round(1.6 * RATE))
    assert np.array_equal(heard[start:][late], x[late])


def test_levels_are_those_of_what_was_heard(qtbot: QtBot, player: Player, sound: Sound, short_song: Song) -> None:
    sound.record()
    load(player, short_song)
    player.set_mix(MUTED)
    highest: dict[str, float] = {}
    player.play()
    while player.playing:
        qtbot.wait(30)
        levels = player.levels()
        for name, value in levels.items():
            if isinstance(value, tuple):
                highest[name] = max(highest.get(name, 0.0), *value)
    remix = offline(short_song, MUTED)
    assert highest["vocals"] == 0.0
    assert highest["bass"] == pytest.approx(np.abs(short_song.stems["bass"].samples).max())
    assert highest["master"] == pytest.approx(np.abs(remix[FIRST:]).max(), rel=0.2)
    assert levels["peak"] == highest["master"]
    assert -40 < float(levels["integrated"]) < 0  # type: ignore[arg-type]


def test_eight_channels_fold_to_the_ears(qtbot: QtBot, player: Player, sound: Sound) -> None:
    noise = (0.1 * np.random.default_rng(0).standard_normal((RATE, 8))).astype(np.float32)
    recorder = sound.record()
    player.load(noise, RATE)
    player.play()
    until_end(qtbot, player)
    heard = recorder.stop()
    from app.playback.output import fold

    wanted = (noise @ fold(8, 2).T).astype(np.float32)  # type: ignore[union-attr]
    start = align(heard, wanted)
    assert np.allclose(heard[start + FIRST : start + RATE], wanted[FIRST:], atol=1e-6)


def test_without_a_device_it_says_so_and_can_be_tried_again(
    qtbot: QtBot, player: Player, sound: Sound, short_song: Song, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(player, short_song)
    with monkeypatch.context() as nowhere:
        nowhere.setenv("PULSE_SERVER", "unix:/nowhere/at/all")
        if player.outputs():
            pytest.skip("this machine has a sound card of its own")
        with qtbot.waitSignal(player.failed) as failed:
            player.play()
    assert "Try again" in failed.args[0]
    assert not player.playing
    assert player.position == 0.0
    sound.record()
    player.play()
    qtbot.waitUntil(lambda: player.position > 0.2)
    assert player.playing


def test_a_device_that_vanishes_is_a_notice(qtbot: QtBot, player: Player, sound: Sound, song: Song) -> None:
    own = Server()
    try:
        with pytest.MonkeyPatch.context() as there:
            there.setenv("PULSE_SERVER", own.environment["PULSE_SERVER"])
            load(player, song)
            player.play()
            qtbot.waitUntil(lambda: player.position > 0.1)
            with qtbot.waitSignal(player.failed, timeout=10_000) as failed:
                own.stop()
    finally:
        own.stop()
    assert "went away" in failed.args[0]
    assert not player.playing


def test_a_device_that_vanishes_while_there_is_another_is_not_noticed(
    qtbot: QtBot, player: Player, sound: Sound, song: Song, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Server()
    try:
        monkeypatch.setenv("PULSE_SERVER", own.environment["PULSE_SERVER"])
        load(player, song)
        player.play()
        qtbot.waitUntil(lambda: player.position > 0.3)
        monkeypatch.setenv("PULSE_SERVER", sound.server.environment["PULSE_SERVER"])
        recorder = sound.record()
        with qtbot.assertNotEmitted(player.failed):
            own.stop()
            lost = player.position
            qtbot.waitUntil(lambda: player.position > lost + 1.0, timeout=15_000)
    finally:
        own.stop()
    assert player.playing
    player.pause()
    qtbot.wait(400)
    heard, x = recorder.stop(), interleaved(song.mixture.samples)
    at = round((lost + 0.5) * RATE)
    place(heard, x[at : at + 64])


def test_a_device_of_another_rate_plays_the_song_resampled(
    qtbot: QtBot, player: Player, sound: Sound, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device that refuses 32 kHz is opened at its own rate; what it gets is what soxr makes of the whole song."""
    import sounddevice
    import soxr

    def refuse(**settings: object) -> None:
        if settings["samplerate"] != RATE:
            raise sounddevice.PortAudioError("Invalid sample rate")

    monkeypatch.setattr(sounddevice, "check_output_settings", refuse)  # the null sink takes any rate
    low = 32_000
    time = np.arange(3 * low) / low
    sweep = (0.4 * np.sin(2 * np.pi * (100 * time + 900 * time**2))).astype(np.float32)
    recorder = sound.record()
    gaps: list[int] = []
    player.underflow.connect(gaps.append)
    player.load(np.stack([sweep, -sweep], axis=1), low)
    player.play()
    until_end(qtbot, player)
    heard = recorder.stop()
    wanted = soxr.resample(np.stack([sweep, -sweep], axis=1), low, RATE)
    start = align(heard, wanted)
    end = len(wanted) - 2 * FIRST if not gaps else RATE // 2  # a busy machine may leave gaps later on
    part = slice(2 * FIRST, end)
    assert np.abs(heard[start:][part] - wanted[part]).max() < 1e-3
    assert player.position == player.duration == 3.0


def test_without_a_song_nothing_happens(player: Player) -> None:
    player.play()
    player.seek(3.0)
    player.set_loop((1.0, 2.0))
    player.set_mix(MUTED)
    assert (player.playing, player.position, player.duration) == (False, 0.0, 0.0)


def test_seeking_while_silent_moves_the_position(qtbot: QtBot, player: Player, short_song: Song) -> None:
    load(player, short_song)
    player.seek(1.25)
    assert player.position == 1.25
    qtbot.wait(50)
    assert player.position == 1.25
    player.seek(-3.0)
    assert player.position == 0.0
    player.seek(99.0)
    assert player.position == player.duration
