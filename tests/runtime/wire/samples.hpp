#pragma once

#include "runtime/wire/wire.hpp"

#include <caf/type_id.hpp>

/// Types that together have every kind of member.
namespace machine::test {

enum class colour : uint8_t { red, green };

constexpr auto wire_names(colour) {
  return std::array<std::pair<std::string_view, colour>, 2>{{
    {"red", colour::red},
    {"green", colour::green},
  }};
}

struct leaf {
  std::string name;
  uint32_t size = 0;

  static constexpr const char* wire_name = "leaf";

  static constexpr auto fields() {
    return wire::members(wire::field{"name", &leaf::name},
                         wire::field{"size", &leaf::size});
  }

  bool operator==(const leaf&) const = default;
};

struct nothing {
  static constexpr const char* wire_name = "nothing";

  static constexpr auto fields() {
    return wire::members();
  }

  bool operator==(const nothing&) const = default;
};

using either = std::variant<leaf, nothing>;

/// Everything that a member can be.
struct sample {
  bool truth = false;
  int8_t tiny = 0;
  uint8_t byte = 0;
  int16_t short_number = 0;
  uint16_t small = 0;
  int32_t number = 0;
  uint32_t count = 0;
  int64_t wide = 0;
  uint64_t huge = 0;
  float rough = 0;
  double real = 0;
  std::string text;
  bytes binary;
  timestamp at{};
  duration lasts{0};
  json_text free;
  colour shade = colour::red;
  std::optional<std::string> maybe;
  std::optional<colour> maybe_shade;
  std::optional<leaf> maybe_leaf;
  std::optional<json_text> maybe_free;
  std::vector<leaf> leaves;
  std::vector<nothing> nothings;
  std::vector<colour> shades;
  std::vector<std::vector<std::string>> lines;
  std::vector<std::optional<int32_t>> gaps;
  std::vector<bytes> blobs;
  std::array<int32_t, 3> three{};
  std::map<std::string, int32_t> counts;
  std::map<std::string, colour> shade_of;
  std::map<std::string, std::vector<leaf>> groups;
  either one;
  std::vector<either> many;

  static constexpr const char* wire_name = "sample";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"truth", &sample::truth}, wire::field{"tiny", &sample::tiny},
      wire::field{"byte", &sample::byte},
      wire::field{"short_number", &sample::short_number},
      wire::field{"small", &sample::small},
      wire::field{"number", &sample::number},
      wire::field{"count", &sample::count}, wire::field{"wide", &sample::wide},
      wire::field{"huge", &sample::huge}, wire::field{"rough", &sample::rough},
      wire::field{"real", &sample::real}, wire::field{"text", &sample::text},
      wire::field{"binary", &sample::binary}, wire::field{"at", &sample::at},
      wire::field{"lasts", &sample::lasts}, wire::field{"free", &sample::free},
      wire::field{"shade", &sample::shade},
      wire::field{"maybe", &sample::maybe},
      wire::field{"maybe_shade", &sample::maybe_shade},
      wire::field{"maybe_leaf", &sample::maybe_leaf},
      wire::field{"maybe_free", &sample::maybe_free},
      wire::field{"leaves", &sample::leaves},
      wire::field{"nothings", &sample::nothings},
      wire::field{"shades", &sample::shades},
      wire::field{"lines", &sample::lines}, wire::field{"gaps", &sample::gaps},
      wire::field{"blobs", &sample::blobs},
      wire::field{"three", &sample::three},
      wire::field{"counts", &sample::counts},
      wire::field{"shade_of", &sample::shade_of},
      wire::field{"groups", &sample::groups}, wire::field{"one", &sample::one},
      wire::field{"many", &sample::many});
  }

  bool operator==(const sample&) const = default;
};

/// A type that contains itself.
struct tree {
  std::vector<tree> children;

  static constexpr const char* wire_name = "tree";

  static constexpr auto fields() {
    return wire::members(wire::field{"children", &tree::children});
  }

  bool operator==(const tree&) const = default;
};

} // namespace machine::test
