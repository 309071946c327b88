#include "gateway/api/kept_answers.hpp"

#include "gateway/api/ask.hpp"
#include "gateway/api/keyed_request.hpp"
#include "gateway/http/request_id.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

namespace machine::gateway {

namespace {

/// Before they are counted again.
constexpr std::chrono::seconds count_lasts{60};

constexpr size_t rows_at_once = 1'000;

/// Parts whose ends are part of what is hashed.
class hashed_parts {
public:
  void add(std::string_view part) {
    text_ += std::to_string(part.size()) + ":";
    text_ += part;
  }

  security::digest digest() const {
    return security::blake2b({as_bytes(text_)});
  }

private:
  std::string text_;
};

/// Keys of one principal may differ in what they open.
void add_rights(const principal& who, hashed_parts& to) {
  if (who.everywhere)
    to.add(wire::to_name(*who.everywhere));
  for (auto& [project, role] : who.projects) {
    to.add(project);
    to.add(wire::to_name(role));
  }
}

caf::error check_key(const std::string& key) {
  auto is_visible = [](char c) { return c > ' ' && c < '\x7f'; };
  if (!key.empty() && key.size() <= max_key_bytes
      && std::all_of(key.begin(), key.end(), is_visible))
    return caf::none;
  return make_error(ec::invalid_argument,
                    "Idempotency-Key has 1 to " + std::to_string(max_key_bytes)
                      + " visible characters of ASCII; make one up for each "
                        "thing that is to be done once");
}

} // namespace

key_rule key_rule_of(std::string_view method, const permission& who,
                     const contract& what) {
  using use = key_rule::use;
  auto reads = method == "GET" || method == "HEAD";
  // Nobody would know whose key it is.
  if (reads || what.ignores_keys()
      || who.where() == permission::place::anywhere)
    return {};
  auto again = method == "POST" ? what.again() : requests::repetition::harmless;
  return {what.lasts() ? use::refused : use::once, again, what.hidden()};
}

std::string kept_answer_id(const principal& who, std::string_view key) {
  hashed_parts parts;
  parts.add(who.home);
  parts.add(std::to_string(static_cast<int>(who.kind)));
  parts.add(who.id);
  if (who.made_at)
    parts.add(wire::to_json(*who.made_at));
  parts.add(key);
  return security::to_hex(parts.digest());
}

security::digest fingerprint_of(const http_request& x) {
  hashed_parts parts;
  parts.add(x.method);
  parts.add(x.path);
  for (auto& [name, value] : x.query) {
    parts.add(name);
    parts.add(value);
  }
  // What follows is no parameter.
  parts.add("");
  parts.add(x.header_or("if-match", ""));
  parts.add(x.body);
  if (x.who)
    add_rights(*x.who, parts);
  return parts.digest();
}

kept_answers::kept_answers(size_t most)
    : most_(most), life_(request_id_of("")) {}

void kept_answers::answer(const scope& in, const http_request& request,
                          const responder_ptr& reply, const key_rule& rule,
                          const handler& handle) {
  auto& key = request.headers.at("idempotency-key");
  if (auto err = check_key(key)) {
    reply->problem(err);
    return;
  }
  if (rule.what == key_rule::use::refused) {
    reply->problem(make_error(ec::invalid_argument,
                              request.method + " " + request.path
                                + " answers with a stream, which cannot be "
                                  "kept; ask without Idempotency-Key"));
    return;
  }
  auto begin = [=, this] {
    if (auto err = check_room(in, kept_answer_id(in.who(), key))) {
      auto refusal = problem_answer(err);
      refusal.headers.emplace_back("Retry-After", "60");
      reply->answer(std::move(refusal));
      return;
    }
    answer_once(*this, {in, request, rule, handle}, reply);
  };
  if (!has_to_count(in.tenant())) {
    begin();
    return;
  }
  in_pool(in, reply, [=, this] {
    if (auto err = count_all(in))
      reply->problem(err);
    else
      begin();
  });
}

void kept_answers::count(const std::string& tenant) {
  std::lock_guard guard{mutex_};
  ++tallies_[tenant].count;
}

bool kept_answers::has_to_count(const std::string& tenant) {
  std::lock_guard guard{mutex_};
  auto i = tallies_.find(tenant);
  if (i == tallies_.end())
    return true;
  auto now = std::chrono::steady_clock::now();
  return i->second.count >= most_ && now - i->second.counted_at > count_lasts;
}

caf::error kept_answers::count_all(const scope& in) {
  store::query what;
  what.limit = rows_at_once;
  size_t count = 0;
  do {
    auto page = in.list<requests::kept_answer>(what);
    if (!page)
      return std::move(page.error());
    count += page->rows.size() + page->damaged;
    what.cursor = page->next_cursor;
  } while (!what.cursor.empty() && count < most_);
  std::lock_guard guard{mutex_};
  tallies_[in.tenant()] = {count, std::chrono::steady_clock::now()};
  return caf::none;
}

caf::error kept_answers::check_room(const scope& in, const std::string& id) {
  {
    std::lock_guard guard{mutex_};
    if (tallies_[in.tenant()].count < most_)
      return caf::none;
  }
  // What is there already takes no more room.
  if (auto last = in.last_seq<requests::kept_answer>(id); last && *last > 0)
    return caf::none;
  return make_error(ec::rate_limited,
                    "tenant " + in.tenant() + " has " + std::to_string(most_)
                      + " answers that are kept for an Idempotency-Key, and "
                        "may have no more; ask later, without a key, or lower "
                        "retention.answers");
}

} // namespace machine::gateway
