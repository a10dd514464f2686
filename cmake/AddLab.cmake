# Sets `out` to the first of the targets that does not exist, or to nothing.
function(lab_first_missing out)
  set(${out} "" PARENT_SCOPE)
  foreach(target IN LISTS ARGN)
    if(NOT TARGET ${target})
      set(${out} ${target} PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

# add_lab(05_backpressure USES lab::uv lab::http)
#
# In labs/05_backpressure, guards/, scenes/ and world/: all .cpp files but main.cpp become the library `concept_05`,
# which tests and benchmarks link too; main.cpp becomes the program
# build/<preset>/labs/05_backpressure, with the target `lab_05`.
# A lab whose libraries are not there is left out, with a line that says so.
function(add_lab folder)
  cmake_parse_arguments(arg "" "" "USES" ${ARGN})
  string(SUBSTRING ${folder} 0 2 number)
  lab_first_missing(missing ${arg_USES})
  if(missing)
    message(STATUS "lab ${number} left out: ${missing} is not there (./lab doctor)")
    return()
  endif()

  set(dir ${CMAKE_SOURCE_DIR}/labs/${folder})
  if(NOT EXISTS ${dir}/main.cpp)
    return()
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.cpp ${dir}/guards/*.cpp
       ${dir}/scenes/*.cpp ${dir}/world/*.cpp)
  list(REMOVE_ITEM sources ${dir}/main.cpp)
  # The story is not on a hot path, and a first run waits for it; the concept stays at -O2.
  file(GLOB story CONFIGURE_DEPENDS ${dir}/scenes/*.cpp)
  set_property(SOURCE ${story} ${dir}/main.cpp APPEND PROPERTY COMPILE_OPTIONS -O1)
  if(sources)
    add_library(concept_${number} STATIC ${sources})
    set(scope PUBLIC)
  else()
    add_library(concept_${number} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(concept_${number} ${scope} ${dir})
  target_link_libraries(concept_${number} ${scope} lab_settings lab::common ${arg_USES})

  add_executable(lab_${number} ${dir}/main.cpp)
  target_link_libraries(lab_${number} PRIVATE concept_${number})
  set_target_properties(lab_${number} PROPERTIES
    OUTPUT_NAME ${folder} RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/labs)
  set_property(GLOBAL APPEND PROPERTY LAB_PROGRAMS lab_${number})
  lab_record_sample(${number})
endfunction()

# A run of the lab, recorded anew whenever its program was built anew: what the studio's shelf
# shows of it before it has run here, and what the browser's tests draw. A lab that cannot run
# leaves an empty file.
set_property(GLOBAL APPEND PROPERTY JOB_POOLS lab_samples=2)
function(lab_record_sample number)
  if(LAB_SANITIZE)
    return()
  endif()
  set(sample ${CMAKE_BINARY_DIR}/samples/${number}.ndjson)
  add_custom_command(OUTPUT ${sample}
    COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:lab_${number}> -DOUT=${sample}
            -P ${CMAKE_SOURCE_DIR}/cmake/record_sample.cmake
    DEPENDS lab_${number} JOB_POOL lab_samples COMMENT "Recording a run of lab ${number}" VERBATIM)
  add_custom_target(sample_${number} ALL DEPENDS ${sample})
  if(NOT TARGET samples)
    add_custom_target(samples)
  endif()
  add_dependencies(samples sample_${number})
endfunction()

# add_lab_test(NAME SOURCES a.cpp USES concept_14 LABELS unit [TIMEOUT 60] [FILTER Suite.*])
#
# One GoogleTest program; left out where what it uses is. Each of its tests is one CTest, or
# each that GoogleTest's FILTER names.
#
# With a sanitizer a program takes 90 ms to start, three times as long as most unit tests
# last. So there all unit tests of a program are one CTest, unless it says APART: its tests
# are slow ones, and two cores shall share them. TOGETHER makes one CTest of them always: they
# share something that takes seconds to start.
function(add_lab_test name)
  cmake_parse_arguments(arg "APART;TOGETHER" "TIMEOUT;FILTER" "SOURCES;USES;LABELS" ${ARGN})
  lab_first_missing(missing ${arg_USES})
  if(missing)
    message(STATUS "test ${name} left out: ${missing} is not there")
    return()
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE lab_settings lab_test_support ${arg_USES})
  target_compile_options(${name} PRIVATE -O0)  # half the time that GoogleTest takes at -O2
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  set(run_the_labs lab conformance project)
  foreach(label IN LISTS arg_LABELS)
    if(label IN_LIST run_the_labs)
      get_property(programs GLOBAL PROPERTY LAB_PROGRAMS)
      add_dependencies(${name} ${programs})
    endif()
    if(NOT TARGET tests_${label})  # tests_unit builds all that `ctest -L unit` runs
      add_custom_target(tests_${label})
    endif()
    add_dependencies(tests_${label} ${name})
  endforeach()
  # CMake's script takes lists apart, so several labels are one: `ctest -L` looks inside.
  string(JOIN "-" labels ${arg_LABELS})
  if(arg_TOGETHER OR (LAB_SANITIZE AND "unit" IN_LIST arg_LABELS AND NOT arg_APART))
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT 300)
    return()
  endif()
  if(arg_FILTER)
    set(arg_FILTER TEST_FILTER ${arg_FILTER})
  endif()
  gtest_discover_tests(${name} ${arg_FILTER} DISCOVERY_TIMEOUT 30
    PROPERTIES LABELS "${labels}" TIMEOUT ${arg_TIMEOUT} ENVIRONMENT "${lab_environment}")
endfunction()

# A lab that measures its memory must not measure what AddressSanitizer keeps back.
set(lab_environment "ASAN_OPTIONS=quarantine_size_mb=16")

# add_tests_of_each_lab(NAME PROGRAM Suite LABELS lab [TIMEOUT 60])
#
# Of a suite that stands for every lab: the tests of one lab are one CTest together, because
# they look at the same run of it.
function(add_tests_of_each_lab name program suite)
  cmake_parse_arguments(arg "" "TIMEOUT" "LABELS" ${ARGN})
  string(JOIN "-" labels ${arg_LABELS})
  get_property(labs GLOBAL PROPERTY LAB_PROGRAMS)
  foreach(lab IN LISTS labs)
    get_target_property(folder ${lab} OUTPUT_NAME)
    add_test(NAME ${name}/${folder}
             COMMAND ${program} --gtest_filter=*${suite}.*/${folder})
    # A filter that finds nothing must not pass.
    set_tests_properties(${name}/${folder} PROPERTIES LABELS "${labels}"
      TIMEOUT ${arg_TIMEOUT} FAIL_REGULAR_EXPRESSION "Running 0 tests"
      ENVIRONMENT "${lab_environment}")
  endforeach()
endfunction()

# add_lab_bench(NAME SOURCES a.cpp USES concept_14): build/<preset>/bench/NAME
function(add_lab_bench name)
  cmake_parse_arguments(arg "" "" "SOURCES;USES" ${ARGN})
  lab_first_missing(missing ${arg_USES})
  if(missing)
    message(STATUS "bench ${name} left out: ${missing} is not there")
    return()
  endif()
  add_executable(bench_${name} ${arg_SOURCES})
  target_link_libraries(bench_${name} PRIVATE lab_settings dep::benchmark ${arg_USES})
  set_target_properties(bench_${name} PROPERTIES
    OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
endfunction()
