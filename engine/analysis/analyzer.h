// Analyzer: text to tokens, for indexing and for queries alike.
//
// Thread-safe: Analyze is const and keeps its state on the call's stack. Never fails: bytes that are not valid UTF-8 separate
// tokens. Cost is linear in the text.
#ifndef BINSEEK_ENGINE_ANALYSIS_ANALYZER_H_
#define BINSEEK_ENGINE_ANALYSIS_ANALYZER_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace binseek::analysis {

struct Token {
  std::string_view term;      // borrowed until the sink returns
  uint32_t start_offset = 0;  // bytes into the original text, half-open
  uint32_t end_offset = 0;
  uint32_t position_increment = 1;  // distance from the token before
  uint32_t position_length = 1;     // positions that it spans
};

class TokenSink {
 public:
  virtual ~TokenSink() = default;
  virtual void Add(const Token& token) = 0;
  // Behind the last token, where words were left out behind it: how many positions they take.
  virtual void SkipAtEnd(uint32_t /*positions*/) {}
};

class Analyzer {
 public:
  virtual ~Analyzer() = default;
  virtual void Analyze(std::string_view utf8, TokenSink* sink) const = 0;
  // What becomes of the characters of a part of a word, a prefix or a pattern, which cannot be split into tokens.
  virtual std::string Normalize(std::string_view utf8) const { return std::string(utf8); }
};

// Built-in analyzers by name: "standard", "simple", "stop", "whitespace", "keyword".
class AnalysisRegistry {
 public:
  // Null where there is none. The analyzer lives as long as the process.
  static const Analyzer* Find(std::string_view name);
};

// The normalizer "lowercase" of keyword fields: Unicode lower case of the whole value; bad UTF-8 is kept as it is.
std::string Lowercase(std::string_view utf8);

}  // namespace binseek::analysis

#endif  // BINSEEK_ENGINE_ANALYSIS_ANALYZER_H_
