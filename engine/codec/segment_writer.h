// SegmentWriter: writes a segment's payload as a stream, section by section, that Segment reads.
//
//   SegmentWriter writer(max_doc, &output);
//   ByteSink* postings = writer.Begin(field, SectionKind::kPostings);    // several may be open at a time
//   ByteSink* index = writer.Begin(field, SectionKind::kTermIndex);
//   ...
//   BINSEEK_RETURN_IF_ERROR(writer.End());                               // of all that are open
//   BINSEEK_RETURN_IF_ERROR(writer.Finish());
//
// Of the sections that are open together the first goes straight to the output: let it be the largest. The others wait, in memory at first and then
// where the output has room for them. Nothing is written twice in place: what depends on the sections stands behind them.
// Single-threaded. Borrows the output. Memory: a buffer of some MB per open section. Errors: the output's, from End and Finish; the first one stays.
#ifndef BINSEEK_ENGINE_CODEC_SEGMENT_WRITER_H_
#define BINSEEK_ENGINE_CODEC_SEGMENT_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/codec/byte_sink.h"
#include "engine/codec/segment_layout.h"
#include "engine/mapping/field.h"

namespace binseek::codec {

// Where a payload goes.
class SegmentOutput {
 public:
  virtual ~SegmentOutput() = default;
  [[nodiscard]] virtual Status Append(std::string_view bytes) = 0;

  // A place for bytes that come behind others which are not known yet; gone when destroyed.
  class Spool {
   public:
    virtual ~Spool() = default;
    [[nodiscard]] virtual Status Append(std::string_view bytes) = 0;
    // Appends all of it to the output. REQUIRES: called once, last.
    [[nodiscard]] virtual Status CopyTo(SegmentOutput* output) = 0;
  };
  // Null: such bytes are to wait in memory.
  [[nodiscard]] virtual Result<std::unique_ptr<Spool>> MakeSpool() = 0;
};

// A segment in memory.
class StringOutput final : public SegmentOutput {
 public:
  [[nodiscard]] Status Append(std::string_view bytes) override {
    bytes_.append(bytes);
    return Status::Ok();
  }
  [[nodiscard]] Result<std::unique_ptr<Spool>> MakeSpool() override {
    return std::unique_ptr<Spool>();
  }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class SegmentWriter {
 public:
  static constexpr size_t kBufferBytes = size_t{4} << 20;

  // `buffer_bytes`: what a waiting section may hold in memory; tests make it small.
  SegmentWriter(uint32_t max_doc, SegmentOutput* output, size_t buffer_bytes = kBufferBytes);
  SegmentWriter(const SegmentWriter&) = delete;
  SegmentWriter& operator=(const SegmentWriter&) = delete;
  ~SegmentWriter();

  // Opens a section; the sink lives until End. REQUIRES: no other section has this field and kind.
  ByteSink* Begin(mapping::FieldId field, SectionKind kind);
  // A section of no field.
  ByteSink* Begin(SectionKind kind) { return Begin(mapping::FieldId{0}, kind); }
  [[nodiscard]] Status End();
  // Writes the directory. kResourceExhausted: too many documents. REQUIRES: called once, last; no section is open.
  [[nodiscard]] Status Finish();

 private:
  class Section;
  void Put(std::string_view bytes);
  void Keep(Status status);

  const uint32_t max_doc_;
  SegmentOutput* const output_;
  const size_t buffer_bytes_;
  Status status_;
  uint64_t written_ = 0;
  std::vector<std::unique_ptr<Section>> open_;
  std::vector<std::string> spare_;  // buffers of sections that have ended
  std::string directory_;
  uint32_t sections_ = 0;
};

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_SEGMENT_WRITER_H_
