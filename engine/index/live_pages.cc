#include "engine/index/live_pages.h"

#include "engine/base/check.h"

namespace binseek::index {

bool LivePages::Delete(DocId doc, PageEdit* edit) {
  BINSEEK_DCHECK(doc < max_doc_);
  if (!Get(doc)) {
    return false;
  }
  const uint32_t number = doc / kDocs;
  NodeHeader** const slot = tree_.Slot(number, edit);
  if (*slot == nullptr) {
    const uint32_t words = (docs_of(number) + 63) / 64;
    *slot = edit->Make<NodeHeader>(sizeof(NodeHeader) + words * sizeof(uint64_t), docs_of(number));
    for (uint32_t w = 0; w < words; ++w) {
      Words(*slot)[w] = Mask(first_doc(number) + w * 64);
    }
  } else if (!edit->Owns(*slot)) {
    *slot = edit->Copy(*slot);
  }
  Words(*slot)[doc % kDocs / 64] &= ~(uint64_t{1} << (doc % 64));
  --count_;
  return true;
}

}  // namespace binseek::index
