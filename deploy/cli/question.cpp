#include "deploy/cli/question.hpp"

#include "deploy/cli/option_values.hpp"
#include "deploy/cli/record.hpp"
#include "deploy/cli/text.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

namespace machine::cli {

namespace {

std::string trim(const std::string& x) {
  auto begin = x.find_first_not_of(" \t\r");
  if (begin == std::string::npos)
    return {};
  return x.substr(begin, x.find_last_not_of(" \t\r") - begin + 1);
}

/// Whether the answer has the member *name*, which is true or false.
bool asks_whether(const char* name, const json_text& schema) {
  auto read = record::parse(schema.text, "schema");
  return read && read->part("properties").part(name).text("type") == "boolean";
}

} // namespace

std::string answer_option(const json_text& schema) {
  if (asks_whether("approved", schema))
    return "--yes";
  if (asks_whether("happened", schema))
    return R"(--value '{"happened":true}')";
  if (schema.text.find(R"(["continue","stop"])") != std::string::npos)
    return R"(--value '"continue"')";
  return "--value JSON";
}

question::question(question_view what)
    : what_(std::move(what)),
      is_approval_(asks_whether("approved", what_.schema)) {
  restart();
}

void question::restart() {
  now_ = is_approval_ ? stage::yes_or_no : stage::json;
  hint_.clear();
}

std::vector<line> question::lines(size_t width) const {
  std::vector<line> result{{}};
  auto first = true;
  for (auto& x : wrap(what_.question, std::max<size_t>(width, 20) - 5)) {
    result.push_back(
      {{first ? "⏸ " : "  ", style::yellow}, {x, style::bold}});
    first = false;
  }
  if (!is_approval_)
    for (auto& x : wrap("The answer is JSON of this schema: "
                          + printable(what_.schema.text),
                        std::max<size_t>(width, 20) - 5))
      result.push_back({{"  " + x, style::dim}});
  return result;
}

std::string question::prompt() const {
  switch (now_) {
    case stage::yes_or_no: return hint_ + "  Approve? [y/n] ";
    case stage::comment: return "  A comment (Enter for none): ";
    case stage::json: return hint_ + "  Answer: ";
  }
  return {};
}

std::optional<json_text> question::take(const std::string& typed) {
  auto text = trim(typed);
  switch (now_) {
    case stage::yes_or_no: {
      std::transform(text.begin(), text.end(), text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
      });
      if (text != "y" && text != "yes" && text != "n" && text != "no") {
        hint_ = "  Type y or n.";
        return std::nullopt;
      }
      approved_ = text[0] == 'y';
      now_ = stage::comment;
      return std::nullopt;
    }
    case stage::comment: return approval_answer(approved_, text);
    case stage::json:
      if (text.empty() || !wire::is_json(text)) {
        hint_ = "  That is no JSON; text needs quotes.";
        return std::nullopt;
      }
      return json_text{text};
  }
  return std::nullopt;
}

} // namespace machine::cli
