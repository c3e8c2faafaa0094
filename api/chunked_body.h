// ChunkedBody: takes the framing of `Transfer-Encoding: chunked` off a stream, strictly, so that a body ends where every other reader of
// the same bytes believes that it ends.
//
//   ChunkedBody body([&](char* data, size_t size) { return connection->Read(data, size); });
//   while ((got = body.Read(buffer, sizeof buffer)) > 0) ...
//
// Holds no bytes; size lines and trailers are bounded by kMaxLineBytes each, all of them together by what the
// source gives. Chunk extensions and trailers are read and ignored. Single-threaded.
#ifndef BINSEEK_API_CHUNKED_BODY_H_
#define BINSEEK_API_CHUNKED_BODY_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

namespace binseek::api {

class ChunkedBody {
 public:
  static constexpr size_t kMaxLineBytes = 8 << 10;
  // As Connection::Read: bytes, 0 at the end, -1 on an error.
  using Source = std::function<ssize_t(char* data, size_t size)>;

  explicit ChunkedBody(Source source) : source_(std::move(source)) {}

  // Bytes of the body; 0 behind the last chunk and its trailers; -1 where the framing is broken or ends early, from then on for ever.
  ssize_t Read(char* data, size_t size);

 private:
  enum class State : uint8_t { kSize, kData, kTrailers, kDone, kBroken };

  ssize_t Break();
  bool ReadByte(char* byte);
  bool ReadEndOfLine();
  bool ReadSize();
  bool ReadTrailers();

  const Source source_;
  State state_ = State::kSize;
  uint64_t left_ = 0;  // of the chunk
};

}  // namespace binseek::api

#endif  // BINSEEK_API_CHUNKED_BODY_H_
