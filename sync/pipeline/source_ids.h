// Ids of sources: a source is named by the config, and known by a number wherever it is stored (checkpoints, documents, dead letters).
//
// The number is given once for a name, and is never another source's, whatever becomes of the config. It lies in the engine's user data, beside the
// checkpoints that are kept under it, so that no commit has one without the other.
//
// Thread-compatible. Errors: those of the engine; kCorruption where what it holds is no list of ids; kResourceExhausted where there have been too many names.
#ifndef BINSEEK_SYNC_PIPELINE_SOURCE_IDS_H_
#define BINSEEK_SYNC_PIPELINE_SOURCE_IDS_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/index/engine.h"
#include "sync/change/table_schema.h"

namespace binseek::pipeline {

// That of a config with one source that gives it no name; its id is 1, and is not stored.
inline constexpr std::string_view kDefaultSource = "default";

using SourceIds = std::map<std::string, change::SourceId>;

// Those of `names`, and of all sources that the engine has followed before. New ones are committed when this returns: nothing may be stored under an id
// that a crash could give to another name.
[[nodiscard]] Result<SourceIds> KeepSourceIds(index::Engine* engine,
                                              const std::vector<std::string>& names);

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_SOURCE_IDS_H_
