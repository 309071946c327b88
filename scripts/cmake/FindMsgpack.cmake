# Debian's CMake config for msgpack-cxx changes its name from release to
# release; the library is headers only. Defines Msgpack::msgpack.
find_path(Msgpack_INCLUDE_DIR msgpack.hpp)
mark_as_advanced(Msgpack_INCLUDE_DIR)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Msgpack DEFAULT_MSG Msgpack_INCLUDE_DIR)
if(Msgpack_FOUND AND NOT TARGET Msgpack::msgpack)
  add_library(Msgpack::msgpack INTERFACE IMPORTED)
  set_target_properties(Msgpack::msgpack PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES ${Msgpack_INCLUDE_DIR})
endif()
