// PreparedSet: the XA transactions that a source has prepared and neither committed nor rolled back, as its stream told them.
//
// They outlive connections and restarts of either side, and so travel in the checkpoint: small ones whole, large ones by the name of what keeps them beside it.
// What is kept of each are its events as the stream's decoder wrote them down; nobody else reads them.
//
// Immutable once shared; plain value types.
#ifndef BINSEEK_SYNC_CHANGE_PREPARED_SET_H_
#define BINSEEK_SYNC_CHANGE_PREPARED_SET_H_

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/result.h"

namespace binseek::change {

// The events of one.
class PreparedEvents {
 public:
  struct Bytes {
    std::shared_ptr<const void> owner;  // keeps the bytes; null: the PreparedEvents does
    std::string_view bytes;
  };
  using Reader = std::function<Result<Bytes>()>;

  explicit PreparedEvents(std::string bytes) : bytes_(std::move(bytes)) {}
  // Kept under that name by somebody else, whose errors are Read's. Without a reader: the name alone is known. REQUIRES: !kept_as.empty()
  PreparedEvents(std::string kept_as, Reader read)
      : kept_as_(std::move(kept_as)), read_(std::move(read)) {
    BINSEEK_CHECK(!kept_as_.empty(), "what is kept elsewhere has a name there");
  }

  // Empty: they are here.
  const std::string& kept_as() const { return kept_as_; }
  // REQUIRES: kept_as().empty()
  const std::string& bytes() const { return bytes_; }
  [[nodiscard]] Result<Bytes> Read() const {
    if (kept_as_.empty()) {
      return Bytes{nullptr, bytes_};
    }
    return read_ ? read_()
                 : Result<Bytes>(Status::NotFound(kept_as_ + " is kept by nobody who is known"));
  }
  // About what they take of a checkpoint, and of memory.
  size_t size_here() const { return kept_as_.size() + bytes_.size(); }

 private:
  std::string bytes_;
  std::string kept_as_;
  Reader read_;
};

// By the transaction's name, in the form of XaPrepareEvent::Name.
using PreparedSet = std::map<std::string, std::shared_ptr<const PreparedEvents>>;

// Who keeps events that are too many for a checkpoint: writes them down, durable with the checkpoint that names them. kUnavailable: there is no room.
using KeepPrepared =
    std::function<Result<std::shared_ptr<const PreparedEvents>>(std::string_view events)>;

}  // namespace binseek::change

#endif  // BINSEEK_SYNC_CHANGE_PREPARED_SET_H_
