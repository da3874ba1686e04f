"""The command line: what `unbraid` followed by a word does. Each subcommand is a module of its own, imported late.

Exit status: 0 done, 1 some inputs failed (the others are done), 2 bad usage or nothing readable, 130 cancelled.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

DONE, SOME_FAILED, USAGE, CANCELLED = 0, 1, 2, 130
COMMANDS = ("separate", "methods", "models", "dictionary", "remix", "evaluate")


def is_command(argv: Sequence[str]) -> bool:
    """Whether these arguments are for the command line, and not for the studio."""
    if not argv:
        return False
    first = argv[0]
    if first in COMMANDS or first in ("-h", "--help", "--version"):
        return True
    # a bare word that is no file is a mistyped command, not a song
    return not first.startswith("-") and "." not in first and os.sep not in first and not os.path.exists(first)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. Nothing heavy is imported before it is needed."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = _parser(arguments)
    try:
        options = parser.parse_args(arguments)
    except SystemExit as end:  # argparse has printed the help, the version or what is wrong
        return int(end.code or 0)
    if options.command is None:
        parser.print_help()
        return USAGE
    from separation.cli.terminal import Terminal
    from separation.errors import Cancelled, UnbraidError

    terminal = Terminal()
    try:
        return int(import_module(f"separation.cli.{options.command}").run(options, terminal))
    except (Cancelled, KeyboardInterrupt):
        terminal.say("Cancelled; nothing half-written was left.")
        return CANCELLED
    except UnbraidError as error:
        terminal.error(str(error))
        return USAGE
    except BrokenPipeError:  # the reader of a pipe went away: `unbraid methods | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    finally:
        terminal.close()


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    import argparse

    from separation import __version__

    parser = argparse.ArgumentParser(
        prog="unbraid",
        description="Takes a finished song apart into its sources. Without a command it opens the studio; "
        "“unbraid song.flac” opens it with that song.",
        epilog="“unbraid COMMAND --help” tells about one command.",
    )
    parser.add_argument("--version", action="version", version=f"unbraid {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name in COMMANDS:
        module = import_module(f"separation.cli.{name}")
        own = commands.add_parser(name, help=module.HELP, description=getattr(module, "DESCRIPTION", module.HELP))
        module.configure(own)
    return parser
