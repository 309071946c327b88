#include "tests/runtime/wire/formats.hpp"
#include "tests/runtime/wire/samples.hpp"

#include <caf/deep_to_string.hpp>

using namespace machine;

namespace {

struct holder {
  bytes binary;
  std::vector<test::nothing> nothings;
  test::colour shade = test::colour::red;
  std::vector<test::colour> shades;
  test::either one;

  static constexpr const char* wire_name = "holder";

  static constexpr auto fields() {
    return wire::members(wire::field{"binary", &holder::binary},
                         wire::field{"nothings", &holder::nothings},
                         wire::field{"shade", &holder::shade},
                         wire::field{"shades", &holder::shades},
                         wire::field{"one", &holder::one});
  }
};

template <class T>
std::string problem(const std::vector<char>& data) {
  auto x = test::from_caf<T>(data);
  return x ? "none" : render(x.error());
}

// The largest size that CAF can write: 2^32 - 1.
const std::vector<char> largest_size{'\xff', '\xff', '\xff', '\xff', '\x0f'};

} // namespace

TEST_CASE("bytes that claim a size which they do not have allocate little") {
  test::memory_bound bound;
  CHECK(!test::from_caf<bytes>(largest_size));
  CHECK(!test::from_caf<holder>(largest_size));
  CHECK(!test::from_caf<std::string>(largest_size));
}

TEST_CASE("a list of empty structs is no longer than the message") {
  test::memory_bound bound;
  CHECK(!test::from_caf<std::vector<test::nothing>>(largest_size));
}

TEST_CASE("bytes larger than a step survive") {
  bytes x(1'000'000);
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<uint8_t>(i * 31);
  auto y = test::from_caf<bytes>(test::to_caf(x));
  REQUIRE(y);
  CHECK(*y == x);
}

TEST_CASE("an enumeration's value of no enumerator is an error") {
  holder x;
  x.shade = static_cast<test::colour>(9);
  CHECK(problem<holder>(test::to_caf(x))
          .starts_with(
            "invalid_argument: holder.shade: the number is no known value"));
  x.shade = test::colour::red;
  CHECK(problem<holder>(test::to_caf(x)) == "none");
  x.shades = {test::colour::red, static_cast<test::colour>(9)};
  CHECK(problem<holder>(test::to_caf(x))
          .starts_with(
            "invalid_argument: holder.shades: the number is no known value"));
}

TEST_CASE("a variant's number of no alternative is an error") {
  // After two empty lists, an enumeration and another empty list.
  std::vector<char> data{0, 0, 0, 0, 0, 0, 0, 7};
  CHECK(problem<holder>(data).starts_with(
    "invalid_argument: no type has the number 7"));
}

TEST_CASE("a value is nested as deep as the bound and no deeper") {
  // Each level is a list of one, the last an empty list.
  std::vector<char> data(wire::nesting::most - 1, 1);
  data.push_back(0);
  CHECK(problem<test::tree>(data) == "none");
  data.insert(data.begin(), 1);
  CHECK(problem<test::tree>(data) == "limit_exceeded: tree is nested too deep");
  CHECK(problem<test::tree>(std::vector<char>(10'000'000, 1))
        == "limit_exceeded: tree is nested too deep");
  data.erase(data.begin());
  CHECK(problem<test::tree>(data) == "none");
}

TEST_CASE("CAF renders what is described as JSON") {
  CHECK(caf::deep_to_string(test::leaf{"a", 3}) == R"({"name":"a","size":3})");
  holder x;
  x.one = test::nothing{};
  x.binary = {1, 2};
  CHECK(caf::deep_to_string(x)
        == R"({"binary":"AQI=","nothings":[],"shade":"red","shades":[],)"
           R"("one":{"type":"nothing"}})");
  std::optional<int32_t> some{7};
  CHECK(caf::deep_to_string(some, json_text{"{}"}) == "7, {}");
}
