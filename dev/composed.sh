# How dev/up, dev/down, dev/backup and dev/restore speak to Compose. Sourced after lib.sh, never run.
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

project() { setting COMPOSE_PROJECT_NAME clocker; }

# unwell prints what is not as it should be: a process that is not healthy, or one that should have ended well and has not.
unwell() {
  docker ps --all --filter "label=com.docker.compose.project=$(project)" \
    --filter label=com.docker.compose.oneoff=False --format '{{.Names}} {{.Status}}' |
    grep -v -E ' Up .*\(healthy\)$| Exited \(0\) ' || true
}

# start has Compose start what does not run as it should, and returns when all is well. Arguments go to `up`.
start() {
  composed up --detach "$@"
  # Health is asked for every five seconds; a first start makes a database.
  local began=$SECONDS left name
  while left=$(unwell) && [ -n "$left" ] && [ $((SECONDS - began)) -lt 180 ]; do sleep 0.5; done
  [ -n "$left" ] || return 0
  say "$left"
  for name in $(awk '{ print $1 }' <<<"$left"); do
    say "the last words of $name:"
    docker logs --tail 5 "$name" >&2 || true
  done
  die "not all is well after three minutes; see: $COMPOSE logs"
}

# KEPT are the volumes that are an installation; what is in the others is made anew from them.
# shellcheck disable=SC2034 # for those who source this
KEPT=(installation state-postgres)

# volume prints the Engine's name of a volume, if it is there.
volume() {
  docker volume ls --quiet --filter "label=com.docker.compose.project=$(project)" --filter "label=com.docker.compose.volume=$1"
}

postgres_image() { printf '%s:%s\n' "$(setting CLOCKER_POSTGRES_IMAGE clocker-postgres)" "$(setting CLOCKER_VERSION dev)"; }

# kept runs a command among the volumes that are kept, each a directory of its name; the image of Postgres is the one of
# ours that has commands.
kept() {
  local name mounts=()
  for name in "${KEPT[@]}"; do mounts+=(--volume "$(volume "$name"):/kept/$name"); done
  docker run --rm --interactive --network none --user 0:0 --workdir /kept "${mounts[@]}" --entrypoint "$1" "$(postgres_image)" "${@:2}"
}
