#include "runtime/security/api_key.hpp"
#include "runtime/security/redact.hpp"
#include "tests/runtime/security/samples.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <chrono>

using namespace machine;
using namespace machine::security;
using namespace machine::test;

namespace {

std::string draw_characters(std::string_view alphabet, size_t count) {
  std::string result;
  for (; count > 0; --count)
    result += alphabet[draw<size_t>(0, alphabet.size())];
  return result;
}

constexpr std::string_view upper_or_digit_characters =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
constexpr std::string_view base64url_characters =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string draw_base64url(size_t count) {
  return draw_characters(base64url_characters, count);
}

/// A key of any kind, and the part of it that must not be seen again.
struct sample {
  std::string text;
  std::string hidden;
};

sample with_marker(std::string marker, std::string tail) {
  return {marker + tail, tail};
}

sample draw_key() {
  switch (draw(0, 12)) {
    case 0:
    case 1: {
      auto kind = chance(2) ? token_kind::api_key : token_kind::session;
      auto made =
        *make_api_key("acme-2", draw_bytes<token_random_bytes>(), kind);
      return {made.text, made.text.substr(made.text.size() - 43)};
    }
    case 2: return with_marker("sk-", draw_base64url(48));
    case 3: return with_marker("sk-proj-", draw_base64url(120));
    case 4: return with_marker("sk-ant-", "api03-" + draw_base64url(95));
    case 5: return with_marker("AIza", draw_base64url(35));
    case 6:
      return with_marker("AKIA",
                         draw_characters(upper_or_digit_characters, 16));
    case 7:
      return with_marker(
        "gh" + draw_characters("pousr", 1) + "_",
        draw_characters(base64url_characters.substr(0, 62), 36));
    case 8:
      return with_marker("xox" + draw_characters("baprs", 1) + "-",
                         draw_characters("0123456789-", 24)
                           + draw_base64url(24));
    case 9: {
      auto token = "eyJ" + draw_base64url(30) + "." + draw_base64url(90) + "."
                 + draw_base64url(43);
      return {token, token.substr(3)};
    }
    case 10: {
      auto secret = draw_base64url(draw<size_t>(20, 60));
      return {draw_text({"Bearer ", "bearer ", "BEARER  "}) + secret, secret};
    }
    default: {
      auto secret = draw_base64url(64) + "\n" + draw_base64url(40);
      auto label = draw_text({"", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "});
      return {"-----BEGIN " + label + "PRIVATE KEY-----\n" + secret
                + "\n-----END " + label + "PRIVATE KEY-----",
              secret};
    }
  }
}

/// Text of pieces that come close to secrets.
std::string draw_hostile_text() {
  static const std::vector<std::string> pieces{
    "tm_",      "tms_",        "acme_",      "0123456789ab_",
    "sk-",      "ant-",        "AIza",       "AKIA",
    "ghp_",     "github_pat_", "xoxb-",      "eyJ",
    "Bearer ",  "bearer",      "-----BEGIN", "-----",
    "PRIVATE",  " KEY",        "-----END",   " PRIVATE KEY-----",
    "abcdef",   "ABCDEFG",     "0123456",    "…redacted",
    "redacted", ".",           "..",         " ",
    "\n",       "\"",          "\\n",        "=",
    "/",        "\xFF",        "é"};
  std::string result;
  for (auto left = draw(0, 40); left > 0; --left)
    result += draw_text(pieces);
  return result;
}

} // namespace

TEST_CASE("text without secrets stays as it is") {
  for (std::string_view text :
       {"", "t", "tm_", "the task-list-of-everything-that-is-to-be-done waits",
        "tm_gmtoff and tm_isdst_of_the_local_time are members",
        "a risk-of-something-that-has-many-words", "sk-learn",
        "the bearer certificates are gone", "bearer of news", "Bearer.",
        "Bearer …redacted", "-----BEGIN CERTIFICATE-----\nMIIB\n",
        "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
        "eyJhbGciOiJIUzI1NiJ9 is a header", "run/r-86s7q2p9w00rfjgf",
        "AKIA of lower-case letters", "\xFF\xFE\x00"})
    CHECK(redact(text) == text);
}

TEST_CASE("of a secret there is left how it begins") {
  auto key =
    make_api_key("acme", std::array<uint8_t, token_random_bytes>{})->text;
  CHECK(redact("key=" + key + "!") == "key=tm_acme_000000000000_…redacted!");
  CHECK(redact("Authorization: Bearer " + key + "\r\n")
        == "Authorization: Bearer …redacted\r\n");
  CHECK(redact("sk-ant-api03-AbCdEfGh") == "sk-ant-…redacted");
  CHECK(redact("(sk-AbCdEfGhIjKlMnOp)") == "(sk-…redacted)");
  CHECK(redact("AIzaSyA0123456789012345678901234567890.") == "AIza…redacted.");
  CHECK(redact("AKIAIOSFODNN7EXAMPLE") == "AKIA…redacted");
  CHECK(redact("eyJhbGciOi.eyJzdWIi.c2ln") == "eyJ…redacted");
  CHECK(redact("a\n-----BEGIN EC PRIVATE KEY-----\nMIIB\n-----END EC PRIVATE "
               "KEY-----\nb")
        == "a\n-----BEGIN…redacted\nb");
}

TEST_CASE("a secret that was cut off is one") {
  auto key =
    make_api_key("acme", std::array<uint8_t, token_random_bytes>{})->text;
  CHECK(redact(key.substr(0, key.size() - 30))
        == "tm_acme_000000000000_…redacted");
  CHECK(redact("x -----BEGIN PRIVATE KEY-----\nMIIB")
        == "x -----BEGIN…redacted");
}

TEST_CASE("a tenant that is named like a key is not shown") {
  std::array<uint8_t, token_random_bytes> random{};
  auto key = make_api_key("sk-acme", random)->text;
  CHECK(redact(key) == "tm_…redacted");
  key = make_api_key("xoxb-0123456789a", random, token_kind::session)->text;
  CHECK(redact(key) == "tms_…redacted");
}

TEST_CASE("sk- within a word is none, but behind an escape it is") {
  std::string key = "sk-AbCdEfGhIjKlMnOp";
  CHECK(redact("ta" + key) == "ta" + key);
  CHECK(redact("0" + key) == "0sk-…redacted");
  CHECK(redact(R"({"x":"a\n)" + key + R"("})") == R"({"x":"a\nsk-…redacted"})");
}

TEST_CASE("a key anywhere in a text is gone afterwards") {
  CHECK(rc::check([] {
    auto key = draw_key();
    // What sk- stands behind must be no letter.
    auto before = *rc::gen::string<std::string>() + draw_hostile_text()
                + (key.text.starts_with("sk-") ? " " : "");
    auto text =
      before + key.text + draw_hostile_text() + *rc::gen::string<std::string>();
    auto result = redact(text);
    RC_ASSERT(result.find(key.hidden) == std::string::npos);
    RC_ASSERT(result.find("…redacted") != std::string::npos);
    // Nor is its beginning left.
    RC_ASSERT(result.find(key.hidden.substr(0, 12)) == std::string::npos);
    RC_ASSERT(result.find(key.hidden.substr(key.hidden.size() - 12))
              == std::string::npos);
  }));
}

TEST_CASE("to redact twice changes nothing, and no text grows") {
  CHECK(rc::check([] {
    std::string text;
    for (auto left = draw(0, 4); left > 0; --left)
      text += draw_hostile_text() + (chance(2) ? draw_key().text : "");
    auto once = redact(text);
    RC_ASSERT(redact(once) == once);
    RC_ASSERT(once.size() <= text.size());
  }));
}

TEST_CASE("what almost is a secret, again and again, takes no longer") {
  // With a look at the rest from each place this would be 10^11 steps.
  for (std::string piece : {"eyJ", "Bearer ", "tm_a_", "-----BEGIN ", "sk-",
                            "-----BEGIN RSA PRIVATE KEY", "eyJ.", "-----",
                            "bearer\t", "eyJBearer "}) {
    std::string text;
    while (text.size() < 1'000'000)
      text += piece;
    CHECK(redact(text).size() <= text.size());
  }
}
