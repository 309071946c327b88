#pragma once

#include "actors/models/catalogue.hpp"
#include "actors/models/provider.hpp"
#include "actors/models/routing/policy.hpp"
#include "runtime/security/digest.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

namespace machine::models {

/// What can be asked, at one moment.
struct model_stock {
  catalogue listed;
  /// By name.
  std::map<std::string, std::shared_ptr<provider>> providers;
  /// Providers that cannot be used, by name, and what to do about it.
  std::map<std::string, std::string> unusable;
  /// By name. That of a tenant's name, else `default`, holds for the tenant: a
  /// call that names another cannot use what it forbids.
  std::map<std::string, routing_policy> policies{};
  /// Models that nobody has configured: a server on this computer has them.
  std::set<std::string> discovered{};
  /// What stands for the keys that a provider was made with, by its name.
  std::map<std::string, security::digest> key_marks{};
};

/// Holds what can be asked, which may become something else at any time. Who
/// has taken what there is keeps it. Every member may be called from any
/// thread.
class catalogue_source {
public:
  explicit catalogue_source(model_stock first = {})
      : stock_(std::make_shared<const model_stock>(std::move(first))) {}

  /// Never null. As long as it gives the same object, nothing was put.
  std::shared_ptr<const model_stock> stock() const {
    std::lock_guard guard{mutex_};
    return stock_;
  }

  /// The list alone.
  std::shared_ptr<const catalogue> now() const {
    auto all = stock();
    return {all, &all->listed};
  }

  void put(model_stock next) {
    auto made = std::make_shared<const model_stock>(std::move(next));
    {
      std::lock_guard guard{mutex_};
      stock_.swap(made);
    }
    // What was there may end here: not while others wait.
  }

private:
  mutable std::mutex mutex_;
  std::shared_ptr<const model_stock> stock_;
};

} // namespace machine::models
