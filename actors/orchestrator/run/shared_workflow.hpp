#pragma once

#include "actors/orchestrator/run/program.hpp"
#include "runtime/error.hpp"
#include "runtime/wire/codec.hpp"

#include <memory>
#include <string>

namespace machine::orchestrator {

/// A workflow as another one begins it: with all that it may call itself.
struct called_workflow {
  std::string name;
  /// `workflow_hash`
  std::string hash;
  /// `normal_form`
  std::string text;
};

/// A workflow as the runs of it have it: read and arranged once, and shared by
/// all of them. A copy costs nothing, and nobody changes it.
class shared_workflow {
public:
  /// One without a step.
  shared_workflow();

  explicit shared_workflow(workflow what);

  const workflow& operator*() const;

  const workflow* operator->() const {
    return &**this;
  }

  const program& plan() const;

  /// The workflow *name* that this one calls. `not_found` if it calls none that
  /// is named so.
  caf::expected<called_workflow> called(const std::string& name) const;

  bool operator==(const shared_workflow& x) const;

  // It crosses a wire as the workflow itself.
  static constexpr const char* wire_name = workflow::wire_name;

  static constexpr auto fields() {
    return workflow::fields();
  }

private:
  struct content;

  std::shared_ptr<const content> content_;
};

/// What stands in *normal_form*. It is read once for all runs of it that there
/// are for a while.
caf::expected<shared_workflow> share_workflow(const std::string& normal_form);

} // namespace machine::orchestrator

template <>
struct machine::wire::codec<machine::orchestrator::shared_workflow> {
  static void encode(sink& out, const orchestrator::shared_workflow& x) {
    codec<orchestrator::workflow>::encode(out, *x);
  }

  static bool decode(decoder& in, const node& from,
                     orchestrator::shared_workflow& x);
};

template <>
struct machine::wire::message_codec<machine::orchestrator::shared_workflow> {
  static caf::error save(caf::serializer& to, orchestrator::shared_workflow& x);
  static caf::error load(caf::deserializer& from,
                         orchestrator::shared_workflow& x);
};
