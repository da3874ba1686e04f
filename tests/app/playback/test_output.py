from __future__ import annotations

import numpy as np
import pytest

from app.playback.output import Output, devices, fold
from separation.errors import SoundError


@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("channels", range(1, 9))
def test_a_folded_song_cannot_be_louder_than_full_scale(channels: int, outputs: int) -> None:
    matrix = fold(channels, outputs)
    if matrix is None:
        assert channels == outputs
        return
    assert matrix.shape == (outputs, channels)
    assert (np.abs(matrix).sum(axis=1) <= 1 + 1e-12).all()


@pytest.mark.parametrize("channels", range(3, 9))
def test_folding_keeps_left_left_and_the_middle_in_the_middle(channels: int) -> None:
    matrix = fold(channels, 2)
    assert matrix is not None
    assert matrix[0, 0] > 0 == matrix[1, 0]
    assert matrix[1, 1] > 0 == matrix[0, 1]
    assert np.isclose(matrix.sum(axis=1)[0], matrix.sum(axis=1)[1])


def test_mono_goes_to_both_sides_unchanged() -> None:
    assert np.array_equal(fold(1, 2), [[1.0], [1.0]])


def test_no_device_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere/at/all")
    if devices():
        pytest.skip("this machine has a sound card of its own")
    with pytest.raises(SoundError, match="no sound output") as caught:
        Output(44100)
    assert str(caught.value).count(".") == 1


def test_a_device_that_does_not_exist_is_one_sentence() -> None:
    with pytest.raises(SoundError):
        Output(44100, device="a loudspeaker nobody has")
