// Texts within some edits of a text, as an automaton: Lucene's fuzzy matching.
//
// An edit inserts, deletes or substitutes a code point or, with transpositions, swaps two neighbours, which are not edited again. A text's label is its
// distance plus one. Thread-safe free functions.
// Errors: kInvalidArgument: the text is too long for an automaton of a reasonable size.
#ifndef BINSEEK_ENGINE_SEARCH_LEVENSHTEIN_H_
#define BINSEEK_ENGINE_SEARCH_LEVENSHTEIN_H_

#include <cstdint>
#include <string_view>

#include "engine/base/result.h"
#include "engine/search/automaton.h"

namespace binseek::search {

inline constexpr uint32_t kMaxEdits = 2;

// The first `prefix_length` code points have to be as they are. `literal_before` stands before the part that is compared. REQUIRES: edits <= kMaxEdits.
Result<CodePointDfa> CompileLevenshtein(std::string_view text, uint32_t edits,
                                        uint32_t prefix_length, bool transpositions,
                                        std::string_view literal_before);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_LEVENSHTEIN_H_
