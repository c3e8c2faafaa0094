// ByteSink: where an encoder of a section puts its bytes, in order.
//
// Encoders only append, so a sink may be a string (segments in memory, tests) or a file (segments larger than memory). Errors are the sink's: it
// keeps the first one and swallows what follows; whoever owns the sink asks it at the end. Single-threaded.
#ifndef BINSEEK_ENGINE_CODEC_BYTE_SINK_H_
#define BINSEEK_ENGINE_CODEC_BYTE_SINK_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace binseek::codec {

class ByteSink {
 public:
  virtual ~ByteSink() = default;
  void Append(std::string_view bytes) {
    size_ += bytes.size();
    Write(bytes);
  }
  template <class T>
  void AppendArray(std::span<const T> values) {
    Append({reinterpret_cast<const char*>(values.data()), values.size_bytes()});
  }
  // Bytes appended so far: the offset, within the section, of what comes next.
  uint64_t size() const { return size_; }

 private:
  virtual void Write(std::string_view bytes) = 0;
  uint64_t size_ = 0;
};

class StringSink final : public ByteSink {
 public:
  const std::string& bytes() const { return bytes_; }
  std::string Take() { return std::move(bytes_); }

 private:
  void Write(std::string_view bytes) override { bytes_.append(bytes); }
  std::string bytes_;
};

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_BYTE_SINK_H_
