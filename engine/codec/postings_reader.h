// BlockPostings: the documents of one term, ascending, with frequencies and, where the field has them, positions and offsets.
//
// Two ways to use it, which may be mixed. Document by document: Next, Advance, doc, freq. Block by block, for execution in windows: NextBlock and
// AdvanceBlock only look at the term's table; docs() unpacks the documents of the block at hand, freqs() its frequencies, each once and only if called.
//
// Single-threaded. Borrows the sections; allocates nothing; unpacks into itself (about 3 KB, copyable).
// The bytes and the TermInfo come from a file that nobody has vouched for. Whatever they are, documents ascend and are below max_doc; where something
// cannot be right, the iterator is exhausted and corrupt() is set: to be asked at the end, where a wrong answer must not go out.
#ifndef BINSEEK_ENGINE_CODEC_POSTINGS_READER_H_
#define BINSEEK_ENGINE_CODEC_POSTINGS_READER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "engine/base/status.h"
#include "engine/codec/block_codec.h"
#include "engine/codec/doc_id.h"
#include "engine/codec/impacts.h"
#include "engine/codec/position_cursor.h"
#include "engine/codec/term_info.h"

namespace binseek::codec {

// A field's sections within a segment; empty where the shape has no such.
struct PostingsSections {
  std::string_view postings;
  std::string_view positions;
  std::string_view offsets;
};

class BlockPostings {
 public:
  BlockPostings() = default;  // no documents
  // Cost: constant. A term of a single block is unpacked at the first move.
  BlockPostings(const PostingsSections& sections, PostingsShape shape, const TermInfo& info,
                uint32_t max_doc);

  // --- Document by document ---

  // What Next or Advance gave last; kNoMoreDocs at the end. REQUIRES: one of them was called.
  DocId doc() const { return doc_; }
  // Of doc(). REQUIRES: doc() is a document, and no block-wise move happened since.
  uint32_t freq() {
    if (freqs_state_ == FreqsState::kDecoded) {
      return freqs_[next_ - 1];
    }
    return freqs_state_ == FreqsState::kOnes ? 1 : freqs()[next_ - 1];
  }
  uint64_t cost() const { return doc_freq_; }
  DocId Next() {
    if (next_ < count_) {
      return doc_ = docs_[next_++];
    }
    return NextSlow();
  }
  // First document >= target at or behind the current place.
  DocId Advance(DocId target);
  // The same, for who mostly finds that it is the next one.
  DocId AdvanceNear(DocId target) {
    const bool is_next = next_ < count_ && docs_[next_] >= target && (next_ == 0 || doc_ < target);
    return is_next ? doc_ = docs_[next_++] : Advance(target);
  }

  // --- Block by block ---

  // To the next block, at first to the first one. False at the end. Does not unpack.
  bool NextBlock();
  // To the first block, from the one at hand on, that ends at or behind `target`. False: there is none. Does not unpack. Documents before that block
  // are passed over: doc() is then to be had from Next or Advance only.
  bool AdvanceBlock(DocId target);
  // The greatest document of the block at hand. REQUIRES, here and below: the last move gave a block.
  DocId block_last_doc() const { return last_doc_; }
  // Bounds for the block's documents. A term of a single block has none stored: any norm, and any frequency that the term's total admits.
  Impacts block_impacts() const;
  // For the documents from the block at hand on, up to and including the first block that ends at or behind `last`.
  Impacts impacts_up_to(DocId last) const;
  // For all documents of the term; needs no move.
  Impacts term_impacts() const { return term_impacts_; }

  // --- The table of blocks, without a move ---

  uint32_t block_count() const { return blocks_; }
  // Of the block at hand; block_count() or more where there is none.
  uint32_t block() const { return block_; }
  // The first block, from `from` on, that ends at or behind `target`; block_count() where there is none.
  uint32_t FindBlockFrom(uint32_t from, DocId target) const;
  // Its greatest document; of a term with a single block it is not known before unpacking: the greatest there may be. REQUIRES: block < block_count().
  DocId last_doc_of(uint32_t block) const;
  // Whether each block has its own bounds; if not, term_impacts() are all there is.
  bool has_block_impacts() const { return impacts_ != nullptr; }
  // As DecodeImpacts takes them: equal numbers, equal bounds. REQUIRES: has_block_impacts(), block < block_count().
  uint32_t encoded_impacts_of(uint32_t block) const;

  // --- The block at hand ---

  // All documents of the block; empty where it is corrupt.
  std::span<const DocId> docs() {
    return EnsureDecoded() ? std::span<const DocId>(docs_.data(), count_)
                           : std::span<const DocId>();
  }
  // Their frequencies, index by index.
  std::span<const uint32_t> freqs();
  // Index within docs(), from `from` on, of the first document >= target; docs().size() where there is none. REQUIRES: from <= docs().size().
  size_t LowerBound(DocId target, size_t from = 0);

  // Sets bit doc - begin for each document in [begin, end), from the block at hand on, and stays at the first block that ends at or behind `end`; at the
  // end of all there is none. Takes runs and bitsets as they lie, without a check of their bits. REQUIRES: `bits` has a bit for each number in
  // [begin, end). A loop over windows gives all documents.
  void FillBits(DocId begin, DocId end, uint64_t* bits);

  // --- Occurrences ---

  // Those of doc(), from the first one on; none where the shape has no positions. REQUIRES: as freq(). Belongs to this object; the next call moves it.
  PositionCursor& positions();

  bool corrupt() const { return corrupt_ || positions_.corrupt(); }
  // kCorruption where corrupt().
  Status status() const;

 private:
  static constexpr uint32_t kNoBlock =
      std::numeric_limits<uint32_t>::max();  // before the first one
  enum class FreqsState : uint8_t { kPacked, kOnes, kDecoded };

  bool OpenTable();
  const uint8_t* SectionEnd() const {
    return reinterpret_cast<const uint8_t*>(sections_.postings.data()) + sections_.postings.size();
  }
  bool EnterBlock(uint32_t block);
  struct ByteRange {
    const uint8_t* begin;
    const uint8_t* end;
  };
  // Of the block at hand. False: corrupt.
  bool FindBlock(ByteRange* range);
  bool FillRawBits(DocId begin, DocId end, uint64_t* bits);
  bool EnsureDecoded() { return count_ > 0 || DecodeBlock(); }
  bool DecodeBlock();
  bool DecodeWhole(const uint8_t* in, const uint8_t* end);
  bool DecodeRest(const uint8_t* in, const uint8_t* end);
  bool DecodeFreqs();
  DocId NextSlow();
  bool Exhaust();  // false
  bool Fail();     // false

  // Constant after construction.
  PostingsSections sections_;
  PostingsShape shape_;
  TermInfo info_;
  uint32_t doc_freq_ = 0;
  uint32_t max_doc_ = 0;
  uint32_t blocks_ = 0;  // the rest included
  std::string_view area_;
  // The table; null where the term has a single block.
  const uint8_t* last_docs_ = nullptr;
  const uint8_t* impacts_ = nullptr;  // null where the shape has no frequencies, too
  OffsetArray ends_;
  OffsetArray freqs_before_;
  Impacts term_impacts_;

  // The block at hand.
  uint32_t next_ = 0;          // index of the document that Next gives
  uint32_t count_ = 0;         // of documents in docs_; 0: not unpacked
  uint32_t block_ = kNoBlock;  // blocks_: exhausted
  // Not beside next_: g++ would store both at once, and every Next would wait for that.
  DocId doc_ = kNoMoreDocs;
  DocId first_possible_ = 0;  // of the block at hand
  DocId last_doc_ = 0;
  FreqsState freqs_state_ = FreqsState::kPacked;
  bool corrupt_ = false;
  bool positions_open_ = false;
  const uint8_t* packed_freqs_ = nullptr;
  const uint8_t* block_end_ = nullptr;
  uint32_t summed_ = 0;  // so many of the block's frequencies are in freq_sum_
  uint64_t freq_sum_ = 0;
  std::array<DocId, kDocBufferSize> docs_;
  std::array<uint32_t, kBlockSize> freqs_;
  PositionCursor positions_;
};

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_POSTINGS_READER_H_
