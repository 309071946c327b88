#include "gateway/identity/repository_roots.hpp"

#include <algorithm>
#include <filesystem>

namespace machine::gateway {

namespace {

namespace fs = std::filesystem;

std::string with_tenant(std::string root, const std::string& tenant) {
  constexpr std::string_view mark = "{tenant}";
  for (auto at = root.find(mark); at != root.npos;
       at = root.find(mark, at + tenant.size()))
    root.replace(at, mark.size(), tenant);
  return root;
}

/// Whether *path* is *root* or in it; both are canonical.
bool is_in(const fs::path& root, const fs::path& path) {
  return std::mismatch(root.begin(), root.end(), path.begin(), path.end()).first
      == root.end();
}

} // namespace

caf::error repository_roots::check(const std::string& tenant,
                                   const std::string& path) const {
  std::error_code code;
  auto real = fs::canonical(path, code);
  auto there = !code && path.starts_with('/');
  for (auto& each : roots_) {
    auto root = fs::canonical(with_tenant(each, tenant), code);
    if (there && !code && is_in(root, real))
      return caf::none;
  }
  // Whether it is there is nobody's business.
  return make_error(ec::denied,
                    "repository " + path.substr(0, 200)
                      + " is none that you may work with; who runs the machine "
                        "says in run.repositories which are");
}

} // namespace machine::gateway
