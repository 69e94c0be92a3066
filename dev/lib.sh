# What the scripts of dev/ share: speaking, refusing, and installing Debian packages. Sourced, never run.
# shellcheck shell=bash

# shellcheck disable=SC2034 # for those who source this
BASE_IMAGE=debian:12-slim

# say prints one line of progress; what a script prints for a program to read goes to stdout without it.
say() { printf '%s\n' "$*" >&2; }

die() {
  say "$(basename "$0"): $*"
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

is_root() { [ "$(id -u)" = 0 ]; }

# A derivative such as Ubuntu counts: it has the same package names.
is_debian() { [ -e /etc/debian_version ] && has apt-get; }

# apt_install installs packages without the ones they only recommend, or says what to do where it may not.
apt_install() {
  is_debian || die "cannot install $* here: install it by your system's own means and run this again"
  is_root || die "installing $* needs root: run 'apt-get install --no-install-recommends $*' and then this again"
  say "installing $*"
  local log
  log=$(mktemp)
  # Needs a fresh index: the one of an old image names packages that mirrors have dropped.
  if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    die "apt-get could not install $*"
  fi
  rm -f "$log"
}

# A checkout in a container may belong to somebody else, and git then refuses to say which revision it is.
export GOFLAGS="${GOFLAGS:+$GOFLAGS }-buildvcs=false"

# data_dir is where `clocker up` keeps an installation unless told otherwise.
data_dir() {
  if [ -n "${CLOCKER_DATA:-}" ]; then
    printf '%s\n' "$CLOCKER_DATA"
  elif is_root; then
    printf '/var/lib/clocker\n'
  else
    printf '%s\n' "$HOME/.local/share/clocker"
  fi
}

# current_compose says whether Compose is the Engine's plugin, which CLOCKER_COMPOSE_OLD=yes passes by.
current_compose() { [ "${CLOCKER_COMPOSE_OLD:-}" != yes ] && docker compose version >/dev/null 2>&1; }

# compose runs Compose, the Engine's plugin or the program that came before it.
compose() {
  if current_compose; then docker compose "$@"; else docker-compose "$@"; fi
}

# remove_installation removes from the Engine all that carries the id of an installation.
remove_installation() {
  local label ids
  # part-of is on what Clocker runs for itself, such as Postgres where the system has none.
  for label in "io.clocker.installation=$1" "io.clocker.part-of=$1"; do
    mapfile -t ids < <(docker ps -aq --filter "label=$label")
    [ ${#ids[@]} -eq 0 ] || docker rm -f -v "${ids[@]}" >/dev/null
    mapfile -t ids < <(docker network ls -q --filter "label=$label")
    [ ${#ids[@]} -eq 0 ] || docker network rm "${ids[@]}" >/dev/null
    mapfile -t ids < <(docker volume ls -q --filter "label=$label")
    [ ${#ids[@]} -eq 0 ] || docker volume rm -f "${ids[@]}" >/dev/null
    mapfile -t ids < <(docker image ls -q --filter "label=$label" | sort -u)
    [ ${#ids[@]} -eq 0 ] || docker image rm -f "${ids[@]}" >/dev/null
  done
}
