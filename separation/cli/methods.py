"""`unbraid methods`: what can be asked for with `--method`, and whether it is ready."""

from __future__ import annotations

import argparse
import textwrap
from typing import Any

from separation.cli.terminal import Terminal

HELP = "list the separation methods"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace, terminal: Terminal) -> int:
    """Print the catalogue."""
    from separation.catalogue import DEFAULT, methods

    found = [_record(method) for method in methods()]
    if options.json:
        terminal.json({"default": DEFAULT, "methods": found})
        return 0
    for record in found:
        terminal.result(_text(record, record["id"] == DEFAULT))
    return 0


def _record(method: Any) -> dict[str, Any]:
    from separation import checkpoints
    from separation.parameters import describe

    missing = [c for c in method.checkpoints if checkpoints.status(c) != checkpoints.READY]
    return {
        "id": method.id,
        "title": method.title,
        "summary": method.summary,
        "family": method.family,
        "stems": list(method.stems),
        "rest": method.rest,
        "sample_rate": method.sample_rate,
        "parameters": [
            {
                "name": p.name, "kind": p.kind.__name__, "default": p.default, "unit": p.unit, "minimum": p.minimum,
                "maximum": p.maximum, "choices": list(p.choices), "help": p.help,
            }
            for p in describe(method.parameters)
        ],
        "citation": method.source,
        "licence": method.licence,
        "checkpoints": list(method.checkpoints),
        "missing_checkpoints": missing,
        "status": "needs download" if missing else "ready",
    }  # fmt: skip


def _text(record: dict[str, Any], default: bool) -> str:
    rate = f"{record['sample_rate']} Hz" if record["sample_rate"] else "any rate"
    mark = " (default)" if default else ""
    lines = [
        f"{record['id']}{mark} · {record['title']} · {record['family']} · {record['status']}",
        *_wrapped(record["summary"]),
        f"    stems: {', '.join(record['stems'])} · works at {rate}",
    ]
    for p in record["parameters"]:
        unit = f" {p['unit']}" if p["unit"] else ""
        bounds = f", {p['minimum']} to {p['maximum']}" if p["minimum"] is not None and p["maximum"] is not None else ""
        choices = f", one of {', '.join(p['choices'])}" if p["choices"] else ""
        default_value = str(p["default"]).lower() if p["kind"] == "bool" else p["default"]
        lines += _wrapped(f"--set {p['name']}={default_value}{unit}{bounds}{choices}: {p['help']}")
    lines += _wrapped(f"{record['citation']} · licence: {record['licence']}")
    for checkpoint in record["missing_checkpoints"]:
        lines.append(f"    “unbraid models list” says how to get {checkpoint}")
    return "\n".join(lines) + "\n"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 110, initial_indent="    ", subsequent_indent="      ", break_on_hyphens=False)
