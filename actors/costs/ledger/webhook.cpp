#include "actors/costs/ledger/webhook.hpp"

#include "actors/costs/ledger/bounds.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

namespace machine::costs {

namespace {

/// What webhooks get to see of an alert: the name of a budget, and not its key.
struct alert_data {
  std::string budget;
  uint32_t percent = 0;
  micro_usd settled = 0;
  micro_usd limit = 0;

  static constexpr const char* wire_name = "alert_data";

  static constexpr auto fields() {
    return wire::members(wire::field{"budget", &alert_data::budget},
                         wire::field{"percent", &alert_data::percent},
                         wire::field{"settled", &alert_data::settled},
                         wire::field{"limit", &alert_data::limit});
  }
};

struct parcel_body {
  std::string type;
  std::string tenant;
  uint64_t delivery = 0;
  timestamp at{};
  json_text data;

  static constexpr const char* wire_name = "parcel_body";

  static constexpr auto fields() {
    return wire::members(wire::field{"type", &parcel_body::type},
                         wire::field{"tenant", &parcel_body::tenant},
                         wire::field{"delivery", &parcel_body::delivery},
                         wire::field{"at", &parcel_body::at},
                         wire::field{"data", &parcel_body::data});
  }
};

bool is_plain(char c) {
  return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '<' && c != '>';
}

bool is_port(std::string_view x) {
  return x.size() <= 5 && std::all_of(x.begin(), x.end(), [](char c) {
           return c >= '0' && c <= '9';
         });
}

/// The host of an address without its scheme; empty if there is none, or names
/// of users, which make one host look like another.
std::string_view host_in(std::string_view rest) {
  auto authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.find('@') != authority.npos)
    return {};
  auto end = authority.starts_with('[') ? authority.find(']') : 0;
  if (end == authority.npos)
    return {};
  auto colon = authority.find(':', end);
  if (colon != authority.npos && !is_port(authority.substr(colon + 1)))
    return {};
  return authority.substr(0, colon);
}

/// What is wrong with *url*; empty: nothing.
std::string_view problem_of_url(std::string_view url) {
  constexpr std::string_view secure = "https://";
  constexpr std::string_view plain = "http://";
  if (url.size() > max_webhook_url)
    return "is too long; at most 2048 bytes are allowed";
  if (!std::all_of(url.begin(), url.end(), is_plain))
    return "has characters that no address has; write them as %XX";
  auto is_secure = url.starts_with(secure);
  if (!is_secure && !url.starts_with(plain))
    return "must begin with https://";
  auto host = host_in(url.substr(is_secure ? secure.size() : plain.size()));
  if (host.empty())
    return "has no host, or more than host and port before its path";
  if (!is_secure && host != "localhost" && host != "127.0.0.1"
      && host != "[::1]")
    return "must begin with https://; http:// is for localhost alone";
  return {};
}

} // namespace

bool is_cost_name(std::string_view x) {
  return !x.empty() && x.size() <= 64
      && x.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-._")
           == x.npos;
}

caf::error check(const webhook& x) {
  if (!is_cost_name(x.id))
    return make_error(ec::invalid_argument,
                      "a webhook's name has 1 to 64 of a-z, 0-9, -, . and _");
  if (auto why = problem_of_url(x.url); !why.empty())
    return make_error(ec::invalid_argument, "the address of webhook " + x.id
                                              + " " + std::string{why});
  // It may name a file.
  if (!x.secret_id.empty()
      && (!is_cost_name(x.secret_id) || x.secret_id.starts_with('.')))
    return make_error(ec::invalid_argument,
                      "the name of a secret has 1 to 64 of a-z, 0-9, -, . and "
                      "_, and no . at its beginning");
  return caf::none;
}

deliver parcel_of(const delivery& x, const webhook& to,
                  const std::string& tenant) {
  parcel_body body;
  body.tenant = tenant;
  body.delivery = x.number;
  body.at = x.at;
  if (auto* alert = std::get_if<budget_alerted>(&x.what)) {
    body.type = "budget.alert";
    body.data.text =
      wire::to_json(alert_data{alert->key.substr(0, alert->key.rfind('@')),
                               alert->percent, alert->settled, alert->limit});
  } else if (auto* anomaly = std::get_if<spend_anomaly>(&x.what)) {
    body.type = "costs.anomaly";
    body.data.text = wire::to_json(*anomaly);
  }
  auto text = wire::to_json(body);
  return {x.number, x.at, to, std::move(body.type), std::move(text)};
}

} // namespace machine::costs
