# Libraries, all from Debian 12. `registre_common` is what every layer may use.
#
# protobuf 3.21 ships no CMake package there: CMake's own module finds it, and must do so before gRPC,
# whose package asks for it without a mode. gRPC, absl, RocksDB, spdlog and GTest ship theirs.

find_package(Threads REQUIRED)
find_package(Protobuf 3.21 MODULE REQUIRED)
find_package(absl CONFIG REQUIRED)
find_package(OpenSSL 3 REQUIRED COMPONENTS Crypto SSL)
find_package(gRPC CONFIG REQUIRED)
find_package(RocksDB CONFIG REQUIRED)
find_package(fmt CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)
find_package(ZLIB REQUIRED)
find_library(REGISTRE_JEMALLOC jemalloc REQUIRED)
if(REGISTRE_BUILD_TESTS OR REGISTRE_BUILD_BENCH)
  find_package(GTest CONFIG REQUIRED)
  find_package(SQLite3 REQUIRED)
endif()
if(REGISTRE_BUILD_BENCH)
  find_package(benchmark CONFIG REQUIRED)
endif()

add_library(registre_common INTERFACE)
target_include_directories(registre_common INTERFACE "${PROJECT_SOURCE_DIR}")
target_link_libraries(
  registre_common
  INTERFACE absl::base
            absl::btree
            absl::core_headers
            absl::flat_hash_map
            absl::flat_hash_set
            absl::hash
            absl::inlined_vector
            absl::span
            absl::status
            absl::statusor
            absl::str_format
            absl::strings
            absl::synchronization
            absl::time
            fmt::fmt
            spdlog::spdlog
            Threads::Threads)
registre_annotate_mutexes(registre_common)
