# Targets from folders.
#
# The presets compile eight files as one (CMAKE_UNITY_BUILD): half the time, for most of it is headers.
# So the names in the unnamed namespaces of a target differ; a test has a namespace named after its
# file, and is free. The preset clang compiles each file on its own.
#
#   registre_glob(<out> GLOB <pattern> [EXCLUDE <regex>])
#       Sources that match, relative to the root and recursive; re-globbed at each build.
#   registre_library(<name> GLOB <pattern> [EXCLUDE <regex>] [HEADERS house|grpc|test])
#       A static library; HEADERS: what it has precompiled. A folder that is missing or has no source
#       yet gives an empty library, never an error.
#   registre_program(<name> GLOB <pattern>)
#       <name>_lib from all but main.cc, and, once there is a main.cc, the program bin/<name>, installed.

file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/empty.cc" CONTENT "// An archive needs one object.\n")

function(registre_glob out)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "GLOB;EXCLUDE" "")
  file(GLOB_RECURSE found RELATIVE "${PROJECT_SOURCE_DIR}" CONFIGURE_DEPENDS
       "${PROJECT_SOURCE_DIR}/${arg_GLOB}")
  if(arg_EXCLUDE)
    list(FILTER found EXCLUDE REGEX "${arg_EXCLUDE}")
  endif()
  list(TRANSFORM found PREPEND "${PROJECT_SOURCE_DIR}/")
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

# A precompiled header takes ten seconds to make and saves one to two for each source, so there are three
# for all targets written by hand: house, house and gRPC, house and gRPC and GoogleTest. Only library
# headers: ours change.
function(_registre_precompiled_header name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "HEADERS;LINK")
  add_library(${name} STATIC "${CMAKE_BINARY_DIR}/empty.cc")
  target_link_libraries(${name} PUBLIC registre_common protobuf::libprotobuf ${arg_LINK})
  target_compile_options(${name} PRIVATE ${REGISTRE_WARNINGS})
  target_precompile_headers(
    ${name} PRIVATE <algorithm> <cstdint> <functional> <memory> <optional> <string> <string_view>
    <utility> <vector> <absl/container/btree_map.h> <absl/container/flat_hash_map.h>
    <absl/status/statusor.h> <absl/strings/str_cat.h> <absl/synchronization/mutex.h>
    <absl/time/time.h> <google/protobuf/message.h> <google/protobuf/repeated_ptr_field.h>
    <google/protobuf/timestamp.pb.h> ${arg_HEADERS})
endfunction()

if(REGISTRE_PCH)
  _registre_precompiled_header(registre_house_pch)
  _registre_precompiled_header(registre_grpc_pch HEADERS <grpcpp/grpcpp.h> LINK gRPC::grpc++)
  if(REGISTRE_BUILD_TESTS)
    _registre_precompiled_header(registre_test_pch HEADERS <gmock/gmock.h> <grpcpp/grpcpp.h>
                                 LINK gRPC::grpc++ GTest::gmock)
  endif()
endif()

# registre_house_rules(<target> house|grpc|test): what every target written by hand is compiled with;
# the second word names its precompiled header.
function(registre_house_rules name headers)
  target_compile_options(${name} PRIVATE ${REGISTRE_WARNINGS})
  if(TARGET registre_${headers}_pch)
    target_precompile_headers(${name} REUSE_FROM registre_${headers}_pch)
  endif()
endfunction()

function(registre_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "GLOB;EXCLUDE;HEADERS" "")
  registre_glob(sources GLOB "${arg_GLOB}" EXCLUDE "${arg_EXCLUDE}")
  if(NOT sources)
    set(sources "${CMAKE_BINARY_DIR}/empty.cc")
  endif()
  add_library(${name} STATIC ${sources})
  if(NOT arg_HEADERS)
    set(arg_HEADERS house)
  endif()
  registre_house_rules(${name} ${arg_HEADERS})
endfunction()

function(registre_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "GLOB" "")
  registre_library(${name}_lib GLOB "${arg_GLOB}" EXCLUDE "/main\\.cc$" HEADERS grpc)
  registre_glob(main GLOB "cmd/${name}/main.cc")
  if(main)
    add_executable(${name} ${main})
    registre_house_rules(${name} grpc)
    target_link_libraries(${name} PRIVATE ${name}_lib)
    install(TARGETS ${name})
  endif()
endfunction()
