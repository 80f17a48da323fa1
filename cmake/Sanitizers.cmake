# REGISTRE_SANITIZE, for all of our code, generated code too; REGISTRE_FUZZ.

if(REGISTRE_SANITIZE)
  add_compile_options("-fsanitize=${REGISTRE_SANITIZE}" -fno-omit-frame-pointer)
  add_link_options("-fsanitize=${REGISTRE_SANITIZE}")
endif()
if(REGISTRE_SANITIZE MATCHES "undefined")
  add_compile_options(-fno-sanitize-recover=all)
endif()
if(REGISTRE_FUZZ)
  # The edges that libFuzzer counts; its main is linked into the targets alone.
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()

# registre_annotate_mutexes(<target>): whoever links <target> has its calls of absl::Mutex and of
# absl::Notification annotated for ThreadSanitizer; tsan_mutex.cc says why. Without ThreadSanitizer it
# does nothing.
function(registre_annotate_mutexes target)
  if(NOT REGISTRE_SANITIZE MATCHES "thread")
    return()
  endif()
  add_library(registre_tsan_mutex STATIC "${PROJECT_SOURCE_DIR}/cmake/tsan_mutex.cc")
  target_link_libraries(registre_tsan_mutex PRIVATE absl::synchronization absl::time)
  file(STRINGS "${PROJECT_SOURCE_DIR}/cmake/tsan_mutex.cc" wrappers
       REGEX "^(LOCK|TRY_LOCK|UNLOCK|LOCK_WHEN|LOCK_WHEN_UNTIL|AWAIT_UNTIL|void WRAP)\\(")
  foreach(wrapper IN LISTS wrappers)
    string(REGEX MATCH "\\(([A-Za-z0-9_]+)" ignored "${wrapper}")
    list(APPEND symbols "-Wl,--wrap=_ZN4absl7debian35Mutex${CMAKE_MATCH_1}")
  endforeach()
  list(APPEND symbols "-Wl,--wrap=_ZN4absl7debian312Notification6NotifyEv"
              "-Wl,--wrap=_ZNK4absl7debian312Notification19WaitForNotificationEv")
  target_link_options(registre_tsan_mutex INTERFACE ${symbols})
  target_link_libraries(${target} INTERFACE registre_tsan_mutex)
endfunction()
