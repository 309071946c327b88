#include "actors/costs/herald/secret_files.hpp"

#include <filesystem>
#include <fstream>

namespace machine::costs {

namespace {

constexpr size_t max_secret = 4'096;

/// A name, and no way out of the folder.
bool is_file_name(const std::string& x) {
  return !x.empty() && !x.starts_with('.')
      && x.find_first_of(std::string_view{"/\\\0", 3}) == x.npos;
}

} // namespace

secret_finder secrets_in(std::string directory) {
  return [directory = std::move(directory)](
           const std::string& tenant,
           const std::string& id) -> std::optional<std::string> {
    if (!is_file_name(tenant) || !is_file_name(id))
      return std::nullopt;
    auto path = std::filesystem::path{directory} / tenant / id;
    std::error_code code;
    if (!std::filesystem::is_regular_file(path, code))
      return std::nullopt;
    std::ifstream in{path, std::ios::binary};
    std::string text(max_secret + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(in.gcount()));
    if (text.size() > max_secret)
      return std::nullopt;
    while (text.ends_with('\n') || text.ends_with('\r'))
      text.pop_back();
    return text.empty() ? std::nullopt : std::optional{std::move(text)};
  };
}

secret_finder first_of(secret_finder one, secret_finder other) {
  return [one = std::move(one), other = std::move(other)](
           const std::string& tenant,
           const std::string& id) -> std::optional<std::string> {
    if (one)
      if (auto found = one(tenant, id))
        return found;
    return other ? other(tenant, id) : std::nullopt;
  };
}

} // namespace machine::costs
