#include "engine/search/distinct_counter.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

namespace binseek::search {
namespace {

constexpr size_t kFirstSlots = 16;

double Sigma(double x) {
  if (x == 1) {
    return std::numeric_limits<double>::infinity();
  }
  double y = 1;
  double z = x;
  double before = 0;
  do {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  } while (z != before);
  return z;
}

double Tau(double x) {
  if (x == 0 || x == 1) {
    return 0;
  }
  double y = 1;
  double z = 1 - x;
  double before = 0;
  do {
    x = std::sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  } while (z != before);
  return z / 3;
}

}  // namespace

uint32_t DistinctCounter::PrecisionFor(uint32_t threshold) {
  // As many registers as a table of 32-bit hashes, three quarters full, has bytes.
  const double bytes = std::max(1.0, static_cast<double>(threshold) / 0.75 * 4);
  return std::clamp(static_cast<uint32_t>(std::ceil(std::log2(bytes))), 4u, 18u);
}

void DistinctCounter::Add(uint64_t hash) {
  if (!registers_.empty()) {
    AddToRegisters(hash);
    return;
  }
  if (Insert(hash) && size_ > threshold_) {
    ToRegisters();
  }
}

bool DistinctCounter::Insert(uint64_t hash) {
  if (hash == 0) {
    size_ += has_zero_ ? 0 : 1;
    return !std::exchange(has_zero_, true);
  }
  if (size_ >= slots_.size() / 2) {
    Grow();
  }
  const size_t mask = slots_.size() - 1;
  for (size_t i = hash & mask;; i = (i + 1) & mask) {
    if (slots_[i] == hash) {
      return false;
    }
    if (slots_[i] == 0) {
      slots_[i] = hash;
      ++size_;
      return true;
    }
  }
}

void DistinctCounter::Grow() {
  std::vector<uint64_t> old(slots_.empty() ? kFirstSlots : slots_.size() * 2, 0);
  old.swap(slots_);
  const size_t mask = slots_.size() - 1;
  for (const uint64_t hash : old) {
    if (hash != 0) {
      size_t i = hash & mask;
      while (slots_[i] != 0) {
        i = (i + 1) & mask;
      }
      slots_[i] = hash;
    }
  }
}

void DistinctCounter::ToRegisters() {
  registers_.assign(size_t{1} << PrecisionFor(threshold_), 0);
  for (const uint64_t hash : slots_) {
    if (hash != 0) {
      AddToRegisters(hash);
    }
  }
  if (has_zero_) {
    AddToRegisters(0);
  }
  std::vector<uint64_t>().swap(slots_);
}

void DistinctCounter::AddToRegisters(uint64_t hash) {
  const auto precision = static_cast<uint32_t>(std::countr_zero(registers_.size()));
  const uint64_t rest = hash << precision;
  const auto rank = static_cast<uint8_t>(
      std::min<uint32_t>(static_cast<uint32_t>(std::countl_zero(rest)), 64 - precision) + 1);
  uint8_t& slot = registers_[hash >> (64 - precision)];
  slot = std::max(slot, rank);
}

uint64_t DistinctCounter::Count() const {
  if (registers_.empty()) {
    return size_;
  }
  const auto precision = static_cast<uint32_t>(std::countr_zero(registers_.size()));
  const uint32_t most = 64 - precision;
  std::vector<double> of_rank(most + 2, 0);
  for (const uint8_t rank : registers_) {
    ++of_rank[rank];
  }
  const auto m = static_cast<double>(registers_.size());
  double z = m * Tau(1 - of_rank[most + 1] / m);
  for (uint32_t rank = most; rank >= 1; --rank) {
    z = 0.5 * (z + of_rank[rank]);
  }
  z += m * Sigma(of_rank[0] / m);
  return static_cast<uint64_t>(std::llround(m / (2 * std::log(2)) * m / z));
}

}  // namespace binseek::search
