// Scratch: large working memory (windows, sums) for the time of one call, from a stack that the thread keeps.
//
//   Scratch<Window> child;
//   scorer->FillWindow(first, child.get());
//
// Taken inside a call and given back at its end, so that what a search holds follows the depth of its tree, not the number of its clauses. The contents
// are whatever was there before. Single-threaded: given back on the thread that took it. T is default-constructible.
#ifndef BINSEEK_ENGINE_SEARCH_SCRATCH_H_
#define BINSEEK_ENGINE_SEARCH_SCRATCH_H_

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace binseek::search {

template <class T>
class Scratch {
 public:
  Scratch() {
    std::vector<std::unique_ptr<T>>& kept = Kept();
    if (kept.empty()) {
      value_.reset(new T);  // not value-initialised: who takes it writes it
    } else {
      value_ = std::move(kept.back());
      kept.pop_back();
    }
  }
  ~Scratch() {
    if (Kept().size() < kMaxKept) {
      Kept().push_back(std::move(value_));
    }
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  T* get() { return value_.get(); }
  T& operator*() { return *value_; }
  T* operator->() { return value_.get(); }

 private:
  static constexpr size_t kMaxKept = 16;  // per thread and type, while nobody works
  static std::vector<std::unique_ptr<T>>& Kept() {
    thread_local std::vector<std::unique_ptr<T>> kept;
    return kept;
  }

  std::unique_ptr<T> value_;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_SCRATCH_H_
