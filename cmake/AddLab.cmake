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
# In labs/05_backpressure: all .cpp files but main.cpp become the library `concept_05`,
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
  file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.cpp)
  list(REMOVE_ITEM sources ${dir}/main.cpp)
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
endfunction()

# add_lab_test(NAME SOURCES a.cpp USES concept_14 LABELS unit [TIMEOUT 60])
# One GoogleTest program; left out where what it uses is. Each of its tests is one CTest.
function(add_lab_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;USES;LABELS;DEFINES" ${ARGN})
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
  target_compile_definitions(${name} PRIVATE
    LAB_SOURCE_DIR="${CMAKE_SOURCE_DIR}" LAB_BUILD_DIR="${CMAKE_BINARY_DIR}" ${arg_DEFINES})
  if("lab" IN_LIST arg_LABELS OR "conformance" IN_LIST arg_LABELS)  # these run the labs
    get_property(programs GLOBAL PROPERTY LAB_PROGRAMS)
    add_dependencies(${name} ${programs})
  endif()
  # CMake's script takes lists apart, so several labels are one: `ctest -L` looks inside.
  string(JOIN "-" labels ${arg_LABELS})
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 30
    PROPERTIES LABELS "${labels}" TIMEOUT ${arg_TIMEOUT})
  foreach(label IN LISTS arg_LABELS)  # tests_unit builds all that `ctest -L unit` runs
    if(NOT TARGET tests_${label})
      add_custom_target(tests_${label})
    endif()
    add_dependencies(tests_${label} ${name})
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
