#pragma once

#include <string>

namespace machine::sim {

/// Who keeps entities, and does what they want to have done.
template <class E>
class entity_host {
public:
  virtual ~entity_host() = default;

  virtual void perform(const std::string& id,
                       const typename E::effect& what) = 0;

  /// It wants to be forgotten until somebody needs it.
  virtual void leave(const std::string& id) = 0;

  /// It has failed, and begins anew.
  virtual void fail(std::string id) = 0;
};

} // namespace machine::sim
