#include "tests/sim/sim_machine.hpp"

namespace machine::sim {

using namespace orchestrator;

void sim_kin::cancel(const std::string& child, const std::string& by,
                     const std::string& reason) {
  in_.ask<run>(
    life(), child, cancel_run{id_of(by), reason, cancel_mode::undo}, [] {},
    [](auto&) {});
}

void sim_kin::on_begun(const std::string& child, const std::string& parent) {
  auto begun = beginning_.extract(child);
  if (!begun.empty() && begun.mapped())
    cancel(child, parent, *begun.mapped());
}

void sim_kin::perform(const std::string& parent, const start_child& x) {
  auto child = beside(parent, x.run);
  beginning_.emplace(child, std::nullopt);
  in_.ask<run>(
    life(), child, create_run{x.what},
    [this, child, parent] { on_begun(child, parent); },
    [this, x, child, parent](const caf::error& why) {
      on_begun(child, parent);
      if (code_of(why) == ec::conflict)
        return;
      child_is_over end;
      end.activation = x.what.parent->activation;
      end.token = x.what.parent->token;
      end.run = x.run;
      end.result = run_result::failed;
      end.code = to_string(code_of(why));
      end.message = "it could not begin: " + message_of(why);
      in_.ask<run>(
        life(), parent, std::move(end), [] {}, [](auto&) {});
    });
}

void sim_kin::perform(const std::string& parent, const cancel_child& x) {
  auto child = beside(parent, x.run);
  if (auto i = beginning_.find(child); i != beginning_.end())
    i->second = x.reason;
  else
    cancel(child, parent, x.reason);
}

void sim_kin::perform(const std::string& child, const tell_parent& x) {
  auto known = [this, child] {
    in_.ask<run>(
      life(), child, parent_is_told{}, [] {}, [](auto&) {});
  };
  in_.ask<run>(life(), beside(child, x.run), x.what, known,
               [known](const caf::error& why) {
                 auto code = code_of(why);
                 if (code == ec::fenced || code == ec::not_found)
                   known();
               });
}

} // namespace machine::sim
