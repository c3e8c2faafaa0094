#include "api/handlers/document_writer.h"

#include <map>
#include <random>
#include <utility>

#include "api/handlers/index_settings.h"
#include "api/handlers/result_name.h"
#include "engine/base/utf8.h"
#include "engine/mapping/document_parser.h"
#include "engine/search/index_setting.h"

namespace binseek::api {
namespace {

constexpr size_t kMaxIdBytes = 512;
// There are no replicas that a new primary could come from, and sequence numbers are given once over crashes too.
constexpr int64_t kPrimaryTerm = 1;

// 20 characters, safe in URLs, as Elasticsearch's own ids.
std::string MakeId() {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  thread_local std::mt19937_64 random = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  std::string id;
  for (uint64_t bits = 0; id.size() < 20; bits >>= 6) {
    bits = id.size() % 10 == 0 ? random() : bits;
    id += kAlphabet[bits & 63];
  }
  return id;
}

RestError ParseError(const Status& status) {
  const bool strict = status.message().find("dynamic introduction of") != std::string::npos;
  return {400, strict ? "strict_dynamic_mapping_exception" : "document_parsing_exception",
          status.message()};
}

RestError Conflict(const index::IndexView& index, std::string reason) {
  RestError error(409, "version_conflict_engine_exception", std::move(reason));
  error.details = {{"index_uuid", index.uuid}, {"shard", "0"}, {"index", index.name}};
  return error;
}

// One index while a request is being turned into a batch: its mapping as it grows.
struct Target {
  std::shared_ptr<const index::EngineView> view;  // keeps `index`
  const index::IndexView* index = nullptr;
  mapping::Mapping mapping;  // with what the documents so far have added
  mapping::Mapping sound;    // as of the last document that could be parsed
  bool grown = false;
  uint64_t most_nested = mapping::kDefaultMostNested;  // objects of a document
  mapping::MappingLimits limits{};
  bool synced_writes = true;  // a write is answered when it is durable: index.translog.durability
};

class BatchMaker {
 public:
  explicit BatchMaker(Node* node) : node_(node) {}

  // Before the first write, under the lock of writes.
  void Begin() { aliases_ = node_->aliases(); }

  // Where the document of `write` goes.
  RestResult<std::string> IndexOf(const DocumentWrite& write) const {
    const std::string& name = write.index;
    const AliasTable::Members* const members = aliases_->Find(name);
    if (members == nullptr || node_->engine()->View()->Find(name) != nullptr) {
      if (write.require_alias && write.kind != DocumentWrite::Kind::kDelete) {
        RestError error = IndexNotFound(name);
        error.reason +=
            " and [require_alias] request flag is [true] and [" + name + "] is not an alias";
        return error;
      }
      return name;
    }
    std::string index = AliasTable::WriteIndex(*members);
    if (index.empty()) {
      return IllegalArgument(
          "no write index is defined for alias [" + name +
          "]. The write index may be explicitly disabled using is_write_index=false or the alias "
          "points to multiple indices without one being designated as a write index");
    }
    return index;
  }

  // Adds the write to the batch, or says why not.
  std::optional<RestError> Add(const DocumentWrite& write, const std::string& index_name,
                               const std::string& id) {
    if (id.size() > kMaxIdBytes) {
      return RestError(
          400, "action_request_validation_exception",
          "Validation Failed: 1: id is too long, must be no longer than 512 bytes but was: " +
              std::to_string(id.size()) + ";");
    }
    if (!IsValidUtf8(id)) {
      return RestError(400, "action_request_validation_exception",
                       "Validation Failed: 1: id must be UTF-8;");
    }
    RestResult<Target*> target = Find(index_name, write.kind != DocumentWrite::Kind::kDelete);
    if (!target.ok()) {
      return target.error();
    }
    if (std::optional<RestError> refused = RefuseIfSynced(*node_, *(*target)->index)) {
      return refused;
    }
    const std::string routing = RoutingOf(write, index_name);
    if (std::optional<RestError> refused = RefuseWithoutRouting(*(*target)->index, id, routing)) {
      return refused;
    }
    if (write.if_seq_no && write.if_primary_term.value_or(kPrimaryTerm) != kPrimaryTerm) {
      return Conflict(*(*target)->index,
                      "[" + id + "]: version conflict, required seqNo [" +
                          std::to_string(*write.if_seq_no) + "], primary term [" +
                          std::to_string(*write.if_primary_term) + "], but the primary term is [" +
                          std::to_string(kPrimaryTerm) + "]");
    }
    index::Operation operation;
    operation.index = (*target)->index->id;
    operation.key = id;
    operation.version_type = write.version_type;
    operation.version = write.version;
    operation.if_seq_no = write.if_seq_no;
    if (write.kind == DocumentWrite::Kind::kDelete) {
      operation.kind = index::OpKind::kDelete;
    } else {
      operation.kind = write.kind == DocumentWrite::Kind::kCreate ? index::OpKind::kCreate
                                                                  : index::OpKind::kUpsert;
      Result<mapping::Document> document = Parse(write.source, *target);
      if (!document.ok()) {
        return ParseError(document.status());
      }
      operation.document = *std::move(document);
      if (!routing.empty()) {
        operation.document.texts.push_back({mapping::kRoutingField, routing});
      }
    }
    batch_.operations.push_back(std::move(operation));
    return std::nullopt;
  }

  // Extends mappings, then applies all that was added.
  Result<index::ApplyResult> Apply() {
    for (auto& [name, target] : targets_) {
      if (target.grown) {
        BINSEEK_RETURN_IF_ERROR(node_->engine()->UpdateMapping(
            target.index->id, std::move(target.sound), index::Durability::kLogged));
      }
    }
    batch_.durability = index::Durability::kLogged;
    return node_->engine()->Apply(batch_);
  }
  // Makes durable what was applied, as far as the indices' settings ask for it. To be called without the lock of writes: many share a sync.
  Status AwaitDurable() const {
    if (created_) {  // of an index only a commit knows
      return node_->commits()->AwaitDurable();
    }
    const bool wait = std::any_of(targets_.begin(), targets_.end(),
                                  [](const auto& entry) { return entry.second.synced_writes; });
    return wait ? node_->engine()->SyncLog() : Status::Ok();
  }

  const index::IndexView& ViewOf(const std::string& name) const { return *targets_.at(name).index; }
  bool empty() const { return batch_.operations.empty(); }

 private:
  // As given, or what the alias says.
  std::string RoutingOf(const DocumentWrite& write, const std::string& index) const {
    const AliasTable::Members* const members = aliases_->Find(write.index);
    if (!write.routing.empty() || members == nullptr || write.index == index) {
      return write.routing;
    }
    const auto member = members->find(index);
    return member == members->end() ? "" : member->second.index_routing;
  }
  RestResult<Target*> Find(const std::string& name, bool make) {
    const auto known = targets_.find(name);
    if (known != targets_.end()) {
      return &known->second;
    }
    std::shared_ptr<const index::EngineView> view = node_->engine()->View();
    const index::IndexView* index = view->Find(name);
    if (index == nullptr && !make) {
      return IndexNotFound(name);
    }
    if (index == nullptr) {
      if (std::optional<RestError> refused = RefuseIfOwned(*node_, name)) {
        return *std::move(refused);
      }
      const Result<index::IndexId> created =
          node_->engine()->CreateIndex(name, mapping::Mapping(), "{}");
      if (!created.ok()) {
        return InvalidIndexName(name, created.status().message());
      }
      created_ = true;
      view = node_->engine()->View();
      index = view->Find(name);
    }
    if (index == nullptr) {  // dropped at the same moment
      return IndexNotFound(name);
    }
    Target target{std::move(view), index, *index->mapping, *index->mapping};
    target.synced_writes = WritesAreSynced(*index);
    const FlatSettings settings = AllSettings(*index);
    const bool ignores = IgnoresMalformed(settings);
    target.limits = MappingLimitsOf(settings);
    target.mapping.set_ignores_malformed(ignores);
    target.sound.set_ignores_malformed(ignores);
    target.most_nested = search::IndexSetting(*index, "index.mapping.nested_objects.limit",
                                              mapping::kDefaultMostNested);
    return &targets_.emplace(name, std::move(target)).first->second;
  }

  // A document that cannot be parsed must leave no fields behind.
  static Result<mapping::Document> Parse(std::string_view source, Target* target) {
    Result<mapping::Document> document =
        mapping::ParseDocument(source, &target->mapping, target->most_nested);
    if (target->mapping.fields().size() != target->sound.fields().size()) {
      if (document.ok()) {
        Status limited = mapping::CheckMappingLimits(target->mapping, target->limits);
        if (!limited.ok()) {
          document = std::move(limited);
        }
      }
      if (document.ok()) {
        target->sound = target->mapping;
        target->grown = true;
      } else {
        target->mapping = target->sound;
      }
    }
    return document;
  }

  Node* const node_;
  std::shared_ptr<const AliasTable> aliases_;
  std::map<std::string, Target> targets_;
  index::Batch batch_;
  bool created_ = false;  // an index
};

// The error that an operation's own result stands for.
std::optional<RestError> ErrorOfResult(const index::IndexView& index, const DocumentWrite& write,
                                       const std::string& id, const index::OpResult& result) {
  switch (result.outcome) {
    case index::Outcome::kConflict:
      return Conflict(index, result.status.message());
    case index::Outcome::kStale:
      return Conflict(
          index,
          "[" + id + "]: version conflict, current version [" + std::to_string(result.version) +
              "] is higher " +
              (write.version_type == index::VersionType::kExternalGte ? "than" : "or equal to") +
              " the one provided [" + std::to_string(write.version) + "]");
    case index::Outcome::kFailed:
      return ParseError(result.status);
    case index::Outcome::kCreated:
    case index::Outcome::kUpdated:
    case index::Outcome::kDeleted:
    case index::Outcome::kMissing:
      break;
  }
  return std::nullopt;
}

RestError WrittenFromSource(const Node& node, const std::string& index) {
  std::string where = "its documents come from a database table: write there";
  for (const FollowedSource& source : node.sources()->list) {
    const pipeline::SyncStatus status = source.sync->status();
    for (const pipeline::TableStatus& table : status.tables) {
      if (table.index == index) {
        where = "its documents come from the table " + table.table + " of " + status.source +
                ": write there";
      }
    }
  }
  return {403, "cluster_block_exception",
          "index [" + index + "] blocked by: [FORBIDDEN/8/index write (api)]; " + where};
}

void FailAll(const Status& status, std::vector<WriteOutcome>* outcomes) {
  for (WriteOutcome& outcome : *outcomes) {
    if (!outcome.error) {
      outcome.error = ErrorOf(status);
    }
  }
}

}  // namespace

int WriteOutcome::status() const {
  if (error) {
    return error->status;
  }
  return result.outcome == index::Outcome::kCreated
             ? 201
             : (result.outcome == index::Outcome::kMissing ? 404 : 200);
}

std::optional<RestError> RefuseIfSynced(const Node& node, const index::IndexView& index) {
  return node.IsSynced(index) ? std::optional(WrittenFromSource(node, index.name)) : std::nullopt;
}

std::optional<RestError> RefuseIfOwned(const Node& node, const std::string& index) {
  return node.IsOwned(index) ? std::optional(WrittenFromSource(node, index)) : std::nullopt;
}

std::optional<RestError> RefuseWithoutRouting(const index::IndexView& index, std::string_view id,
                                              std::string_view routing) {
  if (!routing.empty() || !index.mapping->routing_required()) {
    return std::nullopt;
  }
  RestError error(400, "routing_missing_exception",
                  "routing is required for [" + index.name + "]/[" + std::string(id) + "]");
  error.details = {{"index_uuid", index.uuid}, {"index", index.name}};
  return error;
}

std::vector<WriteOutcome> WriteDocuments(Node* node, std::span<const DocumentWrite> writes) {
  std::vector<WriteOutcome> outcomes(writes.size());
  BatchMaker maker(node);
  {
    const MutexLock lock(node->write_mutex());
    maker.Begin();
    std::vector<size_t> applied;  // ordinals of the writes that are in the batch
    for (size_t i = 0; i < writes.size(); ++i) {
      outcomes[i].id = writes[i].id.empty() ? MakeId() : writes[i].id;
      RestResult<std::string> index = maker.IndexOf(writes[i]);
      outcomes[i].index = index.ok() ? *index : writes[i].index;
      outcomes[i].error =
          index.ok() ? maker.Add(writes[i], *index, outcomes[i].id) : std::optional(index.error());
      if (!outcomes[i].error) {
        applied.push_back(i);
      }
    }
    if (maker.empty()) {
      return outcomes;
    }
    Result<index::ApplyResult> result = maker.Apply();
    if (!result.ok()) {
      FailAll(result.status(), &outcomes);
      return outcomes;
    }
    for (size_t i = 0; i < applied.size() && i < result->results.size(); ++i) {
      WriteOutcome& outcome = outcomes[applied[i]];
      outcome.result = std::move(result->results[i]);
      outcome.error = ErrorOfResult(maker.ViewOf(outcome.index), writes[applied[i]], outcome.id,
                                    outcome.result);
    }
  }
  const Status durable = maker.AwaitDurable();
  if (!durable.ok()) {
    FailAll(durable, &outcomes);
  }
  return outcomes;
}

void WriteResultMembers(const WriteOutcome& outcome, JsonWriter* writer) {
  writer->Key("_index").String(outcome.index);
  writer->Key("_id").String(outcome.id);
  writer->Key("_version").Int(outcome.result.version);
  writer->Key("result").String(ResultName(outcome.result.outcome));
  writer->Key("_shards").BeginObject();
  writer->Key("total").Int(1).Key("successful").Int(1).Key("failed").Int(0);
  writer->EndObject();
  writer->Key("_seq_no").Int(outcome.result.seq_no);
  writer->Key("_primary_term").Int(kPrimaryTerm);
}

}  // namespace binseek::api
