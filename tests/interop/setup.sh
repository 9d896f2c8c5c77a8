#!/usr/bin/env bash
# Installs everything the interop tests need into .interop/ of this project, and nothing anywhere else
# except missing system packages (apt-get, which needs root or sudo). Run it as often as you like: what is
# there already is left alone. Needs Debian 12 or newer and network access to the usual package registries.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
target="$project/.interop"
askar_wheel=aries-askar==0.4.6
node_minimum=18

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
fail() {
  printf 'setup.sh: %s\n' "$*" >&2
  exit 1
}
# Runs a command; when it fails, says which one it was.
run() { "$@" || fail "this command failed: $*"; }
quietly() {
  local log="$target/setup.log"
  "$@" >"$log" 2>&1 || {
    tail -n 30 "$log" >&2
    fail "this command failed (all of its output is in $log): $*"
  }
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    run "$@"
  elif command -v sudo >/dev/null; then
    run sudo "$@"
  else
    fail "missing system packages, and neither root nor sudo to install them. As root, run: $*"
  fi
}

system_packages() {
  local missing=()
  command -v node >/dev/null || missing+=(nodejs)
  command -v npm >/dev/null || missing+=(npm)
  command -v make >/dev/null && command -v g++ >/dev/null || missing+=(build-essential)
  command -v python3 >/dev/null || missing+=(python3)
  python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3-venv)
  command -v unzip >/dev/null || missing+=(unzip)
  command -v chromium >/dev/null || missing+=(chromium)
  command -v zbarimg >/dev/null || missing+=(zbar-tools)
  [ ${#missing[@]} = 0 ] && return
  say "Installing system packages: ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

check_node() {
  local major
  major=$(node -p 'process.versions.node.split(".")[0]')
  [ "$major" -ge "$node_minimum" ] ||
    fail "node $(node -v) is too old, $node_minimum is the least. On Debian 12 or newer: apt-get install nodejs npm"
}

# Prints a Python 3.13 that works (a pyenv shim may be there and not work), or nothing.
find_python() {
  local candidate
  for candidate in "$(command -v python3.13 || true)" "$HOME"/.pyenv/versions/3.13*/bin/python3.13; do
    if [ -x "$candidate" ] && "$candidate" -c 'import sys, ssl, sqlite3, venv; assert sys.version_info[:2] == (3, 13)' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
}

make_venv() {
  [ -x "$target/acapy/bin/python" ] && return
  local python
  python=$(find_python)
  if [ -n "$python" ]; then
    say "Making the Python environment with $python"
    quietly "$python" -m venv "$target/acapy"
  else
    say "No Python 3.13 here: uv fetches one"
    quietly python3 -m venv "$target/uv"
    quietly "$target/uv/bin/pip" install uv
    quietly env UV_PYTHON_INSTALL_DIR="$target/uv/python" "$target/uv/bin/uv" venv --python 3.13 --seed "$target/acapy"
  fi
}

# Installed pieces are stamped with what they were made from, so that a changed pin is noticed.
is_current() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

install_python() {
  local stamp="$target/acapy/.stamp" wanted
  wanted=$(sha256sum <"$here/requirements.txt")
  is_current "$stamp" "$wanted" && return
  say "Installing ACA-Py and pytest"
  quietly "$target/acapy/bin/python" -m pip install -r "$here/requirements.txt"
  echo "$wanted" >"$stamp"
}

install_node() {
  local stamp="$target/node/.stamp" wanted
  wanted="$(cat "$here/credo/package.json" "$here/credo/package-lock.json" | sha256sum) node $(node -p process.versions.modules)"
  if ! is_current "$stamp" "$wanted"; then
    say "Installing Credo and compiling its foreign function interface"
    mkdir -p "$target/node"
    cp "$here/credo/package.json" "$here/credo/package-lock.json" "$target/node/"
    (cd "$target/node" && npm_packages)
    askar_library
    echo "$wanted" >"$stamp"
  fi
  ln -sfn ../../../.interop/node/node_modules "$here/credo/node_modules"
}

# The packages' own install scripts would download prebuilt libraries, so all but the compiled ones stay off.
npm_packages() {
  quietly npm ci --ignore-scripts --legacy-peer-deps --no-audit --no-fund
  local prefix
  prefix=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
  if [ -f "$prefix/include/node/node_api.h" ]; then export npm_config_nodedir="$prefix"; fi
  quietly npm rebuild @2060.io/ref-napi @2060.io/ffi-napi
}

askar_library() {
  local wheel="$target/askar-wheel"
  local native="$target/node/node_modules/@openwallet-foundation/askar-nodejs/native"
  rm -rf "$wheel" && mkdir -p "$wheel" "$native"
  quietly "$target/acapy/bin/python" -m pip download --no-deps --only-binary :all: -d "$wheel" "$askar_wheel"
  quietly unzip -oqj "$wheel"/*.whl 'aries_askar/libaries_askar.*' -d "$native"
}

check_installed() {
  quietly "$target/acapy/bin/aca-py" --version
  quietly node "$here/credo/check.mjs"
}

mkdir -p "$target"
system_packages
check_node
make_venv
install_python
install_node
check_installed
say "Ready. Run: cargo build && tests/interop/run -m quick"
