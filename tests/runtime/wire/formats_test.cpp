#include "tests/runtime/wire/formats.hpp"
#include "tests/runtime/wire/samples.hpp"

using namespace machine;

TEST_CASE("a value of every kind survives JSON, MessagePack and CAF") {
  test::check_round_trips<test::sample>();
}

TEST_CASE("a damaged value ends in an error or another value, in no crash") {
  test::check_damage<test::sample>();
}

TEST_CASE("a variant by itself keeps its promises in every format") {
  test::check_formats<test::either>();
}

TEST_CASE("members may come in any order") {
  auto x = wire::from_json<test::leaf>(R"({"size":3,"new":[],"name":"a"})");
  REQUIRE(x);
  CHECK(*x == test::leaf{"a", 3});
}

TEST_CASE("a value is written one way") {
  CHECK(wire::to_json(test::leaf{"a", 3}) == R"({"name":"a","size":3})");
  CHECK(wire::to_json(test::either{test::nothing{}})
        == R"({"type":"nothing"})");
  CHECK(wire::to_msgpack(test::leaf{"a", 3})
        == bytes{0x82, 0xa4, 'n', 'a', 'm', 'e', 0xa1, 'a', 0xa4, 's', 'i', 'z',
                 'e', 0x03});
  CHECK(wire::to_json(timestamp{std::chrono::microseconds{1}})
        == "\"1970-01-01T00:00:00.000001Z\"");
  CHECK(wire::to_json(duration{1500}) == "1500");
  CHECK(wire::to_json(int64_t{-7}) == "\"-7\"");
  CHECK(wire::to_json(int32_t{-7}) == "-7");
  CHECK(wire::to_json(test::colour::green) == "\"green\"");
}
