// SloppyPhrase: how often a phrase occurs in a document when its terms may be moved, counted as Lucene counts it: every way in which the terms stand within
// `slop` moves adds 1 / (1 + moves).
//
// Each part of the phrase has a pointer into its positions, less its offset in the phrase, so that in an exact occurrence all are equal; the distance between the
// least and the greatest is the number of moves. The least goes forward until it would pass the next one; what was smallest on the way counts. Parts
// that share a term (repeats) must not stand on one position: of two that would, the lesser goes on.
// Single-threaded; borrows the parts, which have been moved to the document.
#ifndef BINSEEK_ENGINE_SEARCH_SLOPPY_PHRASE_H_
#define BINSEEK_ENGINE_SEARCH_SLOPPY_PHRASE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/search/phrase_positions.h"

namespace binseek::search {

class SloppyPhrase {
 public:
  SloppyPhrase(const std::vector<std::unique_ptr<PhrasePart>>& parts, uint32_t slop);

  // In the document that all parts have been moved to; 0: none. With `first_only` the first occurrence ends it.
  float Frequency(bool first_only);

 private:
  static constexpr size_t kNoGroup = SIZE_MAX;
  struct Pointer {
    PhrasePart* part = nullptr;
    int64_t position = 0;  // in the text, less the part's offset
    int64_t offset = 0;
    size_t order = 0;
    size_t group = kNoGroup;  // of parts that share terms
    size_t place = 0;         // within its group

    int64_t text_position() const { return position + offset; }
  };

  void FindGroups();
  void GroupByPosition(const std::vector<Pointer*>& repeating);
  void GroupByTerms(const std::vector<Pointer*>& repeating);
  bool Start();
  bool SpreadGroups();
  bool SpreadBySteps(std::vector<Pointer*>* group);
  bool SpreadByCollisions(std::vector<Pointer*>* group);
  static bool Step(Pointer* pointer);
  bool Advance(Pointer* pointer);
  bool AdvanceRepeats(Pointer* pointer);
  Pointer* Colliding(const Pointer& pointer) const;
  static bool Less(const Pointer* a, const Pointer* b);
  static Pointer* Lesser(Pointer* a, Pointer* b);
  void Push(Pointer* pointer);
  Pointer* Pop();

  const int64_t slop_;
  std::vector<Pointer> pointers_;
  std::vector<Pointer*> queue_;  // the least last
  std::vector<std::vector<Pointer*>> groups_;
  bool groups_known_ = false;
  bool several_terms_ = false;  // some repeating part may be one of several terms
  int64_t end_ = 0;             // the greatest position
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_SLOPPY_PHRASE_H_
