// KeywordFiles: the files in which a commit keeps what values have which ids, of all indices.
//
// Values are appended, so a commit writes those that came since the one before; and it takes the files before it into its own as long as they are not
// twice as large, so that there are few, and a value is written a logarithm of times. A commit without new values writes none.
//
// LoadKeywords is a pure function; KeywordFiles is single-threaded, owner: the committer. Errors: kCorruption, naming the file and the offset.
#ifndef BINSEEK_ENGINE_INDEX_KEYWORD_FILES_H_
#define BINSEEK_ENGINE_INDEX_KEYWORD_FILES_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/index/engine_view.h"
#include "engine/index/keyword_writer.h"
#include "engine/index/manifest.h"
#include "engine/store/directory.h"

namespace binseek::index {

// Of an index and a field: a number of values.
using KeywordCounts = std::map<std::pair<IndexId, mapping::FieldId>, uint32_t>;
using KeywordWriters = std::map<IndexId, KeywordWriter>;

// A file's payload: of each field in `starts` the values of the view's indices from there on. Those that the view does not have are left out.
std::string EncodeKeywords(const EngineView& view, const KeywordCounts& starts);
// Adds what a file holds to `writers`, but not of indices that are not there. `starts`, if not null, is set to how many values each field had before.
[[nodiscard]] Status ReadKeywords(std::string_view payload, KeywordWriters* writers,
                                  KeywordCounts* starts);

// Whether `keywords` (null: there are none) has all values whose ids `segment` holds, by what its columns say of themselves. kCorruption,
// naming the segment's file and the newest one with values.
[[nodiscard]] Status CheckKeywordIds(const SegmentView& segment, const KeywordViews* keywords,
                                     const Manifest& manifest);

class KeywordFiles {
 public:
  // What the manifest names, into `writers`, one for each of its indices; all before Plan.
  [[nodiscard]] Status Load(const store::Directory& directory, const Manifest& manifest,
                            KeywordWriters* writers);

  // What a commit of `view` is to write.
  struct Plan {
    size_t kept = 0;      // files that stay, the oldest ones
    std::string payload;  // of a new file; empty: none
    KeywordCounts starts;
  };
  Plan MakePlan(const EngineView& view) const;
  // What the manifest of that commit says.
  std::vector<ManifestKeywords> Named(const Plan& plan, uint64_t generation) const;
  // It is durable.
  void Committed(Plan plan, const EngineView& view, uint64_t generation);

 private:
  struct File {
    ManifestKeywords named;
    KeywordCounts starts;
  };
  struct Durable {
    uint32_t size = 0;
    bool closed = false;
    friend bool operator==(const Durable&, const Durable&) = default;
  };

  std::vector<File> files_;  // in the order of their making
  std::map<std::pair<IndexId, mapping::FieldId>, Durable> durable_;
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_KEYWORD_FILES_H_
