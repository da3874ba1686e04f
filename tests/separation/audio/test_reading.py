from __future__ import annotations

import os
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from separation.audio.reading import load, open_stream, probe
from separation.audio.signal import Audio
from separation.audio.writing import save
from separation.errors import InputError
from tests.conftest import SHARED

RATE = 44100


def sound(frames: int = RATE, channels: int = 2) -> np.ndarray:
    """A noisy tone (C, T) on the 16-bit grid."""
    random = np.random.default_rng(5)
    time = np.arange(frames) / RATE
    both = 0.3 * np.sin(2 * np.pi * 220 * time) + 0.05 * random.standard_normal((channels, frames))
    return (np.rint(both * 32768) / 32768).astype(np.float32)


def with_ffmpeg(path: Path, codec: str, samples: np.ndarray, sample_format: str = "fltp") -> None:
    with av.open(str(path), "w") as file:
        track = file.add_stream(codec, rate=RATE, layout="stereo")
        whole = samples if sample_format == "fltp" else np.rint(samples * 32768).astype(np.int16)
        track.codec_context.format = sample_format
        track.bit_rate = 192_000
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(whole), sample_format, "stereo")
        frame.sample_rate, frame.pts = RATE, 0
        file.mux(track.encode(frame))
        file.mux(track.encode(None))


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "AIFF", "RF64", "W64", "CAF"])
@pytest.mark.parametrize("channels", [1, 2, 8])
def test_what_libsndfile_knows_comes_in_exactly(kind: str, channels: int, tmp_path: Path) -> None:
    samples = sound(5000, channels)
    soundfile.write(tmp_path / "a", samples.T, RATE, format=kind, subtype="PCM_16")
    assert np.array_equal(load(tmp_path / "a").samples, samples)
    info = probe(tmp_path / "a")
    assert (info.sample_rate, info.channels, info.frames, info.subtype) == (RATE, channels, 5000, "PCM_16")


@pytest.mark.parametrize(("name", "codec", "depth"), [("a.m4a", "alac", "s16p"), ("a.mkv", "flac", "s16")])
def test_lossless_sound_in_other_containers_is_exact(name: str, codec: str, depth: str, tmp_path: Path) -> None:
    samples = sound()
    packed = samples if depth.endswith("p") else samples.T.reshape(1, -1)
    with_ffmpeg(tmp_path / name, codec, packed, depth)
    back = load(tmp_path / name)
    assert back.subtype == "PCM_16" and np.array_equal(back.samples, samples)


@pytest.mark.parametrize(("name", "codec"), [("a.wma", "wmav2"), ("a.mkv", "aac"), ("a.mp4", "aac")])
def test_lossy_sound_in_other_containers_is_close(name: str, codec: str, tmp_path: Path) -> None:
    samples = sound()
    with_ffmpeg(tmp_path / name, codec, samples)
    back = load(tmp_path / name)
    assert abs(back.frames - RATE) < 2100  # containers that count in milliseconds may lose or add a packet
    # FFmpeg's own WMA coder loses its first frame of 2048 samples; the others are in place
    lag = -2048 if codec == "wmav2" else 0
    best = float(np.corrcoef(back.samples[0, 8000 + lag : 30000 + lag], samples[0, 8000:30000])[0, 1])
    assert best > 0.95


def test_blocks_of_any_size_are_the_same_sound(tmp_path: Path) -> None:
    save(tmp_path / "a.flac", Audio(sound(), RATE))
    save(tmp_path / "a.m4a", Audio(sound(), RATE))
    for name in ("a.flac", "a.m4a"):
        whole = load(tmp_path / name).samples
        stream = open_stream(tmp_path / name, 1000)
        blocks = list(stream.blocks)
        assert {b.shape[1] for b in blocks[:-1]} == {1000} and blocks[0].dtype == np.float32
        assert np.array_equal(np.concatenate(blocks, axis=1), whole)
        assert stream.frames == whole.shape[1]


def refusal(path: Path) -> str:
    """The sentence that refuses a file."""
    with pytest.raises(InputError) as refused:
        load(path)
    text = str(refused.value)
    assert text.endswith((".", "…")) and "\n" not in text
    return text


def test_files_that_are_not_there_or_are_no_files(tmp_path: Path) -> None:
    assert "no file" in refusal(tmp_path / "missing.wav")
    assert "is a folder" in refusal(tmp_path)
    assert "too long" in refusal(tmp_path / ("n" * 300))
    (tmp_path / "empty.wav").touch()
    assert "empty (0 bytes)" in refusal(tmp_path / "empty.wav")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_one_may_not_read(tmp_path: Path) -> None:
    save(tmp_path / "a.wav", Audio(sound(), RATE))
    (tmp_path / "a.wav").chmod(0)
    assert "permissions" in refusal(tmp_path / "a.wav")


def test_files_that_are_no_sound(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("hello world " * 500)
    assert "not a sound file" in refusal(tmp_path / "a.wav")
    with av.open(str(tmp_path / "a.mp4"), "w") as file:
        track = file.add_stream("mpeg4", rate=25)
        track.width = track.height = 32
        file.mux(track.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")))
        file.mux(track.encode(None))
    assert "no sound track" in refusal(tmp_path / "a.mp4")


def test_no_samples_is_refused_and_one_is_a_sound(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "zero.wav", np.zeros((0, 2)), RATE)
    assert "0 samples" in refusal(tmp_path / "zero.wav")
    soundfile.write(tmp_path / "one.wav", np.full((1, 2), 0.5), RATE)
    assert np.array_equal(load(tmp_path / "one.wav").samples, np.full((2, 1), 0.5))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_numbers_are_refused_with_their_place(value: float, tmp_path: Path) -> None:
    samples = sound()
    samples[1, RATE // 2] = value
    soundfile.write(tmp_path / "a.wav", samples.T, RATE, subtype="FLOAT")
    assert "at 0.50 s" in refusal(tmp_path / "a.wav")


@pytest.mark.parametrize("ending", ["wav", "flac"])
def test_a_file_that_breaks_off_is_used_as_far_as_it_goes(ending: str, tmp_path: Path) -> None:
    samples = sound(3 * RATE)
    save(tmp_path / f"a.{ending}", Audio(samples, RATE), subtype="PCM_16")
    whole = (tmp_path / f"a.{ending}").read_bytes()
    (tmp_path / f"half.{ending}").write_bytes(whole[: len(whole) // 2])
    notices: list[str] = []
    back = load(tmp_path / f"half.{ending}", notice=notices.append)
    assert RATE < back.frames < 2 * RATE
    assert np.array_equal(back.samples, samples[:, : back.frames])
    assert len(notices) == 1 and "damaged or incomplete" in notices[0]
    notices.clear()
    load(tmp_path / f"a.{ending}", notice=notices.append)
    assert not notices


def test_a_file_of_which_nothing_is_left_is_refused(tmp_path: Path) -> None:
    save(tmp_path / "a.m4a", Audio(sound(), RATE))
    (tmp_path / "b.m4a").write_bytes((tmp_path / "a.m4a").read_bytes()[:5000])
    assert refusal(tmp_path / "b.m4a")


@pytest.mark.parametrize(
    ("name", "frames", "channels", "title"),
    [
        ("The Easton Ellises - Falcon 69.stem.mp4", 268288, 2, ""),
        ("steven_m_bryant_slow_motion_dream.mp3", 479832, 2, "Slow Motion Dream"),
        ("kevin_macleod_vibe_ace.ogg", 2710336, 2, "Vibe Ace"),
        ("vocadito_1_solo_voice.wav", 1464660, 1, ""),
    ],
)
def test_real_files(name: str, frames: int, channels: int, title: str) -> None:
    path = SHARED / "audio" / "smoke" / name
    if not path.exists():
        pytest.skip(f"{path} is not here")
    audio, info = load(path), probe(path)
    assert audio.samples.shape == (channels, frames) and info.frames == frames
    assert info.title.startswith(title) and np.abs(audio.samples).max() > 0.1


def test_a_stem_file_gives_its_master() -> None:
    path = SHARED / "audio" / "smoke" / "The Easton Ellises - Falcon 69.stem.mp4"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    with av.open(str(path)) as file:
        tracks = len(file.streams.audio)
    sums = np.zeros((2, 268288), np.float32)
    for k in range(1, tracks):
        with av.open(str(path)) as file:
            frames = [f.to_ndarray() for f in file.decode(audio=k)]
        sums += np.concatenate(frames, axis=1)
    master = load(path).samples
    assert float(np.corrcoef(sums.ravel(), master.ravel())[0, 1]) > 0.9
