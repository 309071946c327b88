# Debian ships no CMake config for jemalloc. Defines Jemalloc::jemalloc, which
# takes the place of malloc in a program that is linked with it.
find_library(Jemalloc_LIBRARY jemalloc)
mark_as_advanced(Jemalloc_LIBRARY)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Jemalloc DEFAULT_MSG Jemalloc_LIBRARY)
if(Jemalloc_FOUND AND NOT TARGET Jemalloc::jemalloc)
  add_library(Jemalloc::jemalloc UNKNOWN IMPORTED)
  set_target_properties(Jemalloc::jemalloc PROPERTIES
    IMPORTED_LOCATION ${Jemalloc_LIBRARY})
endif()
