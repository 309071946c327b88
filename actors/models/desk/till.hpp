#pragma once

#include "actors/costs/ledger/ledger.hpp"
#include "actors/costs/purse/journal.hpp"
#include "actors/costs/purse/purse.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace machine::models {

/// What a till needs of the world.
struct till_services {
  using outcome = entity::outcome<costs::ledger>;
  /// Has the ledger of a tenant decide something.
  std::function<void(const entity::key&, costs::ledger_command,
                     std::function<void(caf::expected<outcome>)>)>
    command;
  /// Reads the ledger of a tenant.
  std::function<void(const entity::key&,
                     std::function<void(caf::expected<costs::ledger_state>)>)>
    inspect;
  /// Where calls are written down before they leave; none: nowhere.
  std::shared_ptr<costs::journal> journal;
  /// Time that never goes back; only its differences count.
  std::function<timestamp()> now;
  /// What the till could not tell anybody else.
  std::function<void(const caf::error&)> failed;
};

/// The money of one tenant at a desk: a purse, the word between it and the
/// ledger, and the journal. Belongs to one actor; what it is given to call may
/// be called at once.
class till {
public:
  using granted = std::function<void(const caf::error&)>;

  /// @param start Names this start of the desk.
  till(std::string tenant, std::string start, till_services services,
       costs::purse_rules rules);

  till(const till&) = delete;
  till& operator=(const till&) = delete;
  ~till();

  /// Sets *amount* aside for *call*; *then* hears when it may begin, or why it
  /// may not.
  /// @param line What the ledger is told if nobody hears of the call again.
  void reserve(costs::call_number call, costs::counted_by how, micro_usd amount,
               costs::call_line line, granted then);

  void extend(costs::call_number call, micro_usd more, granted then);

  micro_usd reserved(costs::call_number call) const;

  /// Writes down that *call*, which may begin, leaves the machine; an error
  /// forbids it. May be called on any thread, and after the till has gone.
  std::function<caf::error()> departure(costs::call_number call) const;

  /// Ends *call*, and its wait if it waits; *then* is not called any more.
  void settle(costs::call_number call, costs::call_line line);

  /// Somebody has changed the budgets. *then* is called once what is asked for
  /// from now on is counted by them.
  void learn(std::function<void()> then = {});

  /// Says what there is to say.
  void talk();

  /// When `talk` should be called again; none: not before something happens.
  std::optional<timestamp> wake_at() const;

  /// What a journal must still say, beside the calls that have begun.
  std::vector<costs::journal_record> live_records() const;

private:
  struct wish {
    costs::call_line line;
    granted then;
  };

  /// A purse, and the calls that it pays.
  struct drawer {
    costs::purse money;
    std::map<costs::call_number, wish> calls;
    bool closing = false;
  };

  void open_drawer();
  void learned(caf::expected<costs::ledger_state> state);
  drawer* drawer_of(costs::call_number call);
  const drawer* drawer_of(costs::call_number call) const;
  void answer(drawer& in, const costs::money_answer& x);
  void begin(drawer& in, costs::call_number call);
  void hear(const std::shared_ptr<drawer>& in, uint64_t number,
            caf::expected<till_services::outcome> answer);
  void serve(drawer& in);
  void close(const std::shared_ptr<drawer>& in);
  entity::key ledger_key() const;
  caf::error write(const costs::journal_record& what);
  costs::call_begun record_of(const drawer& in, costs::call_number call) const;
  timestamp now() const;

  const std::string tenant_;
  const std::string start_;
  const till_services services_;
  const costs::purse_rules rules_;
  std::shared_ptr<drawer> current_;
  /// Given up by the ledger; their calls go on to their ends.
  std::vector<std::shared_ptr<drawer>> old_;
  uint64_t drawers_ = 0;
  struct early_call {
    std::function<void()> begin;
    granted refused;
  };

  /// Calls that came before the budgets were known.
  std::vector<early_call> early_;
  std::map<std::string, costs::budget> budgets_;
  uint64_t version_ = 0;
  bool knows_budgets_ = false;
  /// Who waits for what is being read, and for what is read after that.
  std::vector<std::function<void()>> learners_;
  std::vector<std::function<void()>> late_learners_;
  /// False once the till is gone: answers may come later.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace machine::models
