# The CMake config of prometheus-cpp wants what only its own server needs.
# Defines Prometheus::core.
find_path(Prometheus_INCLUDE_DIR prometheus/registry.h)
find_library(Prometheus_LIBRARY prometheus-cpp-core)
mark_as_advanced(Prometheus_INCLUDE_DIR Prometheus_LIBRARY)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Prometheus DEFAULT_MSG
  Prometheus_LIBRARY Prometheus_INCLUDE_DIR)
if(Prometheus_FOUND AND NOT TARGET Prometheus::core)
  add_library(Prometheus::core UNKNOWN IMPORTED)
  set_target_properties(Prometheus::core PROPERTIES
    IMPORTED_LOCATION ${Prometheus_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${Prometheus_INCLUDE_DIR})
endif()
