# How every target of the project is made: one library a folder, one test
# program a folder of tests, the same flags for all.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

# Little of what we do is arithmetic: -O3 would only take longer to compile.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

set(MACHINE_SANITIZE "" CACHE STRING
    "Sanitizers to build with: address,undefined or thread")
# Twice what CMake takes, for a fifth less time. No precompiled headers: GCC
# reads theirs no faster than the headers.
set(CMAKE_UNITY_BUILD_BATCH_SIZE 16)
option(MACHINE_WERROR "Treat warnings as errors" ON)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

find_package(Threads REQUIRED)
find_package(Caf REQUIRED)
find_package(Lmdb REQUIRED)
find_package(Jq REQUIRED)
find_package(Sodium REQUIRED)
find_package(Seccomp REQUIRED)
find_package(Re2 REQUIRED)
find_package(Cctz REQUIRED)
find_package(Cjose REQUIRED)
find_package(Prometheus REQUIRED)
find_package(Jemalloc REQUIRED)
find_package(zstd REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(Msgpack REQUIRED)
find_package(CURL REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(Boost 1.74 REQUIRED)

# The flags that all of our code is compiled with, and no package's.
add_library(machine_flags INTERFACE)
target_compile_options(machine_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wno-missing-field-initializers
  # Memory is cheaper than the time that GCC takes to tidy it up.
  $<$<CXX_COMPILER_ID:GNU>:SHELL:--param ggc-min-heapsize=524288>
  # Of files that are compiled together GCC takes all but one for headers.
  $<$<BOOL:${CMAKE_UNITY_BUILD}>:-Wno-subobject-linkage>
  # GCC 12 warns of texts that are put together, without cause (GCC bug 105651).
  -Wno-restrict
  $<$<BOOL:${MACHINE_WERROR}>:-Werror>
  # What the optimiser guesses of CAF's templates is no error of ours.
  $<$<CONFIG:Release>:-Wno-error=maybe-uninitialized>
  $<$<CONFIG:Release>:-Wno-error=array-bounds>
  $<$<CONFIG:Debug>:-O0 -g1>)
target_compile_definitions(machine_flags INTERFACE
  CAF_ENABLE_TYPE_ID_CHECKS BOOST_ASIO_NO_DEPRECATED
  BOOST_BEAST_USE_STD_STRING_VIEW)
target_include_directories(machine_flags INTERFACE ${CMAKE_SOURCE_DIR})
if(MACHINE_SANITIZE)
  target_compile_options(machine_flags INTERFACE
    -fsanitize=${MACHINE_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  if(MACHINE_SANITIZE MATCHES undefined)
    # CAF 0.17.6 binds a reference to no arguments at all, through a null
    # pointer, for every actor that takes none.
    target_compile_options(machine_flags INTERFACE -fno-sanitize=null)
  endif()
  if(MACHINE_SANITIZE MATCHES thread)
    # Asio has fences, which the sanitizer does not follow.
    target_compile_options(machine_flags INTERFACE -Wno-tsan)
  endif()
  target_link_options(machine_flags INTERFACE -fsanitize=${MACHINE_SANITIZE})
endif()

# What the program has for malloc: messages are made by one thread and freed by
# another all the time. Sanitizers bring their own.
add_library(machine_allocator INTERFACE)
if(NOT MACHINE_SANITIZE)
  target_link_libraries(machine_allocator INTERFACE Jemalloc::jemalloc)
endif()

# machine_library(runtime_store LINK machine::runtime_wire Lmdb::lmdb)
#
# A library of every .cpp of the current folder. The name is the path from the
# root, with underscores.
function(machine_library name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PRIVATE machine_flags PUBLIC ${ARG_LINK})
    target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
    target_compile_definitions(${name} PUBLIC CAF_ENABLE_TYPE_ID_CHECKS)
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${ARG_LINK})
    target_include_directories(${name} INTERFACE ${CMAKE_SOURCE_DIR})
  endif()
  add_library(machine::${name} ALIAS ${name})
endfunction()

# machine_test(runtime_store LINK machine::runtime_store)
#
# One test program of every *_test.cpp of the current folder, run by CTest as
# one test of that name. MAIN names the object library with its main function.
function(machine_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT;MAIN" "LINK;LABELS" ${ARGN})
  if(NOT ARG_MAIN)
    set(ARG_MAIN machine_test_main)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
    # Whoever is watched takes several times as long.
    if(MACHINE_SANITIZE)
      set(ARG_TIMEOUT 1200)
    endif()
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(${name}_test ${sources})
  target_link_libraries(${name}_test PRIVATE
    machine_flags ${ARG_MAIN} machine_catch ${ARG_LINK})
  # What is tested is optimised; the tests themselves need not be.
  target_compile_options(${name}_test PRIVATE $<$<CONFIG:Release>:-O0>)
  add_test(NAME ${name} COMMAND ${name}_test)
  set_tests_properties(${name} PROPERTIES
    TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
endfunction()
