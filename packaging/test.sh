#!/usr/bin/env bash
# Runs every check from a fresh clone: makes what is missing, then style, types and tests.
#
#   packaging/test.sh                       all of it
#   packaging/test.sh tests/separation      only these tests; any arguments of pytest
set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/environment.sh"

prepare test
cd "$root"
"$venv/bin/ruff" check .
"$venv/bin/mypy"
exec "$venv/bin/python" -m pytest "$@"
