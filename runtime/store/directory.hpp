#pragma once

#include "runtime/error.hpp"

#include <string>

/// Directories whose entries are on the disk, and not only in memory.
namespace machine::store::lmdb {

/// The error of the system call that was to do *doing* and failed with *code*.
caf::error failed_call(const std::string& doing, int code);

/// Creates *path* and what is missing above it, durably.
caf::error make_directories(const std::string& path);

/// Brings the names in the directory *path* to the disk.
caf::error sync_directory(const std::string& path);

} // namespace machine::store::lmdb
