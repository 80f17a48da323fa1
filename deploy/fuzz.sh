#!/usr/bin/env bash
# Builds the fuzz targets with libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer, and runs each.
#
#   deploy/fuzz.sh [SECONDS [TARGET...]]    default: 600 seconds each, all of tests/fuzz
#
# Starts from tests/fuzz/corpus/<target>. What is new is kept in build/fuzz/corpus/<target>, for the next
# run; an input that breaks something in build/fuzz/findings. Exit status 1 when there is one.
set -euo pipefail
# shellcheck source=deploy/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

seconds=${1:-600}
targets=("${@:2}")
if [ ${#targets[@]} -eq 0 ]; then
  for folder in tests/fuzz/corpus/*/; do targets+=("$(basename "$folder")"); done
fi

install_packages
build fuzz fuzz

# fuzz TARGET: runs it, and says how much was tried.
fuzz() {
  local target=$1 log=build/fuzz/findings/$1.log
  mkdir -p "build/fuzz/corpus/$target"
  # Debian's protobuf and Abseil are not instrumented: what they put into a container is not marked.
  if ASAN_OPTIONS=detect_container_overflow=0 UBSAN_OPTIONS=print_stacktrace=1 \
    "build/fuzz/bin/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
    -max_len=16384 -artifact_prefix="build/fuzz/findings/$target-" -print_final_stats=1 \
    "build/fuzz/corpus/$target" "tests/fuzz/corpus/$target" >"$log" 2>&1; then
    echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs, no finding"
  else
    echo "$target: A FINDING, see $log"
    tail -n 30 "$log"
    return 1
  fi
}
export -f fuzz
export seconds

rm -rf build/fuzz/findings
mkdir -p build/fuzz/findings
say "fuzzing ${#targets[@]} targets, ${seconds} s each"
printf '%s\n' "${targets[@]}" | xargs -P 2 -I TARGET bash -c 'set -euo pipefail; fuzz TARGET'
