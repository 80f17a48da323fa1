# shellcheck shell=bash
# Sourced by the scripts beside it (bash). Defines: say, die, install_packages, build.
# Works on a bare Debian 12 (bash and apt), as root or through sudo. Moves to the repository's root.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit

# What the build and the tests need; each package once, by who asks for it.
packages=(
  g++ cmake ninja-build ccache mold pkg-config git                  # tools
  protobuf-compiler protobuf-compiler-grpc libprotobuf-dev          # proto/
  libabsl-dev libspdlog-dev libfmt-dev librocksdb-dev libssl-dev    # ledger/
  libjemalloc-dev                                                   # cmd/registred
  libgrpc++-dev libcpp-httplib-dev                                  # services/
  libcli11-dev nlohmann-json3-dev zlib1g-dev                        # cmd/
  libgtest-dev libgmock-dev libbenchmark-dev libsqlite3-dev         # tests/
  python3 python3-grpcio python3-protobuf openssl                   # tests/, deploy/finance
  golang-go golang-golang-x-mod-dev                                 # tests/scripts: notes and proofs of others
  clang libclang-rt-14-dev                                          # tests/fuzz
)

say() { printf '== %s\n' "$*"; }

die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# Installs what is missing; does not touch the package lists when nothing is.
install_packages() {
  local package missing=() as_root=()
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    die "this is not Debian: install the equivalents of: ${packages[*]}; then use the CMake presets"
  fi
  for package in "${packages[@]}"; do
    if [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
      missing+=("$package")
    fi
  done
  if [ ${#missing[@]} -eq 0 ]; then return; fi

  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "not root and no sudo; as root, run: apt-get install ${missing[*]}"
    as_root=(sudo)
    # Without a terminal sudo must not wait for a password.
    if [ ! -t 0 ]; then as_root+=(-n); fi
  fi
  as_root+=(env DEBIAN_FRONTEND=noninteractive
            apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
  say "installing ${missing[*]}"
  "${as_root[@]}" update </dev/null || die "apt-get update failed: see above; is there a network?"
  "${as_root[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null ||
    die "apt-get install failed: see above; the packages are those of Debian 12"
}

# build PRESET [TARGET...]: configures it and builds the targets, or all, in build/PRESET.
build() {
  local preset=$1
  shift
  say "building $preset in build/$preset"
  cmake --preset "$preset" || die "configuring failed: see above"
  cmake --build --preset "$preset" --parallel "$(nproc)" ${1+--target "$@"} ||
    die "the build failed: see above"
}
