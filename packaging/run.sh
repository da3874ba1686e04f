#!/usr/bin/env bash
# Starts Unbraid from a fresh clone: makes what is missing, then opens the studio.
#
#   packaging/run.sh                                   the studio
#   packaging/run.sh song.flac                         the studio with a song
#   packaging/run.sh separate song.flac -o stems       the command line; any arguments of `unbraid`
set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/environment.sh"

case ${1-} in
    separate | methods | models | remix | -h | --help | --version) prepare base ;;
    *) prepare window ;;
esac
exec "$venv/bin/unbraid" "$@"
