# Debian ships no CMake config for CAF. Defines Caf::core, Caf::io, Caf::openssl.
find_path(Caf_INCLUDE_DIR caf/all.hpp)
find_library(Caf_core_LIBRARY caf_core)
find_library(Caf_io_LIBRARY caf_io)
find_library(Caf_openssl_LIBRARY caf_openssl)
mark_as_advanced(Caf_INCLUDE_DIR Caf_core_LIBRARY Caf_io_LIBRARY
                 Caf_openssl_LIBRARY)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Caf DEFAULT_MSG Caf_core_LIBRARY
                                  Caf_io_LIBRARY Caf_openssl_LIBRARY
                                  Caf_INCLUDE_DIR)
if(Caf_FOUND AND NOT TARGET Caf::core)
  find_package(Threads REQUIRED)
  foreach(part core io openssl)
    add_library(Caf::${part} UNKNOWN IMPORTED)
    set_target_properties(Caf::${part} PROPERTIES
      IMPORTED_LOCATION ${Caf_${part}_LIBRARY}
      INTERFACE_INCLUDE_DIRECTORIES ${Caf_INCLUDE_DIR})
  endforeach()
  target_link_libraries(Caf::core INTERFACE Threads::Threads)
  target_link_libraries(Caf::io INTERFACE Caf::core)
  target_link_libraries(Caf::openssl INTERFACE Caf::io)
endif()
