#include "engine/index/publisher.h"

#include <algorithm>
#include <utility>

namespace binseek::index {
namespace {

using Indices = std::vector<std::shared_ptr<const IndexView>>;

auto PlaceOf(Indices& indices, const std::string& name) {
  return std::lower_bound(
      indices.begin(), indices.end(), name,
      [](const auto& a, const std::string& wanted) { return a->name < wanted; });
}

void Put(Indices* indices, std::shared_ptr<const IndexView> index) {
  const auto it = PlaceOf(*indices, index->name);
  if (it != indices->end() && (*it)->name == index->name) {
    *it = std::move(index);
  } else {
    indices->insert(it, std::move(index));
  }
}

size_t BytesInMemory(const IndexView& index) {
  size_t bytes = 0;
  for (const auto& segment : index.segments) {
    bytes += segment->on_disk() ? 0 : segment->segment().size_bytes();
  }
  return bytes;
}

size_t MemoryBytes(const Indices& indices, IndexId id) {
  for (const auto& index : indices) {
    if (index->id == id) {
      return index->memory_bytes;
    }
  }
  return 0;
}

}  // namespace

void Publisher::Start(Epoch epoch, Indices indices, std::map<std::string, std::string> user_data,
                      Attachments attached, uint32_t next_index_id, uint64_t next_segment_id) {
  const MutexLock lock(&publish_mutex_);
  epoch_ = std::max<Epoch>(epoch, 1);  // 0 is no epoch
  next_index_id_ = next_index_id;
  next_segment_id_ = next_segment_id;
  user_data_ = std::move(user_data);
  attached_ = std::move(attached);
  std::sort(indices.begin(), indices.end(),
            [](const auto& a, const auto& b) { return a->name < b->name; });
  for (auto& index : indices) {
    auto started = std::make_shared<IndexView>(*index);
    started->epoch = epoch_;  // which a view that shows it beside newer ones pins
    index = std::move(started);
  }
  Show(indices, indices);
}

Result<Epoch> Publisher::Publish(Publication publication) {
  const MutexLock lock(&publish_mutex_);
  if (publication.must_be_new) {
    for (const auto& index : publication.changed) {
      if (applied()->Find(index->name) != nullptr) {
        return Status::InvalidArgument("index [" + index->name + "] already exists");
      }
    }
  }
  if (publication.before) {
    BINSEEK_RETURN_IF_ERROR(publication.before(epoch_ + 1));
  }
  const Epoch epoch = ++epoch_;
  changes_ += publication.moves_only ? 0 : 1;
  for (PageEdit* edit : publication.edits) {
    edit->Seal(epoch);
  }
  const auto applied_before = applied();
  Indices applied = applied_before->indices();
  Indices shown = published()->indices();
  size_t bytes = memory_bytes_;
  const auto erase = [](Indices* indices, IndexId id) {
    std::erase_if(*indices, [&](const auto& index) { return index->id == id; });
  };
  for (const IndexId id : publication.dropped) {
    bytes -= MemoryBytes(applied, id);
    erase(&applied, id);
    erase(&shown, id);
  }
  for (auto& index : publication.changed) {
    index->epoch = epoch;
    if (!publication.logged && !publication.moves_only) {
      index->unlogged = epoch;
    }
    index->memory_bytes = BytesInMemory(*index);
    bytes += index->memory_bytes - MemoryBytes(applied, index->id);
    if (publication.refresh || !index->manual_refresh) {
      Put(&shown, index);
    }
    Put(&applied, std::move(index));
  }
  memory_bytes_ = bytes;
  KeepForUser(&publication);
  std::move(publication.tombstones.begin(), publication.tombstones.end(),
            std::back_inserter(tombstones_));
  Show(std::move(applied), std::move(shown));
  for (PageEdit* edit : publication.edits) {
    edit->Retire(reclaimer_.get());
  }
  return epoch;
}

void Publisher::KeepForUser(Publication* publication) {
  for (auto& [key, value] : publication->user_data) {
    user_data_[key] = std::move(value);
  }
  if (!publication->attached.empty()) {
    attached_epoch_ = epoch_;
  }
  for (auto& [name, file] : publication->attached) {
    if (file == nullptr) {
      attached_.erase(name);
    } else {
      attached_[name] = std::move(file);
    }
  }
}

Status Publisher::Refresh(IndexId id) {
  const MutexLock lock(&publish_mutex_);
  const auto applied_view = applied();
  const IndexView* index = applied_view->Find(id);
  if (index == nullptr) {
    return Status::NotFound("no index with id " + std::to_string(static_cast<uint32_t>(id)));
  }
  Indices applied = applied_view->indices();
  Indices shown = published()->indices();
  const auto newest = *PlaceOf(applied, index->name);
  const auto it = PlaceOf(shown, index->name);
  if (it != shown.end() && *it == newest) {
    return Status::Ok();
  }
  Put(&shown, newest);
  ++epoch_;
  Show(std::move(applied), std::move(shown));
  return Status::Ok();
}

void Publisher::Show(Indices applied, Indices published) {
  // An index that waits for a refresh is shown as of an older epoch, which its view must keep alive beside its own.
  std::vector<Epoch> lagging;
  const bool same = applied == published;
  if (!same) {
    for (const auto& index : published) {
      if (!std::binary_search(applied.begin(), applied.end(), index,
                              [](const auto& a, const auto& b) { return a->name < b->name; }) ||
          *PlaceOf(applied, index->name) != index) {
        lagging.push_back(index->epoch);
      }
    }
  }
  auto newest = std::make_shared<const EngineView>(epoch_, std::move(applied), std::vector<Epoch>(),
                                                   reclaimer_);
  auto shown = same ? newest
                    : std::make_shared<const EngineView>(epoch_, std::move(published),
                                                         std::move(lagging), reclaimer_);
  const MutexLock lock(&view_mutex_);
  applied_.swap(newest);  // the old ones go after the lock is released
  published_.swap(shown);
}

std::shared_ptr<const EngineView> Publisher::published() const {
  const MutexLock lock(&view_mutex_);
  return published_;
}

std::shared_ptr<const EngineView> Publisher::applied() const {
  const MutexLock lock(&view_mutex_);
  return applied_;
}

Publisher::State Publisher::Freeze(const std::function<void()>& at_that_moment) {
  const MutexLock lock(&publish_mutex_);
  at_that_moment();
  State state{applied(), user_data_, attached_, std::move(tombstones_), changes_};
  tombstones_.clear();
  return state;
}

void Publisher::AddTombstoneEdit(TombstoneEdit edit) {
  const MutexLock lock(&publish_mutex_);
  tombstones_.push_back(std::move(edit));
}

void Publisher::GiveBack(std::vector<TombstoneEdit> tombstones) {
  const MutexLock lock(&publish_mutex_);
  tombstones.insert(tombstones.end(), std::make_move_iterator(tombstones_.begin()),
                    std::make_move_iterator(tombstones_.end()));
  tombstones_ = std::move(tombstones);
}

std::string Publisher::UserData(std::string_view key) const {
  const MutexLock lock(&publish_mutex_);
  const auto it = user_data_.find(std::string(key));
  return it == user_data_.end() ? std::string() : it->second;
}

Attachments Publisher::attached() const {
  const MutexLock lock(&publish_mutex_);
  return attached_;
}

}  // namespace binseek::index
