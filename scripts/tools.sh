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
  command -v "${CC:-cc}" >/dev/null || get gcc libc6-dev
}

# The tests start these themselves, on ports and in directories of their own (crates/servers).
need_servers() {
  local missing=()
  found redis-server redis-cli || missing+=(redis-server)
  found postgres initdb psql pg_isready || missing+=(postgresql)
  found haproxy || missing+=(haproxy)
  found nginx || missing+=(nginx-light)
  # Only root may make the network that one scenario cuts off.
  [ "$(id -u)" != 0 ] || found ip || missing+=(iproute2)
  ls /usr/lib/*/faketime/libfaketime.so.1 >/dev/null 2>&1 || missing+=(libfaketime)
  [ ${#missing[@]} = 0 ] || get "${missing[@]}"
}

# Whether all of these are here, also where Debian keeps what is not on everybody's path.
found() {
  local name
  for name in "$@"; do
    command -v "$name" >/dev/null || ls /usr/sbin/"$name" /usr/lib/postgresql/*/bin/"$name" 2>/dev/null | grep -q . || return 1
  done
}

get() {
  say "Installing $*"
  command -v apt-get >/dev/null || fail "missing, and this is no Debian: install by hand and run this again: $*"
  as_root apt-get update -qq
  # At this runlevel, packages do not start their services.
  as_root env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "neither root nor sudo. As root, run: $*"
  fi
}
