# The compiler, its warnings, and what makes a build on two cores quick: ccache, mold.

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
# Everywhere, or a precompiled header made with it (gRPC asks for it) does not fit a target without.
add_compile_options(-pthread)
add_link_options(-pthread)
# gcc links in the order of the flags; this keeps libraries we do not use out of the binaries.
add_link_options(-Wl,--as-needed)

find_program(REGISTRE_CCACHE ccache)
if(REGISTRE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The two sloppinesses let ccache take precompiled headers; gcc also needs -fpch-preprocess to write
  # down that it used one. With the base folder, one checkout finds what another has compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND};-E;env;CCACHE_SLOPPINESS=pch_defines,time_macros"
      "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR};CCACHE_NOHASHDIR=1;${REGISTRE_CCACHE}")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-fpch-preprocess)
  endif()
endif()

find_program(REGISTRE_MOLD mold)
if(REGISTRE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()

# What every file written by hand is compiled with. A forgotten case of an act is an error.
set(REGISTRE_WARNINGS -Wall -Wextra -Werror=return-type -Werror=switch)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  list(APPEND REGISTRE_WARNINGS -Wthread-safety -Werror=thread-safety)
endif()
