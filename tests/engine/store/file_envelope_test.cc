#include "engine/store/file_envelope.h"

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

}  // namespace
}  // namespace binseek::store
