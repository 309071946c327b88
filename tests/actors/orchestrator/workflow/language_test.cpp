#include "actors/orchestrator/workflow/graph.hpp"
#include "runtime/wire/wire.hpp"
#include "tests/actors/orchestrator/workflow/mistake.hpp"
#include "tests/actors/orchestrator/workflow/random_language.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <set>

using namespace machine;
using namespace machine::orchestrator;

TEST_CASE("sound workflows load, come back and have one hash") {
  std::set<size_t> kinds;
  std::set<std::string> blocks;
  CHECK(rc::check([&] {
    auto text = test::random_language{}.make();
    auto x = load_workflow(text.write(0), "w.json");
    RC_LOG() << text.write(0) << '\n';
    if (!x)
      RC_FAIL(message_of(x.error()));
    for (auto& one : x->steps) {
      kinds.insert(one.action.index());
      blocks.insert(one.block.value_or(""));
    }
    auto back = wire::from_json<workflow>(normal_form(*x));
    RC_ASSERT(back);
    RC_ASSERT(*back == *x);
    RC_ASSERT(normal_form(*back) == normal_form(*x));
    for (size_t turn = 1; turn < 4; ++turn) {
      auto other = load_workflow(text.write(turn), "w.json");
      RC_ASSERT(other);
      RC_ASSERT(workflow_hash(*other) == workflow_hash(*x));
    }
    RC_ASSERT(to_dot(*x) == to_dot(*back));
    RC_ASSERT(to_mermaid(*x) == to_mermaid(*back));
  }));
  CHECK(kinds.size() == std::variant_size_v<step_action>);
  CHECK(blocks == std::set<std::string>{"", "1", "2", "on_failure", "undo"});
}

TEST_CASE("a workflow of any kind that was changed at random is no trouble") {
  CHECK(rc::check([] {
    auto text = test::random_language{}.make().write(0);
    for (auto left = test::draw(1, 5); left > 0; --left) {
      auto at = test::draw<size_t>(0, text.size());
      if (test::chance(2))
        text.erase(at, test::draw<size_t>(1, 12));
      else
        text.insert(at, test::draw_text({"\"", "[", "{", "}", "${{ ", " | ",
                                         ".item", "undo", "steps", "\\(",
                                         "null", "-1", "\",\"", ":"}));
    }
    auto x = load_workflow(text, "w.json");
    if (!x)
      RC_ASSERT(!message_of(x.error()).empty());
    else
      RC_ASSERT(!to_dot(*x).empty() && !to_mermaid(*x).empty());
  }));
}

TEST_CASE("the workflows that come along are sound") {
  size_t count = 0;
  for (auto& file :
       std::filesystem::directory_iterator{SOURCE_ROOT "/deploy/workflows"})
    if (file.path().extension() == ".yaml") {
      CAPTURE(file.path());
      ++count;
      auto x = load_workflow_file(file.path());
      if (!x)
        FAIL_CHECK(message_of(x.error()));
    }
  CHECK(count > 0);
}
