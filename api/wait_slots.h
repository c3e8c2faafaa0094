// WaitSlots: how many requests may wait for a source at the same time, over all sources. Each holds a thread that serves requests.
//
//   const WaitSlots::Slot slot(slots);
//   if (!slot.taken()) { ... }  // it must not wait
//
// Thread-safe.
#ifndef BINSEEK_API_WAIT_SLOTS_H_
#define BINSEEK_API_WAIT_SLOTS_H_

#include <atomic>
#include <cstddef>

namespace binseek::api {

class WaitSlots {
 public:
  // Gives its slot back when it goes.
  class Slot {
   public:
    explicit Slot(WaitSlots* slots) : slots_(slots), taken_(slots->Take()) {}
    ~Slot() {
      if (taken_) {
        slots_->used_.fetch_sub(1);
      }
    }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

    bool taken() const { return taken_; }

   private:
    WaitSlots* const slots_;
    const bool taken_;
  };

  void set_most(size_t most) { most_.store(most); }
  size_t used() const { return used_.load(); }

 private:
  bool Take() {
    if (used_.fetch_add(1) < most_.load()) {
      return true;
    }
    used_.fetch_sub(1);
    return false;
  }

  std::atomic<size_t> most_{1024};
  std::atomic<size_t> used_{0};
};

}  // namespace binseek::api

#endif  // BINSEEK_API_WAIT_SLOTS_H_
