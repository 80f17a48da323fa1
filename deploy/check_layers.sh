#!/usr/bin/env bash
# Checks what may include what: proto <- ledger <- projections <- services <- cmd, RocksDB only under
# ledger/store, OpenSSL only under ledger/proof, gRPC only in services and cmd. Tests mirror the tree.
#
#   deploy/check_layers.sh [ROOT]       exit 0: kept; 1: broken, each offending line is printed
#   deploy/check_layers.sh --self-test  breaks each rule in a temporary folder and must be caught
set -euo pipefail

# One rule a line: <what> <included path, regex> <folders that may, regex>. A file that matches no
# folder of its rule must not have the include. Only files under these folders are looked at:
folders=(ledger projections services cmd tests)
rules='RocksDB      rocksdb/                                 ^(ledger/store|tests/ledger/store|tests/crash|tests/bench)/
OpenSSL      openssl/                                 ^(ledger/proof/|tests/ledger/proof/|tests/support/test_(ca|tsa)\.cc$)
gRPC         (grpc|grpcpp|grpc\+\+)/|[^">]*\.grpc\.pb\.h   ^(services|cmd|tests/(services|cmd|bench|crash))/
HTTP         httplib\.h                               ^(services|cmd|tests/(services|cmd|bench|crash))/
ledger       ledger/                                  ^(ledger|projections|services|cmd|tests)/
projections  projections/                             ^(projections|services|cmd|tests)/
services     services/                                ^(services|cmd|tests/(services|cmd|bench|crash|fuzz))/
cmd          cmd/                                     ^(cmd|tests/(cmd|fuzz))/
tests        tests/                                   ^tests/'

# check ROOT: prints each broken line; 1 if there is one.
check() {
  local root=$1 broken=0 dir includes hit header what included allowed
  local present=()
  for dir in "${folders[@]}"; do
    if [ -d "$root/$dir" ]; then present+=("$dir"); fi
  done
  if [ ${#present[@]} -eq 0 ]; then
    echo "check_layers: no source folder under $root" >&2
    return 1
  fi
  # grep answers 1 when nothing matches; anything above is a failure of the check itself.
  includes=$(cd "$root" && grep -rnE --include='*.h' --include='*.cc' \
    '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]' "${present[@]}") || [ $? -eq 1 ]
  while IFS= read -r hit; do
    if [ -z "$hit" ]; then continue; fi
    header=${hit#*[<\"]}
    while read -r what included allowed; do
      if [[ $header =~ ^($included) && ! ${hit%%:*} =~ $allowed ]]; then
        echo "$hit"
        echo "  $what may be included only from $allowed"
        broken=1
      fi
    done <<<"$rules"
  done <<<"$includes"
  return $broken
}

# expect pass|fail FILE INCLUDE: puts one line in a fresh tree and checks it.
expect() {
  local want=$1 file=$2 line=$3 got=pass root
  root=$(mktemp -d "$scratch/tree.XXXXXX")
  mkdir -p "$root/$(dirname "$file")"
  printf '#include %s\n' "$line" >"$root/$file"
  check "$root" >"$root/out" 2>&1 || got=fail
  if [ "$got" != "$want" ]; then
    echo "self-test: $file with #include $line: expected $want, got $got"
    cat "$root/out"
    failures=$((failures + 1))
  fi
}

self_test() {
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  failures=0
  expect pass ledger/store/log.cc '<rocksdb/db.h>'
  expect pass tests/ledger/store/log_test.cc '"rocksdb/file_system.h"'
  expect fail ledger/recorder.cc '"rocksdb/db.h"'
  expect fail projections/rows.h '<rocksdb/db.h>'
  expect fail tests/ledger/recorder_test.cc '<rocksdb/db.h>'
  expect pass ledger/proof/hash.cc '<openssl/evp.h>'
  expect fail ledger/store/hash.cc '<openssl/evp.h>'
  expect pass tests/support/test_ca.cc '<openssl/x509.h>'
  expect pass tests/support/test_tsa.cc '<openssl/ts.h>'
  expect fail tests/support/clock.cc '<openssl/x509.h>'
  expect pass services/record.cc '"grpcpp/grpcpp.h"'
  expect pass cmd/registre/client.h '"registre/v1/record_service.grpc.pb.h"'
  expect fail ledger/x.cc '"grpcpp/grpcpp.h"'
  expect fail projections/x.cc '<grpc/grpc.h>'
  expect fail projections/x.cc '"registre/v1/record_service.grpc.pb.h"'
  expect pass projections/x.cc '"registre/v1/record_service.pb.h"'
  expect fail tests/support/x.cc '<grpcpp/grpcpp.h>'
  expect pass services/tiles.cc '<httplib.h>'
  expect fail ledger/x.cc '<httplib.h>'
  expect pass projections/x.cc '"ledger/view.h"'
  expect fail ledger/x.cc '"projections/rows.h"'
  expect fail ledger/x.h '"services/record.h"'
  expect fail ledger/acts/x.cc '"cmd/registred/options.h"'
  expect fail projections/x.cc '"services/record.h"'
  expect fail services/x.cc '"cmd/registred/options.h"'
  expect pass cmd/registred/main.cc '"services/record.h"'
  expect pass tests/ledger/acts/x_test.cc '"projections/view.h"'
  expect fail ledger/x.cc '"tests/support/clock.h"'
  expect fail ledger/x.cc '   "projections/rows.h"  // why not'
  expect fail nothing_here.cc '"a.h"'
  if [ "$failures" -ne 0 ]; then
    echo "check_layers: self-test failed"
    return 1
  fi
  echo "check_layers: the self-test passed"
}

case ${1:-} in
  --self-test) self_test ;;
  -h | --help) sed -n '2,6s/^# \{0,1\}//p' "$0" ;;
  *)
    root=${1:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
    if ! check "$root"; then
      echo "check_layers: the direction of dependence is broken:
proto <- ledger <- projections <- services <- cmd"
      exit 1
    fi
    echo "check_layers: kept"
    ;;
esac
