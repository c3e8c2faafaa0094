#include "engine/search/highlighter.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "engine/analysis/analyzer.h"
#include "engine/analysis/text_boundaries.h"
#include "engine/base/utf8.h"

namespace binseek::search {
namespace {

// Turns byte offsets of a text into UTF-16 units, in ascending order mostly.
class UnitCounter {
 public:
  explicit UnitCounter(std::string_view text) : text_(text) {}
  int32_t UnitsUpTo(uint32_t byte) {
    if (byte < byte_) {
      byte_ = 0;
      units_ = 0;
    }
    while (byte_ < byte && byte_ < text_.size()) {
      const Utf8Char c = DecodeUtf8(text_, byte_);
      byte_ += c.length;
      units_ += c.code_point >= 0x10000 ? 2 : 1;
    }
    return units_;
  }

 private:
  const std::string_view text_;
  uint32_t byte_ = 0;
  int32_t units_ = 0;
};

class TokenCollector final : public analysis::TokenSink {
 public:
  // `gap`: positions between two values.
  TokenCollector(uint32_t gap, uint32_t max_offset) : gap_(gap), max_offset_(max_offset) {}

  void BeginValue(std::string_view value) {
    if (values_++ > 0) {
      position_ += gap_;
    }
    counter_.emplace(value);
  }
  void EndValue(std::string_view value) {
    base_ += counter_->UnitsUpTo(static_cast<uint32_t>(value.size())) + 1;
  }
  void Add(const analysis::Token& token) override {
    position_ += first_ ? 0 : token.position_increment;
    first_ = false;
    const int32_t start = base_ + counter_->UnitsUpTo(token.start_offset);
    const int32_t end = base_ + counter_->UnitsUpTo(token.end_offset);
    if (static_cast<uint32_t>(start) <= max_offset_) {
      tokens_.push_back({std::string(token.term), position_, start, end});
    }
  }
  void SkipAtEnd(uint32_t positions) override { position_ += positions; }
  void AddWhole(const std::string& term, std::string_view value) {
    Add({term, 0, static_cast<uint32_t>(value.size())});
  }
  std::vector<TextToken> Take() { return std::move(tokens_); }

 private:
  const uint32_t gap_;
  const uint32_t max_offset_;
  std::vector<TextToken> tokens_;
  std::optional<UnitCounter> counter_;
  uint32_t values_ = 0;
  uint32_t position_ = 0;
  bool first_ = true;
  int32_t base_ = 0;
};

// Those of several sources as one list; what one has of another it has in the same place.
void Merge(std::vector<TextMatch> matches, uint32_t what_from, std::vector<TextMatch>* all) {
  for (TextMatch& match : matches) {
    match.what += what_from;
    if (match.start < match.end) {
      all->push_back(match);
    }
  }
  std::sort(all->begin(), all->end(), [](const TextMatch& a, const TextMatch& b) {
    return std::tie(a.start, a.end, a.what) < std::tie(b.start, b.end, b.what);
  });
}

std::string Trimmed(const std::string& text) {
  size_t begin = 0;
  size_t end = text.size();
  while (begin < end && static_cast<uint8_t>(text[begin]) <= ' ') {
    ++begin;
  }
  while (begin < end && static_cast<uint8_t>(text[end - 1]) <= ' ') {
    --end;
  }
  return text.substr(begin, end - begin);
}

std::string_view HtmlEscape(char c) {
  switch (c) {
    case '"':
      return "&quot;";
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '\'':
      return "&#x27;";
    case '/':
      return "&#x2F;";
    default:
      return {};
  }
}

}  // namespace

std::vector<TextToken> TokensOf(const mapping::Field& field, const std::vector<std::string>& values,
                                uint32_t max_offset) {
  const bool whole = field.kind != mapping::FieldKind::kText;
  const analysis::Analyzer* const analyzer =
      whole ? nullptr : analysis::AnalysisRegistry::Find(field.analyzer);
  TokenCollector collector(field.parameters().position_increment_gap, max_offset);
  for (const std::string& value : values) {
    collector.BeginValue(value);
    if (whole) {
      collector.AddWhole(field.normalizer == "lowercase" ? analysis::Lowercase(value) : value,
                         value);
    } else if (analyzer != nullptr) {
      analyzer->Analyze(value, &collector);
    }
    collector.EndValue(value);
  }
  return collector.Take();
}

Result<std::unique_ptr<Highlighter>> Highlighter::Make(HighlightOptions options) {
  const PassageBreaks breaks =
      options.number_of_fragments == 0 ? PassageBreaks::kValue : options.breaks;
  constexpr uint32_t kMost = std::numeric_limits<int32_t>::max() / 4;  // sums stay in bounds
  std::unique_ptr<PassageFinder> finder = PassageFinder::Make(
      breaks, static_cast<int32_t>(std::min(options.fragment_size, kMost)), options.locale);
  if (finder == nullptr) {
    return Status::Internal("no boundaries of words and sentences can be had");
  }
  return std::unique_ptr<Highlighter>(new Highlighter(std::move(options), std::move(finder)));
}

void Highlighter::AppendText(std::u16string_view text, std::string* out) const {
  if (!options_.encode_html) {
    analysis::AppendUtf8(text, out);
    return;
  }
  std::string plain;
  analysis::AppendUtf8(text, &plain);
  for (const char c : plain) {
    const std::string_view escape = HtmlEscape(c);
    escape.empty() ? out->push_back(c) : static_cast<void>(out->append(escape));
  }
}

std::string Highlighter::Format(const TextValues& values, const Passage& passage) const {
  const std::u16string_view text(values.text);
  const auto part = [text](int32_t from, int32_t to) {
    return text.substr(static_cast<size_t>(from), static_cast<size_t>(std::max(to - from, 0)));
  };
  std::string out;
  int32_t at = passage.start;
  for (size_t i = 0; i < passage.matches.size(); ++i) {
    const int32_t start = std::max(passage.matches[i].start, at);
    int32_t end = passage.matches[i].end;
    while (i + 1 < passage.matches.size() && passage.matches[i + 1].start < end) {
      end = std::max(end, passage.matches[++i].end);  // those that overlap are one
    }
    end = std::min(end, passage.end);
    AppendText(part(at, start), &out);
    out += options_.pre_tag;
    AppendText(part(start, end), &out);
    out += options_.post_tag;
    at = std::max(at, end);
  }
  AppendText(part(at, passage.end), &out);
  return Trimmed(out);
}

std::vector<std::string> Highlighter::Highlight(std::span<const HighlightSource> sources,
                                                const std::vector<std::string>& values,
                                                Interrupt* interrupt) {
  TextValues texts;
  for (const std::string& value : values) {
    texts.Add(analysis::ToUtf16(value));
  }
  if (texts.text.empty()) {
    return {};
  }
  std::vector<TextMatch> matches;
  uint32_t what_from = 0;
  const uint32_t most = options_.max_analyzed_offset.value_or(std::numeric_limits<uint32_t>::max());
  for (const HighlightSource& source : sources) {
    if (!source.wanted->empty()) {
      Merge(FindMatches(TokensOf(*source.field, values, most), *source.wanted, interrupt),
            what_from, &matches);
      what_from += uint32_t{1} << 20;  // more than one of them looks for
    }
  }
  std::vector<Passage> passages =
      finder_->Find(texts, matches,
                    options_.number_of_fragments == 0 ? UINT32_MAX : options_.number_of_fragments);
  Passage first;
  if (passages.empty() && options_.no_match_size > 0 &&
      finder_->FindFirst(
          texts, static_cast<int32_t>(std::min<uint32_t>(options_.no_match_size, INT32_MAX)),
          &first)) {
    passages.push_back(std::move(first));
  }
  if (options_.order_by_score) {
    std::stable_sort(passages.begin(), passages.end(),
                     [](const Passage& a, const Passage& b) { return a.score > b.score; });
  }
  std::vector<std::string> fragments;
  for (const Passage& passage : passages) {
    std::string fragment = Format(texts, passage);
    if (!fragment.empty()) {
      fragments.push_back(std::move(fragment));
    }
  }
  return fragments;
}

}  // namespace binseek::search
