#!/usr/bin/env bash
# From a clean clone to a server with a real deliberation in it: installs what is missing, builds the
# release preset, starts registred, records tests/data/deliberation-2023-405.jsonl and reads it back.
# Then serves until Ctrl-C. Running it again is safe: a command id is recorded once, for ever.
#
#   deploy/run.sh [--once] [--data DIR] [--port N]
#     --once      stop the server after the demonstration
#     --data DIR  the ledger's folder, kept between runs (default: var/demo)
#     --port N    port on 127.0.0.1 (default: 7462)
set -euo pipefail
caller=$PWD
# shellcheck source=deploy/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

once=false
data=$root/var/demo
port=7462
start_timeout_s=60

usage() { sed -n '2,9s/^# \{0,1\}//p' "$root/deploy/run.sh"; }

bad_usage() {
  printf 'run.sh: %s\n\n' "$*" >&2
  usage >&2
  exit 2
}

while [ $# -gt 0 ]; do
  case $1 in
    --once) once=true ;;
    --data | --port)
      [ $# -ge 2 ] || bad_usage "$1 needs a value"
      if [ "$1" = --data ]; then data=$2; else port=$2; fi
      shift
      ;;
    -h | --help) usage && exit 0 ;;
    *) bad_usage "unknown argument: $1" ;;
  esac
  shift
done
case $data in /*) ;; *) data=$caller/$data ;; esac
if ! [[ $port =~ ^[0-9]{1,5}$ ]] || [ "$port" -lt 1 ] || [ "$port" -gt 65535 ]; then
  bad_usage "not a port: $port"
fi

address=127.0.0.1:$port
bin=$root/build/release/bin
server=
log=

stop_server() {
  [ -n "$server" ] || return 0
  local pid=$server
  server=
  kill -TERM "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  say "the server has stopped; its log is $log"
}

# Prints the command, then runs it against our server.
registre() {
  printf '\n$ registre %s\n' "$*"
  "$bin/registre" --server "$address" "$@"
}

start_server() {
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    die "port $port is in use: stop what listens there, or choose another with --port"
  fi
  mkdir -p "$data" "$root/var"
  log=$root/var/registred-$port.log
  "$bin/registred" --data "$data" --listen "$address" --http '' >"$log" 2>&1 </dev/null &
  server=$!
  say "starting the server on $address, data in $data"
  local answer deadline=$((SECONDS + start_timeout_s))
  until answer=$("$bin/registre" --server "$address" admin status 2>&1); do
    if ! kill -0 "$server" 2>/dev/null; then
      server=
      tail -n 20 "$log" >&2
      die "the server did not start: the end of its log, $log, is above"
    fi
    if [ "$SECONDS" -ge "$deadline" ]; then
      printf '%s\n' "$answer" >&2
      tail -n 20 "$log" >&2
      die "the server does not serve after $start_timeout_s s: its last answer and its log, $log, are above"
    fi
    sleep 0.2
  done
}

install_packages
build release registred registre
trap stop_server EXIT
trap 'exit 0' INT TERM
start_server
registre record tests/data/deliberation-2023-405.jsonl
registre budget --deliberation 2023-405
registre structure list
registre convention 2023-00963

if $once; then exit 0; fi
echo
say "serving on $address; Ctrl-C stops it. Try: build/release/bin/registre --server $address anomalies"
wait "$server" || {
  server=
  tail -n 20 "$log" >&2
  die "the server stopped by itself: the end of its log, $log, is above"
}
