// Passages: the parts of a text that show best what a query found in it, chosen as Lucene's unified highlighter chooses them.
//
// A passage grows from the place of a match to the sentence's ends, bounded by a size; passages are scored by BM25 as if each were a document of the text, and the
// best ones are kept in the order of the text. Offsets are UTF-16 units. Single-threaded.
#ifndef BINSEEK_ENGINE_SEARCH_PASSAGES_H_
#define BINSEEK_ENGINE_SEARCH_PASSAGES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/analysis/text_boundaries.h"
#include "engine/search/highlight_terms.h"

namespace binseek::search {

// The values of a field, one behind the other.
struct TextValues {
  std::u16string text;  // a unit of zero between two values
  struct Part {
    int32_t begin = 0;
    int32_t end = 0;
  };
  std::vector<Part> parts;

  void Add(std::u16string_view value);
};

enum class PassageBreaks : uint8_t {
  kSentence,  // sentences, and words where these are too long
  kWord,
  kValue,  // a value is a passage
};

struct Passage {
  int32_t start = 0;
  int32_t end = 0;
  float score = 0;  // NaN: of a text without matches
  std::vector<TextMatch> matches;
};

class PassageFinder {
 public:
  // `max_length` 0: sentences are whole. Null: no boundaries can be had.
  static std::unique_ptr<PassageFinder> Make(PassageBreaks breaks, int32_t max_length,
                                             const std::string& locale);

  // At most `max_passages` with a match, in the order of the text. `matches` in the order of the text. `values` is borrowed until the next call.
  std::vector<Passage> Find(const TextValues& values, const std::vector<TextMatch>& matches,
                            uint32_t max_passages);
  // The first words of the first value that is not empty, about `size` units of them. False: there is none.
  bool FindFirst(const TextValues& values, int32_t size, Passage* passage);

 private:
  PassageFinder(PassageBreaks breaks, int32_t max_length,
                std::unique_ptr<analysis::TextBoundaries> main,
                std::unique_ptr<analysis::TextBoundaries> words)
      : breaks_(breaks),
        max_length_(max_length),
        main_(std::move(main)),
        words_(std::move(words)) {}

  void OpenPart(const TextValues& values, const TextValues::Part& part);
  void Surround(int32_t offset, Passage* passage);
  void Bound(int32_t offset);

  const PassageBreaks breaks_;
  const int32_t max_length_;
  const std::unique_ptr<analysis::TextBoundaries> main_;  // null: values
  const std::unique_ptr<analysis::TextBoundaries> words_;

  // The value at hand, and offsets within it: the sentences looked at last, and the passage within these.
  const TextValues::Part* part_ = nullptr;
  int32_t window_start_ = -1;
  int32_t window_end_ = -1;
  int32_t inner_start_ = -1;
  int32_t inner_end_ = 0;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_PASSAGES_H_
