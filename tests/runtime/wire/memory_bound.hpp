#pragma once

#include <cstddef>
#include <fstream>

#include <sys/resource.h>
#include <unistd.h>

namespace machine::test {

/// While it lives, this process can allocate 512 MiB more and then fails with
/// std::bad_alloc. Sanitizers reserve what they like, so there it does nothing.
class memory_bound {
public:
  memory_bound() {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    size_t pages = 0;
    std::ifstream{"/proc/self/statm"} >> pages;
    auto bounded = before_;
    bounded.rlim_cur =
      pages * static_cast<size_t>(::sysconf(_SC_PAGESIZE)) + (512u << 20);
    ::setrlimit(RLIMIT_AS, &bounded);
#endif
  }

  memory_bound(const memory_bound&) = delete;
  memory_bound& operator=(const memory_bound&) = delete;

  ~memory_bound() {
    ::setrlimit(RLIMIT_AS, &before_);
  }

private:
  rlimit before_ = [] {
    rlimit result{};
    ::getrlimit(RLIMIT_AS, &result);
    return result;
  }();
};

} // namespace machine::test
