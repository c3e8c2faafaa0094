#include "tests/engine/index/engine_model.h"

#include "engine/base/crc32c.h"

namespace binseek::index::test {
namespace {

OpResult Made(Outcome outcome, int64_t version, int64_t seq_no) {
  return {outcome, version, seq_no, Status::Ok()};
}

std::string CompareIndex(const EngineModel::Index& model, const IndexView& view) {
  if (view.live_docs() != model.documents.size()) {
    return std::to_string(view.live_docs()) + " documents instead of " +
           std::to_string(model.documents.size());
  }
  std::map<std::string, uint64_t> brands;
  for (const auto& [key, stored] : model.documents) {
    const std::string source = SourceOf(view, key).value_or("nothing");
    if (source != stored.product.ToSource()) {
      return key + ": " + source + " instead of " + stored.product.ToSource();
    }
    if (NumberOf(view, key, mapping::kVersionField) != stored.version ||
        NumberOf(view, key, mapping::kSeqNoField) != stored.seq_no) {
      return key + ": another version or sequence number than " + std::to_string(stored.version) +
             ", " + std::to_string(stored.seq_no);
    }
    ++brands[stored.product.brand];
  }
  for (const auto& [brand, count] : brands) {
    if (CountTerm(view, kBrand, brand) != count) {
      return "term " + brand + ": not in " + std::to_string(count) + " documents";
    }
  }
  return view.next_seq_no >= model.next_seq_no ? "" : "a next sequence number that was given";
}

}  // namespace

OpResult EngineModel::Apply(const Operation& operation, const Product& product) {
  const auto index = indices_.find(operation.index);
  if (index == indices_.end()) {
    return Made(Outcome::kFailed, 0, 0);
  }
  Index& in = index->second;
  const auto stored = in.documents.find(operation.key);
  const bool exists = stored != in.documents.end();
  const auto tombstone = in.tombstones.find(operation.key);
  const bool known = exists || tombstone != in.tombstones.end();
  const int64_t known_version = exists ? stored->second.version : known ? tombstone->second : 0;
  const int64_t known_seq_no = exists ? stored->second.seq_no : 0;
  if ((operation.kind == OpKind::kCreate && exists) ||
      (operation.if_seq_no && (!exists || known_seq_no != *operation.if_seq_no))) {
    return Made(Outcome::kConflict, exists ? known_version : 0, known_seq_no);
  }
  int64_t version = known_version + 1;
  if (operation.version_type != VersionType::kInternal) {
    version = operation.version;
    const bool equal_is_newer = operation.version_type == VersionType::kExternalGte;
    if (known && (version < known_version || (version == known_version && !equal_is_newer))) {
      return Made(Outcome::kStale, known_version, known_seq_no);
    }
  }
  const bool external = operation.version_type != VersionType::kInternal;
  if (operation.kind == OpKind::kUpdateColumns && !exists && !operation.if_missing) {
    return Made(Outcome::kMissing, version, 0);
  }
  const int64_t seq_no = in.next_seq_no++;
  if (operation.kind == OpKind::kDelete) {
    in.documents.erase(operation.key);
    if (external || known) {
      in.tombstones[operation.key] = version;
    }
    return Made(exists ? Outcome::kDeleted : Outcome::kMissing, version, seq_no);
  }
  Stored& now = in.documents[operation.key];
  if (operation.kind == OpKind::kUpdateColumns && exists) {
    for (const ColumnUpdate& update : operation.columns) {
      (update.field == kPrice ? now.product.cents : now.product.stock) = update.value;
    }
  } else {
    now.product = product;
    in.tombstones.erase(operation.key);
  }
  now.version = version;
  now.seq_no = seq_no;
  return Made(exists ? Outcome::kUpdated : Outcome::kCreated, version, seq_no);
}

void EngineModel::Attach(const std::string& name, const std::optional<std::string>& bytes) {
  if (bytes) {
    attached_[name] = *bytes;
  } else {
    attached_.erase(name);
  }
}

void EngineModel::GoOnFrom(const EngineView& view) {
  for (auto& [id, index] : indices_) {
    index.next_seq_no = view.Find(id)->next_seq_no;
  }
}

void EngineModel::ForgetTombstones(IndexId id, int64_t below_version) {
  std::erase_if(indices_[id].tombstones,
                [&](const auto& entry) { return entry.second < below_version; });
}

std::string EngineModel::CompareView(const EngineView& view) const {
  if (view.indices().size() != indices_.size()) {
    return "another number of indices";
  }
  for (const auto& [id, index] : indices_) {
    const IndexView* found = view.Find(id);
    if (found == nullptr || view.Find(index.name) != found) {
      return "no index " + index.name;
    }
    const std::string difference = CompareIndex(index, *found);
    if (!difference.empty()) {
      return index.name + ": " + difference;
    }
  }
  return "";
}

std::string EngineModel::Compare(const Engine& engine) const {
  size_t tombstones = 0;
  for (const auto& [id, index] : indices_) {
    tombstones += index.tombstones.size();
  }
  if (engine.tombstones() != tombstones) {
    return std::to_string(engine.tombstones()) + " tombstones instead of " +
           std::to_string(tombstones);
  }
  for (const auto& [key, value] : user_data_) {
    if (engine.UserData(key) != value) {
      return "user data " + key + ": " + engine.UserData(key) + " instead of " + value;
    }
  }
  const Attachments attached = engine.Attached();
  if (attached.size() != attached_.size()) {
    return std::to_string(attached.size()) + " attached files instead of " +
           std::to_string(attached_.size());
  }
  for (const auto& [name, bytes] : attached_) {
    const auto it = attached.find(name);
    if (it == attached.end() || it->second->info().bytes != bytes.size() ||
        it->second->info().crc != Crc32c(bytes)) {
      return "another file is attached as " + name;
    }
  }
  return CompareView(*engine.View());
}

}  // namespace binseek::index::test
