// PostingsWriter: turns the documents of one term after another into the bytes of a field's sections of postings, positions and offsets.
//
// Single-threaded. Memory: a block of each stream, and 28 bytes for every 128 documents of the term at hand. Errors are the sinks'.
// Bytes: FORMATS.md, "Postings"; read by postings_reader.h.
//
//   writer.BeginTerm();
//   for each document, ascending: writer.AddDoc(doc, freq); freq times: writer.AddPosition(...);
//   dictionary.Add(term, writer.EndTerm());
#ifndef BINSEEK_ENGINE_CODEC_POSTINGS_WRITER_H_
#define BINSEEK_ENGINE_CODEC_POSTINGS_WRITER_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/codec/block_codec.h"
#include "engine/codec/byte_sink.h"
#include "engine/codec/doc_id.h"
#include "engine/codec/impacts.h"
#include "engine/codec/occurrence_stream.h"
#include "engine/codec/term_info.h"

namespace binseek::codec {

class PostingsWriter {
 public:
  // `norms`: the field's, by document, or null where it has none. All is borrowed; `positions` and `offsets` are null where the shape has none.
  // From `wide_from` on (bytes of a term, occurrences of a term) offsets take eight bytes instead of four; only tests lower it.
  PostingsWriter(PostingsShape shape, const uint8_t* norms, ByteSink* postings, ByteSink* positions,
                 ByteSink* offsets, uint64_t wide_from = uint64_t{1} << 32);

  void BeginTerm();
  // REQUIRES: doc is above the one before and below kNoMoreDocs - 1; freq >= 1, and 1 where the shape has no frequencies.
  void AddDoc(DocId doc, uint32_t freq);
  // An occurrence in the last document; REQUIRES, where the shape has positions: called freq times after AddDoc. What the shape lacks is dropped.
  // Positions and start offsets need not ascend, but are small when they do. REQUIRES: position_length >= 1.
  void AddPosition(uint32_t position, uint32_t start_offset, uint32_t end_offset,
                   uint32_t position_length);
  // REQUIRES: at least one AddDoc since BeginTerm.
  TermInfo EndTerm();

 private:
  void WriteBlock();
  void WriteRest();
  void EndBlock();
  void WriteTable();

  const PostingsShape shape_;
  const uint8_t* const norms_;
  ByteSink* const postings_;
  const uint64_t wide_from_;
  OccurrenceWriter positions_;
  OccurrenceWriter offsets_;

  std::array<DocId, kBlockSize> docs_;
  std::array<uint32_t, kBlockSize> freqs_;
  uint32_t pending_ = 0;      // in docs_ and freqs_
  DocId first_possible_ = 0;  // of the block at hand
  uint64_t begin_ = 0;        // of the term in postings_
  uint64_t doc_freq_ = 0;
  uint64_t total_freq_ = 0;
  uint64_t freq_before_ = 0;  // sum of the frequencies before the block at hand
  ImpactsBuilder block_impacts_;
  uint32_t last_position_ = 0;
  uint32_t last_start_offset_ = 0;

  // The table, by block.
  std::vector<DocId> last_docs_;
  std::vector<uint64_t> ends_;
  std::vector<uint64_t> freqs_before_;
  std::vector<uint32_t> impacts_;
  Impacts term_impacts_;
  std::string scratch_;
};

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_POSTINGS_WRITER_H_
