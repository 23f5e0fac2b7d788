# A room is a folder of src/ with one job. limpid_room() makes its library and gives the room the headers of exactly
# those other rooms that its row in the design names: each room's folder is linked as <build>/include/<room>/<room>,
# and a target gets only the include folders of the rooms that it uses, so that a forbidden #include fails the build.
# `<room>_types` is the same with nothing but that room's types.h (and the code of what it declares).
#
# Unit tests stand beside the file that they test: src/<room>/<name>_test.cc becomes the test <room>.<name>. TEST_LIBS are
# for them alone.

function(limpid_room room)
  cmake_parse_arguments(ARG "" "" "USES;LIBS;TEST_LIBS" ${ARGN})
  set(include ${CMAKE_BINARY_DIR}/include)
  file(MAKE_DIRECTORY ${include}/${room} ${include}/${room}_types/${room})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/src/${room} ${include}/${room}/${room} SYMBOLIC)
  add_library(limpid_headers_${room} INTERFACE)
  target_include_directories(limpid_headers_${room} INTERFACE ${include}/${room})
  add_library(limpid_headers_${room}_types INTERFACE)
  if(EXISTS ${CMAKE_SOURCE_DIR}/src/${room}/types.h)
    file(CREATE_LINK ${CMAKE_SOURCE_DIR}/src/${room}/types.h ${include}/${room}_types/${room}/types.h SYMBOLIC)
  endif()
  target_include_directories(limpid_headers_${room}_types INTERFACE ${include}/${room}_types)

  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${room}/*.cc)
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")

  add_library(limpid_${room} STATIC ${sources})
  set_target_properties(limpid_${room} PROPERTIES LINKER_LANGUAGE CXX)
  limpid_precompiled(limpid_${room} limpid_source_header)
  limpid_uses(limpid_${room} ${room} ${ARG_USES})
  target_link_libraries(limpid_${room} PRIVATE ${ARG_LIBS})

  if(LIMPID_TEST_ROOMS) # what the chosen rooms' tests do not need is not built
    set_target_properties(limpid_${room} PROPERTIES EXCLUDE_FROM_ALL ON)
    if(NOT room IN_LIST LIMPID_TEST_ROOMS)
      return()
    endif()
  endif()
  foreach(test ${tests})
    file(RELATIVE_PATH name ${CMAKE_SOURCE_DIR}/src/${room} ${test})
    string(REGEX REPLACE "_test\\.cc$" "" name ${name})
    string(REPLACE "/" "." name ${name})
    limpid_test(${room}.${name} ${test} USES ${room} ${ARG_USES} LIBS ${ARG_LIBS} ${ARG_TEST_LIBS})
  endforeach()
endfunction()

# The headers and, for whole rooms, the code of the rooms named.
function(limpid_uses target)
  target_link_libraries(${target} PRIVATE limpid_flags)
  foreach(used ${ARGN})
    target_link_libraries(${target} PRIVATE limpid_headers_${used})
    string(REGEX REPLACE "_types$" "" library limpid_${used})
    if(NOT target STREQUAL library)
      target_link_libraries(${target} PRIVATE ${library})
    endif()
  endforeach()
endfunction()

# What tests are compiled with: they need no speed, and their assertions are what an optimizer spends most of its time
# on (three times as long, with sanitizers four). In a release the code that they test is optimized as ever. FORTIFY_SOURCE wants an
# optimizer.
add_library(limpid_test_flags INTERFACE)
target_compile_options(limpid_test_flags INTERFACE -O0 -U_FORTIFY_SOURCE)
target_compile_definitions(limpid_test_flags INTERFACE LIMPID_SOURCE_DIR="${CMAKE_SOURCE_DIR}")

# The standard library's headers are half of what a small file costs to compile: they are precompiled, once for the
# rooms' libraries and once, with GoogleTest, for the tests. Who shares a precompiled header must agree with it in every
# flag. The fuzz preset does without, so that a missing #include does not stay unseen.
option(LIMPID_PRECOMPILE "precompile the standard library's headers" ON)
if(LIMPID_FUZZ)
  set(LIMPID_PRECOMPILE OFF)
endif()
function(limpid_precompiled target header)
  if(LIMPID_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM ${header})
  endif()
endfunction()
if(LIMPID_PRECOMPILE)
  set(standard <algorithm> <array> <atomic> <charconv> <chrono> <condition_variable> <expected> <filesystem> <fstream> <functional>
    <map> <memory> <mutex> <optional> <set> <span> <string> <string_view> <thread> <unordered_map> <utility> <variant> <vector>)
  file(WRITE ${CMAKE_BINARY_DIR}/empty.cc "")
  add_library(limpid_source_header OBJECT ${CMAKE_BINARY_DIR}/empty.cc)
  target_link_libraries(limpid_source_header PRIVATE limpid_flags)
  target_precompile_headers(limpid_source_header PRIVATE ${standard})
  add_library(limpid_test_header OBJECT ${CMAKE_BINARY_DIR}/empty.cc)
  target_link_libraries(limpid_test_header PRIVATE limpid_flags limpid_test_flags GTest::gtest)
  # As programs are compiled: CMake gives a library -fPIC instead.
  set_target_properties(limpid_test_header PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(limpid_test_header PRIVATE -fPIE)
  target_precompile_headers(limpid_test_header PRIVATE ${standard} <gtest/gtest.h> <random>)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(limpid_flags INTERFACE -fpch-preprocess) # lets ccache see it
  endif()
endif()

# One test program, one ctest entry. LIMPID_SHARED tells it where real data may lie; it skips visibly without.
function(limpid_test name source)
  cmake_parse_arguments(ARG "" "" "USES;LIBS" ${ARGN})
  add_executable(test-${name} ${source})
  limpid_uses(test-${name} ${ARG_USES})
  target_link_libraries(test-${name} PRIVATE limpid_test_flags ${ARG_LIBS} GTest::gtest GTest::gtest_main)
  limpid_precompiled(test-${name} limpid_test_header)
  set_target_properties(test-${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND test-${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600
    ENVIRONMENT "LIMPID_SHARED=${CMAKE_SOURCE_DIR}/../shared;LIMPID_BINARY=${CMAKE_BINARY_DIR}/limpid")
endfunction()
