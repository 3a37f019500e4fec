#!/usr/bin/env bash
# Starts Postgres as the official image does, with the same variables:
# POSTGRES_USER, POSTGRES_DB, POSTGRES_PASSWORD, POSTGRES_INITDB_ARGS (each also as <name>_FILE),
# POSTGRES_HOST_AUTH_METHOD, POSTGRES_INITDB_WALDIR, PGDATA, and /docker-entrypoint-initdb.d.
set -euo pipefail
shopt -s nullglob

main() {
  if [[ $# -eq 0 || ${1:0:1} == - ]]; then set -- postgres "$@"; fi
  if [[ $1 == postgres ]] && ! only_asks "$@"; then
    read_environment
    make_directories
    if [[ $(id -u) == 0 ]]; then exec gosu postgres "${BASH_SOURCE[0]}" "$@"; fi
    if [[ -s $PGDATA/PG_VERSION ]]; then
      echo 'PostgreSQL Database directory appears to contain a database; Skipping initialization'
    else
      initialise "$@"
    fi
  fi
  exec "$@"
}

# Whether the arguments ask for words only, so that no database is wanted.
only_asks() {
  local argument
  for argument in "$@"; do
    case $argument in
      -'?' | --help | --describe-config | -V | --version) return 0 ;;
    esac
  done
  return 1
}

read_environment() {
  from_file POSTGRES_PASSWORD ''
  from_file POSTGRES_USER postgres
  from_file POSTGRES_DB "$POSTGRES_USER"
  from_file POSTGRES_INITDB_ARGS ''
  : "${POSTGRES_HOST_AUTH_METHOD:=}"
}

# Takes the variable, else the content of the file that <name>_FILE names, else the default.
from_file() {
  local name=$1 file="$1_FILE" value=$2
  if [[ -n ${!name:-} && -n ${!file:-} ]]; then
    fail "both $name and $file are set, but they exclude each other"
  fi
  if [[ -n ${!name:-} ]]; then value=${!name}; elif [[ -n ${!file:-} ]]; then value=$(<"${!file}"); fi
  export "$name=$value"
  unset "$file"
}

make_directories() {
  mkdir -p "$PGDATA"
  chmod 0700 "$PGDATA" || true
  mkdir -p /var/run/postgresql || true
  chmod 3777 /var/run/postgresql || true
  if [[ -n ${POSTGRES_INITDB_WALDIR:-} ]]; then
    mkdir -p "$POSTGRES_INITDB_WALDIR"
    chmod 0700 "$POSTGRES_INITDB_WALDIR"
  fi
  [[ $(id -u) == 0 ]] || return 0
  # Only what is not his yet: on a layered file system a plain chown -R copies every file up.
  find "$PGDATA" /var/run/postgresql \! -user postgres -exec chown postgres '{}' +
  if [[ -n ${POSTGRES_INITDB_WALDIR:-} ]]; then
    find "$POSTGRES_INITDB_WALDIR" \! -user postgres -exec chown postgres '{}' +
  fi
}

initialise() {
  if [[ -z $POSTGRES_PASSWORD && $POSTGRES_HOST_AUTH_METHOD != trust ]]; then
    fail 'Database is uninitialized and superuser password is not specified.
       Set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE to a non-empty value,
       or POSTGRES_HOST_AUTH_METHOD=trust to let everyone in without one.'
  fi
  local walArguments=()
  if [[ -n ${POSTGRES_INITDB_WALDIR:-} ]]; then walArguments=(--waldir "$POSTGRES_INITDB_WALDIR"); fi
  # The arguments are a shell's words, as in the official image.
  eval 'initdb --username="$POSTGRES_USER" --pwfile=<(printf "%s\n" "$POSTGRES_PASSWORD")' \
    '"${walArguments[@]}"' "$POSTGRES_INITDB_ARGS"
  allow_hosts "$@"
  # Init scripts meet a server that nobody outside the container can reach.
  PGPASSWORD=${PGPASSWORD:-$POSTGRES_PASSWORD} with_private_server "$@"
  printf '\nPostgreSQL init process complete; ready for start up.\n\n'
}

allow_hosts() {
  local method=$POSTGRES_HOST_AUTH_METHOD
  if [[ -z $method ]]; then method=$(postgres -C password_encryption "${@:2}"); fi
  printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"
}

with_private_server() {
  export PGPASSWORD
  NOTIFY_SOCKET='' pg_ctl -D "$PGDATA" -w start \
    -o "$(printf '%q ' "${@:2}" -c listen_addresses= -p "${PGPORT:-5432}")"
  if [[ $POSTGRES_DB != postgres ]]; then
    run_sql --dbname postgres --set db="$POSTGRES_DB" <<<'create database :"db";'
  fi
  local file
  for file in /docker-entrypoint-initdb.d/*; do run_init_file "$file"; done
  pg_ctl -D "$PGDATA" -m fast -w stop
  unset PGPASSWORD
}

run_init_file() {
  echo "$0: $1"
  case $1 in
    *.sh)
      # An executable script is run, another is sourced.
      # shellcheck disable=SC1090
      if [[ -x $1 ]]; then "$1"; else . "$1"; fi
      ;;
    *.sql) run_sql --dbname "$POSTGRES_DB" -f "$1" ;;
    *.sql.gz) gunzip -c "$1" | run_sql --dbname "$POSTGRES_DB" ;;
    *.sql.xz) xz -dc "$1" | run_sql --dbname "$POSTGRES_DB" ;;
    *.sql.zst) zstd -dc "$1" | run_sql --dbname "$POSTGRES_DB" ;;
    *) echo "$0: ignoring $1" ;;
  esac
}

run_sql() {
  PGHOST='' PGHOSTADDR='' psql --no-psqlrc --no-password -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" "$@"
}

fail() {
  printf 'Error: %s\n' "$1" >&2
  exit 1
}

main "$@"
