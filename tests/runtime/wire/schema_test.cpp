#include "runtime/wire/schema.hpp"
#include "tests/runtime/wire/samples.hpp"

#include <catch2/catch.hpp>

using namespace machine;

namespace {

/// A leaf that differs in the one member, or in its name.
template <class T, bool Renamed = false>
struct variation {
  std::string name;
  T size{};

  static constexpr const char* wire_name = "leaf";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"name", &variation::name},
      wire::field{Renamed ? "length" : "size", &variation::size});
  }
};

enum class shade : uint8_t { red = 1, green };

constexpr auto wire_names(shade) {
  return std::array<std::pair<std::string_view, shade>, 2>{{
    {"red", shade::red},
    {"green", shade::green},
  }};
}

} // namespace

TEST_CASE("a schema's hash is the same in every build") {
  CHECK(wire::schema_hash<test::leaf>()
        == wire::hash_text(R"(#0 leaf: name=string size=u32
#0
)"));
  // The test vector of FNV-1a for "foobar".
  CHECK(wire::hash_text("foobar") == "85944171f73967e8");
}

TEST_CASE("a schema's hash changes with names, types, members and order") {
  auto original = wire::schema_hash<test::leaf>();
  CHECK(wire::schema_hash<variation<uint32_t>>() == original);
  CHECK(wire::schema_hash<variation<uint64_t>>() != original);
  CHECK(wire::schema_hash<variation<int32_t>>() != original);
  CHECK(wire::schema_hash<variation<float>>() != original);
  CHECK(wire::schema_hash<variation<std::optional<uint32_t>>>() != original);
  CHECK(wire::schema_hash<variation<uint32_t, true>>() != original);
  CHECK(wire::schema_hash<test::leaf, test::nothing>()
        != wire::schema_hash<test::nothing, test::leaf>());
  CHECK(wire::schema_hash<test::colour>() != wire::schema_hash<shade>());
}

TEST_CASE("a change deep within changes the hash of what contains it") {
  using before = std::vector<std::map<std::string, variation<uint32_t>>>;
  using after = std::vector<std::map<std::string, variation<uint16_t>>>;
  CHECK(wire::schema_hash<before>() != wire::schema_hash<after>());
}

TEST_CASE("a schema spells every kind, and types that contain themselves") {
  CHECK(wire::schema_text<test::tree>() == "#0 tree: children=[#0]\n#0\n");
  CHECK(wire::schema_text<std::array<test::colour, 3>>()
        == "[u8(red=0 green=1 )*3]\n");
  CHECK(wire::schema_text<test::either>()
        == "#0 leaf: name=string size=u32\n#1 nothing:\n<#0|#1>\n");
  CHECK(wire::schema_hash<test::sample>().size() == 16);
}
