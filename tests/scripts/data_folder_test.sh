#!/usr/bin/env bash
# A data folder that is not as it should be: registred says which and why, and exits 1; when the cause is
# gone it goes on where it was. What needs a mount is skipped, with its reason, where none is allowed.
#
# data_folder_test.sh                         all of it
# data_folder_test.sh --mounted FOLDER        (itself, in a mount namespace) read-only, disk full
set -euo pipefail

root=${REGISTRE_SOURCE_DIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
bin=${REGISTRE_BIN_DIR:-$root/build/dev/bin}
real=$root/tests/data/deliberation-2023-405.jsonl
real_acts=$(wc -l <"$real")
failures=0
pid=

if [ ! -x "$bin/registred" ] || [ ! -x "$bin/registre" ]; then
  echo "skipped: registred and registre are not built in $bin"
  exit 77
fi

fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# start DIR: sets pid and address; 1, with what it said in $said, when it does not serve.
start() {
  local line
  said=
  # A descriptor of its own for each server: what it writes must go somewhere.
  exec {out}< <(exec "$bin/registred" --data "$1" --listen 127.0.0.1:0 --http 127.0.0.1:0 \
    "${@:2}" 2>&1)
  pid=$!
  while IFS= read -r line <&"$out"; do
    said+=$line$'\n'
    if [[ $line =~ ' on port '([0-9]+) ]]; then
      address=127.0.0.1:${BASH_REMATCH[1]}
      return 0
    fi
  done
  wait "$pid" || true
  pid=
  return 1
}

must_start() {
  if start "$@"; then return; fi
  echo "FAILED: registred does not serve $1: $said"
  exit 1
}

# end SIGNAL: ends the server; its exit status in $ended.
end() {
  ended=0
  kill "-$1" "$pid"
  wait "$pid" || ended=$?
  pid=
}

# refuse DIR REASON: registred must say so and exit 1.
refuse() {
  local status=0 text
  text=$(timeout 120 "$bin/registred" --data "$1" --listen 127.0.0.1:0 --http 127.0.0.1:0 2>&1) || status=$?
  if [ "$status" -ne 1 ]; then fail "$2: exit status $status: $text"; fi
  if [[ $text != *"registred: $2: "* ]]; then fail "$2 is not said: $text"; fi
  echo "$2: ${text##*"$2: "}"
}

# refuse_untouched DIR REASON: and it must leave the folder as it is, to the byte.
refuse_untouched() {
  local before
  before=$(contents "$1")
  refuse "$@"
  if [ "$(contents "$1")" != "$before" ]; then fail "$2: $1 has changed"; fi
}
contents() { (find "$1" -type f -exec sha256sum {} + && find "$1" -ls) 2>/dev/null | sort || true; }

registre() { "$bin/registre" --server "$address" "$@"; }
size() { registre --output json admin status | sed -n 's/.*"size":"\([0-9]*\)".*/\1/p'; }
# expect_text TEXT WHAT COMMAND...: the command must print the text, whatever its exit status.
expect_text() {
  local printed
  printed=$("${@:3}" 2>&1) || true
  if [[ $printed != *"$1"* ]]; then fail "$2: $printed"; fi
}
expect_size() {
  local found
  found=$(size)
  if [ "$found" != "$1" ]; then fail "$2: $found events, not $1"; fi
}

# padded FROM TO: structures of 10,000 bytes, one a line; they are made up.
padded() {
  awk -v from="$1" -v to="$2" 'BEGIN {
    text = sprintf("%500s", ""); gsub(/ /, "x", text)
    for (i = 0; i < 20; i++) remarks = remarks (i ? "," : "") "\"" text "\""
    for (i = from; i < to; i++) printf "{\"command_id\":\"essai-%d\",\"act\":{\"remarks\":[%s]," \
      "\"structure_registered\":{\"structure_id\":\"essai-%d\",\"identity\":{\"name\":\"Essai %d\"}}}}\n",
      i, remarks, i, i
  }'
}

# ---- Cases that need no mount --------------------------------------------------------------------

not_ours() {
  local dir=$scratch/photos
  mkdir "$dir"
  echo holidays >"$dir/photo.jpg"
  refuse_untouched "$dir" NOT_A_DATA_FOLDER
  rm "$dir/photo.jpg"
  echo "something else 3" >"$dir/FORMAT"
  refuse_untouched "$dir" NOT_A_DATA_FOLDER
  echo text >"$scratch/file"
  refuse_untouched "$scratch/file" NOT_A_DATA_FOLDER
}

too_new() {
  local dir=$scratch/new
  must_start "$dir"
  registre record "$real" >/dev/null
  end TERM
  echo "registre 2" >"$dir/FORMAT"
  refuse_untouched "$dir" FORMAT_TOO_NEW
  echo "registre 1" >"$dir/FORMAT"
  must_start "$dir"
  expect_size "$real_acts" "after a format that is too new"
  end TERM
}

in_use() {
  local dir=$scratch/used
  must_start "$dir"
  registre record "$real" >/dev/null
  refuse "$dir" DATA_FOLDER_IN_USE
  expect_size "$real_acts" "the server in use"
  end TERM
  if [ "$ended" -ne 0 ]; then fail "a clean stop ends with $ended"; fi
}

killed() {
  local dir=$scratch/killed
  must_start "$dir"
  registre record "$real" >/dev/null
  end KILL
  must_start "$dir"
  expect_size "$real_acts" "after kill -9"
  registre admin rebuild --check >/dev/null || fail "after kill -9 the index differs"
  expect_text "already recorded" "after kill -9" registre record "$real"
  end TERM
}

index_lost() {
  local dir=$scratch/index
  must_start "$dir"
  registre record "$real" >/dev/null
  end TERM
  rm -rf "$dir/index"
  must_start "$dir"
  expect_size "$real_acts" "without the index"
  registre admin rebuild --check >/dev/null || fail "the index rebuilt at a start differs"
  expect_text "2 562 401,31" "the budget with a new index" registre budget --deliberation 2023-405
  end TERM
  # An index that is not one.
  find "$dir/index" -type f -name '*.sst' -exec sh -c 'echo damaged >"$1"' _ {} \;
  must_start "$dir"
  expect_size "$real_acts" "with a damaged index"
  registre admin rebuild --check >/dev/null || fail "the index after damage differs"
  end TERM
}

log_lost() {
  local dir=$scratch/log wal
  must_start "$dir"
  registre record "$real" >/dev/null
  # A clean stop would leave nothing in the WAL alone. HEAD follows the log within a second.
  until [ "$(sed -n 2p "$dir/HEAD" 2>/dev/null)" = "$real_acts" ]; do sleep 0.05; done
  end KILL
  wal=$(find "$dir/log" -name '*.log' -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2-)
  mv "$wal" "$scratch/lost.wal"
  refuse "$dir" LOG_SHORTER
  # A start that was refused may have made a file of the same name.
  mv -f "$scratch/lost.wal" "$wal"
  must_start "$dir"
  expect_size "$real_acts" "with the log put back"
  end TERM
}

head_of_another() {
  local dir=$scratch/one other=$scratch/other
  must_start "$dir"
  registre record "$real" >/dev/null
  end TERM
  must_start "$other"
  registre record "$real" >/dev/null
  end TERM
  cp "$dir/HEAD" "$scratch/HEAD"
  cp "$other/HEAD" "$dir/HEAD"
  refuse "$dir" LOG_DIFFERENT
  echo "registre-head 1" >"$dir/HEAD"
  refuse "$dir" HEAD_DAMAGED
  cp "$scratch/HEAD" "$dir/HEAD"
  must_start "$dir"
  expect_size "$real_acts" "with its own HEAD"
  end TERM
}

# ---- Cases in a mount namespace ------------------------------------------------------------------

read_only() {
  local dir=$scratch/readonly
  mkdir "$dir"
  must_start "$dir/ledger"
  registre record "$real" >/dev/null
  end TERM
  mount --bind "$dir" "$dir"
  mount -o remount,bind,ro "$dir"
  refuse "$dir/ledger" DATA_FOLDER_READ_ONLY
  refuse "$dir/another" DATA_FOLDER_READ_ONLY
  umount "$dir"
  must_start "$dir/ledger"
  expect_size "$real_acts" "writable again"
  end TERM
}

disk_full() {
  local disk=$scratch/disk acknowledged status=0 found
  mkdir "$disk"
  mount -t tmpfs -o size=24m tmpfs "$disk"
  must_start "$disk/ledger"
  registre record "$real" >/dev/null
  # What fills the disk beside the ledger, and is removed later.
  dd if=/dev/zero of="$disk/filler" bs=1M count=12 status=none
  padded 0 3000 >"$scratch/padded.jsonl"
  registre --output json record --pipeline 16 "$scratch/padded.jsonl" \
    >"$scratch/receipts" 2>"$scratch/stopped" || status=$?
  acknowledged=$(grep -c '"receipt"' "$scratch/receipts" || true)
  echo "disk full after $acknowledged acts: $(head -n 1 "$scratch/stopped")"
  if [ "$status" -ne 1 ]; then fail "a full disk: registre ends with $status"; fi
  grep -q WRITER_STOPPED "$scratch/stopped" || fail "a full disk is not said"
  if ! kill -0 "$pid" 2>/dev/null; then fail "registred has died of a full disk"; fi
  # Reads go on; writes do not, and say why.
  expect_text "2 562 401,31" "a read on a full disk" registre budget --deliberation 2023-405
  expect_text RECORDER_STATE_STOPPED "the status" registre --output json admin status
  padded 3000 3001 >"$scratch/more.jsonl"
  expect_text WRITER_STOPPED "a write on a full disk" registre record "$scratch/more.jsonl"
  end TERM
  if [ "$ended" -ne 0 ]; then fail "a stop on a full disk ends with $ended"; fi

  # Started on the full disk, it serves what is there or says what is wrong; it does not crash.
  if start "$disk/ledger"; then
    end TERM
  else
    [[ $said == *"registred: DISK_FULL: "* ]] || fail "a start on a full disk: $said"
    echo "a start on the full disk: ${said##*registred: }"
  fi
  rm "$disk/filler"
  mount -o remount,size=128m "$disk"
  must_start "$disk/ledger"
  found=$(size)
  if [ "$found" -lt $((real_acts + acknowledged)) ]; then
    fail "of $((real_acts + acknowledged)) acknowledged acts $found are there"
  fi
  registre record --pipeline 16 "$scratch/padded.jsonl" >/dev/null || fail "no recording since"
  expect_size $((real_acts + 3000)) "after the disk was full"
  registre admin rebuild --check >/dev/null || fail "after the disk was full the index differs"
  end TERM
  umount "$disk"
}

# A limit of the size of a file in place of a small disk.
file_limit() {
  local dir=$scratch/limit status=0 acknowledged found
  # What a shell ignores, its children ignore; a write beyond the limit then fails.
  trap '' XFSZ
  ulimit -S -f 4096
  must_start "$dir"
  ulimit -S -f unlimited
  trap - XFSZ
  padded 0 1000 >"$scratch/padded.jsonl"
  registre record "$real" >/dev/null
  registre --output json record --pipeline 16 "$scratch/padded.jsonl" \
    >"$scratch/receipts" 2>"$scratch/stopped" || status=$?
  acknowledged=$(grep -c '"receipt"' "$scratch/receipts" || true)
  echo "a file at its limit after $acknowledged acts: $(head -n 1 "$scratch/stopped")"
  if [ "$status" -ne 1 ]; then fail "a file limit: registre ends with $status"; fi
  grep -q WRITER_STOPPED "$scratch/stopped" || fail "a failed write is not said"
  end TERM
  must_start "$dir"
  found=$(size)
  if [ "$found" -lt $((real_acts + acknowledged)) ]; then
    fail "of $((real_acts + acknowledged)) acknowledged acts $found are there"
  fi
  registre record --pipeline 16 "$scratch/padded.jsonl" >/dev/null || fail "no recording since"
  expect_size $((real_acts + 1000)) "after a file was at its limit"
  registre admin rebuild --check >/dev/null || fail "after a file limit the index differs"
  end TERM
}

# ---- All -----------------------------------------------------------------------------------------

cleanup() {
  if [ -n "$pid" ]; then kill -KILL "$pid" 2>/dev/null || true; fi
  if [ -n "${own_scratch:-}" ]; then rm -rf "$own_scratch"; fi
}
trap cleanup EXIT

if [ "${1:-}" = --mounted ]; then
  scratch=$2
  read_only
  disk_full
  exit $((failures > 0))
fi

own_scratch=$(mktemp -d)
scratch=$own_scratch
not_ours
too_new
in_use
killed
index_lost
log_lost
head_of_another
file_limit

namespace=(unshare --mount)
if [ "$(id -u)" -ne 0 ]; then namespace=(unshare --map-root-user --mount); fi
mkdir "$scratch/try"
if "${namespace[@]}" mount -t tmpfs -o size=1m tmpfs "$scratch/try" 2>"$scratch/why"; then
  "${namespace[@]}" bash "${BASH_SOURCE[0]}" --mounted "$scratch" || fail "cases with a mount"
else
  echo "skipped: a read-only and a full disk, no mount is allowed here: $(cat "$scratch/why")"
fi
echo "$failures wrong"
exit $((failures > 0))
