#include "actors/tenants/check.hpp"

#include "actors/tenants/bounds.hpp"
#include "runtime/wire/document.hpp"

#include <algorithm>
#include <string>

namespace machine::tenants {

namespace {

constexpr bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr bool is_letter(char c) {
  return is_lower(c) || (c >= 'A' && c <= 'Z');
}

template <class Rule>
bool has_form(std::string_view x, size_t least, size_t most, Rule is_fine) {
  return x.size() >= least && x.size() <= most
      && std::all_of(x.begin(), x.end(), is_fine);
}

caf::error bad_name(const char* what, std::string_view is, const char* rule) {
  return make_error(ec::invalid_argument,
                    std::string{what} + " " + wire::excerpt(is) + ": " + rule);
}

} // namespace

caf::error check_tenant_name(std::string_view name) {
  if (name == system_tenant)
    return bad_name("tenant", name,
                    "the machine itself has this name; take another one");
  if (has_form(name, 1, max_tenant_name,
               [](char c) { return is_lower(c) || is_digit(c) || c == '-'; })
      && is_lower(name.front()))
    return caf::none;
  return bad_name("tenant", name,
                  "a name has 1 to 32 lower-case letters, digits and -, and "
                  "begins with a letter");
}

caf::error check_id(const char* what, std::string_view id) {
  if (has_form(id, 1, max_principal_id, [](char c) {
        return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '@'
            || c == '-';
      }))
    return caf::none;
  return bad_name(what, id, "an id has 1 to 64 letters, digits, ., _, @ and -");
}

caf::error check_author(std::string_view id) {
  auto colon = id.find(':');
  if (colon == std::string_view::npos)
    return check_id("principal", id);
  if (auto err = check_id("issuer", id.substr(0, colon)))
    return err;
  auto subject = id.substr(colon + 1);
  if (subject.starts_with('~'))
    subject.remove_prefix(1);
  return check_id("principal", subject);
}

caf::error check_project(std::string_view name) {
  if (has_form(name, 1, max_project_name, [](char c) {
        return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == ':'
            || c == '@' || c == '-';
      }))
    return caf::none;
  return bad_name("project", name,
                  "a name has 1 to 128 letters, digits, ., _, :, @ and -");
}

caf::error check_key_id(std::string_view id) {
  if (has_form(id, key_id_length, key_id_length,
               [](char c) { return is_lower(c) || is_digit(c); }))
    return caf::none;
  return bad_name("key", id, "an id has 12 lower-case letters and digits");
}

caf::error check_key_hash(std::string_view hash) {
  if (has_form(hash, key_hash_length, key_hash_length,
               [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }))
    return caf::none;
  // Not to be shown, whatever it is.
  return make_error(ec::invalid_argument,
                    "the hash of a key's secret has 64 lower-case hexadecimal "
                    "digits, and this one has not");
}

caf::error check_text(const char* what, std::string_view text, size_t most) {
  auto is_control = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  };
  if (text.empty() || text.size() > most)
    return make_error(ec::invalid_argument,
                      std::string{what} + " has " + std::to_string(text.size())
                        + " bytes; it needs 1 to " + std::to_string(most));
  if (wire::is_utf8(text) && std::none_of(text.begin(), text.end(), is_control))
    return caf::none;
  return make_error(ec::invalid_argument,
                    std::string{what}
                      + " has control characters or is no UTF-8; write it as "
                        "one line of text");
}

} // namespace machine::tenants
