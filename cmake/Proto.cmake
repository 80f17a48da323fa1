# Generated code, in <build>/gen: included as "registre/v1/x.pb.h".
#
#   registre_proto_library(<name> PROTO_GLOB <pattern>)   x.pb.{h,cc} of each file
#   registre_grpc_library(<name> PROTO_GLOB <pattern>)    x.grpc.pb.{h,cc} of each file
#
# Both are compiled without warnings and with REGISTRE_GENERATED_FLAGS, after ours.

find_program(REGISTRE_GRPC_PLUGIN grpc_cpp_plugin REQUIRED)
set(REGISTRE_GEN_DIR "${CMAKE_BINARY_DIR}/gen")
file(MAKE_DIRECTORY "${REGISTRE_GEN_DIR}")

function(_registre_generated_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SUFFIX" "SOURCES;PROTOC;PRECOMPILED")
  set(generated)
  foreach(proto IN LISTS arg_SOURCES)
    file(RELATIVE_PATH relative "${PROJECT_SOURCE_DIR}/proto" "${proto}")
    string(REGEX REPLACE "\\.proto$" "" stem "${relative}")
    set(out "${REGISTRE_GEN_DIR}/${stem}${arg_SUFFIX}")
    add_custom_command(
      OUTPUT "${out}.cc" "${out}.h"
      COMMAND protobuf::protoc "--proto_path=${PROJECT_SOURCE_DIR}/proto" ${arg_PROTOC}
              "--dependency_out=${out}.d" "${proto}"
      DEPENDS "${proto}"
      DEPFILE "${out}.d"
      COMMENT "protoc ${relative}"
      VERBATIM)
    list(APPEND generated "${out}.cc" "${out}.h")
  endforeach()
  if(NOT generated)
    set(generated "${CMAKE_BINARY_DIR}/empty.cc")
  endif()
  add_library(${name} STATIC ${generated})
  target_include_directories(${name} SYSTEM PUBLIC "${REGISTRE_GEN_DIR}")
  target_compile_options(${name} PRIVATE -w ${REGISTRE_GENERATED_FLAGS})
  # protoc gives each file the same names in an unnamed namespace.
  set_target_properties(${name} PROPERTIES UNITY_BUILD OFF)
  if(REGISTRE_PCH AND arg_PRECOMPILED)
    target_precompile_headers(${name} PRIVATE ${arg_PRECOMPILED})
  endif()
endfunction()

function(registre_proto_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "PROTO_GLOB" "")
  registre_glob(protos GLOB "${arg_PROTO_GLOB}")
  _registre_generated_library(
    ${name} SUFFIX ".pb" SOURCES ${protos}
    PROTOC "--cpp_out=${REGISTRE_GEN_DIR}"
    PRECOMPILED <string> <vector> <google/protobuf/extension_set.h>
                <google/protobuf/generated_message_reflection.h>
                <google/protobuf/generated_message_util.h> <google/protobuf/message.h>
                <google/protobuf/reflection_ops.h> <google/protobuf/repeated_field.h>
                <google/protobuf/wire_format.h>)
endfunction()

function(registre_grpc_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "PROTO_GLOB" "")
  registre_glob(protos GLOB "${arg_PROTO_GLOB}")
  _registre_generated_library(
    ${name} SUFFIX ".grpc.pb" SOURCES ${protos}
    PROTOC "--plugin=protoc-gen-grpc=${REGISTRE_GRPC_PLUGIN}" "--grpc_out=${REGISTRE_GEN_DIR}")
endfunction()
