// "created", "updated", "deleted", "not_found": what a write came to, as its answer says. Pure function, thread-safe.
#ifndef BINSEEK_API_HANDLERS_RESULT_NAME_H_
#define BINSEEK_API_HANDLERS_RESULT_NAME_H_

#include <string_view>

#include "engine/index/batch.h"

namespace binseek::api {

inline std::string_view ResultName(index::Outcome outcome) {
  switch (outcome) {
    case index::Outcome::kCreated:
      return "created";
    case index::Outcome::kDeleted:
      return "deleted";
    case index::Outcome::kMissing:
      return "not_found";
    case index::Outcome::kUpdated:
    case index::Outcome::kStale:
    case index::Outcome::kConflict:
    case index::Outcome::kFailed:
      break;
  }
  return "updated";
}

}  // namespace binseek::api

#endif  // BINSEEK_API_HANDLERS_RESULT_NAME_H_
