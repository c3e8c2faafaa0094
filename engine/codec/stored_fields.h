// Stored fields: what `_source` is made of, one byte string per document with a byte that says its form (0: fragments, 1: `_source` verbatim),
// in blocks of some 16 KiB that are compressed one by one. A document larger than that has a block of its own. Layout: FORMATS.md.
//
//   StoredFieldsWriter writer(&sink, {});
//   BINSEEK_RETURN_IF_ERROR(writer.Add(1, "{}"));    // documents in order
//   writer.Finish();
//   BINSEEK_ASSIGN_OR_RETURN(const StoredFields stored, StoredFields::Open(sink.bytes(), 1));
//   BINSEEK_RETURN_IF_ERROR(stored.Get(0, &bytes, &form));
//
// Who reads neighbours (merges, scans) takes a StoredFieldsReader, which keeps the block that it has decompressed.
// StoredFields is const and thread-safe and borrows its bytes; writer and reader belong to one thread. The bytes need not be trusted: opening looks
// at their frame only, and what is wrong with a block is kCorruption when it is read. Cost of one document: decompressing one block, about 15 µs.
#ifndef BINSEEK_ENGINE_CODEC_STORED_FIELDS_H_
#define BINSEEK_ENGINE_CODEC_STORED_FIELDS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/codec/byte_sink.h"
#include "engine/codec/doc_id.h"

namespace binseek::codec {

// Persisted: how blocks lie in the file.
enum class StoredForm : uint32_t {
  kPlain = 0,  // as they are: small segments in memory, which are merged before they grow old
  kZstd = 1,   // a zstd frame each
};

// Of a segment of so many documents in memory: small ones are merged before compressing them would have paid.
inline StoredForm StoredFormInMemory(uint64_t docs) {
  constexpr uint64_t kMaxPlainDocs = 256;
  return docs <= kMaxPlainDocs ? StoredForm::kPlain : StoredForm::kZstd;
}

struct StoredFieldsOptions {
  StoredForm form = StoredForm::kZstd;
  int level = 1;                    // of zstd
  uint32_t block_bytes = 16 << 10;  // a block is closed when it has reached this size
};

// More than this no block may hold, so no document either.
inline constexpr uint32_t kMaxStoredBlockBytes = uint32_t{1} << 30;

class StoredFieldsReader;

class StoredFieldsWriter {
 public:
  // Borrows the sink. It is to stand at a multiple of 8.
  StoredFieldsWriter(ByteSink* sink, StoredFieldsOptions options);
  StoredFieldsWriter(const StoredFieldsWriter&) = delete;
  StoredFieldsWriter& operator=(const StoredFieldsWriter&) = delete;
  ~StoredFieldsWriter();

  // The next document. kResourceExhausted where it is too large for any block; then nothing was added.
  [[nodiscard]] Status Add(uint8_t form, std::string_view bytes);
  // The next documents: all of the block of `from` that `doc` lies in, compressed as they are where that leaves no small blocks. Errors: those of reading and of Add.
  [[nodiscard]] Status AddBlock(StoredFieldsReader* from, DocId doc);
  void Finish();  // once, last

 private:
  struct Compressor;
  struct Block {
    uint64_t offset;
    DocId first_doc;
    uint32_t raw_bytes;
  };
  void FlushBlock();
  void Keep(uint8_t form, std::string_view bytes);
  size_t waiting() const { return block_heads_.size() + block_bytes_.size(); }

  ByteSink* const sink_;
  const StoredFieldsOptions options_;
  const uint64_t start_;
  const std::unique_ptr<Compressor> compressor_;
  std::vector<Block> blocks_;  // those that are written
  DocId docs_ = 0;
  DocId block_first_doc_ = 0;
  std::string block_heads_;  // of the documents that wait: form and length
  std::string block_bytes_;  // and their bytes
};

class StoredFields {
 public:
  StoredFields() = default;  // of no document

  // `bytes` are what a writer wrote, 8-byte aligned. kCorruption, also where they are not of `max_doc` documents.
  [[nodiscard]] static Result<StoredFields> Open(std::string_view bytes, uint32_t max_doc);

  // REQUIRES: doc < max_doc().
  [[nodiscard]] Status Get(DocId doc, std::string* out, uint8_t* form) const;

  // The documents that are compressed together with `doc`. REQUIRES: doc < max_doc(). kCorruption.
  struct Block {
    DocId first_doc = 0;
    DocId end_doc = 0;
  };
  [[nodiscard]] Result<Block> BlockOf(DocId doc) const;

  // Reads every block. kCorruption with the offset of the first that cannot be read.
  [[nodiscard]] Status Check() const;

  uint32_t max_doc() const { return max_doc_; }
  StoredForm form() const { return form_; }
  uint32_t block_count() const { return blocks_; }

 private:
  friend class StoredFieldsReader;
  friend class StoredFieldsWriter;
  struct Place {
    uint64_t offset;
    DocId first_doc;
    DocId end_doc;
    uint32_t raw_bytes;
    std::string_view bytes;
  };
  Result<Place> Find(DocId doc) const;
  Result<Place> BlockAt(uint32_t block) const;

  std::string_view data_;          // the blocks
  const char* entries_ = nullptr;  // blocks_ + 1 of them, aligned
  uint32_t blocks_ = 0;
  uint32_t max_doc_ = 0;
  StoredForm form_ = StoredForm::kPlain;
};

struct StoredDocument {
  uint8_t form = 0;
  std::string_view bytes;  // valid until the reader's next Get
};

class StoredFieldsReader {
 public:
  explicit StoredFieldsReader(const StoredFields* fields) : fields_(fields) {}

  // REQUIRES: doc < max_doc(). kCorruption.
  [[nodiscard]] Result<StoredDocument> Get(DocId doc);

 private:
  friend class StoredFields;
  friend class StoredFieldsWriter;
  Status Load(const StoredFields::Place& place);
  Status ParseHeads(const StoredFields::Place& place, std::string_view raw);

  const StoredFields* fields_;
  DocId first_doc_ = 0;  // of the block that is loaded
  std::vector<StoredDocument> documents_;
  std::string raw_;
};

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_STORED_FIELDS_H_
