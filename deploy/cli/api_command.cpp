#include "deploy/cli/commands.hpp"
#include "deploy/cli/pages.hpp"
#include "deploy/cli/text.hpp"
#include "runtime/wire/wire.hpp"

#include <condition_variable>
#include <fstream>
#include <iostream>
#include <iterator>
#include <mutex>

/// Any route of the machine, by hand.
namespace machine::cli {

namespace {

constexpr size_t max_body = 64u << 20;

/// A stream goes on for as long as somebody watches.
constexpr size_t max_answer = size_t{1} << 40;

constexpr duration longest{7 * 86'400'000};

caf::expected<std::string> read_body(std::istream& from,
                                     const std::string& name) {
  std::string result(max_body + 1, '\0');
  from.read(result.data(), static_cast<std::streamsize>(result.size()));
  if (from.bad())
    return make_error(ec::io_failed, "cannot read " + name);
  result.resize(static_cast<size_t>(from.gcount()));
  if (result.size() > max_body)
    return make_error(ec::limit_exceeded, name + " has more than 64 MiB");
  return result;
}

caf::expected<std::string> body_of(const api_request& what) {
  if (!what.data)
    return std::string{};
  if (*what.data == "-")
    return read_body(std::cin, "the standard input");
  if (!what.data->starts_with('@'))
    return *what.data;
  auto name = what.data->substr(1);
  std::ifstream file{name, std::ios::binary};
  if (!file)
    return make_error(ec::not_found, "cannot open " + name);
  return read_body(file, name);
}

net::request request_of(const api_client& api, const api_request& what,
                        std::string body) {
  auto result = make_request(api.where(), what.method, what.path);
  result.headers.emplace_back("Content-Type", "application/json");
  for (auto& header : what.headers) {
    auto colon = header.find(':');
    auto value = header.find_first_not_of(' ', colon + 1);
    auto name = header.substr(0, colon);
    // Theirs takes the place of ours.
    std::erase_if(result.headers, [&](auto& x) {
      return x.first.size() == name.size()
          && std::equal(name.begin(), name.end(), x.first.begin(),
                        [](char a, char b) { return (a | 32) == (b | 32); });
    });
    result.headers.emplace_back(
      name, value == std::string::npos ? "" : header.substr(value));
  }
  result.body = std::move(body);
  result.idle_timeout = longest_silence;
  result.total_timeout = longest;
  result.max_response_bytes = max_answer;
  return result;
}

/// Writes an answer as it comes, if it is none that says what went wrong.
class writer {
public:
  writer(const session& in, bool include) : in_(in), include_(include) {}

  /// How the exchange ended.
  caf::error perform(net::request what) {
    in_.http.start(std::move(what),
                   {{},
                    [this](const net::response_head& x) { begin(x); },
                    [this](std::string_view x) { take(x); },
                    [this](caf::error x) { end(std::move(x)); }});
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return ended_; });
    if (problem_)
      return problem_;
    if (!is_fine())
      return problem_of(status_, refusal_);
    if (in_.is_terminal && last_ != '\n')
      in_.to.out << '\n';
    in_.to.out.flush();
    return caf::none;
  }

private:
  static constexpr size_t max_refusal = 64u << 10;

  bool is_fine() const {
    return status_ >= 200 && status_ < 400;
  }

  void begin(const net::response_head& head) {
    status_ = head.status;
    if (!include_)
      return;
    in_.say("HTTP status " + std::to_string(head.status));
    for (auto& [name, value] : head.headers)
      in_.say(name + ": " + value);
  }

  void take(std::string_view data) {
    if (!is_fine()) {
      refusal_ += data.substr(0, max_refusal - refusal_.size());
      return;
    }
    in_.to.out << data << std::flush;
    if (!data.empty())
      last_ = data.back();
  }

  void end(caf::error problem) {
    std::lock_guard guard{mutex_};
    problem_ = std::move(problem);
    ended_ = true;
    changed_.notify_one();
  }

  const session& in_;
  const bool include_;
  // Of the client's thread, until it ends.
  int status_ = 0;
  std::string refusal_;
  char last_ = '\n';

  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  caf::error problem_;
};

} // namespace

exit_code perform(const session& in, const api_request& what) {
  auto body = body_of(what);
  if (!body)
    return in.complain(body.error());
  return with_machine(in, [&](const api_client& api) {
    return writer{in, what.include}.perform(
      request_of(api, what, std::move(*body)));
  });
}

exit_code perform(const session& in, const api_list&) {
  return with_machine(in, [&](const api_client& api) -> caf::error {
    auto document = api.get("/api/v1/openapi.json");
    if (!document)
      return std::move(document.error());
    if (in.global.json) {
      in.print_json(*document);
      return caf::none;
    }
    auto parsed = wire::parse_json(*document, {});
    if (!parsed)
      return std::move(parsed.error());
    table shown{{{"method"}, {"path"}, {"does"}}};
    auto member = [&](const wire::node& of, std::string_view name) {
      auto* x = parsed->first(of);
      while (x != nullptr && x->key != name)
        x = parsed->next(*x);
      return x;
    };
    auto* paths = member(parsed->root(), "paths");
    auto* path = paths == nullptr ? nullptr : parsed->first(*paths);
    for (; path != nullptr; path = parsed->next(*path))
      for (auto* x = parsed->first(*path); x != nullptr; x = parsed->next(*x)) {
        auto method = std::string{x->key};
        for (auto& c : method)
          c = static_cast<char>(c & ~32);
        auto* summary = member(*x, "summary");
        shown.add({method, std::string{path->key},
                   summary == nullptr ? "" : std::string{summary->text}});
      }
    in.print(shown, "there are no routes");
    return caf::none;
  });
}

} // namespace machine::cli
