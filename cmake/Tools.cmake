# Targets for a developer; none is part of the build.
#   format        rewrites our C++ with clang-format
#   format-check  fails where it would
#   tidy          clang-tidy over our C++; only in the `clang` preset, whose flags clang understands

find_program(REGISTRE_CLANG_FORMAT NAMES clang-format-14 clang-format)
find_program(REGISTRE_RUN_CLANG_TIDY NAMES run-clang-tidy-14 run-clang-tidy)

if(REGISTRE_CLANG_FORMAT)
  set(_our_cpp "git ls-files -z --cached --others --exclude-standard '*.cc' '*.h'")
  foreach(pair IN ITEMS "format|-i" "format-check|--dry-run --Werror")
    string(REGEX REPLACE "\\|.*" "" target "${pair}")
    string(REGEX REPLACE ".*\\|" "" flags "${pair}")
    add_custom_target(
      ${target} COMMAND sh -c "${_our_cpp} | xargs -0r '${REGISTRE_CLANG_FORMAT}' ${flags}"
      WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}" VERBATIM)
  endforeach()
endif()
if(REGISTRE_RUN_CLANG_TIDY AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_custom_target(
    tidy
    COMMAND "${REGISTRE_RUN_CLANG_TIDY}" -quiet -p "${CMAKE_BINARY_DIR}"
            "${PROJECT_SOURCE_DIR}/(ledger|projections|services|cmd|tests)/.*"
    DEPENDS registre_proto registre_grpc
    USES_TERMINAL VERBATIM)
endif()
