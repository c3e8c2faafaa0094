// AnalyzedDocument: a document whose text has become terms: what of indexing needs no segment, and so can be done on any thread.
//
//   BINSEEK_ASSIGN_OR_RETURN(AnalyzedDocument analyzed, Analyze(mapping, document));
//   builder.Add(key, std::move(analyzed));
//
// Analyze is a pure function. Plain value types.
#ifndef BINSEEK_ENGINE_CODEC_ANALYZED_DOCUMENT_H_
#define BINSEEK_ENGINE_CODEC_ANALYZED_DOCUMENT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/mapping/document.h"
#include "engine/mapping/mapping.h"

namespace binseek::codec {

struct AnalyzedDocument {
  struct Term {
    uint32_t begin = 0;  // within `bytes`
    uint32_t size = 0;
    uint32_t hash = 0;
    uint32_t position = 0;         // kText only
    uint32_t position_length = 1;  // kText only
  };
  // Values of one field that stand side by side.
  struct Run {
    mapping::FieldId field{};
    uint32_t terms = 0;   // that many of the next ones
    uint32_t length = 0;  // kText: positions with a term
  };

  std::string_view TermBytes(const Term& term) const {
    return std::string_view(bytes).substr(term.begin, term.size);
  }

  // One more value of a keyword field, which nothing else has to be done to.
  void AddKeyword(mapping::FieldId field, std::string_view term);

  std::string bytes;
  std::vector<Term> terms;
  std::vector<Run> runs;
  std::vector<mapping::NumberValue> numbers;
  mapping::StoredSource source;
  std::vector<AnalyzedDocument> children;
  std::string child_key;
};

// The hash of terms in an AnalyzedDocument. Not persisted.
uint32_t TermHash(std::string_view term);

// Positions between the last token of one value and the first of the next, so that no phrase spans both.
inline constexpr uint32_t kPositionGap = 100;

// kInvalidArgument: a value's field is not in the mapping or is of another kind, or its analyzer is unknown, or it has several values and is updated in
// place, or a term is too long for an index (of a synced table, whose rows nobody can refuse, such a term is left out).
// kResourceExhausted: more than 4 GiB of terms.
[[nodiscard]] Result<AnalyzedDocument> Analyze(const mapping::Mapping& mapping,
                                               const mapping::Document& document);

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_ANALYZED_DOCUMENT_H_
