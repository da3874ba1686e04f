"""Every exception a caller may see. Each message is one sentence of advice: what happened, and what to do.

UnbraidError
├── InputError         a file that cannot be used: missing, unreadable, empty, not audio, not finite
├── OutputError        a place that cannot be written: read-only, full, already there
├── ParameterError     a parameter that does not exist, or a value out of its bounds
├── MethodError        a separation method that does not exist, or cannot do what is asked
├── CheckpointError    network weights that are missing, altered, or not what they claim
├── DeviceError        a computing device that is absent or out of memory
├── SoundError         no sound device, or it went away
├── ProjectError       a project file that cannot be opened or saved
└── WorkerError        the background process ended without an answer

Cancelled              the person said stop (a BaseException, so that `except Exception` cannot swallow it)
"""

from __future__ import annotations


class UnbraidError(Exception):
    """Base of every error this package raises on purpose; its text is meant for a person."""


class InputError(UnbraidError):
    """A file that cannot be used as input."""


class OutputError(UnbraidError):
    """A file or folder that cannot be written."""


class ParameterError(UnbraidError):
    """An unknown parameter or a value out of bounds."""


class MethodError(UnbraidError):
    """An unknown method, or one that cannot do what is asked."""


class CheckpointError(UnbraidError):
    """Network weights that are missing, altered or malformed."""


class DeviceError(UnbraidError):
    """A computing device that is absent or out of memory."""


class SoundError(UnbraidError):
    """No sound device, or it went away."""


class ProjectError(UnbraidError):
    """A project file that cannot be opened or saved."""


class WorkerError(UnbraidError):
    """The background process ended without an answer."""


class Cancelled(BaseException):
    """Work was stopped on request; nothing is left behind."""


KINDS: dict[str, type[UnbraidError]] = {
    kind.__name__: kind
    for kind in (
        InputError, OutputError, ParameterError, MethodError, CheckpointError,
        DeviceError, SoundError, ProjectError, WorkerError,
    )
}  # fmt: skip
