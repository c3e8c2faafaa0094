#include "engine/codec/segment_writer.h"

#include "engine/base/check.h"
#include "engine/base/coding.h"
#include "engine/base/crc32c.h"

namespace binseek::codec {
namespace {

// The section that goes straight on need not gather more.
constexpr size_t kDirectBytes = size_t{64} << 10;

}  // namespace

class SegmentWriter::Section final : public ByteSink {
 public:
  Section(SegmentWriter* writer, mapping::FieldId field, SectionKind kind, bool direct,
          std::string buffer)
      : writer_(writer), field_(field), kind_(kind), direct_(direct), buffer_(std::move(buffer)) {
    buffer_.clear();
  }

  // To the output, with an entry in the directory.
  void End() {
    if (size() == 0) {
      return;
    }
    const uint64_t offset = direct_ ? writer_->written_ - sent_ : writer_->written_;
    if (spool_ != nullptr && writer_->status_.ok()) {
      writer_->Keep(spool_->CopyTo(writer_->output_));
      writer_->written_ += sent_;
    }
    Send(/*direct=*/true);
    std::string* const directory = &writer_->directory_;
    PutU32(directory, static_cast<uint32_t>(field_));
    PutU32(directory, static_cast<uint32_t>(kind_));
    PutU64(directory, offset);
    PutU64(directory, size());
    PutU32(directory, crc_);
    PutU32(directory, 0);
    ++writer_->sections_;
    static constexpr char kZeros[8] = {};
    writer_->Put({kZeros, (8 - size() % 8) % 8});
  }
  std::string TakeBuffer() { return std::move(buffer_); }

 private:
  void Write(std::string_view bytes) override {
    buffer_.append(bytes);
    if (buffer_.size() >= (direct_ ? kDirectBytes : writer_->buffer_bytes_)) {
      Send(direct_);
    }
  }

  void Send(bool direct) {
    if (!direct && spool_ == nullptr) {
      if (no_spool_ || !writer_->status_.ok()) {
        return;
      }
      Result<std::unique_ptr<SegmentOutput::Spool>> spool = writer_->output_->MakeSpool();
      if (!spool.ok()) {
        writer_->Keep(spool.status());
        return;
      }
      spool_ = std::move(*spool);
      if (spool_ == nullptr) {
        no_spool_ = true;
        return;
      }
    }
    crc_ = Crc32c(buffer_, crc_);
    if (direct) {
      writer_->Put(buffer_);
    } else if (writer_->status_.ok()) {
      writer_->Keep(spool_->Append(buffer_));
    }
    sent_ += buffer_.size();
    buffer_.clear();
  }

  SegmentWriter* const writer_;
  const mapping::FieldId field_;
  const SectionKind kind_;
  const bool direct_;
  bool no_spool_ = false;
  std::string buffer_;
  std::unique_ptr<SegmentOutput::Spool> spool_;
  uint64_t sent_ = 0;  // of size()
  uint32_t crc_ = 0;   // over what was sent
};

SegmentWriter::SegmentWriter(uint32_t max_doc, SegmentOutput* output, size_t buffer_bytes)
    : max_doc_(max_doc), output_(output), buffer_bytes_(buffer_bytes) {}

SegmentWriter::~SegmentWriter() = default;

void SegmentWriter::Keep(Status status) {
  if (status_.ok() && !status.ok()) {
    status_ = std::move(status);
  }
}

void SegmentWriter::Put(std::string_view bytes) {
  written_ += bytes.size();
  if (status_.ok() && !bytes.empty()) {
    Keep(output_->Append(bytes));
  }
}

ByteSink* SegmentWriter::Begin(mapping::FieldId field, SectionKind kind) {
  std::string buffer;
  if (!spare_.empty()) {
    buffer = std::move(spare_.back());
    spare_.pop_back();
  }
  open_.push_back(
      std::make_unique<Section>(this, field, kind, /*direct=*/open_.empty(), std::move(buffer)));
  return open_.back().get();
}

Status SegmentWriter::End() {
  for (const auto& section : open_) {
    section->End();
    spare_.push_back(section->TakeBuffer());
  }
  open_.clear();
  return status_;
}

Status SegmentWriter::Finish() {
  BINSEEK_CHECK(open_.empty(), "a section is still open");
  if (max_doc_ > kMaxSegmentDocs) {
    return Status::ResourceExhausted("more than 2^30 documents in one segment");
  }
  PutU32(&directory_, max_doc_);
  PutU32(&directory_, sections_);
  PutU32(&directory_, Crc32c(directory_));
  PutU32(&directory_, 0);
  Put(directory_);
  return status_;
}

}  // namespace binseek::codec
