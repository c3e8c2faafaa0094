// PreparedSet: the XA transactions that a source has prepared and neither committed nor rolled back, as its stream told them.
//
// They outlive connections and restarts of either side, and so travel in the checkpoint. What is kept of each are its events as the
// stream's decoder wrote them down; nobody else reads them.
//
// Immutable once shared; plain value type.
#ifndef BINSEEK_SYNC_CHANGE_PREPARED_SET_H_
#define BINSEEK_SYNC_CHANGE_PREPARED_SET_H_

#include <map>
#include <memory>
#include <string>

namespace binseek::change {

// By the transaction's name, in the form of XaPrepareEvent::Name.
using PreparedSet = std::map<std::string, std::shared_ptr<const std::string>>;

}  // namespace binseek::change

#endif  // BINSEEK_SYNC_CHANGE_PREPARED_SET_H_
