#include "deploy/machine/model_keeper.hpp"

#include "deploy/machine/providers.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace machine::deploy {

namespace {

/// A server that was there, and says nothing now, gets so long.
constexpr duration second_look{1'000};

/// *text*, which has a mistake a line, as one line.
std::string in_one_line(std::string text) {
  for (auto at = text.find('\n'); at != text.npos; at = text.find('\n', at))
    text.replace(at, 1, "; ");
  return text;
}

/// Where servers are looked for, as *settings* and Ollama's own variable say.
models::local_places places_of(const config::config& settings) {
  models::local_places result;
  result.ollama = settings.text("models.discover_ollama");
  result.llama_cpp = settings.text("models.discover_llama_cpp");
  for (auto* url : {&result.ollama, &result.llama_cpp})
    while (url->ends_with('/'))
      url->pop_back();
  auto length = config::process_environment("OLLAMA_CONTEXT_LENGTH");
  uint64_t tokens = 0;
  if (length
      && std::from_chars(length->data(), length->data() + length->size(),
                         tokens)
             .ec
           == std::errc{}
      && tokens > 0)
    result.ollama_context = tokens;
  return result;
}

bool same(const models::catalogue& a, const models::catalogue& b) {
  return a.providers == b.providers && a.models == b.models;
}

/// Whether *now* misses a server that *before* has.
bool misses_one(const models::catalogue& now, const models::catalogue& before) {
  return std::any_of(before.providers.begin(), before.providers.end(),
                     [&](auto& x) { return !now.providers.contains(x.first); });
}

std::string found_names(const models::catalogue& all) {
  std::string result;
  for (auto& [id, x] : all.models)
    result += (result.empty() ? "" : ", ") + id;
  return result;
}

} // namespace

model_keeper::model_keeper(const config::config& settings,
                           std::shared_ptr<net::client> http, logger log,
                           models::key_lookup secret, file_watch_options how)
    : settings_(settings), http_(std::move(http)), log_(std::move(log)),
      secret_(std::move(secret)), places_(places_of(settings)),
      source_(std::make_shared<models::catalogue_source>()) {
  // Before the files are read: what happens to them then is told of.
  for (auto* key : {"models.catalogue", "models.policies"})
    if (auto& path = settings_.text(key); !path.empty())
      watches_.push_back(std::make_unique<file_watch>(path, how));
}

caf::expected<std::unique_ptr<model_keeper>>
model_keeper::open(const config::config& settings,
                   std::shared_ptr<net::client> http, logger log,
                   models::key_lookup secret, file_watch_options how) {
  std::unique_ptr<model_keeper> result{new model_keeper{
    settings, std::move(http), std::move(log), std::move(secret), how}};
  // Whoever starts a machine for one command has no second look.
  auto looks = settings.boolean("models.discover");
  if (looks)
    result->look_around();
  auto stock = stock_models(result->settings_, result->http_,
                            {result->secret_, result->found_});
  if (!stock)
    return std::move(stock.error());
  result->source_->put(std::move(*stock));
  for (auto& watch : result->watches_)
    watch->start([it = result.get()] { it->read_again(); });
  if (looks)
    result->keep_looking();
  return result;
}

/// @returns Whether something else is there than before.
bool model_keeper::look_around() {
  models::catalogue now;
  models::discover_local(now, *http_, places_);
  // Nobody else writes what was found.
  if (misses_one(now, found_)) {
    auto patient = places_;
    patient.deadline = second_look;
    now = {};
    models::discover_local(now, *http_, patient);
  }
  if (same(now, found_))
    return false;
  log_.info("servers of models on this computer have something else",
            {{"models", found_names(now)}});
  std::lock_guard guard{reading_};
  found_ = std::move(now);
  return true;
}

void model_keeper::keep_looking() {
  auto look = [this, interval = settings_.time("models.discover_interval")](
                const std::stop_token& stop) {
    for (;;) {
      {
        std::unique_lock lock{resting_};
        rest_.wait_for(lock, stop, interval, [] { return false; });
      }
      if (stop.stop_requested())
        return;
      if (look_around())
        read_again();
    }
  };
  try {
    scout_ = std::jthread{look};
  } catch (const std::system_error& x) {
    log_.warn("servers of models on this computer are not looked for",
              {{"why", x.what()}});
  }
}

void model_keeper::read_again() {
  std::lock_guard guard{reading_};
  auto stock =
    stock_models(settings_, http_, {secret_, found_}, *source_->stock());
  if (!stock) {
    log_.warn(
      "models and policies cannot be read again; what was said before counts "
      "still",
      {{"why", in_one_line(message_of(stock.error()))}});
    return;
  }
  auto count = std::to_string(stock->listed.models.size());
  source_->put(std::move(*stock));
  log_.info("models and policies were read again", {{"models", count}});
}

} // namespace machine::deploy
