#pragma once

#include "tests/gateway/proxy/talk.hpp"

/// Puts an answer of `/v1/responses` together from its events alone, and throws
/// where they do not come as the reference of the API has them
/// (platform.openai.com/docs/api-reference/responses-streaming).
namespace machine::test {

class response_reading {
public:
  /// Reads a whole stream.
  explicit response_reading(std::string_view bytes) {
    for (auto& event : events_in(bytes))
      take(event.event, json::parse(event.data));
    expect(ended_, "an end");
  }

  /// As its last event has it.
  json document;
  /// As its pieces have it.
  json output = json::array();
  /// The event that is an error.
  json error;
  std::vector<std::string> types;

private:
  static void expect(bool holds, const std::string& what) {
    if (!holds)
      throw std::runtime_error("the stream lacks " + what);
  }

  void take(const std::string& type, const json& x) {
    expect(type == x.at("type"), "one name of " + x.dump());
    expect(x.at("sequence_number") == types.size(), "the number of " + type);
    expect(!ended_, "nothing after the end");
    types.push_back(type);
    if (type == "error")
      error = x;
    else if (type == "machine.takeover")
      expect(x.at("machine").at("model").is_string(), "who takes over");
    else if (x.contains("response"))
      take_response(type, x["response"]);
    else if (type == "response.output_item.added")
      begin_item(x);
    else if (type == "response.output_item.done")
      end_item(x);
    else
      take_piece(type.substr(type.find('.') + 1), x);
  }

  void take_response(const std::string& type, const json& x) {
    std::string status = x.at("status");
    if (types.size() <= 2) {
      expect(types.size() == 2 ? type == "response.in_progress"
                               : type == "response.created",
             "its beginning");
      expect(status == "in_progress" && x.at("output").empty(),
             "an empty output");
      expect(types.size() == 1 || x == document, "one beginning");
      document = x;
      return;
    }
    expect(type == "response." + status && status != "in_progress",
           "the right status");
    expect(item_.is_null(), "the end of an item");
    expect(x.at("id") == document.at("id"), "one id");
    expect(x.at("output") == output, "what was told of its output");
    document = x;
    ended_ = true;
  }

  void begin_item(const json& x) {
    expect(types.size() > 2, "its beginning");
    expect(item_.is_null(), "the end of an item");
    expect(x.at("output_index") == output.size(), "the right index");
    item_ = x.at("item");
    for (auto& other : output)
      expect(other.at("id") != item_.at("id"), "ids of their own");
  }

  void end_item(const json& x) {
    auto& item = x.at("item");
    expect(!item_.is_null() && !has_part_, "the end of a part");
    expect(x.at("output_index") == output.size(), "the right index");
    if (item_.contains("status"))
      item_["status"] = item.at("status");
    // Nothing streams a seal.
    if (item.contains("encrypted_content"))
      item_["encrypted_content"] = item["encrypted_content"];
    expect(item_ == item, "what was told of " + item.dump());
    output.push_back(item);
    item_ = nullptr;
  }

  void take_piece(std::string_view type, const json& x) {
    expect(!item_.is_null() && x.at("output_index") == output.size()
             && x.at("item_id") == item_.at("id"),
           "an item");
    if (type.starts_with("function_call_arguments."))
      take_arguments(type, x);
    else if (type.starts_with("reasoning_summary_"))
      take_part(type, x, item_.at("summary"), x.at("summary_index"));
    else
      take_part(type, x, item_.at("content"), x.at("content_index"));
  }

  void take_arguments(std::string_view type, const json& x) {
    auto& all = item_.at("arguments").get_ref<std::string&>();
    if (type.ends_with(".delta"))
      all += said(x);
    else
      expect(all == x.at("arguments") && item_.at("name") == x.at("name"),
             "its arguments");
  }

  void take_part(std::string_view type, const json& x, json& parts,
                 size_t index) {
    if (type.ends_with("part.added")) {
      expect(!has_part_ && index == parts.size(), "the end of a part");
      expect(x.at("part").at("text") == "", "an empty part");
      parts.push_back(x["part"]);
      has_part_ = true;
      return;
    }
    expect(has_part_ && index + 1 == parts.size(), "its part");
    auto& text = parts.back().at("text").get_ref<std::string&>();
    if (type.ends_with("text.delta")) {
      text += said(x);
    } else if (type.ends_with("text.done")) {
      expect(x.at("text") == text, "its text");
    } else {
      expect(type.ends_with("part.done"), "a type like " + std::string{type});
      expect(x.at("part") == parts.back(), "its part");
      has_part_ = false;
    }
  }

  static std::string said(const json& x) {
    expect(x.at("delta") != "", "something new");
    return x["delta"];
  }

  bool ended_ = false;
  /// The item that is open, as its pieces have it.
  json item_;
  bool has_part_ = false;
};

} // namespace machine::test
