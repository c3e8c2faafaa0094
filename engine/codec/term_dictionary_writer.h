// BlockTermDictionaryWriter: writes the sorted terms of one field of a segment with their TermInfo. Byte table: FORMATS.md, "Term dictionary".
//
//   BlockTermDictionaryWriter writer(shape, &blocks, &index);
//   for (...) BINSEEK_RETURN_IF_ERROR(writer.Add(term, info));   // in ascending order
//   BINSEEK_RETURN_IF_ERROR(writer.Finish(documents_with_a_value));
//
// Single-threaded. Ownership: borrows the sinks; copies the terms. Blocks go to their sink as they fill; the index is held until Finish:
// about 0.7 bytes per term. Errors: those of Add and Finish; after one the sinks' content is worthless.
#ifndef BINSEEK_ENGINE_CODEC_TERM_DICTIONARY_WRITER_H_
#define BINSEEK_ENGINE_CODEC_TERM_DICTIONARY_WRITER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/codec/byte_sink.h"
#include "engine/codec/term_block.h"
#include "engine/codec/term_info.h"

namespace binseek::codec {

class BlockTermDictionaryWriter {
 public:
  // `block_shift`: binary logarithm of the terms per block; tests make blocks small to meet many edges. REQUIRES: <= kMaxTermBlockShift.
  BlockTermDictionaryWriter(PostingsShape shape, ByteSink* blocks, ByteSink* index,
                            uint32_t block_shift = kTermBlockShift);

  // kInvalidArgument: `term` is longer than kMaxTermBytes, is not above the one before, or its statistics are impossible.
  // What the shape does not have is not written: frequencies, starts.
  [[nodiscard]] Status Add(std::string_view term, const TermInfo& info);

  // Writes the index. `doc_count`: documents with a term. kResourceExhausted: the index would need more than 4 GiB. REQUIRES: called once, last.
  [[nodiscard]] Status Finish(uint32_t doc_count);

  uint32_t size() const { return terms_; }

 private:
  void StartBlock(std::string_view term);
  void EndBlock();

  const PostingsShape shape_;
  ByteSink* const blocks_;
  ByteSink* const index_;
  const uint32_t block_shift_;
  uint32_t terms_ = 0;
  uint64_t sum_doc_freq_ = 0;
  uint64_t sum_total_term_freq_ = 0;
  std::string last_term_;
  // The block that fills.
  std::string entries_;
  std::vector<TermInfo> infos_;
  // The index: where each block begins, and its separator: the shortest prefix of its first term above all terms before.
  std::vector<uint64_t> block_starts_;
  std::vector<uint64_t> separator_starts_;
  std::string separators_;
};

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_TERM_DICTIONARY_WRITER_H_
