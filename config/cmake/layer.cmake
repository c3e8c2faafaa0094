# binseek_layer, binseek_test, binseek_fuzzer, binseek_bench: the four kinds of target, and the rank check.

# Reads config/layers.txt into BINSEEK_RANK_<layer> and BINSEEK_ENGINE_<layer>.
set(BINSEEK_LAYERS_FILE ${CMAKE_CURRENT_LIST_DIR}/../layers.txt)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${BINSEEK_LAYERS_FILE} ${CMAKE_CURRENT_LIST_DIR}/batches.py)
file(STRINGS ${BINSEEK_LAYERS_FILE} _binseek_layer_lines REGEX "^[a-z]")
foreach(_line IN LISTS _binseek_layer_lines)
  separate_arguments(_columns UNIX_COMMAND "${_line}")
  list(GET _columns 0 _name)
  list(GET _columns 1 BINSEEK_RANK_${_name})
  list(GET _columns 2 BINSEEK_ENGINE_${_name})
endforeach()

# engine/base -> binseek_engine_base
function(binseek_target_name layer out)
  string(REPLACE "/" "_" name "binseek_${layer}")
  set(${out} ${name} PARENT_SCOPE)
endfunction()

# Stops the configure step where `layer` may not use `dep`.
function(binseek_check_rank layer dep)
  foreach(name ${layer} ${dep})
    if(NOT DEFINED BINSEEK_RANK_${name})
      message(FATAL_ERROR "layer check: '${name}' is no layer of config/layers.txt")
    endif()
  endforeach()
  if(NOT BINSEEK_RANK_${dep} LESS BINSEEK_RANK_${layer})
    message(FATAL_ERROR "layer check: ${layer} may not use ${dep}: rank ${BINSEEK_RANK_${dep}} is not "
                        "below ${BINSEEK_RANK_${layer}} (config/layers.txt)")
  endif()
  if(dep MATCHES "^engine/" AND BINSEEK_ENGINE_${layer} STREQUAL "base" AND NOT dep STREQUAL "engine/base")
    message(FATAL_ERROR "layer check: ${layer} may use engine/base only, not ${dep} (config/layers.txt)")
  endif()
endfunction()

# Adds those of the given folders that have a CMakeLists.txt; others join when they get one.
function(binseek_add_folders)
  foreach(folder IN LISTS ARGN)
    set(list_file ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/CMakeLists.txt)
    if(EXISTS ${list_file})
      add_subdirectory(${folder})
    endif()
  endforeach()
endfunction()

if(BINSEEK_BATCHES)
  # Debian's own first: what else is called python3 may be a wrapper, which takes its time at each of many starts.
  find_program(BINSEEK_PYTHON3 python3 HINTS /usr/bin REQUIRED)
endif()

# Sets `out` to what the target compiles: its sources or, with BINSEEK_BATCHES, files that include many of them each, so that
# headers are read once for many sources (batches.py). What is generated in the build's folder, or has options of its own (set before),
# is left alone.
function(_binseek_batched out target)
  if(NOT BINSEEK_BATCHES)
    set(${out} ${ARGN} PARENT_SCOPE)
    return()
  endif()
  set(alone "")
  set(paths "")
  foreach(source IN LISTS ARGN)
    cmake_path(ABSOLUTE_PATH source NORMALIZE)
    cmake_path(IS_PREFIX PROJECT_BINARY_DIR ${source} generated)
    get_source_file_property(own_options ${source} COMPILE_OPTIONS)
    if(generated OR own_options)
      list(APPEND alone ${source})
    else()
      # A name that is new in a source may be another one's: the batches are made anew.
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
      cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${PROJECT_SOURCE_DIR})
      list(APPEND paths ${source})
    endif()
  endforeach()
  execute_process(COMMAND ${BINSEEK_PYTHON3} config/cmake/batches.py --out ${CMAKE_CURRENT_BINARY_DIR}/${target}.batches ${paths}
                  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE batches OUTPUT_STRIP_TRAILING_WHITESPACE
                  COMMAND_ERROR_IS_FATAL ANY)
  string(REPLACE "\n" ";" batches "${batches}")
  set(${out} ${batches} ${alone} PARENT_SCOPE)
endfunction()

# Sets `out` to those headers of a layer that all_verify_interface_header_sets has to compile. A source of the same name that includes
# its header first shows as much wherever sources are compiled one by one, as the preset `dev` does (./dev drill alone).
function(_binseek_headers_to_verify out layer)
  set(to_verify "")
  foreach(header IN LISTS ARGN)
    cmake_path(ABSOLUTE_PATH header NORMALIZE OUTPUT_VARIABLE path)
    cmake_path(REPLACE_EXTENSION path LAST_ONLY cc OUTPUT_VARIABLE source)
    cmake_path(RELATIVE_PATH path BASE_DIRECTORY ${PROJECT_SOURCE_DIR})
    set(first "")
    if(EXISTS ${source} AND NOT layer MATCHES "^tests/")
      file(STRINGS ${source} first REGEX "^#include" LIMIT_COUNT 1)
    endif()
    if(NOT first STREQUAL "#include \"${path}\"")
      list(APPEND to_verify ${header})
    endif()
  endforeach()
  set(${out} ${to_verify} PARENT_SCOPE)
endfunction()

# binseek_layer(engine/base
#   SRCS status.cc ...         # none: a layer of headers only
#   HDRS status.h ...          # every header; each must compile alone (_binseek_headers_to_verify)
#   DEPS engine/x ...          # layers of a lower rank
#   LIBS binseek_zstd ...)     # third-party targets (third_party.cmake), used in .cc files only
# Makes the static library binseek_engine_base.
function(binseek_layer layer)
  cmake_parse_arguments(ARG "" "" "SRCS;HDRS;DEPS;LIBS" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "binseek_layer(${layer}): what is '${ARG_UNPARSED_ARGUMENTS}'?")
  endif()
  binseek_target_name(${layer} target)
  set(deps "")
  foreach(dep IN LISTS ARG_DEPS)
    binseek_check_rank(${layer} ${dep})
    binseek_target_name(${dep} dep_target)
    list(APPEND deps ${dep_target})
  endforeach()

  if(ARG_SRCS)
    _binseek_batched(sources ${target} ${ARG_SRCS})
    add_library(${target} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(${target} PRIVATE binseek_warnings ${ARG_LIBS})
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
    target_link_libraries(${target} INTERFACE ${ARG_LIBS})
  endif()
  target_link_libraries(${target} ${scope} binseek_flavour ${deps})
  _binseek_headers_to_verify(to_verify ${layer} ${ARG_HDRS})
  set(others ${ARG_HDRS})
  list(REMOVE_ITEM others ${to_verify})
  target_sources(${target} ${scope} FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${others}
                 FILE_SET to_verify TYPE HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${to_verify})
  # An empty list would mean all of them.
  set_target_properties(${target} PROPERTIES INTERFACE_HEADER_SETS_TO_VERIFY to_verify)
endfunction()

function(_binseek_link_program name)
  cmake_parse_arguments(ARG "" "" "DEPS;LIBS" ${ARGN})
  foreach(dep IN LISTS ARG_DEPS)
    binseek_target_name(${dep} dep_target)
    target_link_libraries(${name} PRIVATE ${dep_target})
  endforeach()
  target_link_libraries(${name} PRIVATE binseek_flavour binseek_warnings ${ARG_LIBS})
endfunction()

# binseek_test(engine_base_test
#   SRCS status_test.cc ...
#   DEPS engine/base tests/support ...
#   LIBS binseek_zlib ...
#   LABELS unit ...            # unit | model | integration, and: slow crash mysql concurrent
#   TIMEOUT seconds)           # default 120
# A gtest program, one ctest entry. It runs in the root of the tree. `concurrent` puts it among those that run
# under ThreadSanitizer; every unit test runs under AddressSanitizer.
function(binseek_test name)
  if(NOT BINSEEK_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "TIMEOUT" "SRCS;DEPS;LIBS;LABELS" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "binseek_test(${name}): what is '${ARG_UNPARSED_ARGUMENTS}'?")
  endif()
  find_package(GTest REQUIRED)
  _binseek_batched(sources ${name} ${ARG_SRCS})
  add_executable(${name} ${sources})
  _binseek_link_program(${name} DEPS ${ARG_DEPS} LIBS ${ARG_LIBS} GTest::gmock_main)
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT})
endfunction()

# binseek_fuzzer(event_decoder_fuzzer SRCS event_decoder_fuzzer.cc DEPS sync/binlog CORPUS corpus/event_decoder)
# A libFuzzer program, in preset asan-ubsan only. Its corpus is a folder of the tree; `./dev test fuzz` finds both in
# build/asan-ubsan/fuzzers.txt (program, corpus).
function(binseek_fuzzer name)
  if(NOT BINSEEK_FUZZ)
    return()
  endif()
  cmake_parse_arguments(ARG "" "CORPUS" "SRCS;DEPS;LIBS" ${ARGN})
  add_executable(${name} ${ARG_SRCS})
  _binseek_link_program(${name} DEPS ${ARG_DEPS} LIBS ${ARG_LIBS})
  target_compile_options(${name} PRIVATE -fsanitize=fuzzer)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzzers ${name})
  get_filename_component(corpus ${ARG_CORPUS} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
  set_property(GLOBAL APPEND_STRING PROPERTY BINSEEK_FUZZERS "$<TARGET_FILE:${name}> ${corpus}\n")
endfunction()

# binseek_bench(codec_bench SRCS codec_bench.cc DEPS engine/codec): a google/benchmark program, preset bench only.
function(binseek_bench name)
  if(NOT BINSEEK_BENCH)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS;LIBS" ${ARGN})
  find_package(benchmark REQUIRED)
  add_executable(${name} ${ARG_SRCS})
  _binseek_link_program(${name} DEPS ${ARG_DEPS} LIBS ${ARG_LIBS} benchmark::benchmark_main)
endfunction()
