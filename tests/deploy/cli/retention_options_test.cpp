#include "deploy/cli/options.hpp"

#include "tests/support/text.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::cli;
using test::has;

namespace {

std::variant<parsed_options, message_to_user>
understand(std::vector<std::string> words) {
  words.insert(words.begin(), "themachine");
  return parse_options(words);
}

template <class T>
T the_command(std::vector<std::string> words) {
  auto x = understand(std::move(words));
  auto* parsed = std::get_if<parsed_options>(&x);
  if (parsed == nullptr)
    FAIL(std::get<message_to_user>(x).text);
  return std::get<T>(parsed->what);
}

std::string the_problem(std::vector<std::string> words) {
  auto x = understand(std::move(words));
  auto* said = std::get_if<message_to_user>(&x);
  return said == nullptr ? "none" : said->text;
}

} // namespace

TEST_CASE("what becomes of old runs can be said") {
  CHECK(!the_command<run_list>({"run", "list"}).archived);
  CHECK(the_command<run_list>({"run", "list", "--archived"}).archived
        == "true");
  CHECK(the_command<run_list>({"run", "list", "--all"}).archived == "all");
  CHECK(has(the_problem({"run", "list", "--all", "--archived"}), "excludes"));
  CHECK(the_command<run_archive>({"run", "archive", "r-1"}).id == "r-1");
  CHECK(the_command<run_unarchive>({"run", "unarchive", "r-1"}).id == "r-1");
  CHECK(the_command<run_delete>({"run", "delete", "r-1"}).id == "r-1");
  CHECK(has(the_problem({"run", "delete"}), "id is required"));
}

TEST_CASE("how long content is kept can be said") {
  CHECK(!the_command<store_collect>({"store", "collect"}).grace);
  CHECK(the_command<store_collect>({"store", "collect", "--grace", "2h"}).grace
        == duration{7'200'000});
  CHECK(the_command<store_collect>({"store", "collect", "--grace", "0s"}).grace
        == duration{0});
  CHECK(has(the_problem({"store", "collect", "--grace", "soon"}),
            "\"soon\" is no length of time"));
}
