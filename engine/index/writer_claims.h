// WriterClaims: one writer per index at a time.
//
// A batch claims all its indices at once, so that two batches cannot wait for each other; a batch over other indices goes on meanwhile. Whoever holds
// the claim of an index may touch its IndexWriter and replace its IndexView. First come, first served: a batch does not pass an earlier one that waits for one of
// its indices.
//
// Thread-safe. A thread must not claim while it holds a claim. `mutex_` is a leaf.
#ifndef BINSEEK_ENGINE_INDEX_WRITER_CLAIMS_H_
#define BINSEEK_ENGINE_INDEX_WRITER_CLAIMS_H_

#include <list>
#include <optional>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/index/batch.h"

namespace binseek::index {

class WriterClaims {
 public:
  // Given back when destroyed.
  class Claim {
   public:
    Claim(WriterClaims* claims, std::vector<IndexId> indices);
    Claim(Claim&& other) noexcept;
    Claim& operator=(Claim&&) = delete;
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;
    ~Claim();
    const std::vector<IndexId>& indices() const { return indices_; }

   private:
    WriterClaims* claims_;
    std::vector<IndexId> indices_;
  };

  // Waits until nobody has any of them. Duplicates are fine.
  [[nodiscard]] Claim Take(std::vector<IndexId> indices) BINSEEK_EXCLUDES(mutex_);
  // Nothing where that would have to wait. May be called by a thread that holds a claim.
  [[nodiscard]] std::optional<Claim> TryTake(std::vector<IndexId> indices) BINSEEK_EXCLUDES(mutex_);

 private:
  // Behind those that wait before `place`?
  using Waiting = std::list<const std::vector<IndexId>*>;
  bool MustWait(const std::vector<IndexId>& indices, Waiting::const_iterator place) const
      BINSEEK_REQUIRES(mutex_);
  void Release(const std::vector<IndexId>& indices) BINSEEK_EXCLUDES(mutex_);
  bool Overlap(const std::vector<IndexId>& a, const std::vector<IndexId>& b) const;

  Mutex mutex_;
  CondVar released_;
  std::vector<IndexId> taken_ BINSEEK_GUARDED_BY(mutex_);
  Waiting waiting_ BINSEEK_GUARDED_BY(mutex_);  // in order of arrival
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_WRITER_CLAIMS_H_
