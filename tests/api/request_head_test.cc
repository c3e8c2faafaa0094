#include "api/request_head.h"

#include <gtest/gtest.h>

#include <string>

namespace binseek::api {
namespace {

constexpr uint64_t kMaxBody = 1000;

// The status for a request with these headers; 0 where there is nothing against it.
int Check(std::string headers) {
  const auto error = CheckRequestHead("POST /a HTTP/1.1\r\n" + headers + "\r\n", kMaxBody);
  return error ? error->status : 0;
}

TEST(RequestHeadTest, UsualHeadsPass) {
  for (const char* headers :
       {"", "Host: x\r\n", "Host:x\r\nX-Empty:\r\nX-Blank: \t \r\nUser-Agent: a b:c\r\n",
        "Content-Length: 0\r\n", "content-length:\t1000 \r\n", "Content-Length: 0000001\r\n",
        "Transfer-Encoding: chunked\r\n", "TRANSFER-ENCODING:Chunked \r\n"}) {
    EXPECT_EQ(Check(headers), 0) << headers;
  }
}

TEST(RequestHeadTest, LengthsThatReadersCouldTakeDifferentlyAreRefused) {
  for (const char* headers :
       {"Content-Length:\r\n", "Content-Length: -1\r\n", "Content-Length: +1\r\n",
        "Content-Length: 1,1\r\n", "Content-Length: 0x1\r\n", "Content-Length: 1 1\r\n",
        "Content-Length: %31\r\n", "Content-Length: 1\r\nContent-Length: 1\r\n",
        "Content-Length: 1\r\ncontent-length: 2\r\n", "Content-Length : 1\r\n",
        " Content-Length: 1\r\n", "Host: x\r\n Content-Length: 1\r\n", "Content-Length: 1\n",
        "Host: x\nContent-Length: 1\r\n", "Host: x\rContent-Length: 1\r\n"}) {
    EXPECT_EQ(Check(headers), 400) << headers;
  }
  EXPECT_EQ(Check(std::string("Host: \0x\r\n", 10)), 400);
}

TEST(RequestHeadTest, TransferEncodingIsChunkedAloneOrRefused) {
  for (const char* headers :
       {"Transfer-Encoding:\r\n", "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked, chunked\r\n", "Transfer-Encoding: \vchunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
        "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding : chunked\r\n"}) {
    EXPECT_EQ(Check(headers), 400) << headers;
  }
}

TEST(RequestHeadTest, AnnouncedSizeIsMeasured) {
  EXPECT_EQ(Check("Content-Length: 1001\r\n"), 413);
  EXPECT_EQ(Check("Content-Length: 18446744073709551616\r\n"), 413);
  EXPECT_EQ(Check("Content-Length: " + std::string(1000, '9') + "\r\n"), 413);
}

TEST(RequestHeadTest, CloseIsATokenInAnyCase) {
  const auto closes = [](std::string_view headers) {
    return AsksToClose("GET / HTTP/1.1\r\n" + std::string(headers) + "\r\n");
  };
  for (const char* headers :
       {"Connection: close\r\n", "Connection: Close\r\n", "connection:CLOSE\r\n",
        "Connection: TE, close\r\n", "Connection: keep-alive\r\nConnection: close ,x\r\n"}) {
    EXPECT_TRUE(closes(headers)) << headers;
  }
  for (const char* headers : {"", "Connection: keep-alive\r\n", "Connection: closed\r\n",
                              "X-Connection: close\r\n", "Connection: not close\r\n"}) {
    EXPECT_FALSE(closes(headers)) << headers;
  }
}

TEST(RequestHeadTest, OldRequestsHaveNoChunks) {
  const auto check = [](std::string_view line, std::string_view headers) {
    const auto error =
        CheckRequestHead(std::string(line) + "\r\n" + std::string(headers) + "\r\n", kMaxBody);
    return error ? error->status : 0;
  };
  EXPECT_EQ(check("POST / HTTP/1.0", "Transfer-Encoding: chunked\r\n"), 400);
  EXPECT_EQ(check("POST / HTTP/1.0", "Content-Length: 1\r\n"), 0);
  EXPECT_EQ(check("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n"), 0);
}

}  // namespace
}  // namespace binseek::api
