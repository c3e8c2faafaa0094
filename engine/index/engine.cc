#include "engine/index/engine.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <span>
#include <utility>

#include "engine/base/utf8.h"
#include "engine/index/engine_impl.h"
#include "engine/index/segment_state.h"

namespace binseek::index {
namespace {

constexpr size_t kMaxNameBytes = 255;

std::string RandomUuid() {
  static constexpr char kAlphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::random_device random;
  std::string out;
  for (int i = 0; i < 22; ++i) {
    out.push_back(kAlphabet[random() % 64]);
  }
  return out;
}

int64_t NowMillis() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

size_t MemoryBytes(const IndexView& index) {
  size_t bytes = 0;
  for (const auto& segment : index.segments) {
    bytes += segment->on_disk() ? 0 : segment->segment().size_bytes();
  }
  return bytes;
}

// True: what segments hold of the field reads the same under its new definition.
bool KeepsData(const mapping::Field& field, const mapping::Field& now) {
  return now.id == field.id && now.name == field.name && now.kind == field.kind &&
         now.parent == field.parent && now.analyzer == field.analyzer &&
         now.normalizer == field.normalizer && now.scale == field.scale &&
         now.in_place == field.in_place;
}

Status InvalidName(std::string_view name, std::string_view why) {
  return Status::InvalidArgument("Invalid index name [" + std::string(name) + "], " +
                                 std::string(why));
}

}  // namespace

Status CheckIndexName(std::string_view name) {
  if (name.empty() || name == "." || name == "..") {
    return InvalidName(name, "must not be empty, '.' or '..'");
  }
  if (name.size() > kMaxNameBytes) {
    return InvalidName(name, "index name is too long, (" + std::to_string(name.size()) + " > 255)");
  }
  if (name[0] == '_' || name[0] == '-' || name[0] == '+') {
    return InvalidName(name, "must not start with '_', '-', or '+'");
  }
  if (name.find_first_of(" \"*\\<|,>/?#:") != std::string_view::npos) {
    return InvalidName(name,
                       "must not contain the following characters [' "
                       "','\"','*','\\','<','|',',','>','/','?','#',':']");
  }
  if (std::any_of(name.begin(), name.end(),
                  [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; })) {
    return InvalidName(name, "must not contain control characters");
  }
  if (!IsValidUtf8(name)) {
    return InvalidName(name, "must be UTF-8");
  }
  if (std::any_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) {
    return InvalidName(name, "must be lowercase");
  }
  return Status::Ok();
}

Result<Manifest> LoadManifest(const store::Directory& directory) {
  const std::string file(kManifestFile);
  BINSEEK_ASSIGN_OR_RETURN(const auto mapped, directory.Map(file));
  BINSEEK_ASSIGN_OR_RETURN(const std::string_view payload,
                           store::OpenEnvelope(kManifestFormat, "", mapped->bytes(), file));
  return Manifest::Decode(payload);
}

Result<Tombstones> LoadTombstones(const store::Directory& directory, const Manifest& manifest) {
  if (manifest.tombstone_generation == 0) {
    return Tombstones();
  }
  const std::string file = TombstoneFile(manifest.tombstone_generation);
  BINSEEK_ASSIGN_OR_RETURN(const auto mapped, directory.Map(file));
  BINSEEK_ASSIGN_OR_RETURN(const auto payload,
                           store::OpenEnvelope(kTombstoneFormat, "", mapped->bytes(), file));
  auto tombstones = DecodeTombstones(payload);
  return tombstones.ok() ? std::move(tombstones) : tombstones.status().WithContext(file);
}

Result<std::shared_ptr<SegmentView>> LoadSegment(const store::Directory& directory,
                                                 const ManifestSegment& segment) {
  const std::string id = std::to_string(segment.id);
  const std::string file = SegmentFile(segment.id);
  BINSEEK_ASSIGN_OR_RETURN(auto mapped, directory.Map(file));
  BINSEEK_ASSIGN_OR_RETURN(const auto payload,
                           store::OpenEnvelope(kSegmentFormat, id, mapped->bytes(), file));
  auto opened = codec::Segment::Open(payload, std::move(mapped));
  if (!opened.ok()) {
    return opened.status().WithContext(file);
  }
  auto view = std::make_shared<SegmentView>(segment.id, /*on_disk=*/true, std::move(*opened));
  if (segment.state_generation != 0) {
    const std::string state_file = StateFile(segment.id, segment.state_generation);
    BINSEEK_ASSIGN_OR_RETURN(const auto state, directory.Map(state_file));
    BINSEEK_ASSIGN_OR_RETURN(const auto bytes,
                             store::OpenEnvelope(kStateFormat, id, state->bytes(), state_file));
    // An edit that no writer will have, so that these pages are copied before they change.
    constexpr EditId kLoading = ~EditId{0};
    const Status status = ApplySegmentState(bytes, kLoading, view.get());
    if (!status.ok()) {
      return status.WithContext(state_file);
    }
  }
  return view;
}

Result<std::unique_ptr<Engine>> Engine::Open(EngineOptions options) {
  auto engine = std::make_unique<EngineImpl>(std::move(options));
  BINSEEK_RETURN_IF_ERROR(engine->Recover());
  return std::unique_ptr<Engine>(std::move(engine));
}

Status EngineImpl::Recover() {
  const MutexLock commit_lock(&commit_mutex_);
  const MutexLock apply_lock(&apply_mutex_);
  BINSEEK_ASSIGN_OR_RETURN(lock_, options_.directory->Lock());
  Result<Manifest> loaded = LoadManifest(*options_.directory);
  if (!loaded.ok() && loaded.status().code() != StatusCode::kNotFound) {
    return loaded.status();
  }
  Manifest manifest;
  if (loaded.ok()) {
    manifest = std::move(*loaded);
  }
  std::vector<std::shared_ptr<const IndexView>> indices;
  for (const ManifestIndex& from : manifest.indices) {
    auto index = std::make_shared<IndexView>();
    index->id = from.id;
    index->name = from.name;
    index->uuid = from.uuid;
    index->created_ms = from.created_ms;
    index->settings_json = from.settings_json;
    index->mapping = std::make_shared<const mapping::Mapping>(from.mapping);
    index->next_seq_no = from.next_seq_no;
    for (const ManifestSegment& segment : from.segments) {
      BINSEEK_ASSIGN_OR_RETURN(std::shared_ptr<const SegmentView> view,
                               LoadSegment(*options_.directory, segment));
      committed_[segment.id] = {view, segment.state_generation};
      index->segments.push_back(std::move(view));
    }
    indices.push_back(std::move(index));
  }
  BINSEEK_ASSIGN_OR_RETURN(tombstones_, LoadTombstones(*options_.directory, manifest));
  tombstone_generation_ = manifest.tombstone_generation;
  generation_ = manifest.generation;
  attempted_generation_ = manifest.generation;
  epoch_ = manifest.epoch;
  next_index_id_ = manifest.next_index_id;
  next_segment_id_ = manifest.next_segment_id;
  user_data_ = manifest.user_data;
  committed_user_data_ = manifest.user_data;
  committed_view_ = std::make_shared<const EngineView>(epoch_, std::move(indices));
  Publish(committed_view_);
  // The manifest may have been renamed by a process that died before it could sync that. Nothing that an older one names may go
  // before this one is durable.
  BINSEEK_RETURN_IF_ERROR(options_.directory->Sync());
  DeleteUnnamedFiles(manifest);
  return Status::Ok();
}

void EngineImpl::Publish(std::shared_ptr<const EngineView> view) {
  // Both lists are sorted by name, and most indices are the same object in both: only the others are looked into.
  const auto old = View();
  const auto before = old == nullptr ? std::span<const std::shared_ptr<const IndexView>>()
                                     : std::span(old->indices());
  size_t bytes = memory_bytes_;
  size_t at = 0;
  for (const auto& index : view->indices()) {
    while (at < before.size() && before[at]->name < index->name) {
      bytes -= MemoryBytes(*before[at++]);
    }
    if (at < before.size() && before[at] == index) {
      ++at;
      continue;
    }
    bytes += MemoryBytes(*index);
  }
  for (; at < before.size(); ++at) {
    bytes -= MemoryBytes(*before[at]);
  }
  memory_bytes_ = bytes;
  const MutexLock lock(&view_mutex_);
  view_.swap(view);  // the old view goes after the lock is released
}

std::shared_ptr<const EngineView> EngineImpl::View() const {
  const MutexLock lock(&view_mutex_);
  return view_;
}

std::vector<std::shared_ptr<const IndexView>> EngineImpl::With(
    std::vector<std::shared_ptr<const IndexView>> changed) const {
  std::vector<std::shared_ptr<const IndexView>> indices = View()->indices();
  for (auto& index : changed) {
    const auto it =
        std::lower_bound(indices.begin(), indices.end(), index->name,
                         [](const auto& a, const std::string& name) { return a->name < name; });
    if (it != indices.end() && (*it)->name == index->name) {
      *it = std::move(index);
    } else {
      indices.insert(it, std::move(index));
    }
  }
  return indices;
}

Result<IndexId> EngineImpl::CreateIndex(const std::string& name, mapping::Mapping mapping,
                                        const std::string& settings_json) {
  BINSEEK_RETURN_IF_ERROR(CheckIndexName(name));
  const MutexLock lock(&apply_mutex_);
  if (View()->Find(name) != nullptr) {
    return Status::InvalidArgument("index [" + name + "] already exists");
  }
  auto index = std::make_shared<IndexView>();
  index->id = IndexId{next_index_id_++};
  index->name = name;
  index->uuid = RandomUuid();
  index->created_ms = NowMillis();
  index->settings_json = settings_json;
  index->mapping = std::make_shared<const mapping::Mapping>(std::move(mapping));
  const IndexId id = index->id;
  Publish(std::make_shared<const EngineView>(++epoch_, With({std::move(index)})));
  return id;
}

Status EngineImpl::DropIndex(IndexId id) {
  const MutexLock lock(&apply_mutex_);
  auto indices = View()->indices();
  if (std::erase_if(indices, [id](const auto& index) { return index->id == id; }) == 0) {
    return Status::NotFound("no index with id " + std::to_string(static_cast<uint32_t>(id)));
  }
  tombstone_edits_ += tombstones_.erase(id);
  Publish(std::make_shared<const EngineView>(++epoch_, std::move(indices)));
  return Status::Ok();
}

Status EngineImpl::UpdateMapping(IndexId id, mapping::Mapping mapping) {
  const MutexLock lock(&apply_mutex_);
  const auto view = View();
  const IndexView* old = view->Find(id);
  if (old == nullptr) {
    return Status::NotFound("no index with id " + std::to_string(static_cast<uint32_t>(id)));
  }
  const std::vector<mapping::Field>& fields = old->mapping->fields();
  for (size_t i = 0; i < fields.size(); ++i) {
    const mapping::Field& field = fields[i];
    if (i >= mapping.fields().size() || !KeepsData(field, mapping.fields()[i])) {
      return Status::InvalidArgument("index [" + old->name +
                                     "]: the new mapping does not extend the old one: field [" +
                                     field.name + "] is gone or has changed");
    }
  }
  auto index = std::make_shared<IndexView>(*old);
  index->mapping = std::make_shared<const mapping::Mapping>(std::move(mapping));
  Publish(std::make_shared<const EngineView>(++epoch_, With({std::move(index)})));
  return Status::Ok();
}

Result<ApplyResult> EngineImpl::Apply(const Batch& batch) {
  BINSEEK_RETURN_IF_ERROR(MakeRoom());
  const MutexLock lock(&apply_mutex_);
  const auto view = View();
  BatchApplier applier(*view, tombstones_, next_edit_++, frozen_, &next_segment_id_);
  ApplyResult result;
  result.results.reserve(batch.operations.size());
  for (const Operation& operation : batch.operations) {
    result.results.push_back(applier.Apply(operation));
  }
  BINSEEK_ASSIGN_OR_RETURN(BatchApplier::Changes changes, applier.Finish());
  for (auto& [index, edits] : changes.tombstones) {
    tombstone_edits_ += edits.size() + (tombstones_.try_emplace(index).second ? 1 : 0);
    for (auto& [key, version] : edits) {
      if (version) {
        tombstones_[index][key] = *version;
      } else {
        tombstones_[index].erase(key);
      }
    }
  }
  for (const auto& [key, value] : batch.user_data) {
    user_data_[key] = value;
  }
  result.epoch = ++epoch_;
  Publish(std::make_shared<const EngineView>(epoch_, With(std::move(changes.changed))));
  return result;
}

std::string EngineImpl::UserData(std::string_view key) const {
  const MutexLock lock(&apply_mutex_);
  const auto it = user_data_.find(std::string(key));
  return it == user_data_.end() ? std::string() : it->second;
}

void EngineImpl::ForgetTombstones(IndexId index, int64_t below_version) {
  const MutexLock lock(&apply_mutex_);
  const auto it = tombstones_.find(index);
  if (it != tombstones_.end()) {
    tombstone_edits_ +=
        std::erase_if(it->second, [&](const auto& entry) { return entry.second < below_version; });
  }
}

size_t EngineImpl::tombstones() const {
  const MutexLock lock(&apply_mutex_);
  size_t count = 0;
  for (const auto& [index, keys] : tombstones_) {
    count += keys.size();
  }
  return count;
}

}  // namespace binseek::index
