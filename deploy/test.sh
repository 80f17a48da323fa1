#!/usr/bin/env bash
# Installs what is missing, builds, runs the complete test suite. ctest's summary is the last output.
#
#   deploy/test.sh [CTEST-ARGUMENT...]              for instance: deploy/test.sh -L unit
#   REGISTRE_PRESET=asan deploy/test.sh             another preset of CMakePresets.json; default: dev
set -euo pipefail
# shellcheck source=deploy/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

preset=${REGISTRE_PRESET:-dev}
install_packages
build "$preset"
say "testing $preset"
exec ctest --preset "$preset" -j2 --output-on-failure "$@"
