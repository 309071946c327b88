#include "actors/orchestrator/dispatch/queue.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::orchestrator;
using namespace machine::orchestrator::dispatching;

namespace {

activation_key at(const std::string& tenant, const std::string& run,
                  const std::string& activation) {
  return {{tenant, run}, activation};
}

struct queue_under_test {
  settings how;
  std::optional<queue> it;
  duration now{1'000'000};
  std::vector<action> last;

  void apply(input what) {
    if (!it)
      it.emplace(how, now);
    last = it->apply(std::move(what), now);
  }

  void advance(duration x) {
    now += x;
    apply(tick{});
  }

  void order(const activation_key& where, uint64_t token,
             std::vector<std::string> labels = {},
             attempt_kind kind = attempt_kind::command) {
    attempt_order what;
    what.activation = where.activation;
    what.token = token;
    what.kind = kind;
    what.runs_on = std::move(labels);
    apply(start{where, what});
  }

  void pool(const std::string& name, int64_t credit,
            std::vector<std::string> labels = {},
            std::vector<held_attempt> held = {}) {
    apply(join{{name, std::move(labels), all_performed_kinds(), 1, credit,
                std::move(held)}});
  }

  /// Everything of an attempt ends.
  void end(const std::string& pool, const activation_key& where, uint64_t token,
           attempt_end what = {}) {
    apply(ended{pool, where, token, what});
    auto first = last;
    apply(gone{pool, where});
    first.insert(first.end(), last.begin(), last.end());
    apply(credit{pool, 1});
    first.insert(first.end(), last.begin(), last.end());
    last = first;
  }

  template <class T>
  std::vector<T> all() const {
    std::vector<T> result;
    for (auto& x : last)
      if (auto* y = std::get_if<T>(&x))
        result.push_back(*y);
    return result;
  }

  /// What runs are told that is a *T*.
  template <class T>
  std::vector<T> told() const {
    std::vector<T> result;
    for (auto& x : all<tell>())
      if (auto* y = std::get_if<T>(&x.what))
        result.push_back(*y);
    return result;
  }

  /// Who begins, as `pool: tenant/run/activation`.
  std::vector<std::string> begun() const {
    std::vector<std::string> result;
    for (auto& x : all<begin>())
      result.push_back(x.pool + ": " + x.at.run.tenant + "/" + x.at.run.id + "/"
                       + x.at.activation);
    return result;
  }
};

using names = std::vector<std::string>;

} // namespace

TEST_CASE_METHOD(queue_under_test, "a pool is given what it has credit for") {
  pool("p", 2);
  for (auto x : {"a", "b", "c"})
    order(at("t", "r", x), 1);
  CHECK(last.empty());
  end("p", at("t", "r", "a"), 1);
  CHECK(begun() == names{"p: t/r/c"});
  apply(credit{"p", 1});
  order(at("t", "r", "d"), 1);
  CHECK(begun().size() == 1);
}

TEST_CASE_METHOD(queue_under_test,
                 "the machine's own work needs no credit, and takes it") {
  pool("p", 1);
  order(at("t", "r", "a"), 1);
  order(at("t", "r", "b"), 2);
  CHECK(last.empty());
  order(at("t", "s", "@prepare"), 1, {}, attempt_kind::prepare);
  CHECK(begun() == names{"p: t/s/@prepare"});
  end("p", at("t", "r", "a"), 1);
  CHECK(begun().empty());
  end("p", at("t", "s", "@prepare"), 1);
  CHECK(begun() == names{"p: t/r/b"});
}

TEST_CASE_METHOD(queue_under_test, "own work that waited goes first") {
  order(at("t", "r", "a"), 1);
  order(at("t", "s", "@publish"), 1, {}, attempt_kind::publish);
  pool("p", 1);
  CHECK(begun() == names{"p: t/s/@publish"});
}

TEST_CASE_METHOD(queue_under_test, "tenants take turns, and their runs do") {
  for (int i = 0; i < 10'000; ++i)
    order(at("many", "r", std::to_string(i)), 1);
  order(at("few", "r", "x"), 1);
  order(at("few", "r", "y"), 1);
  order(at("few", "s", "z"), 1);
  pool("p", 6);
  CHECK(begun()
        == names{"p: many/r/0", "p: few/r/x", "p: many/r/1", "p: few/s/z",
                 "p: many/r/2", "p: few/r/y"});
}

TEST_CASE_METHOD(queue_under_test, "an order goes where its labels are") {
  pool("plain", 1);
  pool("gpu", 2, {"linux", "gpu"});
  order(at("t", "r", "a"), 1, {"gpu"});
  CHECK(begun() == names{"gpu: t/r/a"});
  // What is more special stays free.
  order(at("t", "r", "b"), 1);
  CHECK(begun() == names{"plain: t/r/b"});
  order(at("t", "r", "c"), 1);
  CHECK(begun() == names{"gpu: t/r/c"});
  order(at("t", "r", "d"), 1, {"gpu", "linux"});
  CHECK(last.empty());
  end("plain", at("t", "r", "b"), 1);
  CHECK(begun().empty());
  end("gpu", at("t", "r", "c"), 1);
  CHECK(begun() == names{"gpu: t/r/d"});
}

TEST_CASE_METHOD(queue_under_test,
                 "what nobody can perform waits for a time, and is told why") {
  pool("a", 1, {"linux"});
  pool("b", 1);
  order(at("t", "r", "train"), 7, {"gpu", "linux"});
  CHECK(it->wake_at() == now + duration{60'000});
  advance(duration{59'999});
  CHECK(last.empty());
  SECTION("and then told") {
    advance(duration{1});
    auto failed = told<fail_attempt>();
    REQUIRE(failed.size() == 1);
    CHECK(failed[0].token == 7);
    CHECK(failed[0].code == "unavailable");
    CHECK(failed[0].message
          == "nobody can perform train: no worker has the label gpu; there are "
             "a (linux), b (no labels); start one that has them, or change "
             "runs_on");
    CHECK(!it->wake_at());
  }
  SECTION("unless one comes") {
    pool("c", 0, {"gpu", "linux"});
    CHECK(!it->wake_at());
    advance(duration{600'000});
    CHECK(last.empty());
    apply(credit{"c", 1});
    CHECK(begun() == names{"c: t/r/train"});
  }
}

TEST_CASE_METHOD(queue_under_test, "each order has its whole time") {
  order(at("t", "r", "a"), 1, {"gpu"});
  advance(duration{40'000});
  order(at("t", "r", "b"), 1, {"gpu"});
  advance(duration{20'000});
  auto first = told<fail_attempt>();
  REQUIRE(first.size() == 1);
  CHECK(first[0].message
        == "nobody can perform a: no worker is there; start one");
  advance(duration{40'000});
  CHECK(told<fail_attempt>().at(0).activation == "b");
}

TEST_CASE_METHOD(queue_under_test, "a lost pool's attempts are lost at once") {
  pool("p", 2);
  pool("q", 0);
  order(at("t", "r", "a"), 1);
  order(at("t", "r", "b"), 2);
  apply(lose{"p"});
  CHECK(told<attempt_is_lost>()
        == std::vector<attempt_is_lost>{{"a", 1}, {"b", 2}});
  order(at("t", "r", "a"), 3);
  apply(credit{"q", 1});
  CHECK(begun() == names{"q: t/r/a"});
  // It was not dead, and still performs what others do now.
  auto held = [](const char* x, uint64_t token) {
    return held_attempt{{"t", "r"}, x, token, std::nullopt};
  };
  pool("p", 1, {}, {held("a", 1), held("b", 2)});
  auto halts = all<halt>();
  REQUIRE(halts.size() == 2);
  CHECK((halts[0].pool == "p" && halts[0].token == 1));
  CHECK((halts[1].pool == "p" && halts[1].token == 2));
  // It is waited for.
  order(at("t", "r", "b"), 4);
  CHECK(begun().empty());
  end("p", at("t", "r", "b"), 2, {ending::fenced, "", ""});
  CHECK(begun() == names{"p: t/r/b"});
}

TEST_CASE_METHOD(queue_under_test,
                 "what was to stop in a lost pool has stopped if it says so, "
                 "or never comes back") {
  pool("p", 2);
  auto a = at("t", "r", "a");
  order(a, 1);
  auto lost_first = GENERATE(true, false);
  if (lost_first)
    apply(lose{"p"});
  apply(stop{a, 1});
  CHECK(told<attempt_is_stopped>().empty());
  if (!lost_first)
    apply(lose{"p"});
  CHECK(told<attempt_is_stopped>().empty());
  SECTION("it comes back without it") {
    pool("p", 2);
    CHECK(told<attempt_is_stopped>().size() == 1);
  }
  SECTION("it comes back with it") {
    pool("p", 1, {}, {{{"t", "r"}, "a", 1, std::nullopt}});
    CHECK(all<halt>().size() == 1);
    CHECK(told<attempt_is_stopped>().empty());
    end("p", a, 1);
    CHECK(told<attempt_is_stopped>().size() == 1);
  }
  SECTION("it does not come back") {
    CHECK(it->wake_at() == now + how.grace);
    advance(how.grace);
    CHECK(told<attempt_is_stopped>().size() == 1);
  }
}

TEST_CASE_METHOD(queue_under_test, "a new dispatch waits for what pools do") {
  how.expected = {"p", "q"};
  auto a = at("t", "r", "a");
  apply(probe{a, 1});
  order(at("t", "r", "b"), 1);
  pool("p", 1);
  CHECK(all<tell>().empty());
  CHECK(begun().empty());
  SECTION("and goes on with it") {
    pool("q", 1, {}, {{{"t", "r"}, "a", 1, std::nullopt}});
    CHECK(all<tell>().empty());
    CHECK(begun() == names{"p: t/r/b"});
    end("q", a, 1, {ending::failed, "internal", "boom"});
    CHECK(told<fail_attempt>().at(0).message == "the worker of a died: boom");
  }
  SECTION("for a time") {
    advance(how.grace);
    CHECK(told<attempt_is_lost>().size() == 1);
    CHECK(begun() == names{"p: t/r/b"});
  }
}

TEST_CASE_METHOD(queue_under_test, "an order that crossed an offer is lost") {
  pool("p", 1);
  order(at("t", "r", "a"), 1);
  pool("p", 1);
  CHECK(told<attempt_is_lost>() == std::vector<attempt_is_lost>{{"a", 1}});
}

TEST_CASE_METHOD(queue_under_test,
                 "a worker that died has failed when nothing of it lives") {
  auto where = at("t", "r", "a");
  attempt_end defect{ending::failed, "internal", "a defect"};
  auto begin_and_die = [&](uint64_t token) {
    order(where, token);
    REQUIRE(begun().size() == 1);
    apply(ended{"p", where, token, defect});
    CHECK(all<tell>().empty());
  };
  pool("p", 3);
  begin_and_die(1);
  SECTION("it goes") {
    apply(gone{"p", where});
    CHECK(told<fail_attempt>().size() == 1);
  }
  SECTION("its pool is lost") {
    apply(lose{"p"});
    CHECK(told<fail_attempt>().empty());
    REQUIRE(told<attempt_is_lost>().size() == 1);
    CHECK(told<attempt_is_lost>()[0].token == 1);
  }
  SECTION("its pool is another, where something lives") {
    pool("p", 2, {}, {{{"t", "r"}, "a", 0, attempt_end{}}});
    CHECK(all<tell>().empty());
    apply(gone{"p", where});
    CHECK(told<fail_attempt>().empty());
    CHECK(told<attempt_is_lost>().size() == 1);
  }
  SECTION("its pool is another, where nothing lives") {
    pool("p", 3);
    CHECK(told<fail_attempt>().size() == 1);
  }
}

TEST_CASE_METHOD(queue_under_test,
                 "what comes back after the grace lives until it has gone") {
  auto where = at("t", "r", "a");
  held_attempt living{{"t", "r"}, "a", 1, std::nullopt};
  pool("p", 1);
  order(where, 1);
  apply(lose{"p"});
  pool("q", 1);
  order(where, 2);
  REQUIRE(begun() == names{"q: t/r/a"});
  apply(stop{where, 1});
  advance(how.grace);
  pool("p", 0, {}, {living});
  end("q", where, 2);
  CHECK(told<attempt_is_stopped>().empty());
  apply(ended{"p", where, 1, {}});
  CHECK(told<attempt_is_stopped>().empty());
  apply(gone{"p", where});
  CHECK(told<attempt_is_stopped>().size() == 1);
}

TEST_CASE_METHOD(queue_under_test,
                 "of a worker that was given up, no other end is told") {
  auto where = at("t", "r", "a");
  attempt_end defect{ending::failed, "internal", "a defect"};
  pool("p", 1);
  order(where, 1);
  apply(stop{where, 7});
  apply(ended{"p", where, 1, defect});
  apply(lose{"p"});
  REQUIRE(told<attempt_is_lost>().size() == 1);
  pool("p", 0, {}, {{{"t", "r"}, "a", 1, defect}});
  apply(gone{"p", where});
  for (auto& x : all<tell>())
    CHECK(x.token != 0);
}
