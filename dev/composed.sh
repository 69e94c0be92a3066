# How dev/up and dev/down speak to Compose. Sourced after lib.sh, never run.
# shellcheck shell=bash

ENV_FILE=${CLOCKER_ENV:-.env}

# need_compose makes sure that there is one, and sets COMPOSE to what a person writes.
need_compose() {
  current_compose || has docker-compose || apt_install docker-compose
  COMPOSE="docker compose"
  current_compose || COMPOSE=docker-compose
  if [ -n "${CLOCKER_ENV:-}" ]; then COMPOSE="$COMPOSE --env-file $CLOCKER_ENV"; fi
}

composed() { compose --env-file "$ENV_FILE" "$@"; }

# setting prints a setting as Compose sees it: from the environment, else the file, else the fallback.
setting() {
  local value=${!1:-}
  [ -n "$value" ] || value=$(sed -n "s/^$1=//p" "$ENV_FILE" | tail -n 1)
  printf '%s\n' "${value:-$2}"
}
