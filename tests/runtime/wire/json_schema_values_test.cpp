#include "tests/runtime/wire/whole_schema.hpp"
#include "tests/support/arbitrary.hpp"
#include "tests/support/draw.hpp"

using namespace machine;

namespace {

using nlohmann::json;
using test::reads;
using test::whole_schema_of;

/// Whether the schema of *T* and its reader say the same, and *wanted*.
template <class T>
bool both_say(bool wanted, const std::string& document) {
  return whole_schema_of<T>().accepts(document) == wanted
      && reads<T>(document) == wanted;
}

void collect(json& of, std::vector<json*>& into) {
  into.push_back(&of);
  if (of.is_structured())
    for (auto& x : of)
      collect(x, into);
}

/// What is right somewhere and wrong elsewhere.
json odd_value() {
  static const auto odd = json::parse(R"([
    null, true, 1.5, 1e300, -1, 0, 127, 128, 255, 256, -129, 32768, 65536,
    2147483648, 4294967296, 9007199254740993, -9007199254740993,
    9223372036854775807, 9223372036854775808, 18446744073709551615,
    -9223372036854775808, "", "12", "-12", "123456789012345678901", "1.5",
    " 1", "red", "blue", "AA==", "AA=", "AAAA====", "2026-11-24T10:54:43Z",
    "2026-11-31T10:54:43Z", "2026-11-24", [], [1, 2, 3], [null], {},
    {"type": "nothing"}, {"type": "leaf"}, {"type": "tree"},
    {"name": "a", "size": 1}, {"type": "leaf", "name": "a", "size": 1}
  ])");
  return odd[test::draw<size_t>(0, odd.size())];
}

/// Changes one place of *whole*.
void mutate(json& whole) {
  std::vector<json*> places;
  collect(whole, places);
  auto& place = *places[test::draw<size_t>(0, places.size())];
  auto choice = test::draw(0, 3);
  if (place.is_structured() && !place.empty() && choice == 0)
    place.erase(std::next(place.begin(),
                          test::draw<ptrdiff_t>(0, ptrdiff_t(place.size()))));
  else if (place.is_object() && choice == 1)
    place[test::draw_text({"new", "type", "name"})] = odd_value();
  else if (place.is_array() && choice == 1)
    place.push_back(odd_value());
  else
    place = odd_value();
}

test::tree random_tree(int depth) {
  test::tree result;
  for (auto left = depth > 0 ? test::draw(0, 4) : 0; left > 0; --left)
    result.children.push_back(random_tree(depth - 1));
  return result;
}

/// The schema of *T* accepts what is written; and of what is no longer quite
/// that, the same as the reader.
template <class T>
void check_schema_of(T (*make)() = test::random_value<T>) {
  auto schema = whole_schema_of<T>();
  REQUIRE(rc::check("a schema says what is written and read", [&] {
    auto text = wire::to_json(make());
    RC_ASSERT(schema.accepts(text));
    for (auto left = 10; left > 0; --left) {
      auto other = json::parse(text);
      mutate(other);
      auto read = reads<T>(other.dump());
      if (schema.accepts(other.dump()) != read)
        RC_FAIL((read ? "refused: " : "accepted: ") + other.dump());
    }
  }));
}

} // namespace

TEST_CASE("a schema says of every kind what is written and read") {
  check_schema_of<test::sample>();
}

TEST_CASE("a schema says of a type that contains itself what is read") {
  check_schema_of<test::tree>([] { return random_tree(4); });
}

TEST_CASE("a schema says of a variant what is written and read") {
  check_schema_of<test::either>();
  check_schema_of<std::optional<test::either>>();
}

TEST_CASE("a schema says of members that may be missing what is read") {
  check_schema_of<test::grown>();
}

TEST_CASE("the bounds of numbers are those of the reader") {
  CHECK(both_say<float>(true, "3.4028234663852886e+38"));
  CHECK(both_say<float>(false, "3.402823466385289e+38"));
  CHECK(both_say<float>(true, "-3.4028234663852886e+38"));
  CHECK(both_say<float>(false, "-3.402823466385289e+38"));
  CHECK(both_say<duration>(true, "9007199254740992"));
  CHECK(both_say<duration>(false, "9007199254740993"));
  CHECK(both_say<duration>(true, "-9007199254740992"));
  CHECK(both_say<duration>(false, "-9007199254740993"));
  CHECK(both_say<int16_t>(true, "-32768"));
  CHECK(both_say<int16_t>(false, "-32769"));
  CHECK(both_say<int64_t>(true, "9223372036854775807"));
  CHECK(both_say<int64_t>(false, "9223372036854775808"));
  CHECK(both_say<int64_t>(true, R"("-9223372036854775808")"));
  CHECK(both_say<uint64_t>(true, R"("18446744073709551615")"));
  CHECK(both_say<uint64_t>(false, R"("-1")"));
}

TEST_CASE("Base64 in a schema is what the reader takes for it") {
  for (auto good : {"", "AAAA", "AA==", "AAA=", "Zm9v+/9v", "AB=="})
    CHECK(both_say<bytes>(true, json(good).dump()));
  for (auto bad :
       {"A", "AA", "AAA", "A===", "====", "AA=A", "AA==AAAA", "AA-A", "Zm9v\n"})
    CHECK(both_say<bytes>(false, json(bad).dump()));
}

TEST_CASE("a schema and the reader differ where JSON Schema has no words") {
  auto refused_but_read = []<class T>(std::type_identity<T>, const char* text) {
    return !whole_schema_of<T>().accepts(text) && reads<T>(text);
  };
  std::type_identity<int64_t> number;
  std::type_identity<timestamp> time;
  CHECK(refused_but_read(number, R"("00000000000000000001")"));
  CHECK(refused_but_read(time, R"("2026-11-24 10:54:43Z")"));
  auto accepted_but_not_read = []<class T>(std::type_identity<T>,
                                           const char* text) {
    return whole_schema_of<T>().accepts(text) && !reads<T>(text);
  };
  CHECK(accepted_but_not_read(number, R"("9223372036854775808")"));
  CHECK(accepted_but_not_read(number, "1.0"));
  CHECK(accepted_but_not_read(time, R"("0000-01-01T00:00:00Z")"));
}

TEST_CASE("what was added later may be missing, but is not null") {
  CHECK(both_say<test::grown>(true, R"({"first":1})"));
  CHECK(
    both_say<test::grown>(true, R"({"first":1,"third":null,"fourth":null})"));
  CHECK(both_say<test::grown>(false, R"({"first":1,"second":null})"));
}
