#include "actors/orchestrator/retention/erase.hpp"

#include "actors/agents/workspace/records.hpp"
#include "actors/agents/workspace/workspace.hpp"
#include "actors/orchestrator/run/run.hpp"
#include "runtime/entity/load.hpp"

#include <filesystem>

namespace machine::orchestrator {

namespace {

/// A run that reads the history of *id*; empty: none does.
caf::expected<std::string> reader_of(store::engine& engine,
                                     const entity::key& id) {
  store::query what{run::kind, id.tenant, {{"copies", id.id}}, "", 1, {}};
  auto page = engine.list(what);
  if (!page)
    return std::move(page.error());
  return page->rows.empty() ? std::string{} : page->rows.front().stream.id;
}

/// All that counts is on the branch, which stays.
caf::error remove_worktree(const run_state& now) {
  std::error_code code;
  // A worktree that it shared is another's.
  if (now.created.workspace || now.directory.empty()
      || !std::filesystem::exists(now.directory, code))
    return caf::none;
  agents::workspace where{now.created.repository.value_or(""), now.directory,
                          now.branch, now.base};
  if (auto closed = agents::close_workspace(where))
    return caf::none;
  // The repository may be gone, and git's records with it.
  if (auto gone = agents::remove_tree(now.directory); !gone)
    return gone.error();
  return caf::none;
}

} // namespace

caf::error prepare_to_erase(store::engine& engine, const entity::key& id) {
  auto known = entity::replay<run>(engine, id);
  if (!known)
    return std::move(known.error());
  if (auto err = run::may_erase(known->state, id))
    return err;
  auto reader = reader_of(engine, id);
  if (!reader)
    return std::move(reader.error());
  if (!reader->empty())
    return make_error(ec::conflict,
                      "run " + id.id + " cannot be erased while run " + *reader
                        + " reads its history to go on from it; try again "
                          "when that one has begun");
  if (auto err = remove_worktree(known->state))
    return with_context("the worktree of run " + id.id, err);
  return caf::none;
}

} // namespace machine::orchestrator
