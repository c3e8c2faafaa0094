// ReplayTranslog: gives back what the translog holds behind the last commit, in the order in which it was written.
//
// What a crash can leave is told from what only damage can. At the end of the last generation bytes are dropped that are cut short or
// wrong and of which nothing says that they were ever durable: nobody was promised anything about them. All else is kCorruption naming
// file and offset: wrong bytes that a later record knows to have been durable; anything wrong in an earlier generation, up to the end
// that its successor's head gives; a generation that is missing. What cannot be told from a crash, and is dropped too, is damage in
// what the last sync of all wrote.
//
// Call it before a Translog is opened; the new one is opened behind `end`, so that bytes that were dropped stay void.
// Errors: the directory's; the visitor's, with file and offset before it. Single pass over mapped files; reading beyond the end of a file
// that another process cuts short meanwhile would be fatal: hold the directory's lock.
#ifndef BINSEEK_ENGINE_INDEX_TRANSLOG_REPLAY_H_
#define BINSEEK_ENGINE_INDEX_TRANSLOG_REPLAY_H_

#include <cstdint>
#include <functional>
#include <string_view>

#include "engine/base/result.h"
#include "engine/index/translog_file.h"
#include "engine/store/directory.h"

namespace binseek::index {

struct TranslogReplay {
  uint64_t records = 0;
  uint64_t bytes = 0;          // of records, with their frames
  uint64_t dropped_bytes = 0;  // at the end of the last generation
  // Of the last record in the last generation; {}: there is no translog.
  TranslogLocation end;
};

// Called with each record's payload, which is borrowed for the call, and where the record ends.
using TranslogVisitor =
    std::function<Status(std::string_view payload, const TranslogLocation& end)>;

// `from`: what the manifest names, offset 0 being the first record's; its generation and all later ones are there, or it is kCorruption.
// Generation 0: no manifest has named one yet; then all that is there is replayed, and that may be nothing. The file may end before
// the offset, where what was before it had been read but was not durable when the commit was made that has it.
[[nodiscard]] Result<TranslogReplay> ReplayTranslog(const store::Directory& directory,
                                                    const TranslogLocation& from,
                                                    const TranslogVisitor& visitor);

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_TRANSLOG_REPLAY_H_
