"""What is heard of a long song before anything is learnt from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from separation.separators import moments
from tests.songs import compose


def test_moments_are_spread_over_the_whole_song_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moments, "MOMENT", 4)
    ramp = torch.arange(600.0)[None, None].to(torch.complex64)
    kept, total = moments.moments((ramp[..., at : at + 100] for at in range(0, 600, 100)), 40)
    assert total == 600 and 20 <= kept.shape[-1] <= 40
    starts = kept[0, 0, ::4].real
    assert starts[0] == 0 and starts[-1] > 500 and starts.diff().unique().numel() == 1
    whole, total = moments.moments([ramp[..., :40]], 40)
    assert total == 40 and torch.equal(whole, ramp[..., :40])
    few, _ = moments.moments([ramp], 3)
    assert 1 <= few.shape[-1] <= 3
    assert moments.moments([], 3)[1] == 0


def test_a_stream_that_passes_once_is_kept() -> None:
    song = compose(0.5).mixture
    blocks, again = moments.twice(replace(song.stream(), again=None))
    for passing in (blocks, again(), again()):
        np.testing.assert_array_equal(np.concatenate(list(passing), axis=1), song.samples)
