#include "actors/orchestrator/run/changes.hpp"
#include "actors/orchestrator/run/find.hpp"
#include "actors/orchestrator/run/loops.hpp"
#include "runtime/store/store.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>

/// What the guard remembers of what is done.
namespace machine::orchestrator {

namespace {

/// Beyond it the trail that was left alone for longest is forgotten.
constexpr size_t max_trails = 256;

/// The first 64 bits of the hash of *parts*, each with its length.
uint64_t digest_of(std::initializer_list<std::string_view> parts) {
  std::string all;
  for (auto part : parts)
    all += std::to_string(part.size()) + ':' + std::string{part};
  auto hex = store::hash_blob(to_bytes(all));
  uint64_t result = 0;
  std::from_chars(hex.data(), hex.data() + std::min<size_t>(hex.size(), 16),
                  result, 16);
  return result;
}

/// What a command says that is the same whenever it does the same.
struct command_says {
  int32_t exit_code = 0;
  std::string output;

  static constexpr const char* wire_name = "command_says";

  static constexpr auto fields() {
    return wire::members(wire::field{"exit_code", &command_says::exit_code},
                         wire::field{"output", &command_says::output});
  }
};

bool is_paid(const activation& x) {
  return x.kind == attempt_kind::agent || x.kind == attempt_kind::model;
}

bool is_guarded(const run_state& now, std::string_view step) {
  auto* what = find_step(now, step);
  return what != nullptr && guard_of(now, *what).on.value_or(true);
}

/// The trails of those `repeat` steps around *id* that are guarded.
std::vector<std::string> round_trails(const run_state& now,
                                      std::string_view id) {
  std::vector<std::string> result;
  for (auto& x : repeats_around(now, id))
    if (is_guarded(now, step_of(x)))
      result.push_back(round_trail_key(now, x));
  return result;
}

std::optional<uint64_t> state_after(const effect_record& what,
                                    const effect_done& end) {
  if (end.tree)
    return digest_of({"tree", *end.tree});
  if (what.guard && !end.code)
    return digest_of({"file", *what.guard});
  return std::nullopt;
}

} // namespace

/// How a step has ended.
struct changes::step_end {
  const json_text& output;
  std::string_view code;
  const std::optional<std::string>& commit;
  std::string_view tree;
};

agents::trail& changes::trail_at(const std::string& key) {
  auto i = draft.trails.find(key);
  if (i == draft.trails.end()) {
    if (draft.trails.size() >= max_trails)
      draft.trails.erase(std::min_element(
        draft.trails.begin(), draft.trails.end(),
        [](auto& a, auto& b) { return a.second.touched < b.second.touched; }));
    i = draft.trails.emplace(key, agents::trail{}).first;
  }
  i->second.touched = draft.last_token;
  return i->second;
}

void changes::note_effect(const activation& there, const effect_record& what,
                          const effect_done& end) {
  if (!is_paid(there))
    return;
  auto guarded = is_guarded(draft, there.step);
  auto own = trail_key(draft, there.id);
  auto around = round_trails(draft, there.id);
  if (what.kind == effect_kind::model) {
    if (guarded)
      note_model_call(trail_at(own), what.effect, end.cost);
    for (auto& key : around)
      note_model_call(trail_at(key), what.effect, end.cost);
    return;
  }
  auto state = state_after(what, end);
  // Of what older machines have written down too little is known.
  auto progress = true;
  if (guarded && what.call)
    progress = agents::note(
      trail_at(own),
      {digest_of({*what.call, end.result, what.guard.value_or("")}),
       what.effect, what.subject, end.code.has_value(), state});
  else if (guarded)
    agents::note_progress(trail_at(own));
  for (auto& key : around) {
    auto& trail = trail_at(key);
    if (state)
      agents::note_state(trail, *state);
    if (progress)
      agents::note_progress(trail);
  }
}

void changes::note_step(const activation& there, const step_done& x) {
  note_end(there,
           {x.output, {}, x.commit, x.tree ? *x.tree : std::string_view{}});
}

void changes::note_step(const activation& there, const step_failed& x) {
  note_end(there, {x.output, x.code, x.commit, {}});
}

void changes::note_end(const activation& there, const step_end& how) {
  auto before = draft.checkpoint ? *draft.checkpoint : draft.base;
  auto changed = how.commit && *how.commit != before;
  std::string_view tree = how.tree;
  if (tree.empty() && changed)
    tree = *how.commit;
  if (!tree.empty()) {
    auto state = digest_of({"tree", tree});
    for (auto& [key, trail] : draft.trails)
      if (changed)
        agents::note_state(trail, state);
      else
        agents::know_state(trail, state);
  }
  // A block has done nothing by itself.
  if (there.request.text.empty())
    return;
  auto around = round_trails(draft, there.id);
  if (around.empty())
    return;
  if (is_paid(there)) {
    auto digest = digest_of(
      {there.step, there.request.text, how.output.text, how.code, tree});
    for (auto& key : around)
      agents::note(trail_at(key),
                   {digest, there.id, "step " + there.step, !how.code.empty(),
                    std::nullopt},
                   agents::novelty::does_not_count);
    return;
  }
  auto result = how.output.text;
  if (auto says = wire::from_json<command_says>(result))
    result = std::to_string(says->exit_code) + "\n" + says->output;
  auto digest = digest_of({"step", there.step, result, how.code});
  for (auto& key : around)
    agents::note_result(trail_at(key), digest);
}

void changes::note_round(const activation& there) {
  if (is_guarded(draft, there.step))
    agents::note_round(trail_at(round_trail_key(draft, there.id)));
}

void changes::note_new_value() {
  for (auto& [key, trail] : draft.trails)
    agents::note_progress(trail);
}

void changes::count_anew(const activation& there) {
  if (auto i = draft.trails.find(trail_key(draft, there.id));
      i != draft.trails.end())
    agents::count_anew(i->second);
  for (auto& key : round_trails(draft, there.id))
    if (auto i = draft.trails.find(key); i != draft.trails.end())
      agents::count_anew(i->second);
}

void changes::drop_trails(const activation& there) {
  // In a `repeat` the next round goes on where this one was.
  if (draft.trails.empty() || trail_key(draft, there.id) != there.id)
    return;
  std::erase_if(draft.trails,
                [&](auto& x) { return is_within(x.first, there.id); });
}

} // namespace machine::orchestrator
