// Writes of documents over HTTP: one, or the many of a bulk request, to indices that no source owns.
//
// All operations of one call become visible in one step and are durable when it returns. What cannot be written says so in its own
// result. Thread-safe free functions.
#ifndef BINSEEK_API_HANDLERS_DOCUMENT_WRITER_H_
#define BINSEEK_API_HANDLERS_DOCUMENT_WRITER_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/node.h"
#include "api/rest_error.h"
#include "engine/base/json.h"
#include "engine/index/batch.h"

namespace binseek::api {

struct DocumentWrite {
  enum class Kind : uint8_t { kIndex, kCreate, kDelete };
  Kind kind = Kind::kIndex;
  std::string index;
  std::string id;              // empty: one is made
  std::string routing;         // empty: none
  std::string_view source;     // borrowed
  bool require_alias = false;  // `index` must be an alias; a delete may name an index all the same
  index::VersionType version_type = index::VersionType::kInternal;
  int64_t version = 0;
  std::optional<int64_t> if_seq_no;
  std::optional<int64_t> if_primary_term;  // counts with if_seq_no only
};

struct WriteOutcome {
  std::optional<RestError> error;
  std::string index;  // that was written to: not the alias
  std::string id;
  index::OpResult result;  // without error only

  int status() const;  // HTTP
};

// One outcome per write, in order. An index that is not there is made (not by a delete).
std::vector<WriteOutcome> WriteDocuments(Node* node, std::span<const DocumentWrite> writes);

// The members that an answer has for a write without error: "_index", "_id", "_version", "result", ...
void WriteResultMembers(const WriteOutcome& outcome, JsonWriter* writer);

// The error for writes to an index that a source owns; nullopt where it is free.
std::optional<RestError> RefuseIfSynced(const Node& node, const index::IndexView& index);
// The same for an index that is not there: a source may be about to make it.
std::optional<RestError> RefuseIfOwned(const Node& node, const std::string& index);

// The error for a document of an index whose mapping wants a routing value with every request; nullopt where `routing` is one, or it wants none.
std::optional<RestError> RefuseWithoutRouting(const index::IndexView& index, std::string_view id,
                                              std::string_view routing);

}  // namespace binseek::api

#endif  // BINSEEK_API_HANDLERS_DOCUMENT_WRITER_H_
