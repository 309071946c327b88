#include "actors/costs/ledger/ledger.hpp"
#include "actors/costs/ledger/summary.hpp"
#include "runtime/wire/wire.hpp"

#include <map>

namespace machine::costs {

namespace {

/// Collects what there is to tell.
class teller {
public:
  teller(const ledger_state& now, const entity::context& ctx)
      : now_(now), ctx_(ctx) {}

  void operator()(const budget_set& x) {
    if (auto i = now_.budgets.find(x.key); i != now_.budgets.end())
      add("budget.set", "", "budget/" + x.what.id,
          wire::to_json(summary_of(i->second, ctx_.now)));
  }

  void operator()(const budget_removed& x) {
    auto id = x.key.substr(0, x.key.rfind('@'));
    add("budget.removed", "", "budget/" + id, R"({"id":")" + id + "\"}");
  }

  /// Each project hears of its own.
  void operator()(const calls_booked& x) {
    std::map<std::string, std::vector<call_line>> by_project;
    for (auto& line : x.lines)
      if (!line.of_run)
        by_project[line.whose.project].push_back(line);
    for (auto& [project, lines] : by_project)
      add("calls.booked", project, "holder/" + x.holder,
          R"({"lines":)" + wire::to_json(lines) + "}");
  }

  void operator()(const budget_alerted& x) {
    add("budget.alert", "", "budget/" + x.key.substr(0, x.key.rfind('@')),
        wire::to_json(x));
  }

  void operator()(const spend_anomaly& x) {
    add("costs.anomaly", "", "ledger", wire::to_json(x));
  }

  /// Addresses may be secret.
  void operator()(const webhook_set& x) {
    add("webhook.set", "", "webhook/" + x.what.id,
        R"({"id":)" + wire::to_json(x.what.id) + "}");
  }

  void operator()(const webhook_removed& x) {
    add("webhook.removed", "", "webhook/" + x.id, wire::to_json(x));
  }

  void operator()(const delivery_ended& x) {
    if (x.how != delivery_end::delivered)
      add("webhook.failed", "", "webhook/" + x.webhook, wire::to_json(x));
  }

  void operator()(const holder_lost& x) {
    add("holder.lost", "", "holder/" + x.holder, wire::to_json(x));
  }

  /// How money is handed about is nobody's concern.
  template <class Other>
  void operator()(const Other&) {}

  std::vector<entity::announcement> take() {
    return std::move(told_);
  }

private:
  void add(const char* type, std::string project, std::string subject,
           std::string data) {
    told_.push_back({"costs",
                     {ctx_.now, type, std::move(project), std::move(subject),
                      json_text{std::move(data)}}});
  }

  const ledger_state& now_;
  const entity::context& ctx_;
  std::vector<entity::announcement> told_;
};

} // namespace

std::vector<entity::announcement>
ledger::announce(const state& now, const std::vector<event>& events,
                 const entity::context& ctx) {
  teller result{now, ctx};
  for (auto& what : events)
    std::visit(result, what);
  return result.take();
}

} // namespace machine::costs
