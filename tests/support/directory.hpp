#pragma once

#include <filesystem>
#include <string>

#include <stdlib.h>

namespace machine::test {

/// A directory of a test's own, gone when the test is over.
class temporary_directory {
public:
  temporary_directory() {
    auto pattern =
      (std::filesystem::temp_directory_path() / "themachine-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }

  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;

  ~temporary_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::string& path() const {
    return path_;
  }

  std::string operator/(const std::string& name) const {
    return path_ + "/" + name;
  }

private:
  std::string path_;
};

} // namespace machine::test
