#pragma once

#include "actors/models/catalogue.hpp"
#include "actors/models/provider.hpp"
#include "runtime/net/client.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <set>
#include <string>
#include <string_view>

/// Reading what a provider sent, which may be hostile: everything is bounded
/// before it becomes a tree. Only for the `.cpp` files of this folder.
namespace machine::models {

/// Bound on what is kept of an answer, in bytes: such that the stored answer,
/// whose escapes take up to six bytes a byte, can be read back.
constexpr size_t max_answer_bytes = 1u << 20;

/// Bound on the tool calls, or blocks, of an answer.
constexpr size_t max_answer_parts = 128;

/// Discarded (`is_discarded`) if *text* is no JSON, or nested too deeply.
nlohmann::json parse_bounded(std::string_view text);

/// The object in *x*; `{}` if it is none.
nlohmann::json object_of(const json_text& x);

/// The text at *key*; empty if *from* has none there.
std::string text_at(const nlohmann::json& from, const char* key);

/// The object or list at *key*; null if *from* has none there.
const nlohmann::json* part_at(const nlohmann::json& from, const char* key);

/// A count of tokens at *key*. None if there is no number, or one that no call
/// can have.
std::optional<uint64_t> count_at(const nlohmann::json& from, const char* key);

/// How hard the model is to think: as *what* says, else as the catalogue does.
std::string effort_of(const chat_request& what, const call_options& options);

/// Adds to *body* what *what* has for *speaks* alone. What *body* says already
/// stays.
void add_vendor_members(nlohmann::json& body, const chat_request& what,
                        protocol_kind speaks);

/// What *x* was kept with for *speaks* and *model*, see
/// `chat_message::provider_blocks`; null for everybody else.
nlohmann::json kept_blocks(const chat_message& x, protocol_kind speaks,
                           const std::string& model);

/// The content of `provider_blocks` that `kept_blocks` gives back, with *value*
/// at *key*.
json_text keep_blocks(protocol_kind speaks, const std::string& model,
                      const char* key, nlohmann::json value);

/// What was attached to the result *x* of a tool is added to *shown*, a message
/// of the user, for protocols whose results are texts.
void show_result(const chat_message& x, chat_message& shown);

/// A request with *body* for *url*. What is not UTF-8 becomes U+FFFD.
net::request post_json(std::string url, const nlohmann::json& body);

/// *x* as a part of a path: all that could end it, or mean something in it, is
/// percent-encoded.
std::string path_segment(std::string_view x);

caf::error garbled(const std::string& what);

bool is_blank(std::string_view text);

/// What has been kept of an answer, which is bounded.
class answer_size {
public:
  caf::error add(size_t bytes) {
    size_ += bytes;
    if (size_ > max_answer_bytes)
      return garbled("it has more than 1 MiB");
    return caf::none;
  }

private:
  size_t size_ = 0;
};

/// Takes as much of *count* out of *rest* as is there: parts of a whole never
/// exceed it, whatever a server says.
uint64_t take_part(uint64_t& rest, std::optional<uint64_t> count);

/// Hands out the ids of the tool calls of one answer. A call that came without
/// an id, or with one that is taken, gets one that depends only on its place in
/// the conversation.
class call_ids {
public:
  explicit call_ids(const chat_request& asked) : turn_(asked.messages.size()) {}

  std::string take(std::string id);

private:
  size_t turn_;
  size_t count_ = 0;
  std::set<std::string> taken_;
};

} // namespace machine::models
