#include "actors/models/provider_keys.hpp"

#include <catch2/catch.hpp>

#include <map>

using namespace machine;
using namespace machine::models;

namespace {

key_lookup table_of(std::map<std::string, std::string> all) {
  return [all](const std::string& name) -> std::optional<std::string> {
    auto i = all.find(name);
    return i == all.end() ? std::nullopt : std::optional{i->second};
  };
}

} // namespace

TEST_CASE("keys are found where the catalogue says") {
  provider_entry about;
  about.key_env = "A";
  about.keys = {{"B", "", 2}, {"", "c", 3}, {"D", "", 1}};
  auto found = find_keys(about, table_of({{"A", "a1"}, {"B", "b1"}, {"D", ""}}),
                         table_of({}));
  CHECK(found.keys == std::vector<provider_key>{{"a1", 1}, {"b1", 2}});
  CHECK(found.missing
        == std::vector<std::string>{"themachine secret set c",
                                    "set D (or themachine secret set D)"});
  CHECK(find_keys(about, table_of({}), table_of({{"c", "c1"}})).keys
        == std::vector<provider_key>{{"c1", 3}});
}

TEST_CASE("who needs no key misses none") {
  CHECK(find_keys({}, table_of({}), table_of({})).keys.empty());
  CHECK(find_keys({}, table_of({}), table_of({})).missing.empty());
}

TEST_CASE("the variables of AWS's own tools are taken") {
  provider_entry about;
  about.protocol = protocol_kind::bedrock;
  about.region = "eu-west-1";
  std::map<std::string, std::string> all{{"AWS_ACCESS_KEY_ID", "id"},
                                         {"AWS_SECRET_ACCESS_KEY", "s/+="}};
  CHECK(find_keys(about, table_of(all), table_of({})).keys
        == std::vector<provider_key>{{"id:s/+=", 1}});
  all["AWS_SESSION_TOKEN"] = "t==";
  CHECK(find_keys(about, table_of(all), table_of({})).keys
        == std::vector<provider_key>{{"id:s/+=:t==", 1}});
  CHECK(find_keys(about, table_of({}), table_of({})).missing
        == std::vector<std::string>{
          "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"});
  // Not beside others, nor for a key of another kind.
  about.keys = {{"K", "", 1}};
  CHECK(find_keys(about, table_of(all), table_of({})).keys.empty());
  about.keys.clear();
  about.auth = auth_style::bearer;
  CHECK(find_keys(about, table_of(all), table_of({})).keys.empty());
}
