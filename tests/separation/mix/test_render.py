from __future__ import annotations

import numpy as np
import pytest

from separation.mix.render import matrices, mix_block, render, resting
from separation.mix.state import MINUS_INFINITY, MixState, Strip
from tests.songs import NAMES, Song

STATE = MixState(tuple((name, Strip()) for name in NAMES))
BUSY = (
    STATE.with_strip("vocals", Strip(gain_db=MINUS_INFINITY))
    .with_strip("drums", Strip(gain_db=-3.7, pan=0.4))
    .with_strip("bass", Strip(mute=True))
)


def arrays(song: Song) -> tuple[np.ndarray, np.ndarray]:
    return song.mixture.samples, np.stack([song.stems[name].samples for name in NAMES])


def test_an_untouched_mix_is_the_song_bit_for_bit(short_song: Song) -> None:
    x, s = arrays(short_song)
    wrong_stems = s + np.float32(0.1)  # not even stems that miss the sum may change it
    result = render(x, wrong_stems, STATE)
    assert result.tobytes() == x.tobytes()
    assert not np.shares_memory(result, x)


def test_muting_takes_a_stem_out_exactly(short_song: Song) -> None:
    x, s = arrays(short_song)
    for off in (Strip(mute=True), Strip(gain_db=MINUS_INFINITY)):
        assert np.array_equal(render(x, s, STATE.with_strip("vocals", off)), x - s[0])


def test_solo_leaves_that_stem_and_what_no_stem_has(short_song: Song) -> None:
    x, s = arrays(short_song)
    solo = render(x, s, STATE.with_strip("drums", Strip(solo=True)))
    assert np.array_equal(solo, s[1])  # the song's stems lie on the 16-bit grid: float32 sums are exact


def test_faders_are_linear_in_gain(short_song: Song) -> None:
    x, s = arrays(short_song)
    half = render(x, s, STATE.with_strip("vocals", Strip(gain_db=20 * np.log10(0.5))))
    assert np.allclose(half, x - 0.5 * s[0], atol=1e-7)


def test_the_master_scales_everything(short_song: Song) -> None:
    x, s = arrays(short_song)
    quiet = render(x, s, MixState(STATE.strips, master_db=-20.0))
    assert np.allclose(quiet, 0.1 * x, atol=1e-7)
    assert not render(x, s, MixState(STATE.strips, master_db=MINUS_INFINITY)).any()


def test_pan_is_a_balance_with_unit_gain_at_the_centre() -> None:
    def sides(pan: float) -> list[float]:
        return list(np.diag(matrices(MixState((("a", Strip(pan=pan)),)), ("a",), 2)[0]))

    assert sides(0.0) == [1.0, 1.0]
    assert sides(1.0) == [0.0, 1.0]
    assert sides(-1.0) == [1.0, 0.0]
    assert sides(0.25) == [0.75, 1.0]
    assert sides(7.0) == sides(1.0)


@pytest.mark.parametrize("channels", [1, 6])
def test_only_stereo_is_panned(channels: int) -> None:
    state = MixState((("a", Strip(pan=-1.0)),))
    assert np.array_equal(matrices(state, ("a",), channels), resting(1, channels))


def test_a_soloed_stem_that_is_no_longer_there_silences_nothing() -> None:
    state = MixState((("piano", Strip(solo=True)),))
    assert np.array_equal(matrices(state, ("vocals", "drums"), 2), resting(2, 2))


@pytest.mark.parametrize("size", [1, 7, 512, 4096])
def test_the_size_of_blocks_changes_no_bit(short_song: Song, size: int) -> None:
    x, s = (part[..., :5000] for part in arrays(short_song))
    settled = matrices(BUSY, NAMES, 2)
    blocks = [
        mix_block(x[:, i : i + size], s[:, :, i : i + size], settled, settled, master=(0.7, 0.7))
        for i in range(0, x.shape[1], size)
    ]
    whole = mix_block(x, s, settled, settled, master=(0.7, 0.7))
    assert np.concatenate(blocks, axis=1).tobytes() == whole.tobytes()


def test_a_ramp_starts_beside_the_old_gain_and_ends_on_the_new_one() -> None:
    ones = np.ones((2, 100), np.float32)
    before, after = resting(1, 2), np.zeros((1, 2, 2))
    ramp = mix_block(ones, ones[None], before, after)[0]
    assert ramp[-1] == 0.0
    assert np.allclose(np.diff(ramp, prepend=1.0), -0.01, atol=1e-6)
    fade = mix_block(ones, ones[None], before, before, master=(1.0, 0.0))[0]
    assert np.array_equal(fade, ramp)


def test_stems_at_rest_are_not_read() -> None:
    x = np.ones((1, 10), np.float32)
    unread = np.full((1, 10), np.nan, np.float32)
    state = MixState((("a", Strip()), ("b", Strip(mute=True))))
    settled = matrices(state, ("a", "b"), 1)
    assert np.array_equal(mix_block(x, [unread, x], settled, settled), np.zeros((1, 10)))


def test_arguments_are_left_alone(short_song: Song) -> None:
    x, s = arrays(short_song)
    copies = x.copy(), s.copy()
    render(x, s, BUSY)
    assert np.array_equal(x, copies[0])
    assert np.array_equal(s, copies[1])
