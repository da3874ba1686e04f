"""Who may import whom: the table of the architecture, read from the sources themselves.

A module may import its own level's package and the levels below it; what is listed as `apart` may not know each
other although they share a level. Imports under `if TYPE_CHECKING:` count too: a type is knowledge.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

LEVELS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (0, ("resources", "separation.errors", "separation.progress", "separation.parameters", "separation.devices")),
    (0, ("separation.unfinished",)),
    (1, ("separation.audio", "separation.spectral")),
    (2, ("separation.nmf", "separation.networks", "separation.inversion", "separation.spatial")),
    (3, ("separation.unfolded",)),
    (4, ("separation.stems", "separation.method", "separation.checkpoints", "separation.separators")),
    (5, ("separation.catalogue", "separation.separator")),
    (6, ("separation.mix", "separation.evaluation", "separation.music")),
    (7, ("separation.project",)),
    (8, ("separation.operations", "separation.worker", "separation.batch", "separation.training")),
    (9, ("separation.cli",)),
    (10, ("app.widgets", "app.theme")),
    (11, ("app.document", "app.jobs", "app.actions", "app.settings", "app.recent", "app.speeds")),
    (11, ("app.session", "app.playback")),
    (12, ("app.spectrogram", "app.atoms", "app.inspector", "app.mixer", "app.dialogs")),
    (13, ("app.window", "app.startup", "app.__main__", "app")),
)
APART = (
    {"separation.audio", "separation.spectral"},
    {"separation.nmf", "separation.networks", "separation.inversion"},
    {"app.spectrogram", "app.atoms", "app.inspector", "app.mixer", "app.dialogs"},
)
QT = ("PySide6", "pyqtgraph", "app")


def unit(module: str) -> tuple[int, str] | None:
    """Level and unit of a module: the longest listed prefix."""
    found = [(level, name) for level, names in LEVELS for name in names if (module + ".").startswith(name + ".")]
    return max(found, key=lambda pair: len(pair[1])) if found else None


def modules() -> list[tuple[str, Path]]:
    result = []
    for top in ("separation", "app", "resources"):
        for path in sorted((ROOT / top).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            result.append((".".join(parts[:-1] if parts[-1] == "__init__" else parts), path))
    return result


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write imports in full"
            assert node.module
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize(("module", "path"), modules(), ids=lambda v: v if isinstance(v, str) else "")
def test_imports_go_down(module: str, path: Path) -> None:
    if module == "separation":
        return  # the lazy front door: names only
    mine = unit(module)
    assert mine, f"{module} has no level: give it one in the architecture"
    wrong = []
    for name in imports(path):
        if module.startswith("separation") and name.split(".")[0] in QT:
            wrong.append(f"{name} (the engine knows no Qt)")
        theirs = unit(name)
        if theirs is None or theirs[1] == mine[1]:
            continue
        if theirs[0] > mine[0] or any({mine[1], theirs[1]} <= group for group in APART):
            wrong.append(f"{name} (level {theirs[0]}, we are {mine[0]})")
        if module.startswith("app") and theirs[1] == "separation.cli" and module != "app.__main__":
            wrong.append(f"{name} (only the entry point may call the command line)")
        if theirs[0] == 0 == mine[0] and theirs[1] != "separation.errors":
            wrong.append(f"{name} (the lowest level knows nothing of ours but the errors)")
    assert not wrong, f"{module} imports {', '.join(sorted(wrong))}"


def test_only_the_command_line_prints() -> None:
    for module, path in modules():
        if module.startswith("separation") and not module.startswith("separation.cli"):
            calls = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call)]
            assert not any(isinstance(c.func, ast.Name) and c.func.id == "print" for c in calls), module


def test_no_pickle() -> None:
    for module, path in modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert not {"pickle", "marshal", "shelve", "dill", "joblib"} & {n.split(".")[0] for n in imports(path)}, module
        for call in (n for n in ast.walk(tree) if isinstance(n, ast.Call)):
            if ast.unparse(call.func) == "torch.load":
                assert any(k.arg == "weights_only" and ast.unparse(k.value) == "True" for k in call.keywords), module
            if ast.unparse(call.func) in ("np.load", "numpy.load"):
                assert not any(k.arg == "allow_pickle" for k in call.keywords), module


def loaded_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys; print(' '.join(sorted(m.split('.')[0] for m in sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    return set(done.stdout.split())


def test_importing_the_engine_loads_neither_torch_nor_qt() -> None:
    assert not {"torch", "PySide6", "scipy", "numpy"} & loaded_after("import separation")


def test_the_command_line_never_loads_qt() -> None:
    assert "PySide6" not in loaded_after("import separation.cli, app.__main__")


def test_the_window_needs_neither_torch_nor_scipy_nor_numpy() -> None:
    assert not {"torch", "scipy", "numpy", "soundfile", "sounddevice"} & loaded_after(
        "import app.startup, app.window.window"
    )
