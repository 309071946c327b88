#pragma once

#include "tests/support/draw.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

/// Sound workflows with every kind of step and block, made at random, that can
/// be written with the keys of their maps in any order.
namespace machine::test {

/// A value of JSON whose members can change their places, but for those of
/// schemas, whose order is a part of them.
struct shuffled {
  enum class kind : uint8_t { scalar, list, map };

  kind what = kind::scalar;
  /// JSON, of what has no parts that change their places.
  std::string text;
  std::vector<shuffled> items;
  std::vector<std::pair<std::string, shuffled>> members;

  shuffled() = default;
  shuffled(std::string json) : text(std::move(json)) {}
  shuffled(const char* json) : text(json) {}

  static shuffled list(std::vector<shuffled> items) {
    shuffled result;
    result.what = kind::list;
    result.items = std::move(items);
    return result;
  }

  static shuffled map(std::vector<std::pair<std::string, shuffled>> members) {
    shuffled result;
    result.what = kind::map;
    result.members = std::move(members);
    return result;
  }

  void add(const std::string& key, shuffled value) {
    members.emplace_back(key, std::move(value));
  }

  /// As JSON; *turn* gives the order of members another turn.
  std::string write(size_t turn) const {
    if (what == kind::scalar)
      return text;
    std::string result;
    if (what == kind::list) {
      for (auto& x : items)
        result += (result.empty() ? "" : ",") + x.write(turn);
      return "[" + result + "]";
    }
    auto these = members;
    if (!these.empty())
      std::rotate(these.begin(),
                  these.begin() + static_cast<ptrdiff_t>(turn % these.size()),
                  these.end());
    for (auto& [key, value] : these)
      result +=
        (result.empty() ? "\"" : ",\"") + key + "\":" + value.write(turn);
    return "{" + result + "}";
  }
};

class random_language {
public:
  shuffled make() {
    last_ = 0;
    auto lint = shuffled::map(
      {{"inputs", R"({"path":{"type":"string","default":"x"}})"},
       {"steps", shuffled::list({shuffled::map(
                   {{"id", R"("look")"}, {"command", R"("true")"}})})},
       {"output", R"(".steps.look.output")"}});
    return shuffled::map(
      {{"name", R"("w")"},
       {"inputs", R"({"what":{"type":"string"},"files":{"type":"array"}})"},
       {"vars",
        shuffled::map({{"n", "0"},
                       {"notes", "[]"},
                       {"seen", shuffled::map({{"b", "1"}, {"a", "2"}})}})},
       {"reducers", shuffled::map({{"n", R"("add")"},
                                   {"notes", R"("append")"},
                                   {"seen", R"("merge")"}})},
       {"workflows", shuffled::map({{"lint", lint}})},
       {"steps", steps(draw(1, 6), 3, false)},
       {"output", R"(".vars.n")"}});
  }

private:
  static shuffled text(const std::string& x) {
    return "\"" + x + "\"";
  }

  /// The id in a text of JSON.
  static std::string id_in(const shuffled& x) {
    return x.text.substr(1, x.text.size() - 2);
  }

  shuffled steps(int count, int depth, bool undoes) {
    std::vector<shuffled> result;
    std::vector<std::string> before;
    for (; count > 0; --count) {
      auto id = "s" + std::to_string(++last_);
      result.push_back(one(id, before, depth, undoes));
      before.push_back(id);
    }
    return shuffled::list(std::move(result));
  }

  shuffled one(const std::string& id, const std::vector<std::string>& before,
               int depth, bool undoes) {
    auto x = shuffled::map({{"id", text(id)}});
    std::vector<shuffled> needs;
    for (auto& other : before)
      if (chance(3))
        needs.push_back(text(other));
    if (chance(4))
      x.add("when", text(needs.empty() ? ".vars.n < 3"
                                       : ".steps." + id_in(needs[0])
                                           + R"(.state != \"failed\")"));
    if (!needs.empty())
      x.add("needs", shuffled::list(needs));
    if (chance(4))
      x.add("title", text("Step " + id));
    auto kind = draw(0, depth > 0 ? 12 : 9);
    if (kind < 9)
      add_plain(x, kind);
    else
      add_block(x, kind, depth, undoes);
    // Neither of these does anything that could be undone.
    auto has_effects = kind != 5 && kind != 7 && kind != 8;
    if (has_effects && !undoes && depth > 0 && chance(4))
      x.add("undo", block(depth - 1, true));
    if (kind != 8 && chance(3))
      x.add("on_failure", depth > 0 && chance(2) ? block(depth - 1, undoes)
                                                 : text("continue"));
    return x;
  }

  shuffled block(int depth, bool undoes) {
    auto inner = steps(draw(1, 3), depth, undoes);
    return chance(2) ? inner : shuffled::map({{"steps", inner}});
  }

  static void add_work(shuffled& to) {
    if (chance(3))
      to.add("retry", shuffled::map({{"max", "2"},
                                     {"backoff", text("2s")},
                                     {"on", R"(["transient","timeout"])"}}));
    if (chance(4))
      to.add("timeout", chance(2) ? text("1m")
                                  : shuffled::map({{"attempt", text("1m")},
                                                   {"step", text("1h")}}));
    if (chance(4))
      to.add("runs_on", R"(["gpu"])");
    if (chance(4))
      to.add("budget", "0.5");
  }

  static void add_plain(shuffled& to, int kind) {
    switch (kind) {
      case 0:
        to.add("agent",
               shuffled::map({{"role", text("code")},
                              {"prompt", text("do ${{ .inputs.what }}")},
                              {"max_turns", "3"}}));
        return add_work(to);
      case 1:
        to.add("model",
               shuffled::map({{"prompt", text("p")},
                              {"output", R"({"type":"object","a":1})"}}));
        return add_work(to);
      case 2:
        to.add("tool",
               shuffled::map(
                 {{"name", text("search")},
                  {"arguments",
                   shuffled::map({{"q", text("${{ .vars.n }}")},
                                  {"a", shuffled::list({shuffled::map(
                                          {{"z", "1"}, {"y", "null"}})})}})}}));
        return add_work(to);
      case 3:
        to.add("command",
               shuffled::map(
                 {{"argv", R"(["make","${{ .vars.n }}"])"},
                  {"heartbeat", text("30s")},
                  {"environment",
                   shuffled::map({{"B", text("1")}, {"A", text("2")}})}}));
        return add_work(to);
      case 4:
        return to.add("approve",
                      shuffled::map({{"question", text("ok")},
                                     {"role", text("operator")},
                                     {"deadline", text("1h")},
                                     {"default", R"({"approved":false})"}}));
      case 5: return to.add("wait", wait());
      case 6:
        // It may be in a foreach that does several items at a time, and then
        // needs a budget.
        return to.add(
          "call",
          shuffled::map(
            {{"workflow", text("lint")},
             {"budget", "1"},
             {"inputs", shuffled::map({{"path", text("${{ .vars.n }}")}})}}));
      case 7:
        return to.add("set", shuffled::map({{"n", text("1")},
                                            {"notes", text("[.vars.n]")}}));
      default:
        to.add("fail", text("n is ${{ .vars.n }}"));
        // What needs it is reached all the same.
        for (auto& [key, value] : to.members)
          if (key == "when")
            return;
        to.add("when", text(".vars.n > 9"));
    }
  }

  static shuffled wait() {
    switch (draw(0, 3)) {
      case 0: return text("5m");
      case 1: return shuffled::map({{"until", text("2027-01-01T09:00:00Z")}});
      default:
        return shuffled::map({{"signal", text("go")},
                              {"schema", R"({"type":"object"})"},
                              {"deadline", text("1d")},
                              {"default", R"({"a":1})"}});
    }
  }

  void add_block(shuffled& to, int kind, int depth, bool undoes) {
    auto inner = steps(draw(1, 3), depth - 1, undoes);
    if (kind == 9) {
      to.add("foreach", shuffled::map({{"items", text(".inputs.files")},
                                       {"parallel", chance(2) ? "1" : "4"},
                                       {"max", "10"},
                                       {"on_failure", text("continue")},
                                       {"output", text("[.item, .index]")},
                                       {"steps", inner}}));
    } else if (kind == 10) {
      to.add("repeat", shuffled::map({{"until", text(".iteration > 2")},
                                      {"max", "5"},
                                      {"steps", inner}}));
    } else {
      auto first = shuffled::map({{"when", text(".vars.n > 3")},
                                  {"name", text("many")},
                                  {"steps", inner}});
      auto last = shuffled::map({{"steps", steps(1, depth - 1, undoes)}});
      to.add("route", shuffled::list({first, last}));
    }
  }

  int last_ = 0;
};

} // namespace machine::test
