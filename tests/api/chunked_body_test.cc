#include "api/chunked_body.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

namespace binseek::api {
namespace {

struct Outcome {
  bool ok = false;
  std::string body;
  std::string rest;  // not read
};

// Reads `bytes` as a body, `step` bytes of it at a time.
Outcome ReadAll(std::string_view bytes, size_t step) {
  ChunkedBody chunked([&bytes](char* data, size_t size) {
    const size_t count = std::min(size, bytes.size());
    std::memcpy(data, bytes.data(), count);
    bytes.remove_prefix(count);
    return static_cast<ssize_t>(count);
  });
  Outcome outcome;
  std::string buffer(step, '\0');
  ssize_t got = 0;
  while ((got = chunked.Read(buffer.data(), step)) > 0) {
    outcome.body.append(buffer, 0, static_cast<size_t>(got));
  }
  EXPECT_EQ(chunked.Read(buffer.data(), step), got) << "the end does not stay the end";
  outcome.ok = got == 0;
  outcome.rest = bytes;
  return outcome;
}

TEST(ChunkedBodyTest, ChunksBecomeOneBodyAndTheNextRequestStays) {
  for (const size_t step : {1, 2, 3, 100}) {
    const Outcome outcome = ReadAll(
        "3\r\nabc\r\nA;name=value\r\n0123456789\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\nGET /", step);
    EXPECT_TRUE(outcome.ok);
    EXPECT_EQ(outcome.body, "abc0123456789");
    EXPECT_EQ(outcome.rest, "GET /");
  }
  EXPECT_TRUE(ReadAll("0\r\n\r\n", 10).ok);
  EXPECT_TRUE(ReadAll("000\r\n\r\n", 10).ok);
}

TEST(ChunkedBodyTest, BrokenFramingIsAnError) {
  for (const std::string_view bytes :
       {"", "3", "3\r\nab", "3\r\nabc", "3\r\nabc\r\n", "3\r\nabcX\r\n0\r\n\r\n", "3\nabc\n0\n\n",
        "-3\r\nabc\r\n0\r\n\r\n", "0x3\r\nabc\r\n0\r\n\r\n", " 3\r\nabc\r\n0\r\n\r\n",
        "\r\nabc\r\n0\r\n\r\n", ";x\r\n0\r\n\r\n", "3;x\nabc\r\n0\r\n\r\n", "3\rabc\r\n0\r\n\r\n",
        "ffffffffffffffff\r\nabc", "3\r\nabc\r\n0\r\n", "3\r\nabc\r\n0\r\nT: x\n\r\n"}) {
    EXPECT_FALSE(ReadAll(bytes, 100).ok) << bytes;
  }
}

TEST(ChunkedBodyTest, LinesAreBounded) {
  const std::string flood(10 * ChunkedBody::kMaxLineBytes, '0');
  for (const std::string& start : {std::string(), std::string("3;"), std::string("0\r\nT: ")}) {
    const Outcome outcome = ReadAll(start + flood, 100);
    EXPECT_FALSE(outcome.ok);
    EXPECT_GE(outcome.rest.size(), 8 * ChunkedBody::kMaxLineBytes) << start;
  }
}

}  // namespace
}  // namespace binseek::api
