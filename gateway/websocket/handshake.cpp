#include "gateway/websocket/handshake.hpp"

#include "runtime/wire/text.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace machine::websocket {

namespace {

constexpr size_t key_bytes = 16;

refused refuse(std::string why, int status = 400, header_list headers = {}) {
  return {status, make_error(ec::invalid_argument, std::move(why)),
          std::move(headers)};
}

/// 426 has to name what is needed (RFC 9110, section 15.5.22).
refused need_upgrade(std::string why) {
  return refuse(std::move(why), 426,
                {{"Upgrade", "websocket"},
                 {"Connection", "Upgrade"},
                 {"Sec-WebSocket-Version", "13"}});
}

bool same_word(std::string_view x, std::string_view y) {
  auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                    [lower](char a, char b) { return lower(a) == lower(b); });
}

std::string_view trim(std::string_view x) {
  constexpr std::string_view blanks = " \t";
  auto begin = x.find_first_not_of(blanks);
  if (begin == x.npos)
    return {};
  return x.substr(begin, x.find_last_not_of(blanks) - begin + 1);
}

/// The elements of a list that may be spread over several headers (RFC 9110,
/// section 5.6.1); empty ones do not count.
std::vector<std::string_view>
elements(const std::vector<std::string_view>& lines) {
  std::vector<std::string_view> result;
  for (auto line : lines)
    while (!line.empty()) {
      auto comma = line.find(',');
      if (auto one = trim(line.substr(0, comma)); !one.empty())
        result.push_back(one);
      line.remove_prefix(comma == line.npos ? line.size() : comma + 1);
    }
  return result;
}

bool has_word(const std::vector<std::string_view>& list,
              std::string_view word) {
  return std::any_of(list.begin(), list.end(),
                     [word](auto one) { return same_word(one, word); });
}

/// RFC 9110, section 5.6.2.
bool is_token(std::string_view x) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return std::all_of(x.begin(), x.end(), [marks](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z') || marks.find(c) != marks.npos;
  });
}

bool is_key(std::string_view x) {
  auto decoded = wire::from_base64(x);
  return decoded && decoded->size() == key_bytes;
}

std::string join(const std::vector<std::string>& names) {
  std::string result;
  for (auto& name : names)
    result += (result.empty() ? "" : ", ") + name;
  return result;
}

} // namespace

std::variant<accepted, refused>
check_upgrade(const upgrade_request& request,
              const std::vector<std::string>& protocols) {
  if (request.method != "GET")
    return refuse("a WebSocket begins with GET", 405, {{"Allow", "GET"}});
  if (request.version < 11)
    return refuse("a WebSocket needs HTTP/1.1");
  if (!has_word(elements(request.headers("upgrade")), "websocket"))
    return need_upgrade("this is a WebSocket; the request needs the header "
                        "Upgrade: websocket");
  if (!has_word(elements(request.headers("connection")), "upgrade"))
    return need_upgrade("this is a WebSocket; the request needs the header "
                        "Connection: Upgrade");
  auto versions = request.headers("sec-websocket-version");
  if (versions.size() != 1 || trim(versions[0]) != "13")
    return need_upgrade("the request needs the header Sec-WebSocket-Version "
                        "once, with 13");
  auto keys = request.headers("sec-websocket-key");
  if (keys.size() != 1 || !is_key(trim(keys[0])))
    return refuse("the request needs the header Sec-WebSocket-Key once, with "
                  "16 bytes in Base64");
  auto offered = elements(request.headers("sec-websocket-protocol"));
  if (!std::all_of(offered.begin(), offered.end(), is_token))
    return refuse("the header Sec-WebSocket-Protocol is no list of names");
  auto chosen =
    std::find_if(protocols.begin(), protocols.end(), [&offered](auto& name) {
      return std::find(offered.begin(), offered.end(), name) != offered.end();
    });
  if (chosen == protocols.end() && !offered.empty())
    return refuse("none of the protocols in Sec-WebSocket-Protocol is spoken "
                  "here; use one of "
                  + join(protocols));
  auto accept = accept_key(trim(keys[0]));
  if (!accept)
    return refused{503, std::move(accept.error()), {}};
  accepted result{{},
                  {{"Upgrade", "websocket"},
                   {"Connection", "Upgrade"},
                   {"Sec-WebSocket-Accept", std::move(*accept)}}};
  if (chosen != protocols.end()) {
    result.protocol = *chosen;
    result.headers.emplace_back("Sec-WebSocket-Protocol", *chosen);
  }
  return result;
}

caf::expected<std::string> accept_key(std::string_view key) {
  // Says that the server knows what it answers; the GUID is the RFC's.
  auto text = std::string{key} + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<uint8_t, EVP_MAX_MD_SIZE> hash{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), hash.data(), &size, EVP_sha1(),
                 nullptr)
      != 1)
    return make_error(ec::unavailable,
                      "OpenSSL has no SHA-1, which WebSockets need; allow it "
                      "in its configuration");
  return wire::to_base64(bytes_view{hash}.first(size));
}

} // namespace machine::websocket
