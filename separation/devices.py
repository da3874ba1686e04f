"""Where arrays live: `auto`, `cpu`, `cuda`, `cuda:N`, `mps`. Torch is imported only when asked.

Running out of memory is answered in one order everywhere: smaller pieces, then the CPU, then a sentence.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from separation.errors import DeviceError

T = TypeVar("T")


def resolve(device: str = "auto") -> str:
    """The device that `device` means on this machine. Raises DeviceError if it is not here."""
    import torch

    if device == "auto":
        if torch.cuda.is_available():
            return "cuda:0"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    if device == "cpu":
        return "cpu"
    if device == "mps" and torch.backends.mps.is_available():
        return "mps"
    if device == "cuda" or device.startswith("cuda:"):
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        index = device.removeprefix("cuda").removeprefix(":") or "0"
        if index.isdigit() and int(index) < count:
            return f"cuda:{index}"
        raise DeviceError(f"There is no “{device}” here ({count} CUDA devices found): use --device auto or cpu.")
    raise DeviceError(f"There is no device “{device}” here: use auto, cpu, cuda:N or mps.")


def available() -> tuple[str, ...]:
    """The devices of this machine, fastest first: ("cuda:0", "cpu")."""
    import torch

    cards = [f"cuda:{n}" for n in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    return (*cards, *(["mps"] if torch.backends.mps.is_available() else []), "cpu")


def name(device: str) -> str:
    """A device as a person knows it: "CPU · 8 threads", "GPU · NVIDIA RTX 4070"."""
    import torch

    if device.startswith("cuda"):
        return f"GPU · {torch.cuda.get_device_name(device)}"
    return "GPU · Apple" if device == "mps" else f"CPU · {torch.get_num_threads()} threads"


def out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that a device ran out of memory."""
    import torch

    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or "out of memory" in str(error).lower()


def with_fallback(work: Callable[[str], T], device: str, notice: Callable[[str], object] = lambda _: None) -> T:
    """`work(device)`; if the device runs out of memory, once more on the CPU, after a notice."""
    try:
        return work(device)
    except Exception as error:
        if device == "cpu" or not out_of_memory(error):
            raise
        notice("The graphics card ran out of memory; continuing on the CPU, which is slower.")
    return work("cpu")
