#include "engine/index/number_page.h"

#include <array>
#include <bit>
#include <cstring>

#include "engine/base/check.h"
#include "engine/index/number_kernels.h"

namespace binseek::index {

namespace {

constexpr uint32_t kWidest = 8;

// Largest distance that an integer of `width` bytes holds.
uint64_t Capacity(uint32_t width) {
  return width == kWidest ? ~uint64_t{0} : (uint64_t{1} << (8 * width)) - 1;
}

uint64_t Distance(int64_t from, int64_t to) {
  return static_cast<uint64_t>(to) - static_cast<uint64_t>(from);
}

// Narrowest width for a zone; `spare`: leaves at least half of the width's capacity unused, so that the next values fit too.
uint32_t WidthFor(const NumberZone& zone, uint32_t min_width, bool spare) {
  const uint64_t range = zone.empty() ? 0 : Distance(zone.min, zone.max);
  uint32_t width = min_width;
  while (width < kWidest && range > Capacity(width) >> (spare ? 1 : 0)) {
    width *= 2;
  }
  return width;
}

// Shares what is unused of the width between both sides; values that are not negative are not expected to become so.
int64_t FrameFor(const NumberZone& zone, uint32_t width) {
  if (width == kWidest || zone.empty()) {
    return 0;
  }
  const uint64_t below = (Capacity(width) - Distance(zone.min, zone.max)) / 2;
  const int64_t lowest = zone.min >= 0 ? 0 : std::numeric_limits<int64_t>::min();
  return Distance(lowest, zone.min) <= below
             ? lowest
             : static_cast<int64_t>(static_cast<uint64_t>(zone.min) - below);
}

template <class Visit>
void VisitBits(uint64_t word, const Visit& visit) {
  for (; word != 0; word &= word - 1) {
    visit(static_cast<uint32_t>(std::countr_zero(word)));
  }
}

size_t SeveralBytes(uint32_t docs, size_t capacity) {
  return sizeof(NodeHeader) + sizeof(uint32_t) * (docs + 2) + capacity * sizeof(int64_t);
}

// Of the integers of present documents, which order as the values do.
template <class Integer>
NumberZone ZoneOf(const NumberPage& page) {
  const auto* integers = static_cast<const Integer*>(page.integers());
  Integer least = std::numeric_limits<Integer>::max();
  Integer greatest = std::numeric_limits<Integer>::min();
  bool any = false;
  for (uint32_t w = 0; w < page.count / 64; ++w, integers += 64) {
    const uint64_t present = page.present()[w];
    any = any || present != 0;
    if (present == ~uint64_t{0}) {
      for (int i = 0; i < 64; ++i) {
        least = std::min(least, integers[i]);
        greatest = std::max(greatest, integers[i]);
      }
    } else {
      VisitBits(present, [&](uint32_t i) {
        least = std::min(least, integers[i]);
        greatest = std::max(greatest, integers[i]);
      });
    }
  }
  if (!any) {
    return {};
  }
  const auto frame = static_cast<uint64_t>(page.frame);
  return {.min = static_cast<int64_t>(frame + static_cast<uint64_t>(least)),
          .max = static_cast<int64_t>(frame + static_cast<uint64_t>(greatest))};
}

}  // namespace

int64_t NumberPage::Smallest(uint32_t at) const {
  uint64_t distance = 0;
  switch (width) {
    case 1:
      distance = static_cast<const uint8_t*>(integers())[at];
      break;
    case 2:
      distance = static_cast<const uint16_t*>(integers())[at];
      break;
    case 4:
      distance = static_cast<const uint32_t*>(integers())[at];
      break;
    default:
      distance = static_cast<const uint64_t*>(integers())[at];
      break;
  }
  return static_cast<int64_t>(static_cast<uint64_t>(frame) + distance);
}

std::span<const int64_t> NumberPage::All(uint32_t at, int64_t* scratch) const {
  if (!Has(at)) {
    return {};
  }
  if (several != nullptr) {
    const std::span<const int64_t> all = several->Of(at);
    if (!all.empty()) {
      return all;
    }
  }
  *scratch = Smallest(at);
  return {scratch, 1};
}

void NumberPage::Read(uint32_t at, uint32_t n, int64_t* values, uint64_t* present_out) const {
  const char* from = static_cast<const char*>(integers()) + size_t{at} * width;
  NumberKernels::Best().widen(width, from, n, frame, values);
  for (uint32_t done = 0; done < n; done += 64) {
    const uint64_t word = present()[(at + done) / 64];
    present_out[done / 64] = word;
    if (frame != 0 && word != ~uint64_t{0}) {
      const uint32_t rest = n - done;
      const uint64_t asked = rest >= 64 ? ~uint64_t{0} : (uint64_t{1} << rest) - 1;
      VisitBits(~word & asked, [&](uint32_t i) { values[done + i] = 0; });
    }
  }
}

void NumberPage::Match(int64_t low, int64_t high, uint64_t* match) const {
  const uint32_t words = count / 64;
  if (zone.empty() || low > zone.max || high < zone.min || low > high) {
    std::fill_n(match, words, 0);
    return;
  }
  if (low <= zone.min && high >= zone.max) {
    std::copy_n(present(), words, match);
    return;
  }
  // The bounds as integers of this page.
  const bool narrow = width != kWidest;
  const uint64_t from = !narrow || low <= frame ? 0 : Distance(frame, low);
  if (narrow && (high < frame || from > Capacity(width))) {
    std::fill_n(match, words, 0);  // only documents with several values can match
  } else {
    const int64_t lowest = narrow ? static_cast<int64_t>(from) : low;
    const int64_t highest =
        narrow ? static_cast<int64_t>(std::min(Distance(frame, high), Capacity(width))) : high;
    NumberKernels::Best().match(width, integers(), words, lowest, highest, match);
  }
  for (uint32_t w = 0; w < words; ++w) {
    match[w] &= present()[w];
  }
  if (several != nullptr) {
    for (uint32_t at = 0; at < count; ++at) {
      const std::span<const int64_t> all = several->Of(at);
      const auto first = std::lower_bound(all.begin(), all.end(), low);
      if (first != all.end() && *first <= high) {
        match[at / 64] |= uint64_t{1} << (at % 64);
      }
    }
  }
}

bool NumberPage::Fits(int64_t value) const {
  return width == kWidest || (value >= frame && Distance(frame, value) <= Capacity(width));
}

void NumberPage::Put(uint32_t at, int64_t value) {
  const uint64_t distance = Distance(frame, value);
  switch (width) {
    case 1:
      static_cast<uint8_t*>(integers())[at] = static_cast<uint8_t>(distance);
      break;
    case 2:
      static_cast<uint16_t*>(integers())[at] = static_cast<uint16_t>(distance);
      break;
    case 4:
      static_cast<uint32_t*>(integers())[at] = static_cast<uint32_t>(distance);
      break;
    default:
      static_cast<uint64_t*>(integers())[at] = distance;
      break;
  }
}

NumberZone NumberPage::ComputeZone() const {
  NumberZone computed;
  switch (width) {
    case 1:
      computed = ZoneOf<uint8_t>(*this);
      break;
    case 2:
      computed = ZoneOf<uint16_t>(*this);
      break;
    case 4:
      computed = ZoneOf<uint32_t>(*this);
      break;
    default:
      computed = ZoneOf<int64_t>(*this);
      break;
  }
  if (several != nullptr) {
    const std::span<const int64_t> all(several->values(), several->starts()[count]);
    for (const int64_t value : all) {
      computed.Add(value);
    }
  }
  return computed;
}

NumberPage* NumberPage::Encode(uint32_t docs, uint32_t width, int64_t frame, const int64_t* values,
                               const uint64_t* present, PageEdit* edit) {
  const size_t bytes = Bytes(docs, width);
  NumberPage* const page = edit->Make<NumberPage>(bytes, docs);
  page->zone = {};
  page->frame = frame;
  page->several = nullptr;
  page->width = width;
  page->reserved = 0;
  std::copy_n(present, docs / 64, page->present());
  std::memset(page->integers(), 0, size_t{docs} * width);
  for (uint32_t w = 0; w < docs / 64; ++w) {
    VisitBits(present[w], [&](uint32_t i) { page->Put(w * 64 + i, values[w * 64 + i]); });
  }
  return page;
}

NumberPage* NumberPage::Make(uint32_t docs, uint32_t min_width, const int64_t* values,
                             const uint64_t* present, PageEdit* edit) {
  NumberZone zone;
  for (uint32_t w = 0; w < docs / 64; ++w) {
    VisitBits(present[w], [&](uint32_t i) { zone.Add(values[w * 64 + i]); });
  }
  const uint32_t width = WidthFor(zone, min_width, /*spare=*/false);
  NumberPage* const page = Encode(docs, width, FrameFor(zone, width), values, present, edit);
  page->zone = zone;
  return page;
}

NumberPage* NumberPage::Wider(NumberPage* page, uint32_t at, int64_t value, uint32_t min_width,
                              PageEdit* edit) {
  std::array<int64_t, kMaxDocs> values;
  std::array<uint64_t, kMaxDocs / 64> present;
  page->Read(0, page->count, values.data(), present.data());
  values[at] = value;
  present[at / 64] |= uint64_t{1} << (at % 64);
  NumberZone zone;
  for (uint32_t w = 0; w < page->count / 64; ++w) {
    VisitBits(present[w], [&](uint32_t i) { zone.Add(values[w * 64 + i]); });
  }
  const uint32_t width = WidthFor(zone, std::max(min_width, page->width), /*spare=*/true);
  NumberPage* const wider =
      Encode(page->count, width, FrameFor(zone, width), values.data(), present.data(), edit);
  wider->zone = page->zone;
  wider->several = page->several;
  edit->Drop(page);
  return wider;
}

void NumberPage::SetSeveral(uint32_t at, std::span<const int64_t> values, PageEdit* edit) {
  const SeveralValues* const old = several;
  const uint32_t old_size = old == nullptr ? 0 : static_cast<uint32_t>(old->Of(at).size());
  const uint32_t size = static_cast<uint32_t>(values.size());
  if (old_size == 0 && size == 0) {
    return;
  }
  const uint32_t used = old == nullptr ? 0 : old->starts()[count];
  const uint32_t new_used = used - old_size + size;
  SeveralValues* to = several;
  if (new_used == 0 || old == nullptr || !edit->Owns(old) || old->capacity < new_used) {
    to = nullptr;
    if (new_used > 0) {
      // Grows by half under an edit that sets many, so that it is copied a few times only.
      const uint32_t spare = old != nullptr && edit->Owns(old) ? new_used / 2 : 0;
      to = edit->Make<SeveralValues>(SeveralBytes(count, size_t{new_used} + spare), count);
      to->capacity = new_used + spare;
    }
  }
  if (to != nullptr) {
    const uint32_t begin = old == nullptr ? 0 : old->starts()[at];
    if (to != old && old != nullptr) {
      std::copy_n(old->starts(), count + 1, to->starts());
      std::copy_n(old->values(), begin, to->values());
    } else if (old == nullptr) {
      std::fill_n(to->starts(), count + 1, 0);
    }
    if (old != nullptr) {
      std::memmove(to->values() + begin + size, old->values() + begin + old_size,
                   (used - begin - old_size) * sizeof(int64_t));
    }
    std::copy(values.begin(), values.end(), to->values() + begin);
    for (uint32_t i = at + 1; i <= count; ++i) {
      to->starts()[i] += size - old_size;  // modulo 2^32
    }
  }
  if (to != old && old != nullptr) {
    edit->Drop(several);
  }
  several = to;
}

void NumberPage::Set(NumberPage** slot, uint32_t at, std::span<const int64_t> values,
                     uint32_t min_width, PageEdit* edit) {
  BINSEEK_DCHECK(std::is_sorted(values.begin(), values.end()));
  NumberPage* page = *slot;
  int64_t scratch;
  const std::span<const int64_t> old = page->All(at, &scratch);
  const NumberZone old_zone =
      old.empty() ? NumberZone{} : NumberZone{.min = old.front(), .max = old.back()};
  const NumberZone new_zone =
      values.empty() ? NumberZone{} : NumberZone{.min = values.front(), .max = values.back()};

  if (!values.empty() && !page->Fits(values.front())) {
    page = Wider(page, at, values.front(), min_width, edit);
  } else if (!edit->Owns(page)) {
    page = edit->Copy(page);
  }
  *slot = page;
  page->Put(at, values.empty() ? page->frame : values.front());
  const uint64_t bit = uint64_t{1} << (at % 64);
  uint64_t& word = page->present()[at / 64];
  word = values.empty() ? word & ~bit : word | bit;
  page->SetSeveral(at, values.size() > 1 ? values : std::span<const int64_t>(), edit);

  // The zone has to be looked for only where an extreme went away.
  const bool min_left = old_zone.min == page->zone.min && new_zone.min > old_zone.min;
  const bool max_left = old_zone.max == page->zone.max && new_zone.max < old_zone.max;
  if (!old_zone.empty() && (min_left || max_left)) {
    page->zone = page->ComputeZone();
  } else if (!new_zone.empty()) {
    page->zone.min = std::min(page->zone.min, new_zone.min);
    page->zone.max = std::max(page->zone.max, new_zone.max);
  }
}

}  // namespace binseek::index
