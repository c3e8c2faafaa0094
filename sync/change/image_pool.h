// ImagePool: the memory of row images that are done with, for those that come next.
//
// A value's text has memory of its own, so that a stream which drops its rows and makes the next ones of nothing spends more time with the
// allocator than with the bytes. Images that come out of the pool hold anything: whoever fills one overwrites every value, all of it.
//
// Give is thread-safe; Take belongs to one thread, the reader of the stream. Memory: at most kMostBytes of text (nearly), and as many values as
// go with that.
#ifndef BINSEEK_SYNC_CHANGE_IMAGE_POOL_H_
#define BINSEEK_SYNC_CHANGE_IMAGE_POOL_H_

#include <cstddef>
#include <vector>

#include "engine/base/mutex.h"
#include "sync/change/row_change.h"

namespace binseek::change {

class ImagePool {
 public:
  static constexpr size_t kMostBytes = 4u << 20;

  // An image of any size, with values of any kind; empty where there is none.
  RowImage Take() BINSEEK_EXCLUDES(mutex_);
  // Leaves the rows without images.
  void Give(std::vector<RowChange>* rows) BINSEEK_EXCLUDES(mutex_);

 private:
  void Keep(RowImage* image) BINSEEK_REQUIRES(mutex_);

  std::vector<RowImage> ready_;  // of the thread that takes
  Mutex mutex_;
  std::vector<RowImage> given_ BINSEEK_GUARDED_BY(mutex_);
  size_t given_bytes_ BINSEEK_GUARDED_BY(mutex_) = 0;
};

}  // namespace binseek::change

#endif  // BINSEEK_SYNC_CHANGE_IMAGE_POOL_H_
