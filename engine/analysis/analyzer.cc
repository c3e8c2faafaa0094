#include "engine/analysis/analyzer.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/analysis/standard_tokenizer.h"

namespace binseek::analysis {
namespace {

// Code point by code point, as Lucene's lower case filter: the length in characters never changes.
void AppendLower(std::string_view utf8, std::string* out) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(utf8.data());
  const auto size = static_cast<int32_t>(utf8.size());
  for (int32_t at = 0; at < size;) {
    const uint8_t byte = bytes[at];
    if (byte < 0x80) {
      out->push_back(static_cast<char>(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte));
      ++at;
      continue;
    }
    const int32_t start = at;
    UChar32 c = 0;
    U8_NEXT(bytes, at, size, c);
    if (c < 0) {
      out->append(utf8.substr(static_cast<size_t>(start), static_cast<size_t>(at - start)));
      continue;
    }
    uint8_t encoded[U8_MAX_LENGTH];
    int32_t length = 0;
    U8_APPEND_UNSAFE(encoded, length, u_tolower(c));
    out->append(reinterpret_cast<const char*>(encoded), static_cast<size_t>(length));
  }
}

class StandardAnalyzer final : public Analyzer {
 public:
  void Analyze(std::string_view utf8, TokenSink* sink) const override {
    std::string lower;
    TokenizeStandard(utf8, [&](uint32_t start, uint32_t end) {
      lower.clear();
      AppendLower(utf8.substr(start, end - start), &lower);
      sink->Add({lower, start, end});
    });
  }
  std::string Normalize(std::string_view utf8) const override { return Lowercase(utf8); }
};

// Splits where `separates` says; the rest are the tokens, those of more than kMaxTokenCharacters in such pieces.
template <bool kLower, class Separates>
void Split(std::string_view utf8, const Separates& separates, TokenSink* sink) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(utf8.data());
  const auto size = static_cast<int32_t>(utf8.size());
  std::string lower;
  int32_t start = 0;
  uint32_t characters = 0;
  const auto emit = [&](int32_t end) {
    characters = 0;
    if (end == start) {
      return;
    }
    std::string_view term =
        utf8.substr(static_cast<size_t>(start), static_cast<size_t>(end - start));
    if (kLower) {
      lower.clear();
      AppendLower(term, &lower);
      term = lower;
    }
    sink->Add({term, static_cast<uint32_t>(start), static_cast<uint32_t>(end)});
  };
  for (int32_t at = 0; at < size;) {
    const int32_t before = at;
    UChar32 c = 0;
    U8_NEXT(bytes, at, size, c);
    if (c < 0 || separates(c)) {
      emit(before);
      start = at;
    } else if (++characters == kMaxTokenCharacters) {
      emit(at);
      start = at;
    }
  }
  emit(size);
}

class WhitespaceAnalyzer final : public Analyzer {
 public:
  void Analyze(std::string_view utf8, TokenSink* sink) const override {
    Split<false>(
        utf8, [](UChar32 c) { return u_isWhitespace(c) != 0; }, sink);
  }
};

class SimpleAnalyzer final : public Analyzer {
 public:
  void Analyze(std::string_view utf8, TokenSink* sink) const override {
    Split<true>(
        utf8, [](UChar32 c) { return u_isalpha(c) == 0; }, sink);
  }
  std::string Normalize(std::string_view utf8) const override { return Lowercase(utf8); }
};

// Lucene's English stop words.
constexpr std::string_view kStopWords[] = {
    "a",   "an",    "and",  "are",   "as",    "at",   "be",   "but", "by",  "for",  "if",
    "in",  "into",  "is",   "it",    "no",    "not",  "of",   "on",  "or",  "such", "that",
    "the", "their", "then", "there", "these", "they", "this", "to",  "was", "will", "with"};

// Words as the simple analyzer has them; a word that is left out leaves a gap in the positions.
class StopAnalyzer final : public Analyzer {
 public:
  void Analyze(std::string_view utf8, TokenSink* sink) const override {
    Filter filter(sink);
    Split<true>(
        utf8, [](UChar32 c) { return u_isalpha(c) == 0; }, &filter);
    filter.End();
  }
  std::string Normalize(std::string_view utf8) const override { return Lowercase(utf8); }

 private:
  class Filter final : public TokenSink {
   public:
    explicit Filter(TokenSink* sink) : sink_(sink) {}
    void Add(const Token& token) override {
      gap_ += token.position_increment;
      if (std::find(std::begin(kStopWords), std::end(kStopWords), token.term) !=
          std::end(kStopWords)) {
        return;
      }
      Token kept = token;
      kept.position_increment = std::exchange(gap_, 0);
      sink_->Add(kept);
    }
    void End() {
      if (gap_ > 0) {
        sink_->SkipAtEnd(gap_);
      }
    }

   private:
    TokenSink* const sink_;
    uint32_t gap_ = 0;
  };
};

class KeywordAnalyzer final : public Analyzer {
 public:
  void Analyze(std::string_view utf8, TokenSink* sink) const override {
    if (!utf8.empty()) {
      sink->Add({utf8, 0, static_cast<uint32_t>(utf8.size())});
    }
  }
};

}  // namespace

const Analyzer* AnalysisRegistry::Find(std::string_view name) {
  static const StandardAnalyzer kStandard;
  static const SimpleAnalyzer kSimple;
  static const StopAnalyzer kStop;
  static const WhitespaceAnalyzer kWhitespace;
  static const KeywordAnalyzer kKeyword;
  if (name == "standard" || name == "default") {
    return &kStandard;
  }
  if (name == "simple") {
    return &kSimple;
  }
  if (name == "stop") {
    return &kStop;
  }
  if (name == "whitespace") {
    return &kWhitespace;
  }
  return name == "keyword" ? &kKeyword : nullptr;
}

std::string Lowercase(std::string_view utf8) {
  std::string out;
  out.reserve(utf8.size());
  AppendLower(utf8, &out);
  return out;
}

}  // namespace binseek::analysis
