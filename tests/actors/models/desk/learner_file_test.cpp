#include "actors/models/desk/learner_file.hpp"
#include "tests/support/directory.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

using namespace machine;
using namespace machine::models;
using namespace machine::test;

namespace {

/// One that knows something of a model.
learner taught(bool good) {
  model_entry model;
  model.id = "small";
  observation seen;
  seen.model = model.id;
  seen.verdict.tests_passed = good;
  seen.output_tokens = 100;
  learner result;
  for (int i = 0; i < 10; ++i)
    observe(result, model, seen);
  return result;
}

std::string content_of(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

void write(const std::string& path, const std::string& text) {
  std::ofstream{path, std::ios::binary} << text;
}

} // namespace

TEST_CASE("what was learned is read as it was written") {
  temporary_directory dir;
  auto path = dir / "learned";
  learner_file out{path};
  CHECK(!out.take().problem);
  CHECK(out.take().knows == learner{});
  out.put(taught(true));
  CHECK(!out.write());
  auto found = learner_file{path}.take();
  CHECK(!found.problem);
  CHECK(found.knows == taught(true));
  out.put(taught(false));
  // It is there for the next desk before it is in the file.
  CHECK(out.take().knows == taught(false));
  CHECK(learner_file{path}.take().knows == taught(true));
  CHECK(!out.write());
  CHECK(learner_file{path}.take().knows == taught(false));
  CHECK(!std::filesystem::exists(path + ".new"));
}

TEST_CASE("a damaged file is put aside, and nothing is known then") {
  temporary_directory dir;
  auto path = dir / "learned";
  learner_file out{path};
  out.put(taught(true));
  REQUIRE(!out.write());
  auto whole = content_of(path);
  auto flipped = whole;
  flipped[flipped.size() / 2] ^= 1;
  for (auto& text :
       {flipped, whole.substr(0, whole.size() - 1), whole + "x",
        std::string{"what was learned, 2\n"} + whole, std::string{}}) {
    write(path, text);
    auto found = learner_file{path}.take();
    CHECK(found.knows == learner{});
    REQUIRE(found.problem);
    CHECK(message_of(found.problem).find(path + ".damaged")
          != std::string::npos);
    CHECK(!std::filesystem::exists(path));
    CHECK(content_of(path + ".damaged") == text);
  }
  // It is none of what is missing.
  CHECK(!learner_file{path}.take().problem);
}

TEST_CASE("where nothing can be written, that is said, and nothing is lost") {
  temporary_directory dir;
  learner_file out{dir / "no/learned"};
  out.put(taught(true));
  CHECK(code_of(out.write()) == ec::io_failed);
  CHECK(out.take().knows == taught(true));
}
