#include "deploy/cli/session.hpp"

#include "deploy/cli/text.hpp"

#include <ostream>

namespace machine::cli {

void session::print(const std::vector<line>& lines) const {
  for (auto& x : lines)
    to.out << to_text(x, colours) << '\n';
  to.out.flush();
}

void session::print(const table& what, const std::string& if_empty) const {
  if (what.empty())
    say(if_empty);
  else
    print(what.lines(width));
}

void session::print_json(const std::string& json) const {
  to.out << json << '\n';
  to.out.flush();
}

exit_code session::complain(const caf::error& x) const {
  say(printable(message_of(x)));
  return exit_code_of(x);
}

void session::say(const std::string& text) const {
  to.err << "themachine: " << text << '\n';
  to.err.flush();
}

} // namespace machine::cli
