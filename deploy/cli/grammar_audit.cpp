#include "deploy/cli/grammar.hpp"

#include "runtime/clock.hpp"
#include "runtime/config/config.hpp"
#include "runtime/wire/text.hpp"

namespace machine::cli {

namespace {

/// An instant, or how long ago it was.
timestamp read_moment(const std::string& option, const std::string& text) {
  if (auto ago = config::parse_duration(text))
    return wall_clock() - *ago;
  auto result = wire::parse_time(text);
  if (!result)
    refuse(option + ": \"" + text
           + "\" is no time; write one such as 2027-01-31T09:00:00Z, or how "
             "long ago it was, such as 12h or 7d");
  return *result;
}

} // namespace

template <class T>
void grammar::add_moments(CLI::App* app, T* x) {
  app
    ->add_option("--since", since_,
                 "Not before this instant, or so long ago: 12h, 7d")
    ->type_name("WHEN");
  app->add_option("--until", until_, "Only before it")->type_name("WHEN");
  finishers_.push_back([this, app, x] {
    if (!app->parsed())
      return;
    if (since_)
      x->since = read_moment("--since", *since_);
    if (until_)
      x->until = read_moment("--until", *until_);
  });
}

void grammar::add_audit() {
  auto& audit = block("audit", "Who did what that matters, and was refused");
  {
    auto [app, x] = leaf<audit_list>(audit, "list", "List the newest records");
    app->add_option("--who", x->who, "Only of this principal or key")
      ->type_name("ID");
    app
      ->add_option("--what", x->what,
                   "Only actions that have this in them, such as keys")
      ->type_name("TEXT");
    add_moments(app, x);
    add_limit(app, x);
  }
  {
    auto [app, x] = leaf<audit_export>(
      audit, "export",
      "Write all records, oldest first, one JSON object a line");
    add_moments(app, x);
  }
  {
    auto [app, x] = leaf<audit_verify>(
      audit, "verify",
      "Say whether the log is as it was written, and name the first record "
      "that is not");
    app
      ->add_option("--known", x->known,
                   "The head that an earlier verification has shown, kept "
                   "elsewhere")
      ->type_name("HEAD");
  }
}

} // namespace machine::cli
