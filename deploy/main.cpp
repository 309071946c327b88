#include "actors/orchestrator/workflow/jq.hpp"
#include "deploy/cli/cli.hpp"
#include "deploy/machine/machine.hpp"

#include <csignal>

namespace {

using namespace machine;

/// A machine as the command line knows it.
class hosted_machine final : public cli::running_machine {
public:
  explicit hosted_machine(std::unique_ptr<deploy::running_machine> what)
      : what_(std::move(what)) {}

  cli::endpoint endpoint() const override {
    cli::endpoint result;
    result.url = what_->where().url;
    result.token = what_->where().token;
    return result;
  }

  std::optional<std::string> take_first_key() override {
    return what_->take_first_key();
  }

  caf::error wait() override {
    return what_->wait();
  }

  void stop() override {
    what_->ask_to_stop();
  }

private:
  std::unique_ptr<deploy::running_machine> what_;
};

caf::expected<std::unique_ptr<cli::running_machine>>
start_machine(const config::config& settings, cli::lifetime how_long) {
  auto started = deploy::running_machine::start(
    settings, how_long == cli::lifetime::of_command ? deploy::service::transient
                                                    : deploy::service::lasting);
  if (!started)
    return std::move(started.error());
  return std::unique_ptr<cli::running_machine>{
    std::make_unique<hosted_machine>(std::move(*started))};
}

} // namespace

int main(int argc, char** argv) {
  if (auto code = orchestrator::serve_jq_if_asked(argc, argv))
    return *code;
  std::signal(SIGPIPE, SIG_IGN);
  // A file at its limit of size fails the write to it then, as a full disk
  // does.
  std::signal(SIGXFSZ, SIG_IGN);
  return cli::run_cli(argc, argv, start_machine);
}
