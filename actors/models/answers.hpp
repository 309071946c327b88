#pragma once

#include "actors/models/protocol.hpp"

/// How the answers of each protocol are read; `protocol.hpp` is the door.
namespace machine::models {

std::unique_ptr<answer_reader> openai_answer(const chat_request& asked,
                                             const call_options& options);

caf::expected<chat_response> read_openai_answer(std::string_view body,
                                                const chat_request& asked,
                                                const call_options& options);

std::unique_ptr<answer_reader> responses_answer(const chat_request& asked,
                                                const call_options& options);

caf::expected<chat_response> read_responses_answer(std::string_view body,
                                                   const chat_request& asked,
                                                   const call_options& options);

std::unique_ptr<answer_reader> anthropic_answer(const chat_request& asked,
                                                const call_options& options);

caf::expected<chat_response> read_anthropic_answer(std::string_view body,
                                                   const chat_request& asked,
                                                   const call_options& options);

std::unique_ptr<answer_reader> gemini_answer(const chat_request& asked,
                                             const call_options& options);

caf::expected<chat_response> read_gemini_answer(std::string_view body,
                                                const chat_request& asked,
                                                const call_options& options);

std::unique_ptr<answer_reader> bedrock_answer(const chat_request& asked,
                                              const call_options& options);

caf::expected<chat_response> read_bedrock_answer(std::string_view body,
                                                 const chat_request& asked,
                                                 const call_options& options);

caf::expected<embedding_response>
read_openai_embeddings(std::string_view body, const embedding_request& what);

caf::expected<embedding_response>
read_gemini_embeddings(std::string_view body, const embedding_request& what);

/// The tool that stands for an answer by a schema.
constexpr const char* anthropic_answer_tool = "answer";

} // namespace machine::models
