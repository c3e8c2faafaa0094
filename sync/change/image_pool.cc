#include "sync/change/image_pool.h"

#include <utility>

namespace binseek::change {
namespace {

size_t MemoryOf(const RowImage& image) {
  size_t bytes = image.size() * sizeof(Value);
  for (const Value& value : image) {
    bytes += value.bytes.capacity();
  }
  return bytes;
}

}  // namespace

RowImage ImagePool::Take() {
  if (ready_.empty()) {
    const MutexLock lock(&mutex_);
    std::swap(ready_, given_);
    given_bytes_ = 0;
  }
  if (ready_.empty()) {
    return {};
  }
  RowImage image = std::move(ready_.back());
  ready_.pop_back();
  return image;
}

void ImagePool::Give(std::vector<RowChange>* rows) {
  const MutexLock lock(&mutex_);
  for (RowChange& row : *rows) {
    if (given_bytes_ >= kMostBytes) {
      return;
    }
    Keep(&row.before);
    Keep(&row.after);
  }
}

void ImagePool::Keep(RowImage* image) {
  if (image->empty()) {
    return;
  }
  const size_t bytes = MemoryOf(*image);
  if (given_bytes_ + bytes <= kMostBytes) {
    given_bytes_ += bytes;
    given_.push_back(std::move(*image));
  }
}

}  // namespace binseek::change
