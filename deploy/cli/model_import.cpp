#include "actors/agents/tools/glob.hpp"
#include "actors/models/catalogue_text.hpp"
#include "actors/models/litellm.hpp"
#include "deploy/cli/local_commands.hpp"
#include "deploy/cli/replace_file.hpp"
#include "runtime/clock.hpp"
#include "runtime/toml.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace machine::cli {

namespace {

/// What was done, for programs.
struct import_remark {
  std::string name;
  std::string why;

  static constexpr const char* wire_name = "import_remark";

  static constexpr auto fields() {
    return wire::members(wire::field{"name", &import_remark::name},
                         wire::field{"why", &import_remark::why});
  }
};

struct import_summary {
  std::vector<std::string> taken;
  std::vector<import_remark> skipped;
  std::vector<import_remark> notes;
  std::map<std::string, uint64_t> ignored;
  /// The file that was written; none: none was.
  std::optional<std::string> into;
  /// What was taken, if no file was written.
  std::optional<std::string> toml;

  static constexpr const char* wire_name = "import_summary";

  static constexpr auto fields() {
    return wire::members(wire::field{"taken", &import_summary::taken},
                         wire::field{"skipped", &import_summary::skipped},
                         wire::field{"notes", &import_summary::notes},
                         wire::field{"ignored", &import_summary::ignored},
                         wire::field{"into", &import_summary::into},
                         wire::field{"toml", &import_summary::toml});
  }
};

caf::expected<std::string> read_stream(std::istream& from,
                                       const std::string& name, size_t most) {
  std::string result(most + 1, '\0');
  from.read(result.data(), static_cast<std::streamsize>(result.size()));
  if (from.bad())
    return make_error(ec::io_failed, "cannot read " + name);
  result.resize(static_cast<size_t>(from.gcount()));
  if (result.size() > most)
    return make_error(ec::limit_exceeded, name + " has more than "
                                            + std::to_string(most >> 20)
                                            + " MiB");
  return result;
}

caf::expected<std::string> read_whole(const std::string& path, size_t most) {
  if (path == "-")
    return read_stream(std::cin, "the standard input", most);
  std::error_code code;
  if (std::filesystem::is_directory(path, code))
    return make_error(ec::invalid_argument, path + " is a directory");
  std::ifstream file{path, std::ios::binary};
  if (!file)
    return make_error(ec::not_found, "cannot open " + path);
  return read_stream(file, path, most);
}

/// The file that is to have the models; empty: none, the standard output.
std::string target_of(const model_import& what, const std::string& usual) {
  auto target = what.into.value_or(usual);
  return target == "-" ? std::string{} : target;
}

/// What stands in *target*; nothing if it is not there yet.
caf::expected<std::string> read_target(const std::string& target) {
  std::error_code code;
  if (target.empty() || !std::filesystem::exists(target, code))
    return std::string{};
  return read_whole(target, max_toml_bytes);
}

std::string today() {
  return wire::to_json(wall_clock()).substr(1, 10);
}

/// What *notes* say, the most frequent first, each with the names of a few.
std::vector<std::string>
grouped(const std::vector<models::import_note>& notes) {
  constexpr size_t most_names = 3;
  constexpr size_t most_lines = 12;
  std::map<std::string, std::vector<std::string>> by_text;
  for (auto& x : notes)
    by_text[x.text].push_back(x.name);
  std::vector<std::pair<size_t, std::string>> lines;
  for (auto& [text, names] : by_text) {
    auto line = std::to_string(names.size()) + ": " + text + " (";
    for (size_t i = 0; i < std::min(names.size(), most_names); ++i)
      line += (i == 0 ? "" : ", ") + names[i];
    line += names.size() > most_names ? ", ...)" : ")";
    lines.emplace_back(names.size(), std::move(line));
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](auto& a, auto& b) { return a.first > b.first; });
  std::vector<std::string> result;
  for (auto& [count, line] : lines) {
    if (result.size() == most_lines) {
      result.push_back("and " + std::to_string(lines.size() - most_lines)
                       + " reasons more; --json has all");
      break;
    }
    result.push_back(std::move(line));
  }
  return result;
}

void say_report(const session& in, const models::import_result& result,
                const models::catalogue& known) {
  auto replaced =
    std::count_if(result.models.begin(), result.models.end(),
                  [&](auto& x) { return known.models.contains(x.id); });
  in.say("taken: " + std::to_string(result.models.size()) + " models, "
         + std::to_string(replaced) + " of which the catalogue has already");
  for (auto& line : grouped(result.notes))
    in.say("  " + line);
  if (!result.skipped.empty())
    in.say("not taken: " + std::to_string(result.skipped.size()));
  for (auto& line : grouped(result.skipped))
    in.say("  " + line);
  if (!result.ignored.empty())
    in.say("kinds of members that a catalogue has no use for: "
           + std::to_string(result.ignored.size()));
}

import_summary summary_of(const models::import_result& result) {
  import_summary x;
  for (auto& model : result.models)
    x.taken.push_back(model.id);
  for (auto& note : result.skipped)
    x.skipped.push_back({note.name, note.text});
  for (auto& note : result.notes)
    x.notes.push_back({note.name, note.text});
  x.ignored.insert(result.ignored.begin(), result.ignored.end());
  return x;
}

caf::expected<import_summary> do_import(const session& in,
                                        const model_import& what,
                                        const std::string& target) {
  auto text = read_whole(what.file, models::max_price_list_bytes);
  if (!text)
    return std::move(text.error());
  auto base = models::built_in_catalogue();
  if (!base)
    return std::move(base.error());
  auto old = read_target(target);
  if (!old)
    return std::move(old.error());
  auto known = models::load_catalogue(*base, *old, target);
  if (!known)
    return std::move(known.error());
  models::import_request asked;
  asked.providers = what.providers;
  if (what.only)
    asked.wanted = [glob = *what.only](std::string_view name) {
      return agents::matches_glob(glob, name);
    };
  asked.source = "LiteLLM, model_prices_and_context_window.json";
  asked.as_of = today();
  auto result = models::import_litellm(*text, *known, asked);
  if (!result)
    return with_context(what.file, result.error());
  if (!in.global.json)
    say_report(in, *result, *known);
  if (result->models.empty())
    return make_error(ec::not_found,
                      what.file
                        + " has no model that was asked for and can be "
                          "taken");
  auto summary = summary_of(*result);
  auto merged = models::merge_models(*base, *old, result->models, target);
  if (!merged)
    return std::move(merged.error());
  if (target.empty() || what.dry_run) {
    summary.toml = std::move(result->toml);
    return summary;
  }
  if (*merged != *old)
    if (auto err = replace_file(target, *merged))
      return err;
  summary.into = target;
  return summary;
}

} // namespace

exit_code import_models(const session& in, const model_import& what,
                        const std::string& usual) {
  auto done = do_import(in, what, target_of(what, usual));
  if (!done)
    return in.complain(done.error());
  if (in.global.json) {
    in.print_json(wire::to_json(*done));
  } else if (done->toml) {
    in.to.out << *done->toml;
    in.to.out.flush();
  } else {
    in.say("written: " + *done->into);
  }
  return exit_code::ok;
}

} // namespace machine::cli
