#pragma once

#include "actors/orchestrator/workflow/source.hpp"

#include <map>
#include <optional>
#include <set>

namespace machine::orchestrator {

/// Reads the members of one map, which must outlive it, and reports those that
/// nobody asked for.
class map_reader {
public:
  /// @param what What errors call it: `step check`.
  map_reader(const source_node& from, std::string what, problems& out);

  bool is_map() const {
    return from_.is_map();
  }

  bool has(const std::string& key) const {
    return members_.contains(key);
  }

  /// The member *key*, which stays unknown; null if there is none.
  const source_node* look(const std::string& key) const {
    auto i = members_.find(key);
    return i == members_.end() ? nullptr : &i->second->value;
  }

  place where() const {
    return from_.where;
  }

  place where(const std::string& key) const;

  /// What errors call it.
  const std::string& what() const {
    return what_;
  }

  /// From now on errors call it *what*.
  void rename(std::string what) {
    what_ = std::move(what);
  }

  /// The member *key*, now known; a node of no kind if there is none.
  const source_node& take(const std::string& key);

  std::string text(const std::string& key, std::string usual = {});
  std::optional<std::string> optional_text(const std::string& key);
  uint32_t number(const std::string& key, uint32_t usual, uint32_t low,
                  uint32_t high);
  double real(const std::string& key, double usual, double low, double high);
  std::optional<duration> time(const std::string& key);
  /// Reports 0.
  std::optional<duration> positive_time(const std::string& key);
  std::optional<micro_usd> money(const std::string& key);
  std::vector<std::string> texts(const std::string& key);
  bool flag(const std::string& key, bool usual);
  /// As JSON, in the order in which it is written; none if it is not there.
  std::optional<json_text> schema(const std::string& key);
  /// As `schema`, by key, so that the order does not matter.
  std::optional<json_text> document(const std::string& key);

  /// Reports that *key* is not there.
  void require(const std::string& key);
  /// Reports *what* at *key*, or at the map if it is not there.
  void complain(const std::string& key, const std::string& what);

  /// Reports every member that was not taken.
  void finish();

private:
  void expect(const std::string& key, const std::string& what);

  const source_node& from_;
  std::string what_;
  problems& out_;
  std::map<std::string, const source_member*> members_;
  std::set<std::string> taken_;
};

} // namespace machine::orchestrator
