#include "tests/sim/watch.hpp"

/// Who lives, and what may be said of them.
namespace machine::sim {

using namespace orchestrator;

void watch::on_work(const std::string& run, const std::string& activation,
                    uint64_t token, const std::string& node) const {
  if (auto i = alive_.find({run, activation}); i != alive_.end())
    for (auto& x : i->second)
      if (x.node == node && x.token == token && x.missing)
        return;
  auto past = histories_.find(run);
  auto* there = past == histories_.end() ? nullptr : past->second.get();
  auto step = there == nullptr ? decltype(there->steps().end()){}
                               : there->steps().find(activation);
  require(there != nullptr && step != there->steps().end()
            && step->second.token == token,
          "only the live attempt does anything", [&] {
            return run + ": " + activation + " with token "
                 + std::to_string(token);
          });
}

void watch::on_worker_begins(const std::string& run,
                             const std::string& activation, uint64_t token,
                             const std::string& node) {
  auto& there = alive_[{run, activation}];
  for (auto& x : there)
    require(x.missing.has_value() && x.node != node,
            "one attempt of an activation lives at a time", [&] {
              return run + ": token " + std::to_string(token) + " of "
                   + activation + " begins on " + node + " while "
                   + std::to_string(x.token) + " lives on " + x.node;
            });
  there.push_back({node, token, std::nullopt});
}

void watch::on_worker_gone(const std::string& run,
                           const std::string& activation, uint64_t token) {
  auto i = alive_.find({run, activation});
  if (i == alive_.end())
    return;
  std::erase_if(i->second, [&](auto& x) { return x.token == token; });
  if (i->second.empty())
    alive_.erase(i);
}

void watch::on_kin(const std::string& run, const std::string& child) {
  require(child.starts_with(run + ".")
            && child.find('.', run.size() + 1) == std::string::npos,
          "a fork changes nothing of its origin",
          [&] { return run + " takes " + child + " for its own"; });
}

void watch::on_node_dies(const std::string& node) {
  for (auto& [at, all] : alive_)
    std::erase_if(all, [&](auto& x) { return x.node == node; });
  std::erase_if(alive_, [](auto& x) { return x.second.empty(); });
}

void watch::on_node_missing(const std::string& node, length grace) {
  // Dispatch counts in milliseconds.
  timestamp ended = std::chrono::floor<duration>(time_.now()) + grace;
  for (auto& [at, all] : alive_)
    for (auto& x : all)
      if (x.node == node && (!x.missing || ended < *x.missing))
        x.missing = ended;
}

/// What is said to have ended has.
void watch::check_life(const std::string& id, const run_event& event) {
  auto must_be_dead = [&](const auto& x, bool ended) {
    auto i = alive_.find({id, x.activation});
    if (i == alive_.end())
      return;
    for (auto& y : i->second)
      require(y.token != x.token
                || (y.missing && (!ended || *y.missing <= time_.now())),
              "what has ended does not live", [&] {
                return id + ": " + x.activation + " with token "
                     + std::to_string(x.token) + " on " + y.node;
              });
  };
  if (auto* x = std::get_if<attempt_stopped>(&event))
    must_be_dead(*x, true);
  else if (auto* x = std::get_if<attempt_lost>(&event))
    must_be_dead(*x, false);
  if (!std::holds_alternative<run_ended>(event))
    return;
  for (auto i = alive_.lower_bound({id, ""});
       i != alive_.end() && i->first.first == id; ++i)
    for (auto& x : i->second)
      require(x.missing.has_value(), "a run ends when nothing lives",
              [&] { return id + ": " + i->first.second + " on " + x.node; });
}

} // namespace machine::sim
