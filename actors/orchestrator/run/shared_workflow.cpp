#include "actors/orchestrator/run/shared_workflow.hpp"

#include "actors/orchestrator/workflow/load.hpp"
#include "runtime/wire/caf.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

namespace machine::orchestrator {

namespace {

/// Of those that are remembered: of their texts, and of the texts of those that
/// they call, in bytes.
constexpr size_t max_remembered = 32 << 20;

/// The texts of those that one calls are kept up to this size together, about,
/// in bytes; they are made again each time if they are larger.
constexpr size_t max_called = 1 << 20;

/// What all that *what* calls take at the most, as each has all others with it.
size_t size_of_called(const workflow& what) {
  size_t size = 0;
  for (auto& [name, text] : what.called)
    size += name.size() + text.text.size();
  return size * what.called.size();
}

/// What was read lately. When it is full, all begins anew.
class reading_list {
public:
  std::optional<shared_workflow> find(const std::string& text) {
    std::lock_guard guard{mutex_};
    auto i = known_.find(text);
    return i == known_.end() ? std::nullopt : std::optional{i->second};
  }

  void add(const std::string& text, const shared_workflow& what) {
    auto size = text.size() + std::min(size_of_called(*what), max_called);
    std::lock_guard guard{mutex_};
    if (size > max_remembered - size_) {
      known_.clear();
      size_ = 0;
    }
    if (size <= max_remembered && known_.emplace(text, what).second)
      size_ += size;
  }

private:
  std::mutex mutex_;
  std::unordered_map<std::string, shared_workflow> known_;
  size_t size_ = 0;
};

reading_list& remembered() {
  static reading_list instance;
  return instance;
}

} // namespace

struct shared_workflow::content {
  explicit content(workflow what) : graph(std::move(what)), plan(graph) {}

  const workflow graph;
  const program plan;

  /// Those that were asked for.
  mutable std::mutex mutex;
  mutable std::map<std::string, called_workflow> called;
};

shared_workflow::shared_workflow() {
  static const auto empty = std::make_shared<const content>(workflow{});
  content_ = empty;
}

shared_workflow::shared_workflow(workflow what)
    : content_(std::make_shared<const content>(std::move(what))) {}

const workflow& shared_workflow::operator*() const {
  return content_->graph;
}

const program& shared_workflow::plan() const {
  return content_->plan;
}

caf::expected<called_workflow>
shared_workflow::called(const std::string& name) const {
  std::lock_guard guard{content_->mutex};
  if (auto i = content_->called.find(name); i != content_->called.end())
    return i->second;
  auto& all = content_->graph.called;
  auto text = all.find(name);
  if (text == all.end())
    return make_error(ec::not_found, "there is no workflow " + name);
  auto graph = wire::from_json<workflow>(text->second.text);
  if (!graph)
    return std::move(graph.error());
  graph->called = all;
  called_workflow result{graph->name, workflow_hash(*graph),
                         normal_form(*graph)};
  if (size_of_called(content_->graph) <= max_called)
    content_->called.emplace(name, result);
  return result;
}

bool shared_workflow::operator==(const shared_workflow& x) const {
  return content_ == x.content_ || **this == *x;
}

caf::expected<shared_workflow> share_workflow(const std::string& normal_form) {
  if (auto known = remembered().find(normal_form))
    return std::move(*known);
  auto graph = wire::from_json<workflow>(normal_form);
  if (!graph)
    return std::move(graph.error());
  shared_workflow result{std::move(*graph)};
  remembered().add(normal_form, result);
  return result;
}

} // namespace machine::orchestrator

namespace machine::wire {

using orchestrator::shared_workflow;
using orchestrator::workflow;

bool codec<shared_workflow>::decode(decoder& in, const node& from,
                                    shared_workflow& x) {
  workflow what;
  if (!codec<workflow>::decode(in, from, what))
    return false;
  if (auto known = orchestrator::share_workflow(normal_form(what)))
    x = std::move(*known);
  else
    x = shared_workflow{std::move(what)};
  return true;
}

caf::error message_codec<shared_workflow>::save(caf::serializer& to,
                                                shared_workflow& x) {
  auto what = *x;
  return message_codec<workflow>::save(to, what);
}

caf::error message_codec<shared_workflow>::load(caf::deserializer& from,
                                                shared_workflow& x) {
  workflow what;
  if (auto err = message_codec<workflow>::load(from, what))
    return err;
  x = shared_workflow{std::move(what)};
  return caf::none;
}

} // namespace machine::wire
