#include "runtime/net/aws_signature.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <ctime>
#include <map>
#include <vector>

namespace machine::net {

namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

/// 32 bytes, as text.
using hash = std::array<unsigned char, crypto_hash_sha256_BYTES>;

const unsigned char* raw_bytes(std::string_view x) {
  return reinterpret_cast<const unsigned char*>(x.data());
}

std::string hex_of(const hash& x) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string result;
  for (auto byte : x) {
    result += digits[byte >> 4];
    result += digits[byte & 15];
  }
  return result;
}

std::string sha256(std::string_view x) {
  hash result;
  crypto_hash_sha256(result.data(), raw_bytes(x), x.size());
  return hex_of(result);
}

hash hmac(std::string_view key, std::string_view what) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, raw_bytes(key), key.size());
  crypto_auth_hmacsha256_update(&state, raw_bytes(what), what.size());
  hash result;
  crypto_auth_hmacsha256_final(&state, result.data());
  sodium_memzero(&state, sizeof state);
  return result;
}

std::string_view text_of(const hash& x) {
  return {reinterpret_cast<const char*>(x.data()), x.size()};
}

/// `20150830T123600Z`.
std::string format_date(timestamp now) {
  auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  std::time_t time = seconds.time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 32> text{};
  auto size = std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts);
  return {text.data(), size};
}

/// *x* with everything but the characters that no address gives a meaning to
/// (RFC 3986, section 2.3), and those in *also*, percent-encoded.
std::string percent_encode(std::string_view x, std::string_view also) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string result;
  for (auto c : x) {
    auto byte = static_cast<unsigned char>(c);
    auto plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z')
              || (byte >= '0' && byte <= '9');
    if (plain || std::string_view{"-._~"}.find(c) != std::string_view::npos
        || also.find(c) != also.npos) {
      result += c;
    } else {
      result += '%';
      result += digits[byte >> 4];
      result += digits[byte & 15];
    }
  }
  return result;
}

std::string percent_decode(std::string_view x) {
  auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
  };
  std::string result;
  for (size_t i = 0; i < x.size(); ++i) {
    auto high = x[i] == '%' && i + 2 < x.size() ? digit(x[i + 1]) : -1;
    auto low = high >= 0 ? digit(x[i + 2]) : -1;
    if (low < 0) {
      result += x[i];
      continue;
    }
    result += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return result;
}

struct address_parts {
  std::string_view host;
  std::string_view path;
  std::string_view query;
};

address_parts take_apart(std::string_view url) {
  address_parts x;
  if (auto scheme = url.find("://"); scheme != url.npos)
    url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find('#'));
  if (auto mark = url.find('?'); mark != url.npos) {
    x.query = url.substr(mark + 1);
    url = url.substr(0, mark);
  }
  auto slash = std::min(url.find('/'), url.size());
  x.host = url.substr(0, slash);
  x.path = url.substr(slash);
  return x;
}

std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> all;
  while (!query.empty()) {
    auto end = std::min(query.find('&'), query.size());
    auto one = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (one.empty())
      continue;
    auto mark = std::min(one.find('='), one.size());
    auto value = one.substr(std::min(mark + 1, one.size()));
    all.emplace_back(percent_encode(percent_decode(one.substr(0, mark)), ""),
                     percent_encode(percent_decode(value), ""));
  }
  std::sort(all.begin(), all.end());
  std::string result;
  for (auto& [name, value] : all)
    result += (result.empty() ? "" : "&") + name + "=" + value;
  return result;
}

std::string lower(std::string_view x) {
  std::string result{x};
  for (auto& c : result)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

/// *x* without spaces around it, and with one where there are several.
std::string squeeze(std::string_view x) {
  std::string result;
  for (auto c : x)
    if (c != ' ' || (!result.empty() && result.back() != ' '))
      result += c;
  while (result.ends_with(' '))
    result.pop_back();
  return result;
}

/// By name, in lower case; several of one name stand together.
std::map<std::string, std::string> canonical_headers(const request& what,
                                                     std::string_view host) {
  std::map<std::string, std::string> result;
  result["host"] = host;
  for (auto& [name, value] : what.headers) {
    auto& to = result[lower(name)];
    to = to.empty() || lower(name) == "host" ? squeeze(value)
                                             : to + "," + squeeze(value);
  }
  return result;
}

} // namespace

std::optional<aws_credentials> read_aws_credentials(std::string_view text) {
  auto first = text.find(':');
  if (first == text.npos)
    return std::nullopt;
  auto second = std::min(text.find(':', first + 1), text.size());
  aws_credentials x;
  x.id = text.substr(0, first);
  x.secret = text.substr(first + 1, second - first - 1);
  x.session_token = text.substr(std::min(second + 1, text.size()));
  if (x.id.empty() || x.secret.empty()
      || x.session_token.find(':') != std::string::npos)
    return std::nullopt;
  return x;
}

std::string aws_authorization(const request& what, const aws_credentials& who,
                              const aws_scope& where, timestamp now) {
  auto parts = take_apart(what.url);
  auto headers = canonical_headers(what, parts.host);
  std::string names;
  std::string lines;
  for (auto& [name, value] : headers) {
    names += (names.empty() ? "" : ";") + name;
    lines += name + ":" + value + "\n";
  }
  // What is encoded already is encoded once more, as all services but S3 want.
  auto path = parts.path.empty() ? "/" : percent_encode(parts.path, "/");
  auto canonical = what.method + "\n" + path + "\n"
                 + canonical_query(parts.query) + "\n" + lines + "\n" + names
                 + "\n" + sha256(what.body);
  auto date = format_date(now);
  auto day = date.substr(0, 8);
  auto scope = day + "/" + where.region + "/" + where.service + "/aws4_request";
  auto to_sign = std::string{algorithm} + "\n" + date + "\n" + scope + "\n"
               + sha256(canonical);
  auto secret = "AWS4" + who.secret;
  auto key = hmac(secret, day);
  sodium_memzero(secret.data(), secret.size());
  for (std::string_view step :
       {std::string_view{where.region}, std::string_view{where.service},
        std::string_view{"aws4_request"}})
    key = hmac(text_of(key), step);
  auto signature = hex_of(hmac(text_of(key), to_sign));
  sodium_memzero(key.data(), key.size());
  return std::string{algorithm} + " Credential=" + who.id + "/" + scope
       + ", SignedHeaders=" + names + ", Signature=" + signature;
}

void sign_for_aws(request& what, const aws_credentials& who,
                  const aws_scope& where, timestamp now) {
  what.headers.emplace_back("X-Amz-Date", format_date(now));
  what.headers.emplace_back("X-Amz-Content-Sha256", sha256(what.body));
  if (!who.session_token.empty())
    what.headers.emplace_back("X-Amz-Security-Token", who.session_token);
  auto proof = aws_authorization(what, who, where, now);
  what.headers.emplace_back("Authorization", std::move(proof));
}

} // namespace machine::net
