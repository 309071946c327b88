#include "runtime/security/common_passwords.hpp"

#include <algorithm>

namespace machine::security {

namespace {

/// What people take before anything else: words, names, and ways across a
/// keyboard. Those that are too short for a password are here for what goes on
/// with digits and signs.
constexpr std::string_view common_passwords =
  "!@#$%^&*() 0123456789 01234567890 0987654321 1029384756 1122334455 "
  "11223344556677 1234567890 12345678900 12345678901 123456789012 1234567891 "
  "12345678910 123456789a 123456789abc 123456789q 1234abcd1234 1234qwerasdf "
  "12qwaszx34 1472583690 1a2b3c4d5e 1a2s3d4f5g 1q2w3e4r5t 1q2w3e4r5t6y "
  "1qaz2wsx3edc 1qaz2wsx3edc4rfv 3141592653 31415926535 3141592654 9876543210 "
  "98765432100 a123456789 a1b2c3d4e5 abc abcd abcde abcdef abcdefg abcdefgh "
  "abcdefghij abcdefghijk access admin administrator alexander andromeda "
  "arsenal asdf asdfasdf asdfghjk asdfghjkl baseball basketball batman "
  "butterfly changeit changeme changemenow charlie cheese chelsea chocolate "
  "christopher computer correcthorsebatterystaple database default demo "
  "dolphin dragon elephant elizabeth everton example facebook football "
  "freedom gabriel godisgood guest hello helloworld iloveyou iloveyousomuch "
  "internet jessica jesuschrist jordan juventus killer kubernetes letmein "
  "letmeinnow linux liverpool lovely loveme loveyou manchester master michael "
  "microsoft monday monkey mustang mypassword mysecret mysecretpassword "
  "naruto newpassword nintendo opensesame p@ssw0rd p@ssword pa$$w0rd pa$$word "
  "pass passpass passw0rd passwd password passwordpassword passwort pikachu "
  "playstation pokemon postgres princess private q1w2e3r4t5 q1w2e3r4t5y6 "
  "qawsedrftg qazwsx qazwsxedc qazwsxedcrfv qwer qwerasdf qwerasdfzxcv qwert "
  "qwerty qwertyui qwertyuiop qwertyuiopasdfghjkl qwertz qwertzuiop readonly "
  "root sample samsung secret secretpassword september service shadow "
  "snowball soccer spiderman starwars summer sunshine superman supersecret "
  "superuser swordfish sysadmin system temp temporary test testing "
  "testpassword testtest themachine thomas tinkerbell trustno user username "
  "victoria volleyball welcome whatever winter youarewelcome zaq12wsxcde3 "
  "zaq1xsw2cde3 zxcvbnm";

bool is_word_letter(char c) {
  return (c >= 'a' && c <= 'z') || (static_cast<unsigned char>(c) & 0x80) != 0;
}

bool is_listed(std::string_view x) {
  for (auto rest = common_passwords; !rest.empty();) {
    auto end = std::min(rest.find(' '), rest.size());
    if (rest.substr(0, end) == x)
      return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

bool repeats_itself(std::string_view x) {
  constexpr size_t longest_piece = 4;
  for (size_t n = 1; n <= longest_piece && n < x.size(); ++n)
    if (std::equal(x.begin() + static_cast<std::ptrdiff_t>(n), x.end(),
                   x.begin()))
      return true;
  return false;
}

} // namespace

bool is_common_password(std::string_view folded) {
  if (is_listed(folded) || repeats_itself(folded))
    return true;
  auto end =
    std::find_if(folded.rbegin(), folded.rend(), is_word_letter).base();
  return is_listed(folded.substr(0, static_cast<size_t>(end - folded.begin())));
}

} // namespace machine::security
