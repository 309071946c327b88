#pragma once

#include "actors/costs/ledger/commands.hpp"
#include "actors/costs/ledger/events.hpp"

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace machine::costs {

/// Names a call within its node.
using call_number = uint64_t;

/// Which budgets count a call.
enum class counted_by : uint8_t {
  all,
  /// Its run has money of its own, and pays: only budgets of agents and models
  /// count it here.
  call_alone,
};

/// What became of a wish for money.
struct money_answer {
  call_number call = 0;
  /// None: it is granted. Otherwise `budget_exceeded`.
  caf::error why{};
};

struct purse_rules {
  /// How long the ledger waits for a word of this node.
  duration lease_for{60'000};
  /// How long what is spent may stay untold.
  duration tell_after{50};
  /// How soon it asks again for what others hold; doubled up to `longest_pause`
  /// while the answer stays the same.
  duration ask_again_after{10};
  duration longest_pause{250};
  /// How long what the ledger said is left of a budget is believed.
  duration believe_for{1'000};
  /// How soon a word without an answer is sent again.
  duration answer_within{5'000};
  /// After this time without a call, what is held goes back.
  duration idle_after{2'000};
  /// Calls that wait at one time.
  size_t max_waiting = 10'000;
};

/// The money that one start of a node holds of a tenant's budgets: a pure state
/// machine, which is told the time. What it sets aside and has spent is never
/// more than what the ledger has given it, so the budgets hold whatever becomes
/// of it.
class purse {
public:
  purse(std::string holder, purse_rules rules)
      : holder_(std::move(holder)), rules_(rules) {}

  const std::string& holder() const {
    return holder_;
  }

  /// Takes in the list of budgets, by key. What is reserved stays so.
  void know(const std::map<std::string, budget>& all, uint64_t version,
            timestamp now);

  /// Whether the ledger has another list than the one known.
  bool is_outdated() const {
    return known_version_ != ledger_version_;
  }

  /// Sets *amount* aside for *call*, now or once it is that one's turn: then
  /// `take_answers` tells. No value: it waits. *call* must be new.
  std::optional<money_answer> reserve(call_number call,
                                      const call_account& whose,
                                      micro_usd amount, counted_by how,
                                      timestamp now);

  /// Sets more aside for a call under way; ahead of all that wait.
  std::optional<money_answer> extend(call_number call, micro_usd more,
                                     timestamp now);

  /// What is set aside for *call*; 0 for one that waits or is unknown.
  micro_usd reserved(call_number call) const;

  /// Whether *call* had its turn.
  bool has_begun(call_number call) const;

  /// The number of the newest line.
  uint64_t last_line() const {
    return last_line_;
  }

  /// The keys of the budgets that count *call*.
  std::vector<std::string> budgets_of(call_number call) const;

  /// Ends *call*, which may be waiting. One that had money gets a line in the
  /// ledger; its number and budgets are filled in. The line as it will be
  /// booked, if there is one.
  std::optional<call_line> settle(call_number call, call_line line,
                                  timestamp now);

  /// Answers to wishes that had to wait, in order.
  std::vector<money_answer> take_answers();

  /// What to tell the ledger now, if anything. It is under way until `answered`
  /// or, with the same words again, after `answer_within`.
  std::optional<exchange_money> next(timestamp now);

  /// When `next` should be asked again; none: not before something happens.
  std::optional<timestamp> wake_at(timestamp now) const;

  /// The ledger's answer. Others than the one waited for are ignored.
  void answered(const allotments_set& by, timestamp now);

  /// The ledger has given this holder up. No call can begin; those under way
  /// are settled, and then it is closed.
  bool is_lost() const {
    return lost_;
  }

  /// Nothing is reserved, nothing waits, and all is told and confirmed.
  bool is_settled() const {
    return calls_.empty() && lines_.empty();
  }

  /// The lines that the ledger has not confirmed.
  std::vector<call_line> untold() const {
    return {lines_.begin(), lines_.end()};
  }

  size_t waiting() const {
    return waiting_.size();
  }

  size_t under_way() const {
    return calls_.size() - waiting_.size();
  }

private:
  /// What is known of one budget.
  struct account {
    budget what;
    /// As the ledger said last.
    micro_usd held = 0;
    /// While a word is under way that gives some back: what will be left.
    std::optional<micro_usd> ceiling;
    micro_usd reserved = 0;
    /// Spent, and not confirmed.
    micro_usd untold = 0;
    /// Calls in line that need some.
    size_t waiters = 0;
    /// What was asked for since the last word, and between the two before.
    micro_usd demand = 0;
    micro_usd demand_before = 0;
    /// What is not spent of it, whoever holds it.
    std::optional<micro_usd> left;
    timestamp left_at{};
    bool scarce = false;
    bool gone = false;

    micro_usd usable() const;
  };

  struct call {
    std::vector<std::string> budgets;
    micro_usd reserved = 0;
    /// What it waits for.
    micro_usd wish = 0;
    bool waits = false;
    /// It had its turn.
    bool begun = false;
  };

  using key_list = std::vector<std::string>;

  key_list match(const call_account& whose, counted_by how) const;
  bool fits(const call& x, micro_usd amount) const;
  void take(call& x, micro_usd amount);
  caf::error hopeless(const call& x, micro_usd amount, timestamp now) const;
  void serve_line(timestamp now);
  void leave_line(call_number id, call& x);
  lease_target target_of(const std::string& key, const account& x,
                         micro_usd told) const;
  bool wants_to_talk(timestamp now) const;
  micro_usd first_wish(const std::string& key) const;
  micro_usd all_wishes(const std::string& key) const;

  const std::string holder_;
  const purse_rules rules_;
  std::map<std::string, account> accounts_;
  /// Keys of budgets by what they are for.
  std::map<std::pair<budget_scope, std::string>, key_list> index_;
  uint64_t known_version_ = 0;
  uint64_t ledger_version_ = 0;
  std::unordered_map<call_number, call> calls_;
  std::deque<call_number> waiting_;
  std::vector<money_answer> answers_;
  std::deque<call_line> lines_;
  uint64_t last_line_ = 0;
  uint64_t exchanges_ = 0;
  std::optional<exchange_money> pending_;
  timestamp sent_at_{};
  timestamp answered_at_{};
  timestamp last_call_at_{};
  /// Set when the last answer left somebody waiting.
  duration pause_{0};
  bool lost_ = false;
};

} // namespace machine::costs
