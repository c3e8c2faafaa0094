#include "engine/codec/number_column.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "engine/base/check.h"
#include "engine/base/coding.h"

namespace binseek::codec {
namespace {

constexpr size_t kFooterBytes = 24;
// Of a list that is longer the whole block is looked at, which then costs no more than its values do.
constexpr uint64_t kShortList = 64;

Status Corrupt(std::string_view why) {
  return Status::Corruption("number column: " + std::string(why));
}

// Values that lie side by side, read by whole blocks.
class ListReader {
 public:
  explicit ListReader(const PackedBlocks* lists) : lists_(lists) {}

  void Append(uint64_t begin, uint64_t end, std::vector<int64_t>* out) {
    while (begin < end) {
      if (begin / kBlock256 != loaded_) {
        loaded_ = begin / kBlock256;
        BlockBits ignored;  // all are there
        lists_->ReadBlock(loaded_, values_.data(), &ignored);
      }
      const uint64_t stop = std::min(end, (loaded_ + 1) * kBlock256);
      out->insert(out->end(), values_.begin() + begin % kBlock256,
                  values_.begin() + (begin % kBlock256 + stop - begin));
      begin = stop;
    }
  }

 private:
  const PackedBlocks* lists_;
  uint64_t loaded_ = ~uint64_t{0};
  std::array<int64_t, kBlock256> values_;
};

}  // namespace

PackedColumnWriter::PackedColumnWriter(ByteSink* sink)
    : sink_(sink),
      start_(sink->size()),
      first_(sink, start_),
      starts_(sink, start_),
      lists_(sink, start_) {}

void PackedColumnWriter::Add(DocId doc, int64_t value) {
  BINSEEK_CHECK(doc >= first_.size(), "documents come in ascending order");
  first_.AddAbsent(doc - first_.size());
  first_.Add(value);
  ++docs_with_value_;
}

void PackedColumnWriter::Add(DocId doc, std::span<const int64_t> values) {
  if (values.empty()) {
    return;
  }
  Add(doc, values.front());
  if (values.size() > 1) {
    BINSEEK_CHECK(values.size() <= std::numeric_limits<uint32_t>::max(), "too many values");
    longest_list_ = std::max(longest_list_, static_cast<uint32_t>(values.size()));
    first_.WidenLast(values.back());
    starts_.AddEqual(static_cast<int64_t>(lists_.size()), doc + 1 - starts_.size());
    for (const int64_t value : values) {
      lists_.Add(value);
    }
  }
}

void PackedColumnWriter::Finish(uint32_t max_doc, uint32_t values_below) {
  BINSEEK_CHECK(max_doc >= first_.size(), "a document is beyond the end");
  first_.AddAbsent(max_doc - first_.size());
  if (lists_.size() > 0) {
    starts_.AddEqual(static_cast<int64_t>(lists_.size()), max_doc + 1 - starts_.size());
  }
  first_.Flush();
  starts_.Flush();
  lists_.Flush();
  std::string tail;
  first_.AppendDirectory(&tail);
  starts_.AppendDirectory(&tail);
  lists_.AppendDirectory(&tail);
  PutU32(&tail, max_doc);
  PutU32(&tail, docs_with_value_);
  PutU64(&tail, lists_.size());
  PutU32(&tail, longest_list_);
  PutU32(&tail, values_below);
  sink_->Append(tail);
}

Result<PackedColumn> PackedColumn::Open(std::string_view bytes, uint32_t max_doc,
                                        uint32_t* values_below) {
  if (bytes.size() < kFooterBytes || bytes.size() % 8 != 0) {
    return Corrupt("the section ends too early");
  }
  const char* const footer = bytes.data() + bytes.size() - kFooterBytes;
  const uint64_t list_values = LoadU64(footer + 8);
  PackedColumn column;
  column.docs_with_value_ = LoadU32(footer + 4);
  if (LoadU32(footer) != max_doc || column.docs_with_value_ > max_doc) {
    return Corrupt("not as many documents as the segment has");
  }
  column.longest_list_ = LoadU32(footer + 16);
  // Each document with several values has a list of two at least; one has the longest.
  if (list_values == 0
          ? column.longest_list_ != 0
          : column.longest_list_ < 2 || column.longest_list_ > list_values ||
                list_values > uint64_t{column.longest_list_} * column.docs_with_value_) {
    return Corrupt("its longest list is not of its lists");
  }
  const uint32_t below = LoadU32(footer + 20);
  if (values_below != nullptr) {
    *values_below = below;
  } else if (below != 0) {
    return Corrupt("numbers with a bound for ordinals");
  }
  const uint64_t starts = list_values == 0 ? 0 : uint64_t{max_doc} + 1;
  // In this order no sum overflows.
  const uint64_t first_bytes = PackedBlocks::DirectoryBytes(max_doc);
  const uint64_t starts_bytes = PackedBlocks::DirectoryBytes(starts);
  const uint64_t room = bytes.size() - kFooterBytes;
  if (list_values / kBlock256 > room || first_bytes + starts_bytes > room ||
      PackedBlocks::DirectoryBytes(list_values) > room - first_bytes - starts_bytes) {
    return Corrupt("the directory does not fit");
  }
  const uint64_t data_bytes =
      room - first_bytes - starts_bytes - PackedBlocks::DirectoryBytes(list_values);
  static_assert(kFooterBytes >= PackedBlocks::kPadBytes);
  const std::string_view data = bytes.substr(0, data_bytes);
  const char* const directory = bytes.data() + data_bytes;
  column.first_ = PackedBlocks(data, directory, max_doc);
  column.starts_ = PackedBlocks(data, directory + first_bytes, starts);
  column.lists_ = PackedBlocks(data, directory + first_bytes + starts_bytes, list_values);
  return column;
}

void PackedColumn::Read(DocId first, uint32_t n, int64_t* values, uint64_t* present) const {
  BINSEEK_CHECK(first % kBlock256 == 0, "reading begins with a block");
  for (uint32_t done = 0; done < n; done += kBlock256) {
    BlockBits bits;
    first_.ReadBlock((first + done) / kBlock256, values + done, &bits);
    std::copy(bits.begin(), bits.end(), present + done / 64);
  }
}

PackedColumn::Range PackedColumn::ListOf(DocId doc) const {
  int64_t begin = 0;
  int64_t end = 0;
  if (!multi_valued() || !starts_.Get(doc, &begin) || !starts_.Get(uint64_t{doc} + 1, &end) ||
      begin < 0 || end <= begin || static_cast<uint64_t>(end) > lists_.size()) {
    return {};
  }
  const Range list{static_cast<uint64_t>(begin), static_cast<uint64_t>(end)};
  const uint64_t size = list.end - list.begin;
  Starts starts;
  if (size > longest_list_ || (size > kShortList && !ReadStarts(doc / kBlock256, &starts))) {
    return {};
  }
  return list;
}

bool PackedColumn::ReadStarts(uint32_t block, Starts* starts) const {
  std::array<int64_t, kBlock256> values;
  BlockBits ignored;
  starts_.ReadBlock(block, values.data(), &ignored);
  const uint32_t docs = std::min(max_doc() - block * kBlock256, kBlock256);
  int64_t end = 0;
  starts_.Get(uint64_t{block} * kBlock256 + docs, &end);
  std::copy(values.begin(), values.begin() + docs, starts->begin());
  std::fill(starts->begin() + docs, starts->end(), static_cast<uint64_t>(end));
  // Negative ones are beyond all lists. What a block holds is counted in 32 bits.
  bool sound = starts->back() <= lists_.size() &&
               starts->back() - starts->front() <= std::numeric_limits<uint32_t>::max();
  for (uint32_t i = 0; i < docs; ++i) {
    sound = sound && (*starts)[i] <= (*starts)[i + 1] &&
            (*starts)[i + 1] - (*starts)[i] <= longest_list_;
  }
  return sound;
}

std::span<const int64_t> PackedColumn::GetAll(DocId doc, std::vector<int64_t>* scratch) const {
  scratch->clear();
  ForEach(doc, [scratch](int64_t value) { scratch->push_back(value); });
  return *scratch;
}

void PackedColumn::ReadLists(uint32_t block, Lists* out) const {
  std::array<int64_t, kBlock256> firsts;
  BlockBits present;
  first_.ReadBlock(block, firsts.data(), &present);
  out->values.clear();
  Starts starts{};
  if (!multi_valued() || !ReadStarts(block, &starts)) {
    starts.fill(0);
  }
  ListReader reader(&lists_);
  for (uint32_t i = 0; i < kBlock256; ++i) {
    out->starts[i] = static_cast<uint32_t>(out->values.size());
    if (starts[i] < starts[i + 1]) {
      reader.Append(starts[i], starts[i + 1], &out->values);
    } else if ((present[i / 64] >> i % 64 & 1) != 0) {
      out->values.push_back(firsts[i]);
    }
  }
  out->starts[kBlock256] = static_cast<uint32_t>(out->values.size());
}

bool PackedColumn::AnyInRange(Range list, int64_t low, int64_t high) const {
  for (uint64_t i = list.begin; i < list.end; ++i) {
    int64_t value = 0;
    if (lists_.Get(i, &value) && value >= low) {
      return value <= high;  // they ascend
    }
  }
  return false;
}

void PackedColumn::MatchRange(uint32_t block, int64_t low, int64_t high, BlockBits* match) const {
  first_.MatchRange(block, low, high, match);
  if (!multi_valued() || low > high || high < block_min(block) || low > block_max(block)) {
    return;
  }
  // A document whose smallest value lies below the range may have another one in it.
  BlockBits below;
  Starts starts;
  if (low <= block_min(block) || !ReadStarts(block, &starts)) {
    return;
  }
  first_.MatchRange(block, std::numeric_limits<int64_t>::min(), low - 1, &below);
  for (uint32_t w = 0; w < below.size(); ++w) {
    for (uint64_t bits = below[w]; bits != 0; bits &= bits - 1) {
      const uint32_t i = 64 * w + static_cast<uint32_t>(std::countr_zero(bits));
      if (AnyInRange({starts[i], starts[i + 1]}, low, high)) {
        (*match)[w] |= bits & -bits;
      }
    }
  }
}

Status PackedColumn::Check() const {
  Status status = first_.Check(multi_valued());
  if (!status.ok()) {
    return status.WithContext("number column");
  }
  uint32_t docs = 0;
  for (uint32_t block = 0; block < block_count(); ++block) {
    BlockBits present;
    ReadPresent(block, &present);
    for (const uint64_t word : present) {
      docs += static_cast<uint32_t>(std::popcount(word));
    }
  }
  if (docs != docs_with_value_) {
    return Corrupt("another number of documents with a value than it says");
  }
  return multi_valued() ? CheckLists() : Status::Ok();
}

Status PackedColumn::CheckLists() const {
  for (const PackedBlocks* part : {&starts_, &lists_}) {
    Status status = part->Check(false);
    if (!status.ok()) {
      return status.WithContext("number column: lists");
    }
  }
  std::vector<int64_t> values;
  uint64_t next = 0;
  uint64_t longest = 0;
  for (uint32_t block = 0; block < block_count(); ++block) {
    int64_t max = std::numeric_limits<int64_t>::min();
    const DocId end = std::min(max_doc(), (block + 1) * kBlock256);
    for (DocId doc = block * kBlock256; doc < end; ++doc) {
      int64_t start = 0;
      int64_t first = 0;
      starts_.Get(doc, &start);
      const bool there = Get(doc, &first);
      const Range list = ListOf(doc);
      GetAll(doc, &values);
      if (static_cast<uint64_t>(start) != next || there != !values.empty() ||
          (there && values.front() != first) || list.end - list.begin == 1 ||
          !std::is_sorted(values.begin(), values.end())) {
        return Corrupt("the values of document " + std::to_string(doc) + " are not in order");
      }
      next += list.end - list.begin;
      longest = std::max(longest, list.end - list.begin);
      max = there ? std::max(max, values.back()) : max;
    }
    if (max != block_max(block)) {
      return Corrupt("block " + std::to_string(block) + ": its zone is not that of its values");
    }
  }
  if (next != lists_.size()) {
    return Corrupt("lists of no document");
  }
  return longest == longest_list_ ? Status::Ok() : Corrupt("its longest list is shorter");
}

}  // namespace binseek::codec
