# What the scripts share. Sourced, not run.

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }

fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# The one thing that is not installed for you.
need_cargo() {
  command -v cargo >/dev/null ||
    fail "Rust is missing. Install it from https://rustup.rs (1.95 or newer), open a new shell, and run this again."
}

# The cryptography library is C: it needs a compiler, and nothing else.
need_compiler() {
  command -v "${CC:-cc}" >/dev/null && return
  say "No C compiler here: installing gcc"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends gcc libc6-dev
}

as_root() {
  command -v apt-get >/dev/null || fail "a C compiler (cc) is missing, and this is no Debian: install one and run this again"
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "neither root nor sudo. As root, run: $*"
  fi
}
