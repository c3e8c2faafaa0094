#include "engine/index/page_tree.h"

#include <algorithm>
#include <array>

#include "engine/base/check.h"

namespace binseek::index {

PageTree::PageTree(uint32_t pages) : pages_(pages), levels_(0) {
  for (uint64_t reach = 1; reach < pages; reach <<= kFanOutBits) {
    ++levels_;
  }
}

std::span<const NodeHeader* const> PageTree::Run(uint32_t page) const {
  static constexpr std::array<const NodeHeader*, kFanOut> kNone{};
  const uint32_t at = page % kFanOut;
  const uint32_t length = std::min(kFanOut - at, pages_ - page);
  const NodeHeader* node = root_;
  for (uint32_t level = levels_; level > 1 && node != nullptr; --level) {
    node = Children(node)[(page >> (kFanOutBits * (level - 1))) % kFanOut];
  }
  if (node == nullptr) {
    return std::span(kNone).first(length);
  }
  if (levels_ == 0) {
    return {&root_, 1};
  }
  return {Children(node) + at, length};
}

NodeHeader* PageTree::MakeInner(uint32_t page, uint32_t level, PageEdit* edit) const {
  // It reaches over the pages of [first, first + kFanOut << shift), each child over 1 << shift of them.
  const uint32_t shift = kFanOutBits * (level - 1);
  const uint64_t first = uint64_t{page} >> (shift + kFanOutBits) << (shift + kFanOutBits);
  const uint64_t wanted = (pages_ - first + (uint64_t{1} << shift) - 1) >> shift;
  const uint32_t width = static_cast<uint32_t>(std::min<uint64_t>(wanted, kFanOut));
  NodeHeader* const node = edit->Make<NodeHeader>(InnerBytes(width), width);
  std::fill_n(Children(node), width, nullptr);
  return node;
}

NodeHeader** PageTree::Slot(uint32_t page, PageEdit* edit) {
  BINSEEK_DCHECK(page < pages_);
  NodeHeader** slot = &root_;
  for (uint32_t level = levels_; level > 0; --level) {
    if (*slot == nullptr) {
      *slot = MakeInner(page, level, edit);
    } else if (!edit->Owns(*slot)) {
      *slot = edit->Copy(*slot);
    }
    slot = Children(*slot) + (page >> (kFanOutBits * (level - 1))) % kFanOut;
  }
  return slot;
}

}  // namespace binseek::index
