"""`unbraid`: a command goes to the command line, anything else opens the studio."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

NO_DISPLAY = (
    "unbraid: The studio needs a display and there is none here; "
    "type “unbraid separate SONG -o FOLDER” to separate without it, or “unbraid --help” for more."
)


def has_display() -> bool:
    """Whether a window can be shown; elsewhere than on Linux there always is a display."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def main(argv: Sequence[str] | None = None) -> int:
    """Start what the arguments ask for; returns the exit status. The command line never loads Qt."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    from separation import cli

    if cli.is_command(arguments):
        return cli.main(arguments)
    if not has_display():
        print(NO_DISPLAY, file=sys.stderr)
        return cli.USAGE
    from app import startup

    return int(startup.main(arguments))


if __name__ == "__main__":
    raise SystemExit(main())
