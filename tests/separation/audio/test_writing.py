from __future__ import annotations

import resource
import stat
from pathlib import Path

import numpy as np
import pytest

from separation.audio.reading import load, probe
from separation.audio.signal import Audio
from separation.audio.writing import FORMATS, Writer, save, subtype_for
from separation.errors import OutputError


def tones(channels: int, rate: int, frames: int = 30011) -> np.ndarray:
    time = np.arange(frames) / rate
    return np.stack([0.5 * np.sin(2 * np.pi * (200 + 20 * c) * time) for c in range(channels)]).astype(np.float32)


@pytest.mark.parametrize("channels", [1, 2, 3, 6, 8])
@pytest.mark.parametrize("rate", [8000, 44100, 192000])
@pytest.mark.parametrize(
    ("ending", "subtype", "step"),
    [("wav", "PCM_16", 2**-15), ("wav", "PCM_24", 2**-23), ("wav", "FLOAT", 0.0), ("flac", "PCM_16", 2**-15),
     ("flac", "PCM_24", 2**-23)],
)  # fmt: skip
def test_lossless_formats_keep_rate_channels_and_samples(
    ending: str, subtype: str, step: float, rate: int, channels: int, tmp_path: Path
) -> None:
    samples = tones(channels, rate)
    save(tmp_path / f"a.{ending}", Audio(samples, rate), subtype=subtype)
    back = load(tmp_path / f"a.{ending}")
    assert (back.sample_rate, back.subtype, back.samples.shape) == (rate, subtype, samples.shape)
    assert np.abs(back.samples - samples).max() <= step / 2 * 1.001
    save(tmp_path / f"b.{ending}", back)  # what was on the grid stays on it
    if subtype != "FLOAT":
        assert np.array_equal(load(tmp_path / f"b.{ending}").samples, back.samples)


@pytest.mark.parametrize(("ending", "most"), [("mp3", 0.01), ("ogg", 0.02), ("m4a", 0.05)])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("frames", [44100, 30011])
def test_lossy_formats_keep_the_length_and_the_place_of_the_sound(
    ending: str, most: float, channels: int, frames: int, tmp_path: Path
) -> None:
    samples = tones(channels, 44100, frames)
    save(tmp_path / f"a.{ending}", Audio(samples, 44100))
    back = load(tmp_path / f"a.{ending}")
    assert back.samples.shape == samples.shape
    assert np.abs(back.samples - samples)[:, 2048:-2048].max() < most


def test_opus_is_resampled_to_its_own_rate(tmp_path: Path) -> None:
    save(tmp_path / "a.opus", Audio(tones(2, 44100), 44100))
    back = load(tmp_path / "a.opus")
    assert back.sample_rate == 48000
    assert abs(back.frames - 30011 * 48000 / 44100) <= 1


def test_rates_a_lossy_format_does_not_know_become_the_next_higher(tmp_path: Path) -> None:
    save(tmp_path / "a.mp3", Audio(tones(1, 37800), 37800))
    assert load(tmp_path / "a.mp3").sample_rate == 44100


@pytest.mark.parametrize("bits", [16, 24])
@pytest.mark.parametrize("ending", ["wav", "flac"])
def test_integers_arrive_untouched(bits: int, ending: str, tmp_path: Path) -> None:
    import soundfile

    high = 1 << (bits - 1)
    whole = np.random.default_rng(1).integers(-high, high, (2, 5000)).astype(np.int32)
    whole[:, :2] = -high, high - 1
    with Writer(tmp_path / f"a.{ending}", sample_rate=44100, channels=2, subtype=f"PCM_{bits}") as file:
        file.write_integers(whole[:, :123], bits)
        file.write_integers(whole[:, 123:], bits)
    raw, _ = soundfile.read(tmp_path / f"a.{ending}", dtype="int32", always_2d=True)
    assert np.array_equal(raw.T >> (32 - bits), whole)


def test_what_is_too_loud_is_clipped_and_counted(tmp_path: Path) -> None:
    with Writer(tmp_path / "a.wav", sample_rate=44100, channels=1, subtype="PCM_16") as file:
        file.write(np.array([[0.5, 1.0, 1.5, -2.0]], np.float32))
    assert file.clipped == 2
    assert np.allclose(load(tmp_path / "a.wav").samples, [[0.5, 1.0, 1.0, -1.0]], atol=1e-4)


@pytest.mark.parametrize("ending", [f.extension for f in FORMATS.values()])
@pytest.mark.parametrize("trouble", [ValueError, KeyboardInterrupt])
def test_a_file_appears_whole_or_not_at_all(ending: str, trouble: type[BaseException], tmp_path: Path) -> None:
    path = tmp_path / f"a{ending}"
    path.write_bytes(b"what was there")
    with pytest.raises(trouble), Writer(path, sample_rate=44100, channels=2) as file:
        file.write(tones(2, 44100))
        assert path.read_bytes() == b"what was there"
        raise trouble
    assert path.read_bytes() == b"what was there"
    assert list(tmp_path.iterdir()) == [path]


def test_a_written_file_may_be_read_by_others_as_the_umask_says(tmp_path: Path) -> None:
    save(tmp_path / "a.flac", Audio(tones(1, 44100), 44100))
    (tmp_path / "plain").touch()
    assert stat.S_IMODE((tmp_path / "a.flac").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg", "m4a"])
def test_no_room_left_is_one_sentence_and_leaves_nothing(ending: str, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 200_000)).astype(np.float32)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with (
            pytest.raises(OutputError, match=r"no room left|cannot hold"),
            Writer(tmp_path / f"a.{ending}", sample_rate=44100, channels=2) as file,
        ):
            file.write(noise)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "advice"),
    [("no/such/folder/a.flac", "make it"), ("a.xyz", r"\.flac"), ("n" * 300 + ".flac", "shorter"), ("a", "end it")],
)
def test_places_that_cannot_be_written(path: str, advice: str, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=advice):
        save(tmp_path / path, Audio(tones(1, 44100), 44100))
    assert list(tmp_path.iterdir()) == []


def test_wishes_a_format_cannot_fulfil(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="FLAC cannot hold FLOAT"):
        save(tmp_path / "a.flac", Audio(tones(1, 44100), 44100), subtype="FLOAT")
    with pytest.raises(OutputError, match="leave PCM_16 out"):
        save(tmp_path / "a.mp3", Audio(tones(1, 44100), 44100), subtype="PCM_16")
    with pytest.raises(OutputError, match="at most 2 channels"):
        save(tmp_path / "a.mp3", Audio(tones(3, 44100), 44100))
    save(tmp_path / "a.wav", Audio(tones(1, 44100), 44100))
    with pytest.raises(OutputError, match="already there"):
        save(tmp_path / "a.wav", Audio(tones(1, 44100), 44100), overwrite=False)


def test_short_wav_files_are_plain_riff(tmp_path: Path) -> None:
    save(tmp_path / "a.wav", Audio(tones(2, 44100), 44100))
    assert (tmp_path / "a.wav").read_bytes()[:4] == b"RIFF"


def test_names_in_any_script_work(tmp_path: Path) -> None:
    for name in ("Ünïcödé ☃ 歌.flac", "n" * 250 + ".wav", 'a\'b "c".m4a'):
        save(tmp_path / name, Audio(tones(2, 44100), 44100))
        assert probe(tmp_path / name).frames == 30011


def test_a_source_keeps_its_depth() -> None:
    assert [subtype_for(s) for s in ("PCM_16", "PCM_U8", "PCM_24", "FLOAT", "VORBIS", "")] == [
        "PCM_16", "PCM_16", "PCM_24", "PCM_24", "PCM_24", "PCM_24",
    ]  # fmt: skip
