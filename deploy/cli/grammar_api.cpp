#include "deploy/cli/grammar.hpp"

#include <algorithm>

namespace machine::cli {

namespace {

constexpr size_t max_headers = 50;

bool is_method(const std::string& x) {
  return !x.empty() && x.size() <= 20
      && std::all_of(x.begin(), x.end(),
                     [](char c) { return c >= 'A' && c <= 'Z'; });
}

/// No space, no line ends: what a request line can have.
bool is_target(const std::string& x) {
  return !x.empty() && std::all_of(x.begin(), x.end(), [](char c) {
    return c > ' ' && c <= '~' && c != '#';
  });
}

bool is_header(const std::string& x) {
  auto colon = x.find(':');
  auto is_visible = [](char c) { return c > ' ' && c <= '~'; };
  return colon != x.npos && colon > 0
      && std::all_of(x.begin(), x.begin() + static_cast<ptrdiff_t>(colon),
                     is_visible)
      && x.find_first_of("\r\n") == x.npos && x.find('\0') == std::string::npos;
}

void check(api_request& x) {
  // `api runs` is what is wanted most.
  if (x.path.empty())
    x.path = std::exchange(x.method, "GET");
  if (!is_method(x.method))
    refuse("\"" + x.method + "\" is no method; write one such as GET or POST");
  if (!is_target(x.path))
    refuse("\"" + x.path
           + "\" is no path; write one such as runs or /api/v1/runs?limit=5, "
             "with %20 for a space");
  if (!x.path.starts_with('/'))
    x.path = "/api/v1/" + x.path;
  if (x.headers.size() > max_headers)
    refuse("there are more than 50 headers");
  for (auto& header : x.headers)
    if (!is_header(header))
      refuse("--header: \"" + header
             + "\" is no header; write it as \"Name: value\"");
}

} // namespace

void grammar::add_api() {
  auto [app, x] = leaf<api_request>(
    root_, "api", "Use any route of the machine's REST API; alone: list them");
  app->add_option("method", x->method, "GET if only a path is there")
    ->type_name("METHOD");
  app
    ->add_option("path", x->path,
                 "As in `runs?limit=5` for /api/v1/runs, or from its / on")
    ->type_name("PATH");
  app
    ->add_option("--data", x->data,
                 "The body; @FILE, or - for the standard input")
    ->type_name("TEXT");
  app->add_option("--header", x->headers, "\"Name: value\"; may be repeated")
    ->type_name("TEXT")
    ->allow_extra_args(false);
  app->add_flag("--include", x->include,
                "Say the status and the headers of the answer, as messages");
  finishers_.push_back([this, app = app, x = x] {
    if (!app->parsed())
      return;
    if (!x->method.empty())
      check(*x);
    else
      take_ = [this] { result_.what = api_list{}; };
  });
  auto [bridge, y] = leaf<mcp_command>(
    root_, "mcp",
    "Serve a program that speaks MCP on the standard input and output, as "
    "desktop clients do; the machine has to be up");
  static_cast<void>(bridge);
  static_cast<void>(y);
}

} // namespace machine::cli
