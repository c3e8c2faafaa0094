#include "engine/store/file_envelope.h"

#include <string>
#include <vector>

#include "engine/store/ram_directory.h"
#include "tests/support/status_matchers.h"

namespace binseek::store {
namespace {

constexpr EnvelopeFormat kFormat{"test", 2, 3};

TEST(FileEnvelopeTest, PayloadComesBackAligned) {
  const std::string file = WrapInEnvelope(kFormat, "7", "payload");
  const auto payload = OpenEnvelope(kFormat, "7", file, "f");
  ASSERT_OK(payload);
  EXPECT_EQ(*payload, "payload");
  EXPECT_EQ(payload->data() - file.data(), 64);
}

TEST(FileEnvelopeTest, EveryFlippedByteIsNoticed) {
  const std::string file = WrapInEnvelope(kFormat, "7", "some payload");
  for (size_t at = 0; at < file.size(); ++at) {
    std::string bad = file;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    EXPECT_STATUS(OpenEnvelope(kFormat, "7", bad, "f"), kCorruption) << "byte " << at;
  }
}

TEST(FileEnvelopeTest, EveryTruncationIsNoticed) {
  const std::string file = WrapInEnvelope(kFormat, "7", "some payload");
  for (size_t size = 0; size < file.size(); ++size) {
    EXPECT_STATUS(OpenEnvelope(kFormat, "7", std::string_view(file).substr(0, size), "f"),
                  kCorruption)
        << size;
  }
}

TEST(FileEnvelopeTest, TooOldTooNewAndForeignAreThreeErrors) {
  EXPECT_STATUS(OpenEnvelope(kFormat, "7", WrapInEnvelope({"test", 1, 1}, "7", "x"), "f"),
                kFormatTooOld);
  EXPECT_STATUS(OpenEnvelope(kFormat, "7", WrapInEnvelope({"test", 4, 4}, "7", "x"), "f"),
                kFormatTooNew);
  EXPECT_STATUS(OpenEnvelope(kFormat, "7", WrapInEnvelope(kFormat, "8", "x"), "f"), kCorruption);
  EXPECT_STATUS(OpenEnvelope(kFormat, "7", WrapInEnvelope({"other", 3, 3}, "7", "x"), "f"),
                kCorruption);
}

// Writes `pieces` through an EnvelopeWriter and returns the file.
Result<std::string> Stream(const std::vector<std::string>& pieces) {
  RamDirectory directory;
  BINSEEK_ASSIGN_OR_RETURN(const auto file, directory.Create("f"));
  BINSEEK_ASSIGN_OR_RETURN(auto writer, EnvelopeWriter::Begin(file.get(), kFormat, "7"));
  for (const std::string& piece : pieces) {
    BINSEEK_RETURN_IF_ERROR(writer.Append(piece));
  }
  BINSEEK_RETURN_IF_ERROR(writer.Finish());
  BINSEEK_RETURN_IF_ERROR(file->Close());
  BINSEEK_ASSIGN_OR_RETURN(const auto mapped, directory.Map("f"));
  return std::string(mapped->bytes());
}

TEST(FileEnvelopeTest, AStreamGivesTheSameBytesAsTheWhole) {
  const std::vector<std::vector<std::string>> cases = {
      {},
      {""},
      {"a", "", "bc"},
      {std::string(65535, 'x'), "y", "z"},
      {"head", std::string(200'000, 'x'), "tail"},
      {std::string(65536, 'x'), std::string(65536, 'y')},
  };
  for (const auto& pieces : cases) {
    std::string payload;
    for (const std::string& piece : pieces) {
      payload += piece;
    }
    const auto file = Stream(pieces);
    ASSERT_OK(file);
    EXPECT_EQ(*file, WrapInEnvelope(kFormat, "7", payload));
  }
}

// Takes `room` bytes, then the disk is full.
class FullFile final : public WritableFile {
 public:
  explicit FullFile(size_t room) : room_(room) {}
  Status Append(std::string_view bytes) override {
    if (bytes.size() > room_) {
      return Status::IoError("disk full");
    }
    room_ -= bytes.size();
    return Status::Ok();
  }
  Status Sync() override { return Status::Ok(); }
  Status Close() override { return Status::Ok(); }

 private:
  size_t room_;
};

TEST(FileEnvelopeTest, AWriterReportsWhatTheFileDoes) {
  FullFile none(63);
  EXPECT_STATUS(EnvelopeWriter::Begin(&none, kFormat, "7"), kIoError);
  FullFile some(64);
  auto writer = EnvelopeWriter::Begin(&some, kFormat, "7");
  ASSERT_OK(writer);
  EXPECT_OK(writer->Append("gathered"));
  EXPECT_STATUS(writer->Finish(), kIoError);
  FullFile more(64);
  writer = EnvelopeWriter::Begin(&more, kFormat, "7");
  ASSERT_OK(writer);
  EXPECT_STATUS(writer->Append(std::string(65536, 'x')), kIoError);
}

TEST(FileEnvelopeTest, StructureAloneLeavesThePayloadUnread) {
  const std::string file = WrapInEnvelope(kFormat, "7", "some payload");
  const size_t end = file.size() - kEnvelopeFooterBytes;
  for (size_t at = 0; at < file.size(); ++at) {
    std::string bad = file;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    EXPECT_STATUS(VerifyEnvelopeChecksum(bad, "f"), kCorruption) << "byte " << at;
    const bool payload = at >= kEnvelopeHeaderBytes && at < end;
    const bool crc = at >= end + 12 && at < end + 16;
    const auto opened = OpenEnvelope(kFormat, "7", bad, "f", Verify::kStructure);
    EXPECT_EQ(opened.ok(), payload || crc) << "byte " << at;
  }
  for (size_t size = 0; size < file.size(); ++size) {
    EXPECT_STATUS(
        OpenEnvelope(kFormat, "7", std::string_view(file).substr(0, size), "f", Verify::kStructure),
        kCorruption)
        << size;
  }
  EXPECT_OK(VerifyEnvelopeChecksum(file, "f"));
}

}  // namespace
}  // namespace binseek::store
