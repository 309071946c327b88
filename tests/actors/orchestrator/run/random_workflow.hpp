#pragma once

#include "tests/support/draw.hpp"

#include <string>
#include <vector>

/// Small workflows of every kind of step, made at random.
namespace machine::test {

class random_workflow {
public:
  std::string make() {
    std::string text = "name: w\nvars: {n: 0}\nreducers: {n: add}\nsteps:\n";
    add_steps(text, "  ", draw(1, 6), 2);
    if (chance(3))
      text += chance(4) ? "output: .vars.n | error\n" : "output: .vars.n\n";
    return text;
  }

private:
  void add_steps(std::string& to, const std::string& indent, int count,
                 int depth) {
    std::vector<std::string> before;
    for (; count > 0; --count) {
      auto id = "s" + std::to_string(++last_);
      to += indent + "- id: " + id + "\n";
      add_common(to, indent + "  ", before);
      add_action(to, indent + "  ", depth);
      before.push_back(id);
    }
  }

  static void add_common(std::string& to, const std::string& indent,
                         const std::vector<std::string>& before) {
    std::vector<std::string> needs;
    for (auto& x : before)
      if (chance(3))
        needs.push_back(x);
    if (!needs.empty()) {
      std::string list;
      for (auto& x : needs)
        list += (list.empty() ? "" : ", ") + x;
      to += indent + "needs: [" + list + "]\n";
    }
    if (chance(4))
      to += indent + "when: "
          + (needs.empty()
               ? draw_text({".vars.n < 2", ".vars.n > 0", ".vars.n | error"})
               : ".steps." + needs.front() + ".state == \"done\"")
          + "\n";
  }

  void add_action(std::string& to, const std::string& indent, int depth) {
    auto kind = draw(0, depth > 0 ? 11 : 9);
    if (kind < 6)
      add_work(to, indent, kind);
    else if (kind == 6)
      to += indent + "set: {n: '1'}\n";
    else if (kind == 7)
      add_question(to, indent);
    else if (kind == 8 && chance(4))
      add_end(to, indent);
    else if (kind == 8)
      to += indent + "set: {n: '2'}\n";
    else
      add_block(to, indent, depth);
    if (kind != 8 && chance(2))
      to += indent + "on_failure: continue\n";
  }

  /// Nothing that follows it would be reached if it had no condition.
  static void add_end(std::string& to, const std::string& indent) {
    if (to.find("when:", to.rfind("- id:")) == std::string::npos)
      to += indent + "when: .vars.n > 1\n";
    to += indent + "fail: \"n is ${{ .vars.n }}\"\n";
  }

  static void add_work(std::string& to, const std::string& indent, int kind) {
    if (kind < 3)
      to += indent + "command: \"do ${{ .vars.n }}\"\n";
    else if (kind < 5)
      to += indent + "agent: {role: code, prompt: p}\n";
    else
      to += indent + "model: {prompt: \"say ${{ .vars.n }}\"}\n";
    if (chance(2))
      to += indent + "retry: {max: 2, backoff: 3s, jitter: 0.5}\n";
    if (kind < 5 && chance(3))
      to += indent + "idempotent: false\n";
    if (chance(4))
      to += indent + "budget: 0.0002\n";
    if (chance(4))
      to += indent + "timeout: 1m\n";
  }

  static void add_question(std::string& to, const std::string& indent) {
    to += indent
        + draw_text(
            {"approve: \"ok?\"", "approve: {question: \"ok?\", deadline: 20s}",
             "approve: {question: \"ok?\", deadline: 20s, default: {approved: "
             "true}}",
             "approve: {question: \"how many?\", answer: {type: integer}}"})
        + "\n";
  }

  void add_block(std::string& to, const std::string& indent, int depth) {
    to += indent + "repeat:\n" + indent + "  max: " + std::to_string(draw(1, 4))
        + "\n" + indent + "  until: "
        + draw_text({"false", ".vars.n > 1", "true", ".vars.n | error"}) + "\n"
        + indent + "  steps:\n";
    add_steps(to, indent + "    ", draw(1, 3), depth - 1);
  }

  int last_ = 0;
};

} // namespace machine::test
