// PageHistory: a column of versioned pages as the engine keeps it, beside a plain model: steps are published or dropped, views pin their epoch.
//
// Single-threaded. Its destructor unpins all and gives the pages back; the pool then checks that none is left.
#ifndef BINSEEK_TESTS_ENGINE_INDEX_PAGE_HISTORY_H_
#define BINSEEK_TESTS_ENGINE_INDEX_PAGE_HISTORY_H_

#include <cstddef>
#include <utility>
#include <vector>

#include "engine/index/epoch_reclaimer.h"
#include "engine/index/page_edit.h"
#include "engine/index/page_pool.h"

namespace binseek::index::test {

template <class Column, class Model>
class PageHistory {
 public:
  struct View {
    Epoch epoch;
    Column column;
    Model model;  // what the column must show
  };

  PageHistory(Column column, Model model) : newest_{1, column, std::move(model)} {
    reclaimer_.Pin(newest_.epoch);
  }
  ~PageHistory() {
    while (!views_.empty()) {
      Unpin(views_.size() - 1);
    }
    newest_.column.FreeAll(&pool_);
    reclaimer_.Unpin(newest_.epoch);
  }
  PageHistory(const PageHistory&) = delete;
  PageHistory& operator=(const PageHistory&) = delete;

  const View& newest() const { return newest_; }
  const std::vector<View>& views() const { return views_; }
  PagePool& pool() { return pool_; }
  EpochReclaimer& reclaimer() { return reclaimer_; }

  // One step: `change(column, model, edit)`, then the next epoch shows it.
  template <class Change>
  void Publish(const Change& change) {
    View next = newest_;
    ++next.epoch;
    PageEdit edit(++last_edit_, &pool_);
    change(&next.column, &next.model, &edit);
    edit.Seal(next.epoch);
    reclaimer_.Pin(next.epoch);
    std::swap(newest_, next);
    reclaimer_.Unpin(next.epoch);
    edit.Retire(&reclaimer_);
  }
  // A step that fails in the end.
  template <class Change>
  void Abort(const Change& change) {
    View next = newest_;
    PageEdit edit(++last_edit_, &pool_);
    change(&next.column, &next.model, &edit);
  }
  void Pin() {
    reclaimer_.Pin(newest_.epoch);
    views_.push_back(newest_);
  }
  void Unpin(size_t view) {
    reclaimer_.Unpin(views_[view].epoch);
    std::swap(views_[view], views_.back());
    views_.pop_back();
  }

 private:
  PagePool pool_;
  EpochReclaimer reclaimer_{&pool_};
  uint64_t last_edit_ = 0;
  View newest_;
  std::vector<View> views_;
};

}  // namespace binseek::index::test

#endif  // BINSEEK_TESTS_ENGINE_INDEX_PAGE_HISTORY_H_
