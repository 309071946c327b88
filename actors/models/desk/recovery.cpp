#include "actors/models/desk/recovery.hpp"

#include "actors/costs/ledger/bounds.hpp"

#include <algorithm>
#include <filesystem>

namespace machine::models {

namespace {

using namespace costs;

constexpr duration pause_before_telling_again{500};

/// One journal of an earlier start, told part by part.
struct estate {
  std::string path;
  leftover rest = leftover::unspent;
  std::vector<unfinished_business> open;
};

void tell(desk_state& state, const std::shared_ptr<estate>& what);

/// The lines of one holder from *first* on; the last part closes it.
void tell_lines(desk_state& state, const std::shared_ptr<estate>& what,
                size_t first) {
  auto& of = what->open.back();
  auto rest = of.lines.size() - first;
  auto from = of.lines.begin() + static_cast<ptrdiff_t>(first);
  ledger_command word;
  if (rest > max_lines) {
    // Beyond every number that the holder itself has used.
    exchange_money part{of.holder, UINT64_MAX / 2 + first, {}, {}};
    part.lines.assign(from, from + max_lines);
    word = std::move(part);
  } else {
    word = close_holder{of.holder, {from, of.lines.end()}, what->rest};
  }
  state.command(
    {of.tenant, ledger_id}, std::move(word),
    [&state, what, first, is_last = rest <= max_lines](auto answer) {
      auto refused = !answer && code_of(answer.error()) != ec::unavailable
                  && code_of(answer.error()) != ec::timeout
                  && code_of(answer.error()) != ec::overloaded
                  && code_of(answer.error()) != ec::storage_full
                  && code_of(answer.error()) != ec::io_failed;
      if (!answer && !refused) {
        state.at(state.steady() + pause_before_telling_again,
                 [&state, what, first] { tell_lines(state, what, first); });
        return;
      }
      // One that has closed was told of already.
      if (refused && code_of(answer.error()) != ec::cancelled) {
        state.uses.failed(with_context(what->path, answer.error()));
        return;
      }
      if (!is_last && answer) {
        tell_lines(state, what, first + max_lines);
        return;
      }
      what->open.pop_back();
      tell(state, what);
    });
}

void tell(desk_state& state, const std::shared_ptr<estate>& what) {
  if (!what->open.empty()) {
    tell_lines(state, what, 0);
    return;
  }
  std::error_code ignored;
  std::filesystem::remove(what->path, ignored);
}

} // namespace

void recover_journals(desk_state& state) {
  if (state.uses.journals.empty())
    return;
  auto search = find_journals(state.uses.journals, state.start);
  for (auto& why : search.problems)
    state.uses.failed(why);
  for (auto& x : search.found) {
    auto found = std::make_shared<estate>();
    found->path = x.path;
    found->rest = x.may_lack_records ? leftover::spent : leftover::unspent;
    found->open = business_of(x.content);
    tell(state, found);
  }
}

} // namespace machine::models
