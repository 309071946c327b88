#include "tests/runtime/wire/samples.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

using namespace machine;

namespace {

template <class T>
std::string problem(std::string_view json) {
  auto x = wire::from_json<T>(json);
  return x ? "none" : render(x.error());
}

template <class T>
std::string problem(const bytes& msgpack) {
  auto x = wire::from_msgpack<T>(msgpack);
  return x ? "none" : render(x.error());
}

struct tree {
  std::vector<test::leaf> leaves;
  std::optional<test::colour> shade;
  std::optional<test::either> one;
  std::optional<int8_t> tiny;
  std::optional<uint64_t> huge;
  std::optional<double> real;
  std::optional<timestamp> at;
  std::optional<bytes> binary;

  static constexpr const char* wire_name = "tree";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"leaves", &tree::leaves}, wire::field{"shade", &tree::shade},
      wire::field{"one", &tree::one}, wire::field{"tiny", &tree::tiny},
      wire::field{"huge", &tree::huge}, wire::field{"real", &tree::real},
      wire::field{"at", &tree::at}, wire::field{"binary", &tree::binary});
  }
};

} // namespace

TEST_CASE("a missing member is named with its place") {
  CHECK(problem<tree>("{}") == "invalid_argument: tree.leaves is missing");
  CHECK(problem<tree>(R"({"leaves":[{"name":"a","size":1},{"name":"b"}]})")
        == "invalid_argument: tree.leaves[1].size is missing");
}

TEST_CASE("a wrong type is named with its place") {
  CHECK(problem<tree>(R"({"leaves":[{"name":7,"size":1}]})")
        == "invalid_argument: tree.leaves[0].name: expected a string, got an "
           "integer");
  CHECK(problem<tree>(R"({"leaves":{}})")
        == "invalid_argument: tree.leaves: expected a list, got a map");
  CHECK(problem<tree>("[]")
        == "invalid_argument: tree: expected a map, got a list");
}

TEST_CASE("an unknown enumerator is answered with the nearest known one") {
  CHECK(problem<tree>(R"({"leaves":[],"shade":"grene"})")
        == "invalid_argument: tree.shade: \"grene\" is no known value; did you "
           "mean green? Known are: red green");
  CHECK(problem<tree>(R"({"leaves":[],"one":{"type":"leave"}})")
        == "invalid_argument: tree.one.type: \"leave\" is no known type; did "
           "you mean leaf? Known are: leaf nothing");
}

TEST_CASE("a number outside of its type is refused") {
  CHECK(problem<tree>(R"({"leaves":[],"tiny":128})")
        == "invalid_argument: tree.tiny: the number 128 is not within -128 and "
           "127");
  CHECK(problem<tree>(R"({"leaves":[],"huge":"-1"})")
        == "invalid_argument: tree.huge: expected a non-negative integer, got "
           "the string \"-1\"");
  CHECK(problem<tree>(R"({"leaves":[],"huge":"18446744073709551616"})")
          .starts_with("invalid_argument: tree.huge: expected"));
  CHECK(problem<tree>(R"({"leaves":[],"huge":"18446744073709551615"})")
        == "none");
}

TEST_CASE("a number is as wide as its type in MessagePack, too") {
  CHECK(problem<uint8_t>(wire::to_msgpack(uint64_t{256}))
        == "invalid_argument: value: the number 256 is above 255");
  CHECK(problem<uint8_t>(wire::to_msgpack(int64_t{-1}))
        == "invalid_argument: value: the number -1 is negative");
  CHECK(problem<int64_t>(wire::to_msgpack(UINT64_MAX))
        == "invalid_argument: value: the number 18446744073709551615 is above "
           "9223372036854775807");
  CHECK(problem<int64_t>(wire::to_msgpack(std::string{"1"}))
        == "invalid_argument: value: expected an integer, got a string");
  CHECK(problem<float>(wire::to_msgpack(1e300))
        == "invalid_argument: value: the number is not finite or too large for "
           "its type");
}

TEST_CASE("only 64-bit integers may be strings in JSON") {
  CHECK(problem<tree>(R"({"leaves":[],"tiny":"1"})")
        == "invalid_argument: tree.tiny: expected an integer, got a string");
  CHECK(problem<duration>("\"1\"")
        == "invalid_argument: value: expected an integer, got a string");
  CHECK(problem<int32_t>("1.0")
        == "invalid_argument: value: expected an integer, got a number");
}

TEST_CASE("what is no JSON is not repeated at length") {
  auto text = "\"" + std::string(100'000, 'x') + "\n\"";
  CHECK(problem<std::string>(text).size() < 300);
}

TEST_CASE("a duration is no longer than JavaScript can count") {
  CHECK(wire::to_json(duration{INT64_MAX}) == "9007199254740992");
  CHECK(wire::to_json(duration{INT64_MIN}) == "-9007199254740992");
  CHECK(problem<duration>("9007199254740992") == "none");
  CHECK(problem<duration>("9007199254740993")
        == "invalid_argument: value: the number 9007199254740993 is not within "
           "-9007199254740992 and 9007199254740992");
}

TEST_CASE("an array has as many elements as its type") {
  CHECK(problem<std::array<int32_t, 2>>("[1,2]") == "none");
  CHECK(problem<std::array<int32_t, 2>>("[1]")
        == "invalid_argument: value: expected 2 elements, got 1");
  CHECK(problem<std::array<int32_t, 2>>("[1,2,3]")
        == "invalid_argument: value: expected 2 elements, got 3");
  CHECK(problem<std::array<int32_t, 2>>("[1,true]")
        == "invalid_argument: value[1]: expected an integer, got a boolean");
}

TEST_CASE("64-bit integers are strings in JSON, and numbers are understood") {
  tree x;
  x.huge = std::numeric_limits<uint64_t>::max();
  CHECK(wire::to_json(x) == R"({"leaves":[],"huge":"18446744073709551615"})");
  auto y = wire::from_json<tree>(R"({"leaves":[],"huge":12})");
  REQUIRE(y);
  CHECK(y->huge == 12);
}

TEST_CASE("what is not finite is written as null and cannot be read back") {
  constexpr auto infinity = std::numeric_limits<double>::infinity();
  std::vector<double> xs{std::nan(""), infinity, -infinity, 1};
  CHECK(wire::to_json(xs) == "[null,null,null,1]");
  CHECK(problem<std::vector<double>>("[null]")
        == "invalid_argument: value[0]: expected a number, got null");
  CHECK(problem<std::vector<double>>("[NaN]").starts_with(
    "invalid_argument: this is no JSON"));
  CHECK(problem<std::vector<double>>("[1e999]") != "none");
  CHECK(wire::to_msgpack(std::nan("")) == bytes{0xc0});
  // MessagePack can spell them, so somebody may.
  bytes infinite{0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0};
  CHECK(problem<double>(infinite)
        == "invalid_argument: value: the number is not finite or too large for "
           "its type");
  bytes no_number{0xca, 0x7f, 0xc0, 0, 0};
  CHECK(problem<float>(no_number) != "none");
}

TEST_CASE("bounds on size, depth and count are kept") {
  auto depth = std::string(100, '[') + std::string(100, ']');
  CHECK(problem<std::vector<int32_t>>(depth).starts_with("limit_exceeded: "));
  auto huge = std::string(100'000, '[');
  CHECK(problem<std::vector<int32_t>>(huge).starts_with("limit_exceeded: "));
  wire::limits few{.max_bytes = 100, .max_depth = 64, .max_items = 10};
  auto long_list =
    wire::from_json<std::vector<int32_t>>("[1,2,3,4,5,6,7,8,9,10,11,12]", few);
  REQUIRE(!long_list);
  CHECK(code_of(long_list.error()) == ec::limit_exceeded);
  auto wide =
    wire::from_json<std::string>("\"" + std::string(200, 'a') + "\"", few);
  REQUIRE(!wide);
  CHECK(code_of(wide.error()) == ec::limit_exceeded);
}

TEST_CASE("a list that claims a size which it does not have is an error") {
  // MessagePack: array 32 with 4,294,967,295 elements, and none of them.
  bytes liar{0xdd, 0xff, 0xff, 0xff, 0xff};
  CHECK(!wire::from_msgpack<std::vector<int32_t>>(liar));
  bytes long_text{0xdb, 0xff, 0xff, 0xff, 0xff, 'a'};
  CHECK(!wire::from_msgpack<std::string>(long_text));
}

TEST_CASE("MessagePack is bounded like JSON") {
  auto deep = bytes(100, 0x91);
  deep.push_back(0xc0);
  CHECK(problem<std::vector<int32_t>>(deep)
        == "limit_exceeded: the document is nested deeper than 64 levels");
  wire::limits few{.max_bytes = 100, .max_depth = 64, .max_items = 10};
  auto long_list = wire::from_msgpack<std::vector<int32_t>>(
    wire::to_msgpack(std::vector<int32_t>(11)), few);
  REQUIRE(!long_list);
  CHECK(render(long_list.error())
        == "limit_exceeded: the document has more than 10 values at [9]");
  auto large = wire::from_msgpack<bytes>(wire::to_msgpack(bytes(200)), few);
  REQUIRE(!large);
  CHECK(code_of(large.error()) == ec::limit_exceeded);
}

TEST_CASE("a key that stands twice is refused, wherever it stands") {
  CHECK(problem<tree>(R"({"leaves":[],"leaves":[]})")
        == "invalid_argument: the key \"leaves\" stands twice at leaves");
  CHECK(problem<tree>(R"({"leaves":[{"name":"","size":1,"size":2}]})")
        == "invalid_argument: the key \"size\" stands twice at "
           "leaves[0].size");
  CHECK(problem<tree>(R"({"leaves":[],"new":{"a":1,"a":1}})") != "none");
  CHECK(problem<json_text>(R"({"a":1,"a":1})") != "none");
  bytes twice{0x82, 0xa1, 'a', 0x01, 0xa1, 'a', 0x02};
  CHECK(problem<std::map<std::string, int32_t>>(twice)
        == "invalid_argument: the key \"a\" stands twice at a");
  std::string many;
  for (int i = 0; i < 100; ++i)
    many += "\"k" + std::to_string(i) + "\":1,";
  using numbers = std::map<std::string, int32_t>;
  CHECK(problem<numbers>("{" + many + "\"k\":1}") == "none");
  CHECK(problem<numbers>("{" + many + "\"k50\":1}")
        == "invalid_argument: the key \"k50\" stands twice at k50");
}

TEST_CASE("keys of MessagePack are strings") {
  for (auto& key :
       {bytes{0x01}, bytes{0xff}, bytes{0xc0}, bytes{0xc3},
        bytes{0xca, 0, 0, 0, 0}, bytes{0xc4, 0x00}, bytes{0x90}, bytes{0x80}}) {
    bytes data{0x81};
    data.insert(data.end(), key.begin(), key.end());
    data.push_back(0x01);
    CHECK(problem<test::nothing>(data)
          == "invalid_argument: a key of a map is not a string");
  }
}

TEST_CASE("what follows the end of a document is refused") {
  CHECK(problem<tree>(R"({"leaves":[]} x)") != "none");
  CHECK(problem<tree>(std::string_view{"{\"leaves\":[]}\0x", 15}) != "none");
  CHECK(problem<tree>("\xEF\xBB\xBF{\"leaves\":[]}") != "none");
  CHECK(problem<tree>("") != "none");
  auto data = wire::to_msgpack(test::nothing{});
  data.push_back(0xc0);
  CHECK(problem<test::nothing>(data)
        == "invalid_argument: there is more after the end of the document");
  CHECK(problem<test::nothing>(bytes{})
        == "invalid_argument: the document is empty");
}

TEST_CASE("strings are UTF-8 in both formats") {
  CHECK(problem<std::string>("\"\xff\"") != "none");
  CHECK(problem<std::string>("\"\\ud800\"") != "none");
  bytes bad{0x91, 0xa1, 0xff};
  CHECK(problem<std::vector<std::string>>(bad)
        == "invalid_argument: a string is not valid UTF-8 at [0]");
  bytes bad_key{0x81, 0xa1, 0xff, 0x01};
  CHECK(problem<std::map<std::string, int32_t>>(bad_key)
        == "invalid_argument: the key \"\xEF\xBF\xBD\" is not valid UTF-8");
}

TEST_CASE("members that nobody knows are skipped") {
  CHECK(problem<tree>(R"({"new":{"a":[1]},"leaves":[]})") == "none");
}

TEST_CASE("text that is no UTF-8 is written with replacements") {
  CHECK(wire::to_json(std::string{"a\xff"}) == "\"a\xEF\xBF\xBD\"");
  CHECK(wire::to_msgpack(std::string{"\xff"}) == bytes{0xa3, 0xEF, 0xBF, 0xBD});
}

TEST_CASE("a document in a document that is no JSON is written as null") {
  CHECK(wire::to_json(json_text{"{\"a\":1"}) == "null");
  CHECK(wire::to_json(json_text{R"({"a":1})"}) == R"({"a":1})");
  for (std::string_view bad : {"", " ", "1 2", "{}]", "nul", "\"a", "[1,]",
                               "\xEF\xBB\xBF{}", "\"\xff\"", "NaN"})
    CHECK(wire::to_json(json_text{std::string{bad}}) == "null");
  CHECK(wire::to_json(json_text{std::string{"{}\0]", 4}}) == "null");
  std::vector<json_text> both{{" {} "}, {"["}};
  CHECK(wire::to_json(both) == "[ {} ,null]");
}

TEST_CASE("times are RFC 3339 in any offset") {
  CHECK(problem<tree>(R"({"leaves":[],"at":"yesterday"})")
        == "invalid_argument: tree.at: \"yesterday\" is no time such as "
           "2026-11-24T10:54:43Z");
  auto x = wire::from_json<timestamp>("\"2026-11-24T12:54:43.5+02:00\"");
  REQUIRE(x);
  CHECK(wire::to_json(*x) == "\"2026-11-24T10:54:43.500000Z\"");
  CHECK(problem<timestamp>("\"2026-02-30T00:00:00Z\"") != "none");
}

TEST_CASE("binary data is Base64 in JSON") {
  CHECK(wire::to_json(bytes{1, 2, 3, 4}) == "\"AQIDBA==\"");
  CHECK(problem<tree>(R"({"leaves":[],"binary":"AQ=="})") == "none");
  CHECK(problem<tree>(R"({"leaves":[],"binary":"A Q="})")
        == "invalid_argument: tree.binary: the string is no Base64");
}

TEST_CASE("an error about JSON tells nothing of what stands in a text") {
  for (auto* text : {R"({"password":"hunter2)", R"({"password":"hunter2\x"})",
                     "{\"password\":\"hunter2\n\"}"}) {
    auto read = wire::parse_json(text, {});
    REQUIRE(!read);
    CHECK(message_of(read.error()).find("hunter") == std::string::npos);
    CHECK(message_of(read.error()).find("byte") != std::string::npos);
  }
  auto read = wire::parse_json("[1,}", {});
  REQUIRE(!read);
  CHECK(message_of(read.error()).find("near 1,}") != std::string::npos);
}
