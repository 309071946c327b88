#include "actors/costs/money.hpp"
#include "deploy/cli/commands.hpp"
#include "deploy/cli/pages.hpp"
#include "deploy/cli/text.hpp"
#include "deploy/cli/told.hpp"
#include "deploy/cli/view.hpp"

namespace machine::cli {

namespace {

std::string name_of(const record& x) {
  auto mark = x.truth("scripted")   ? " (scripted)"
            : x.truth("embeddings") ? " (vectors)"
            : x.truth("discovered") ? " (discovered)"
                                    : "";
  return x.text("id") + mark;
}

std::string usable(const record& x) {
  return x.truth("usable") ? "yes" : "no: " + x.text("reason");
}

std::string tokens(const record& x, std::string_view key) {
  auto count = x.number(key);
  return count == 0 ? "" : format_count(count) + " tokens";
}

std::string abilities_of(const record& x) {
  auto result = x.words("abilities");
  auto add = [&](const std::string& what) {
    result += (result.empty() ? "" : ", ") + what;
  };
  if (auto thinks = x.text("reasoning"); thinks == "shown")
    add("reasoning");
  else if (thinks == "hidden")
    add("reasoning (hidden)");
  if (!x.truth("streams"))
    add("no streaming");
  return result;
}

std::string takes_of(const record& x) {
  auto most = x.text("max_images");
  auto kinds = x.words("takes");
  return most.empty() ? kinds : kinds + " (at most " + most + " images)";
}

std::string quality_of(const record& x) {
  std::string result;
  for (auto& [job, value] : x.members("quality"))
    result += (result.empty() ? "" : ", ") + job + " " + value;
  return result;
}

/// A row for each kind of price: a name, and what prompts cost that are as
/// usual, and long.
void add_prices(std::vector<line>& out, const record& x, size_t width) {
  auto price = x.part("price");
  auto beyond = price.part("long_prompt");
  auto above = beyond.number("above");
  std::vector<column> columns{{"dollars per million tokens"},
                              {"price", column::right}};
  if (above > 0)
    columns.push_back({"above " + format_count(above), column::right});
  table shown{std::move(columns)};
  auto add = [&](const char* name, const char* key, bool has_long) {
    auto amount = price.money(key);
    auto dearer = has_long ? beyond.money(key) : "";
    if (amount.empty() && dearer.empty())
      return;
    std::vector<std::string> cells{name, std::move(amount)};
    if (above > 0)
      cells.push_back(std::move(dearer));
    shown.add(std::move(cells));
  };
  add("input", "input", true);
  add("from its cache", "cached", true);
  add("into its cache", "cache_write", true);
  add("into its cache, for an hour", "cache_write_hour", true);
  add("images", "image", false);
  add("sound", "audio", false);
  add("output", "output", true);
  add("sound in answers", "audio_output", false);
  if (shown.empty())
    return;
  out.emplace_back();
  for (auto& row : shown.lines(width))
    out.push_back(std::move(row));
  if (price.number("call") > 0)
    out.push_back({{"and " + price.money("call") + " for every call"}});
}

std::vector<line> describe_model(const record& x, size_t width) {
  auto name = x.text("name");
  auto length = x.text("dimensions");
  auto out = show_pairs(
    {{"model", name_of(x)},
     {"aliases", x.words("aliases")},
     {"provider", x.text("provider") + (x.truth("local") ? " (local)" : "")},
     {"its name there", name == x.text("id") ? "" : name},
     {"usable", usable(x)},
     {"context", tokens(x, "context")},
     {"longest answer", x.truth("embeddings") ? "" : tokens(x, "max_output")},
     {"vectors of", length.empty() ? "" : length + " numbers"},
     {"can", abilities_of(x)},
     {"takes", takes_of(x)},
     {"quality", quality_of(x)},
     {"regions", x.words("regions")},
     {"data", x.words("data")},
     {"served until", x.text("deprecated")},
     {"price as of", x.text("as_of")},
     {"source", x.text("source")}});
  add_prices(out, x, width);
  return out;
}

} // namespace

exit_code perform(const session& in, const model_list&) {
  return with_machine(in, [&](const api_client& api) {
    return show_list(
      in, api, "/api/v1/models", 0,
      table{{{"model"},
             {"provider"},
             {"in", column::right},
             {"cached", column::right},
             {"out", column::right},
             {"long", column::right},
             {"context", column::right},
             {"usable"}}},
      [](const record& x) -> std::vector<std::string> {
        auto price = x.part("price");
        auto beyond = price.part("long_prompt");
        auto dearer = beyond.money("input");
        auto output = x.truth("embeddings") ? "" : price.money("output");
        return {name_of(x),
                x.text("provider"),
                price.money("input"),
                price.money("cached"),
                std::move(output),
                dearer.empty() ? "" : dearer + "/" + beyond.money("output"),
                x.text("context"),
                usable(x)};
      },
      "there are no models");
  });
}

exit_code perform(const session& in, const model_show& what) {
  return with_machine(in, [&](const api_client& api) {
    return told(in, api.get("/api/v1/models/" + escape(what.id)),
                "model " + what.id,
                [&](const record& x) { return describe_model(x, in.width); });
  });
}

} // namespace machine::cli
