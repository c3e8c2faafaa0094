// Level: which documents of a segment are at one level of its blocks: the roots, or the objects of one nested field.
//
// A block is children, then the document that they belong to; so the next document of a level above is the one that a child belongs to there, and the children of a
// document are those behind the one before it at its own level. Thread-safe: const after Open; borrows the segment. kCorruption.
#ifndef BINSEEK_ENGINE_SEARCH_BLOCK_LEVEL_H_
#define BINSEEK_ENGINE_SEARCH_BLOCK_LEVEL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/codec/doc_id.h"
#include "engine/index/segment_view.h"
#include "engine/mapping/field.h"
#include "engine/search/query.h"

namespace binseek::search {

using codec::DocId;

class Level {
 public:
  // `field`: a nested one; null: the roots. Cost: that of the field's objects; none for roots.
  static Result<Level> Open(const index::SegmentView& segment, const mapping::Field* field);

  bool Has(DocId doc) const { return all_ || ((words()[doc / 64] >> (doc % 64)) & 1) != 0; }
  // The first one at or behind `doc`, and the last one before it; kNoMoreDocs: there is none.
  DocId Next(DocId doc) const;
  DocId Before(DocId doc) const;
  // Where the children of a document of this level begin; there are none where that is the document itself.
  DocId FirstChild(DocId doc) const {
    const DocId before = Before(doc);
    return before == codec::kNoMoreDocs ? 0 : before + 1;
  }
  // Takes the others out of `count` words of bits, which are of documents from `first` on. REQUIRES: first is a multiple of 64, the words begin before max_doc.
  void Keep(DocId first, uint64_t* words, uint32_t count) const;
  // How many documents belong to one of this level at most.
  uint32_t MostChildren() const;
  uint32_t max_doc() const { return max_doc_; }
  // For who takes others out. REQUIRES: it is no level of roots.
  std::vector<uint64_t>* mutable_words() { return &own_; }

 private:
  const uint64_t* words() const { return borrowed_ != nullptr ? borrowed_ : own_.data(); }

  uint32_t max_doc_ = 0;
  bool all_ = false;                    // no blocks: every document is a root
  const uint64_t* borrowed_ = nullptr;  // of the segment
  std::vector<uint64_t> own_;
};

// The value of kNestedPathField that a nested field's objects have.
std::string LevelTerm(const mapping::Field& field);
// The objects of a nested field; a filter.
QueryPtr MakeLevelFilter(const mapping::Field& field);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_BLOCK_LEVEL_H_
