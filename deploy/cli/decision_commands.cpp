#include "deploy/cli/commands.hpp"
#include "deploy/cli/pages.hpp"
#include "deploy/cli/text.hpp"
#include "deploy/cli/told.hpp"
#include "deploy/cli/view.hpp"
#include "runtime/wire/text.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

namespace machine::cli {

namespace {

constexpr const char* decisions_path = "/api/v1/decisions";

/// Of a policy's text.
constexpr size_t max_policy_text = 64u << 10;

std::optional<std::string> moment_text(const std::optional<timestamp>& x) {
  if (!x)
    return std::nullopt;
  return wire::format_time(*x);
}

/// A number with two digits behind the point.
std::string two_digits(const record& x, std::string_view key) {
  auto text = x.text(key);
  if (text.empty())
    return {};
  char result[32];
  std::snprintf(result, sizeof result, "%.2f",
                std::strtod(text.c_str(), nullptr));
  return result;
}

std::string with_deviation(const std::string& value, const std::string& off) {
  return value.empty() || off.empty() ? value : value + " ±" + off;
}

std::string elapsed(const record& x, std::string_view key) {
  auto ms = x.text(key);
  if (ms.empty())
    return {};
  auto count = x.number(key);
  return count < 1'000
         ? std::to_string(count) + " ms"
         : format_elapsed(duration{static_cast<duration::rep>(count)});
}

std::string tokens_of(const record& usage) {
  if (usage.text("output").empty())
    return {};
  return format_count(usage.number("input") + usage.number("cached")) + " + "
       + format_count(usage.number("output"));
}

/// `auto, policy night (cheap), job code`
std::string wish_of(const record& asked) {
  auto result = asked.text("model");
  if (auto policy = asked.text("policy"); !policy.empty())
    result += ", policy " + policy + " (" + asked.text("prefer") + ")";
  return result + ", job " + asked.text("job");
}

std::string prompt_of(const record& asked) {
  auto prompt = asked.number("prompt_tokens");
  return prompt == 0 ? ""
                     : "about " + format_count(prompt)
                         + " tokens, for an answer of at most "
                         + format_count(asked.number("max_output_tokens"));
}

std::string ending_of(const record& result) {
  auto end = result.text("end");
  auto why = result.text("why");
  auto by = result.text("model").empty()
            ? ""
            : " by " + result.text("model") + " of " + result.text("provider");
  if (end == "answered")
    return end + by;
  if (end == "cached")
    return "answered from what" + by + " was kept";
  return end + ": " + (why.empty() ? result.text("error") : why);
}

void add_lines(std::vector<line>& to, const std::string& title,
               const table& shown, size_t width) {
  if (shown.empty())
    return;
  to.emplace_back();
  to.push_back({{title, style::bold}});
  for (auto& row : shown.lines(width))
    to.push_back(std::move(row));
}

std::string left_out(uint64_t all, size_t shown) {
  return all > shown ? ", " + format_count(all - shown) + " more were left out"
                     : "";
}

void add_candidates(std::vector<line>& to, const record& x, size_t width) {
  table shown{{{"model"},
               {"quality", column::right},
               {"expected", column::right},
               {"at most", column::right},
               {"time", column::right},
               {"utility", column::right},
               {""}}};
  auto all = x.part("chosen").list("candidates");
  auto answered = x.part("result").text("end") == "answered"
                  ? x.part("result").text("model")
                  : "";
  for (auto& one : all) {
    std::string note = one.truth("explored") ? "explored" : "";
    if (one.text("model") == answered)
      note += note.empty() ? "answered" : ", answered";
    shown.add({one.text("model"),
               with_deviation(two_digits(one, "quality"),
                              two_digits(one, "quality_deviation")),
               one.money("expected"), one.money("worst_case"),
               elapsed(one, "latency"), two_digits(one, "utility"),
               std::move(note)});
  }
  add_lines(to, "candidates" + left_out(x.number("candidates"), all.size()),
            shown, width);
}

/// Up to *most* of *all*, and how many more there are.
std::string some_of(const std::vector<std::string>& all, size_t most) {
  std::string result;
  for (size_t i = 0; i < std::min(all.size(), most); ++i)
    result += (i == 0 ? "" : ", ") + all[i];
  return all.size() > most
         ? result + " and " + format_count(all.size() - most) + " more"
         : result;
}

/// A line for each reason: most models of a long list are out for the same few.
void add_rejections(std::vector<line>& to, const record& x, size_t width) {
  constexpr size_t most_models = 3;
  auto all = x.part("chosen").list("rejections");
  std::vector<std::pair<std::string, std::vector<std::string>>> by_reason;
  for (auto& one : all) {
    auto reason = one.text("reason");
    auto i = std::find_if(by_reason.begin(), by_reason.end(),
                          [&](auto& y) { return y.first == reason; });
    if (i == by_reason.end()) {
      by_reason.emplace_back(std::move(reason), std::vector<std::string>{});
      i = std::prev(by_reason.end());
    }
    i->second.push_back(one.text("model"));
  }
  table shown{{{"reason"}, {"models"}}};
  for (auto& [reason, models] : by_reason)
    shown.add({reason, some_of(models, most_models)});
  add_lines(to, "rejected" + left_out(x.number("rejections"), all.size()),
            shown, width);
}

void add_tries(std::vector<line>& to, const record& x, size_t width) {
  table shown{{{"model"},
               {"provider"},
               {"how"},
               {"cost", column::right},
               {"began", column::right},
               {"took", column::right},
               {"tokens", column::right},
               {"end"}}};
  for (auto& one : x.list("tries")) {
    auto error = one.text("error");
    shown.add({one.text("model"), one.text("provider"), one.text("mode"),
               one.money("cost"), elapsed(one, "first_byte"),
               elapsed(one, "took"), tokens_of(one.part("usage")),
               error.empty() ? "answered" : error + ": " + one.text("why")});
  }
  add_lines(to, "tries", shown, width);
}

/// What was expected of the model that answered, and what happened.
void add_comparison(std::vector<line>& to, const record& x, size_t width) {
  auto result = x.part("result");
  if (result.text("end") != "answered")
    return;
  for (auto& one : x.part("chosen").list("candidates")) {
    if (one.text("model") != result.text("model"))
      continue;
    table shown{
      {{""}, {"expected", column::right}, {"happened", column::right}}};
    shown.add({"cost", one.money("expected"), result.money("cost")});
    shown.add({"time", elapsed(one, "latency"), elapsed(result, "took")});
    add_lines(to, "estimate", shown, width);
    return;
  }
}

std::vector<line> explain(const record& x, size_t width) {
  auto asked = x.part("asked");
  auto whose = x.part("whose");
  auto out = show_pairs({{"decision", x.text("id")},
                         {"asked at", x.time("at")},
                         {"for", wish_of(asked)},
                         {"prompt", prompt_of(asked)},
                         {"money", asked.money("money")},
                         {"within", elapsed(asked, "deadline")},
                         {"project", whose.text("project")},
                         {"principal", whose.text("principal")},
                         {"key", whose.text("key")},
                         {"tags", whose.words("tags")},
                         {"why", x.part("chosen").text("why")},
                         {"end", ending_of(x.part("result"))},
                         {"cost", x.part("result").money("cost")},
                         {"took", elapsed(x.part("result"), "took")}});
  add_candidates(out, x, width);
  add_tries(out, x, width);
  add_comparison(out, x, width);
  add_rejections(out, x, width);
  return out;
}

std::string calls(uint64_t count) {
  return format_count(count) + (count == 1 ? " call" : " calls");
}

std::vector<line> describe_replay(const record& x, size_t width) {
  std::vector<line> out;
  auto say = [&](const std::string& text) {
    for (auto& row : wrap(printable(text), width == 0 ? 80 : width))
      out.push_back({{std::move(row)}});
  };
  auto count = x.number("calls");
  if (count == 0) {
    say("there is nothing to compare in that time");
  } else {
    say(calls(count) + " from " + x.time("first") + " to " + x.time("last")
        + ", and under the policy " + x.text("policy"));
    auto was = x.part("was");
    auto would = x.part("would");
    table shown{{{""}, {"was", column::right}, {"would be", column::right}}};
    auto money = [](const record& side) {
      return side.number("cost_deviation") == 0
             ? side.money("cost")
             : with_deviation(side.money("cost"), side.money("cost_deviation"));
    };
    auto quality = [](const record& side) {
      return with_deviation(two_digits(side, "quality"),
                            two_digits(side, "quality_deviation"));
    };
    shown.add({"cost", money(was), money(would)});
    shown.add({"quality", quality(was), quality(would)});
    shown.add({"time", elapsed(was, "latency"), elapsed(would, "latency")});
    std::map<std::string, std::pair<std::string, std::string>> models;
    for (auto& [model, times] : was.members("chosen"))
      models[model].first = times;
    for (auto& [model, times] : would.members("chosen"))
      models[model].second = times;
    for (auto& [model, times] : models)
      shown.add({"calls of " + model, times.first, times.second});
    out.emplace_back();
    for (auto& row : shown.lines(width))
      out.push_back(std::move(row));
    out.emplace_back();
    say(calls(x.number("changed")) + " would go to another model");
  }
  if (auto refused = x.number("refused"); refused > 0)
    say(calls(refused)
        + " would be refused, and are in no sum: " + x.text("first_refusal"));
  if (auto left = x.number("unanswered"); left > 0)
    say(calls(left) + " had no answer of a model, and are in no sum");
  if (x.truth("is_part"))
    say("these are the newest; there are more in that time (--limit)");
  return out;
}

/// The text of a policy's file, or what may be the name of one.
caf::expected<std::string> policy_text(const std::string& name) {
  std::error_code code;
  if (!std::filesystem::exists(name, code)) {
    if (name.find_first_of("/.") == name.npos)
      return name;
    return make_error(ec::not_found, "cannot open " + name);
  }
  std::ifstream file{name, std::ios::binary};
  std::string text(max_policy_text + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.empty() || std::filesystem::is_directory(name, code))
    return make_error(ec::invalid_argument, name + " has no policy");
  if (text.size() > max_policy_text)
    return make_error(ec::limit_exceeded, name + " is too long for a policy");
  return text;
}

/// A policy as the machine takes it to look back.
struct replay_body {
  std::string policy;
  std::optional<timestamp> since;
  std::optional<timestamp> until;
  uint64_t limit = 0;
  std::optional<std::string> model;
  std::optional<std::string> principal;
  std::optional<std::string> key;

  static constexpr const char* wire_name = "replay";

  static constexpr auto fields() {
    return wire::members(wire::field{"policy", &replay_body::policy},
                         wire::field{"since", &replay_body::since},
                         wire::field{"until", &replay_body::until},
                         wire::field{"limit", &replay_body::limit},
                         wire::field{"model", &replay_body::model},
                         wire::field{"principal", &replay_body::principal},
                         wire::field{"key", &replay_body::key});
  }
};

} // namespace

exit_code perform(const session& in, const decision_list& what) {
  auto path = decisions_path
            + query({{"model", what.model},
                     {"principal", what.principal},
                     {"key", what.key},
                     {"since", moment_text(what.since)},
                     {"until", moment_text(what.until)}});
  return with_machine(in, [&](const api_client& api) {
    return show_list(
      in, api, path, what.limit,
      table{{{"decision"},
             {"ended"},
             {"asked for"},
             {"model"},
             {"end"},
             {"expected", column::right},
             {"cost", column::right},
             {"took", column::right}}},
      [](const record& x) -> std::vector<std::string> {
        return {x.text("id"),    x.time("ended_at"), x.text("asked"),
                x.text("model"), x.text("end"),      x.money("expected"),
                x.money("cost"), elapsed(x, "took")};
      },
      "no model was asked in that time");
  });
}

exit_code perform(const session& in, const decision_explain& what) {
  return with_machine(in, [&](const api_client& api) {
    return told(in,
                api.get(std::string{decisions_path} + "/" + escape(what.id)),
                "decision " + what.id,
                [&](const record& x) { return explain(x, in.width); });
  });
}

exit_code perform(const session& in, const decision_replay& what) {
  auto policy = policy_text(what.policy);
  if (!policy)
    return in.complain(policy.error());
  replay_body body{std::move(*policy), what.since,     what.until, what.limit,
                   what.model,         what.principal, what.key};
  return with_machine(in, [&](const api_client& api) {
    return told(
      in,
      api.post(std::string{decisions_path} + "/replay", wire::to_json(body)),
      "the replay",
      [&](const record& x) { return describe_replay(x, in.width); });
  });
}

} // namespace machine::cli
