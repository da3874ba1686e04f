"""Names for what is not finished yet, and tidying up after a process that was killed.

Whatever appears whole or not at all is first written beside its place as `.unbraid-<machine>-<pid>-<random>`. A
process that is killed cannot remove it; the next one of ours that writes into the same folder does, if it runs on the
same machine and the process of that number is gone.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import platform
import re
import secrets
import shutil
from pathlib import Path

PATTERN = re.compile(r"\.unbraid-([0-9a-f]{6})-([0-9]+)-[0-9a-f]{8}(\.[a-z0-9.]+)?")


def beside(folder: Path, extension: str = "") -> Path:
    """A new hidden name in `folder`, nothing there yet; what dead processes left there under such names is removed."""
    sweep(folder)
    return folder / f".unbraid-{_machine()}-{os.getpid()}-{secrets.token_hex(4)}{extension}"


def sweep(folder: Path) -> None:
    """Remove what processes of ours that are gone left unfinished in `folder`; never raises for what it may not do."""
    with contextlib.suppress(OSError):
        for entry in list(os.scandir(folder)):
            found = PATTERN.fullmatch(entry.name)
            if found is None or found[1] != _machine() or _alive(int(found[2])):
                continue
            with contextlib.suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path, ignore_errors=True)
                else:
                    os.unlink(entry.path)


@functools.cache
def _machine() -> str:
    """Six digits for this machine: a folder may be shared with others, whose processes have the same numbers."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:6]


def _alive(pid: int) -> bool:
    if os.name == "nt":  # there, asking a process with a signal would end it: better leave a file than that
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
