#include "engine/codec/stored_fields.h"

#include <zstd.h>

#include <algorithm>
#include <utility>

#include "engine/base/byte_reader.h"
#include "engine/base/check.h"
#include "engine/base/coding.h"

namespace binseek::codec {
namespace {

constexpr size_t kEntryBytes = 16;
constexpr size_t kFooterBytes = 8;
// What a zstd frame can hold at most of each of its bytes: a block of 128 KiB takes four. More is a lie, for which no memory is taken.
constexpr uint64_t kMaxRatio = uint64_t{32} << 10;

// One for each thread: it is large, and takes longer to make than a block to decompress.
ZSTD_DCtx* Decompressor() {
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  thread_local const std::unique_ptr<ZSTD_DCtx, Free> kContext(ZSTD_createDCtx());
  BINSEEK_CHECK(kContext != nullptr, "no memory for a decompressor");
  return kContext.get();
}

Status Corrupt(uint64_t offset, std::string_view why) {
  return Status::Corruption("stored fields: offset " + std::to_string(offset) + ": " +
                            std::string(why));
}

Status Decompress(std::string_view frame, uint32_t raw_bytes, uint64_t offset, std::string* out) {
  if (raw_bytes > kMaxStoredBlockBytes || raw_bytes > frame.size() * kMaxRatio ||
      ZSTD_getFrameContentSize(frame.data(), frame.size()) != raw_bytes) {
    return Corrupt(offset, "the size of the block does not agree with its frame");
  }
  out->resize(raw_bytes);
  const size_t got =
      ZSTD_decompressDCtx(Decompressor(), out->data(), out->size(), frame.data(), frame.size());
  if (ZSTD_isError(got) != 0 || got != raw_bytes) {
    return Corrupt(offset, "the block does not decompress");
  }
  return Status::Ok();
}

}  // namespace

struct StoredFieldsWriter::Compressor {
  explicit Compressor(int level) : context(ZSTD_createCCtx()) {
    BINSEEK_CHECK(context != nullptr, "no memory for a compressor");
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
  }
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;
  ~Compressor() { ZSTD_freeCCtx(context); }

  std::string_view Compress(std::string_view raw) {
    frame.resize(std::max(frame.size(), ZSTD_compressBound(raw.size())));
    const size_t size = ZSTD_compress2(context, frame.data(), frame.size(), raw.data(), raw.size());
    BINSEEK_CHECK(ZSTD_isError(size) == 0, "there is room for the worst case");
    return std::string_view(frame).substr(0, size);
  }

  ZSTD_CCtx* const context;
  std::string frame;
};

StoredFieldsWriter::StoredFieldsWriter(ByteSink* sink, StoredFieldsOptions options)
    : sink_(sink),
      options_(options),
      start_(sink->size()),
      compressor_(options.form == StoredForm::kZstd ? std::make_unique<Compressor>(options.level)
                                                    : nullptr) {}

StoredFieldsWriter::~StoredFieldsWriter() = default;

Status StoredFieldsWriter::Add(uint8_t form, std::string_view bytes) {
  constexpr size_t kMaxHeadBytes = 11;
  if (bytes.size() > kMaxStoredBlockBytes - kMaxHeadBytes) {
    return Status::ResourceExhausted("a document of " + std::to_string(bytes.size()) +
                                     " bytes is too large to be stored");
  }
  if (bytes.size() >= options_.block_bytes) {
    FlushBlock();  // so that its neighbours need not be read through it
  }
  Keep(form, bytes);
  if (waiting() >= options_.block_bytes) {
    FlushBlock();
  }
  return Status::Ok();
}

void StoredFieldsWriter::Keep(uint8_t form, std::string_view bytes) {
  PutU8(&block_heads_, form);
  PutVarint(&block_heads_, bytes.size());
  block_bytes_.append(bytes);
  ++docs_;
}

Status StoredFieldsWriter::AddBlock(StoredFieldsReader* from, DocId doc) {
  BINSEEK_ASSIGN_OR_RETURN(const StoredFields::Place place, from->fields_->Find(doc));
  const uint32_t half = options_.block_bytes / 2;
  const bool large = place.raw_bytes >= half && from->fields_->form() == options_.form;
  // A large document has a block of its own, whatever waits.
  const bool alone =
      place.end_doc - place.first_doc == 1 && place.raw_bytes >= options_.block_bytes;
  if (large && (alone || waiting() == 0 || waiting() >= half)) {
    FlushBlock();
    blocks_.push_back({sink_->size() - start_, docs_, place.raw_bytes});
    sink_->Append(place.bytes);
    docs_ += place.end_doc - place.first_doc;
    block_first_doc_ = docs_;
    return Status::Ok();
  }
  // What waits is too little for a block of its own: this one joins it and ends with it, so that the next one can be copied. Not without end: a block
  // that has grown by that is divided.
  const bool joins = large && place.raw_bytes < 2 * options_.block_bytes;
  for (DocId next = place.first_doc; next < place.end_doc; ++next) {
    BINSEEK_ASSIGN_OR_RETURN(const StoredDocument document, from->Get(next));
    if (joins) {
      Keep(document.form, document.bytes);
    } else {
      BINSEEK_RETURN_IF_ERROR(Add(document.form, document.bytes));
    }
  }
  if (joins) {
    FlushBlock();
  }
  return Status::Ok();
}

void StoredFieldsWriter::FlushBlock() {
  if (docs_ == block_first_doc_) {
    return;
  }
  block_heads_.append(block_bytes_);
  blocks_.push_back({sink_->size() - start_, std::exchange(block_first_doc_, docs_),
                     static_cast<uint32_t>(block_heads_.size())});
  sink_->Append(compressor_ == nullptr ? block_heads_ : compressor_->Compress(block_heads_));
  block_heads_.clear();
  block_bytes_.clear();
}

void StoredFieldsWriter::Finish() {
  FlushBlock();
  const uint64_t end = sink_->size() - start_;
  const auto blocks = static_cast<uint32_t>(blocks_.size());
  blocks_.push_back({end, docs_, 0});
  std::string tail(-end % 8, '\0');
  for (const Block& block : blocks_) {
    PutU64(&tail, block.offset);
    PutU32(&tail, block.first_doc);
    PutU32(&tail, block.raw_bytes);
  }
  PutU32(&tail, blocks);
  PutU32(&tail, static_cast<uint32_t>(options_.form));
  sink_->Append(tail);
}

Result<StoredFields> StoredFields::Open(std::string_view bytes, uint32_t max_doc) {
  if (bytes.size() < kEntryBytes + kFooterBytes || bytes.size() % 8 != 0) {
    return Corrupt(bytes.size(), "the section ends too early");
  }
  StoredFields fields;
  const size_t footer = bytes.size() - kFooterBytes;
  fields.blocks_ = LoadU32(bytes.data() + footer);
  const uint32_t form = LoadU32(bytes.data() + footer + 4);
  const uint64_t directory = (uint64_t{fields.blocks_} + 1) * kEntryBytes;
  if (form > static_cast<uint32_t>(StoredForm::kZstd) || directory > footer) {
    return Corrupt(footer, "not a directory of blocks");
  }
  fields.form_ = static_cast<StoredForm>(form);
  fields.data_ = bytes.substr(0, footer - directory);
  fields.entries_ = bytes.data() + fields.data_.size();
  fields.max_doc_ = LoadU32(fields.entries_ + fields.blocks_ * kEntryBytes + 8);
  if (fields.max_doc_ != max_doc || (fields.blocks_ == 0) != (max_doc == 0)) {
    return Corrupt(footer, "not as many documents as the segment has");
  }
  return fields;
}

Result<StoredFields::Place> StoredFields::BlockAt(uint32_t block) const {
  const char* entry = entries_ + uint64_t{block} * kEntryBytes;
  Place place{};
  place.offset = LoadU64(entry);
  place.first_doc = LoadU32(entry + 8);
  place.raw_bytes = LoadU32(entry + 12);
  const uint64_t end = LoadU64(entry + kEntryBytes);
  place.end_doc = LoadU32(entry + kEntryBytes + 8);
  if (place.first_doc >= place.end_doc || place.end_doc > max_doc_ || place.offset > end ||
      end > data_.size()) {
    return Corrupt(data_.size() + block * kEntryBytes, "an impossible block");
  }
  place.bytes = data_.substr(place.offset, end - place.offset);
  return place;
}

Result<StoredFields::Place> StoredFields::Find(DocId doc) const {
  BINSEEK_CHECK(doc < max_doc_, "no such document");
  uint32_t block = 0;  // the last one that begins at or before `doc`, if the directory ascends
  for (uint32_t end = blocks_; end - block > 1;) {
    const uint32_t middle = block + (end - block) / 2;
    (LoadU32(entries_ + uint64_t{middle} * kEntryBytes + 8) <= doc ? block : end) = middle;
  }
  BINSEEK_ASSIGN_OR_RETURN(const Place place, BlockAt(block));
  if (doc < place.first_doc || doc >= place.end_doc) {
    return Corrupt(data_.size() + block * kEntryBytes, "blocks are not in order");
  }
  return place;
}

Result<StoredFields::Block> StoredFields::BlockOf(DocId doc) const {
  BINSEEK_ASSIGN_OR_RETURN(const Place place, Find(doc));
  return Block{place.first_doc, place.end_doc};
}

Status StoredFields::Get(DocId doc, std::string* out, uint8_t* form) const {
  StoredFieldsReader reader(this);
  BINSEEK_ASSIGN_OR_RETURN(const StoredDocument document, reader.Get(doc));
  out->assign(document.bytes);
  *form = document.form;
  return Status::Ok();
}

Status StoredFields::Check() const {
  StoredFieldsReader reader(this);
  DocId next = 0;
  for (uint32_t block = 0; block < blocks_; ++block) {
    BINSEEK_ASSIGN_OR_RETURN(const Place place, BlockAt(block));
    if (place.first_doc != next) {
      return Corrupt(data_.size() + block * kEntryBytes, "documents are missing");
    }
    next = place.end_doc;
    BINSEEK_RETURN_IF_ERROR(reader.Load(place));
  }
  return next == max_doc_ ? Status::Ok() : Corrupt(data_.size(), "documents are missing");
}

Result<StoredDocument> StoredFieldsReader::Get(DocId doc) {
  if (doc < first_doc_ || doc - first_doc_ >= documents_.size()) {
    BINSEEK_ASSIGN_OR_RETURN(const auto place, fields_->Find(doc));
    BINSEEK_RETURN_IF_ERROR(Load(place));
  }
  return documents_[doc - first_doc_];
}

Status StoredFieldsReader::Load(const StoredFields::Place& place) {
  documents_.clear();
  std::string_view raw = place.bytes;
  if (fields_->form_ == StoredForm::kPlain) {
    if (raw.size() != place.raw_bytes) {
      return Corrupt(place.offset, "the block is not as long as it says");
    }
  } else {
    BINSEEK_RETURN_IF_ERROR(Decompress(place.bytes, place.raw_bytes, place.offset, &raw_));
    raw = raw_;
  }
  Status status = ParseHeads(place, raw);
  if (!status.PeekOk()) {
    documents_.clear();
  }
  return status;
}

Status StoredFieldsReader::ParseHeads(const StoredFields::Place& place, std::string_view raw) {
  const uint32_t docs = place.end_doc - place.first_doc;
  ByteReader heads(raw);
  if (raw.size() / 2 < docs) {  // a head is of two bytes at least
    return Corrupt(place.offset, "the block is too short for its documents");
  }
  first_doc_ = place.first_doc;
  documents_.resize(docs);
  std::vector<uint64_t> ends(docs);
  for (uint32_t i = 0; i < docs; ++i) {
    documents_[i].form = heads.U8();
    ends[i] = heads.Varint();
  }
  for (uint32_t i = 0; i < docs; ++i) {
    documents_[i].bytes = heads.Bytes(ends[i]);
  }
  if (!heads.ok() || !heads.AtEnd()) {
    return Corrupt(place.offset, "the documents of the block do not fill it");
  }
  return Status::Ok();
}

}  // namespace binseek::codec
