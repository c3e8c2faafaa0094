// PostingsModel: random terms as plain vectors, written by a PostingsWriter; what a reader gives is compared with the vectors.
#ifndef BINSEEK_TESTS_ENGINE_CODEC_POSTINGS_MODEL_H_
#define BINSEEK_TESTS_ENGINE_CODEC_POSTINGS_MODEL_H_

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "engine/codec/doc_id.h"
#include "engine/codec/postings_reader.h"
#include "engine/codec/postings_writer.h"
#include "engine/codec/term_info.h"

namespace binseek::codec {

struct Occurrence {
  uint32_t position = 0;
  uint32_t start = 0;
  uint32_t end = 0;
  uint32_t length = 1;
  friend bool operator==(const Occurrence&, const Occurrence&) = default;
};

struct ModelTerm {
  std::vector<DocId> docs;
  std::vector<uint32_t> freqs;
  std::vector<std::vector<Occurrence>> occurrences;  // empty where the shape has no positions
  TermInfo info;
};

// Bytes on the heap without a spare one, so that a sanitizer sees a read behind the end; moved off alignment.
class ExactBytes {
 public:
  explicit ExactBytes(const std::string& from);
  std::string_view view() const { return {bytes_.get() + 1, size_}; }

 private:
  size_t size_;
  std::unique_ptr<char[]> bytes_;
};

struct PostingsModel {
  PostingsShape shape;
  uint32_t max_doc = 0;
  std::vector<uint8_t> norms;  // empty: the field has none
  std::vector<ModelTerm> terms;
  std::string postings;
  std::string positions;
  std::string offsets;

  // Terms of document frequencies 1 to `max_doc_freq`, of all densities. `wide_from`: as PostingsWriter's.
  static PostingsModel Random(std::mt19937_64* random, PostingsShape shape, uint32_t terms,
                              uint32_t max_doc_freq, uint64_t wide_from = uint64_t{1} << 32);
  void Write(uint64_t wide_from);
};

// One of all shapes that make sense, without or with some of the rest.
PostingsShape RandomShape(std::mt19937_64* random);

}  // namespace binseek::codec

#endif  // BINSEEK_TESTS_ENGINE_CODEC_POSTINGS_MODEL_H_
