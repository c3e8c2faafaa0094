#include "engine/codec/ord_column.h"

#include <algorithm>
#include <array>

#include "engine/base/check.h"
#include "engine/codec/range_match.h"

namespace binseek::codec {

void OrdColumnWriter::Add(DocId doc, std::span<const uint32_t> ords) {
  values_.assign(ords.begin(), ords.end());
  ords_below_ = ords.empty() ? ords_below_ : std::max(ords_below_, ords.back() + 1);
  column_.Add(doc, values_);
}

Result<OrdColumn> OrdColumn::Open(std::string_view bytes, uint32_t max_doc, uint32_t ord_count) {
  BINSEEK_CHECK(ord_count < kNoOrd, "that ordinal stands for none");
  OrdColumn ords;
  auto column = PackedColumn::Open(bytes, max_doc, &ords.ords_below_);
  if (!column.ok()) {
    return column.status().WithContext("ordinals");
  }
  if (ords.ords_below_ > ord_count) {
    return Status::Corruption("ordinals: below " + std::to_string(ords.ords_below_) +
                              ", but there are " + std::to_string(ord_count));
  }
  ords.column_ = *column;
  ords.ord_count_ = ord_count;
  return ords;
}

std::span<const uint32_t> OrdColumn::Ords(DocId doc, std::vector<uint32_t>* scratch) const {
  scratch->clear();
  column_.ForEach(doc, [&](int64_t value) {
    const uint32_t ord = Narrow(value);
    if (ord != kNoOrd) {
      scratch->push_back(ord);
    }
  });
  return *scratch;
}

void OrdColumn::Read(DocId first, uint32_t n, uint32_t* ords) const {
  for (uint32_t done = 0; done < n; done += kBlock256) {
    std::array<int64_t, kBlock256> values;
    BlockBits present;
    column_.Read(first + done, kBlock256, values.data(), present.data());
    Narrow256(reinterpret_cast<const uint64_t*>(values.data()), present.data(), ord_count_, kNoOrd,
              ords + done);
  }
}

void OrdColumn::ReadLists(uint32_t block, Lists* lists) const {
  column_.ReadLists(block, &lists->wide);
  lists->ords.clear();
  for (uint32_t i = 0; i < kBlock256; ++i) {
    lists->starts[i] = static_cast<uint32_t>(lists->ords.size());
    for (uint32_t at = lists->wide.starts[i]; at < lists->wide.starts[i + 1]; ++at) {
      const uint32_t ord = Narrow(lists->wide.values[at]);
      if (ord != kNoOrd) {
        lists->ords.push_back(ord);
      }
    }
  }
  lists->starts[kBlock256] = static_cast<uint32_t>(lists->ords.size());
}

Status OrdColumn::Check() const {
  Status status = column_.Check();
  if (!status.ok()) {
    return status.WithContext("ordinals");
  }
  std::vector<int64_t> values;
  int64_t greatest = -1;
  for (uint32_t block = 0; block < column_.block_count(); ++block) {
    if (column_.has_values(block)) {
      greatest = std::max(greatest, column_.block_max(block));
      if (Narrow(column_.block_min(block)) == kNoOrd ||
          Narrow(column_.block_max(block)) == kNoOrd) {
        return Status::Corruption("ordinals: block " + std::to_string(block) +
                                  ": there are not as many ordinals");
      }
    }
  }
  if (greatest + 1 != ords_below_) {
    return Status::Corruption("ordinals: below " + std::to_string(greatest + 1) + ", but it says " +
                              std::to_string(ords_below_));
  }
  for (DocId doc = 0; multi_valued() && doc < max_doc(); ++doc) {
    const auto all = column_.GetAll(doc, &values);
    if (std::adjacent_find(all.begin(), all.end()) != all.end()) {
      return Status::Corruption("ordinals: document " + std::to_string(doc) +
                                " has one of them twice");
    }
  }
  return Status::Ok();
}

}  // namespace binseek::codec
