// Highlighter: shows where a field's text has what a query looks for: fragments of it with tags around the matches, as Elasticsearch's unified highlighter.
//
//   HighlightTerms terms(*weight);                               // once per search and index
//   Highlighter::Make(options) -> highlighter;                   // once per search and field
//   highlighter->Highlight({{.field = &name, .wanted = &terms.Of(name.id)}}, values);   // per hit
//
// Matches are found by analysing the text again, so offsets are the original's, whatever char filters or stemmers did. Sizes count UTF-16 units, as Lucene's do.
// Single-threaded: a highlighter keeps what it needs from text to text.
// Errors: kInvalidArgument, in Elasticsearch's words, for a text that is longer than may be analysed.
#ifndef BINSEEK_ENGINE_SEARCH_HIGHLIGHTER_H_
#define BINSEEK_ENGINE_SEARCH_HIGHLIGHTER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/mapping/field.h"
#include "engine/search/highlight_terms.h"
#include "engine/search/passages.h"

namespace binseek::search {

inline constexpr uint32_t kDefaultMaxAnalyzedOffset = 1'000'000;

struct HighlightOptions {
  uint32_t fragment_size = 100;      // 0: whole sentences
  uint32_t number_of_fragments = 5;  // 0: whole values
  bool order_by_score = false;       // else in the order of the text
  uint32_t no_match_size = 0;        // of the beginning that is shown where nothing matches
  PassageBreaks breaks = PassageBreaks::kSentence;
  std::string locale{};  // of the breaks
  // What lies behind is not analysed. Absent: a text longer than the limit of the index is an error.
  std::optional<uint32_t> max_analyzed_offset{};
  std::string pre_tag = "<em>";
  std::string post_tag = "</em>";
  bool encode_html = false;
};

// One way to look at the text: by the analyzer of `field`, for `wanted`. Both are borrowed.
struct HighlightSource {
  const mapping::Field* field = nullptr;
  const WantedTerms* wanted = nullptr;
};

class Highlighter {
 public:
  static Result<std::unique_ptr<Highlighter>> Make(HighlightOptions options);

  // The fragments; none where nothing matches and no_match_size is 0. `values` are UTF-8, in the order of the document.
  // Where `interrupt` (may be null) says that time is over, they may be any: the caller looks at it.
  std::vector<std::string> Highlight(std::span<const HighlightSource> sources,
                                     const std::vector<std::string>& values,
                                     Interrupt* interrupt = nullptr);
  const HighlightOptions& options() const { return options_; }

 private:
  Highlighter(HighlightOptions options, std::unique_ptr<PassageFinder> finder)
      : options_(std::move(options)), finder_(std::move(finder)) {}

  std::string Format(const TextValues& values, const Passage& passage) const;
  void AppendText(std::u16string_view text, std::string* out) const;

  const HighlightOptions options_;
  const std::unique_ptr<PassageFinder> finder_;
};

// Of values that are analysed as `field` does it, each `kPositionGap` behind the one before. What ends behind `max_offset` units is left out.
std::vector<TextToken> TokensOf(const mapping::Field& field, const std::vector<std::string>& values,
                                uint32_t max_offset);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_HIGHLIGHTER_H_
