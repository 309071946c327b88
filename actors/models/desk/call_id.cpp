#include "actors/models/desk/call_id.hpp"

namespace machine::models {

namespace {

/// No two of them are mistaken for each other; in the order of their bytes.
constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

constexpr size_t time_characters = 10;
constexpr size_t random_characters = 16;

} // namespace

std::string new_call_id(timestamp at, uint64_t a, uint64_t b) {
  auto ms = static_cast<uint64_t>(
    std::chrono::floor<duration>(at.time_since_epoch()).count());
  std::string id = "d-";
  for (size_t i = time_characters; i-- > 0;)
    id += alphabet[(ms >> (5 * i)) % 32];
  for (size_t i = 0; i < random_characters; ++i)
    id += alphabet[((i < 8 ? a : b) >> (5 * (i % 8))) % 32];
  return id;
}

std::optional<timestamp> time_of_call(std::string_view id) {
  if (!id.starts_with("d-")
      || id.size() != 2 + time_characters + random_characters)
    return std::nullopt;
  id.remove_prefix(2);
  uint64_t ms = 0;
  for (size_t i = 0; i < id.size(); ++i) {
    auto digit = alphabet.find(id[i]);
    if (digit == alphabet.npos)
      return std::nullopt;
    if (i < time_characters)
      ms = ms << 5 | digit;
  }
  return timestamp{duration{static_cast<int64_t>(ms)}};
}

} // namespace machine::models
