#include "engine/codec/occurrence_stream.h"

#include <algorithm>

namespace binseek::codec {

void OccurrenceWriter::Begin() {
  pending_ = 0;
  ends_.clear();
  begin_ = sink_ != nullptr ? sink_->size() : 0;
}

void OccurrenceWriter::Add(uint32_t first, uint32_t second) {
  values_[0][pending_] = first;
  values_[1][pending_] = second;
  if (++pending_ == kBlockSize) {
    WriteBlock();
  }
}

void OccurrenceWriter::WriteBlock() {
  scratch_.clear();
  for (uint32_t column = 0; column < columns_; ++column) {
    EncodeValueBlock(values_[column].data(), &scratch_);
  }
  sink_->Append(scratch_);
  ends_.push_back(sink_->size() - begin_);
  pending_ = 0;
}

uint64_t OccurrenceWriter::End() {
  scratch_.clear();
  for (uint32_t i = 0; i < pending_; ++i) {
    for (uint32_t column = 0; column < columns_; ++column) {
      PutVarint(&scratch_, values_[column][i]);
    }
  }
  sink_->Append(scratch_);
  if (ends_.empty()) {
    return begin_;
  }
  const uint64_t table = sink_->size();
  if (pending_ > 0) {
    ends_.push_back(table - begin_);
  }
  const bool wide = ends_.back() >= wide_from_;
  scratch_.clear();
  PutU8(&scratch_, wide ? 1 : 0);
  for (const uint64_t end : ends_) {
    wide ? PutU64(&scratch_, end) : PutU32(&scratch_, static_cast<uint32_t>(end));
  }
  sink_->Append(scratch_);
  return table;
}

void OccurrenceReader::Open(std::string_view bytes, uint64_t start, uint64_t count,
                            uint32_t columns) {
  bytes_ = bytes;
  columns_ = columns;
  count_ = count;
  if (start > bytes.size()) {
    corrupt_ = true;
    return;
  }
  if (count < kBlockSize) {
    area_ = bytes.substr(start);
    return;
  }
  const uint64_t entries = count / kBlockSize + (count % kBlockSize != 0 ? 1 : 0);
  const std::string_view table = bytes.substr(start);
  const bool wide = !table.empty() && table[0] != 0;
  if (table.empty() || (table.size() - 1) / OffsetArray::EntryBytes(wide) < entries) {
    corrupt_ = true;
    return;
  }
  ends_ = OffsetArray(reinterpret_cast<const uint8_t*>(table.data()) + 1, wide);
  const uint64_t size = ends_[entries - 1];
  if (size > start) {
    corrupt_ = true;
    return;
  }
  has_ends_ = true;
  area_ = bytes.substr(start - size, size);
}

void OccurrenceReader::Load(uint64_t block) {
  block_ = block;
  if (corrupt_ || !Decode(block)) {
    corrupt_ = true;
    values_[0].fill(0);
    values_[1].fill(0);
  }
}

bool OccurrenceReader::Decode(uint64_t block) {
  const uint64_t begin = has_ends_ && block > 0 ? ends_[block - 1] : 0;
  const uint64_t limit = has_ends_ ? ends_[block] : area_.size();
  if (begin > limit || limit > area_.size()) {
    return false;
  }
  const auto* in = reinterpret_cast<const uint8_t*>(area_.data()) + begin;
  const uint8_t* end = reinterpret_cast<const uint8_t*>(area_.data()) + limit;
  const uint64_t rest = std::min<uint64_t>(count_ - block * kBlockSize, kBlockSize);
  if (rest == kBlockSize) {
    // Unpacking likes to read a little behind a block: what lies there is readable, and only the stream's end is not.
    const uint8_t* stream_end = reinterpret_cast<const uint8_t*>(bytes_.data()) + bytes_.size();
    for (uint32_t column = 0; column < columns_ && in != nullptr; ++column) {
      in = DecodeValueBlock(in, stream_end, values_[column].data());
    }
    return in != nullptr && in <= end;
  }
  for (uint64_t i = 0; i < rest; ++i) {
    for (uint32_t column = 0; column < columns_; ++column) {
      uint64_t value = 0;
      in = DecodeVarint(in, end, &value);
      if (in == nullptr) {
        return false;
      }
      values_[column][i] = static_cast<uint32_t>(value);
    }
  }
  return true;
}

}  // namespace binseek::codec
