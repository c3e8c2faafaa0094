#include "api/chunked_body.h"

#include <algorithm>

namespace binseek::api {
namespace {

constexpr int kMaxSizeDigits = 15;  // what is larger is no body that anybody sends

int HexDigit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

ssize_t ChunkedBody::Break() {
  state_ = State::kBroken;
  return -1;
}

bool ChunkedBody::ReadByte(char* byte) { return source_(byte, 1) == 1; }

bool ChunkedBody::ReadEndOfLine() {
  char byte = 0;
  return ReadByte(&byte) && byte == '\r' && ReadByte(&byte) && byte == '\n';
}

// "1a;extension\r\n".
bool ChunkedBody::ReadSize() {
  left_ = 0;
  int digits = 0;
  bool in_extension = false;
  for (size_t length = 0; length < kMaxLineBytes; ++length) {
    char byte = 0;
    if (!ReadByte(&byte)) {
      return false;
    }
    if (byte == '\r') {
      return digits > 0 && ReadByte(&byte) && byte == '\n';
    }
    if (in_extension) {
      if (byte == '\n') {
        return false;
      }
    } else if (HexDigit(byte) >= 0) {
      left_ = left_ * 16 + static_cast<uint64_t>(HexDigit(byte));
      if (++digits > kMaxSizeDigits) {
        return false;
      }
    } else if (byte == ';') {
      in_extension = true;
    } else {
      return false;
    }
  }
  return false;
}

// Lines up to an empty one.
bool ChunkedBody::ReadTrailers() {
  size_t length = 0;
  while (length < kMaxLineBytes) {
    char byte = 0;
    if (!ReadByte(&byte) || byte == '\n') {
      return false;
    }
    if (byte != '\r') {
      ++length;
      continue;
    }
    if (!ReadByte(&byte) || byte != '\n') {
      return false;
    }
    if (length == 0) {
      return true;
    }
    length = 0;
  }
  return false;
}

ssize_t ChunkedBody::Read(char* data, size_t size) {
  if (state_ == State::kSize) {
    if (!ReadSize()) {
      return Break();
    }
    state_ = left_ == 0 ? State::kTrailers : State::kData;
  }
  if (state_ == State::kTrailers) {
    if (!ReadTrailers()) {
      return Break();
    }
    state_ = State::kDone;
  }
  if (state_ != State::kData) {
    return state_ == State::kDone ? 0 : -1;
  }
  const ssize_t got = source_(data, static_cast<size_t>(std::min<uint64_t>(size, left_)));
  if (got <= 0) {
    return Break();
  }
  left_ -= static_cast<uint64_t>(got);
  if (left_ == 0) {
    if (!ReadEndOfLine()) {
      return Break();
    }
    state_ = State::kSize;
  }
  return got;
}

}  // namespace binseek::api
