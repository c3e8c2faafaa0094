// DropIndices: indices go together with what aliases say of them.
//
// Free function. REQUIRES: Node::write_mutex() is held.
#ifndef BINSEEK_API_HANDLERS_DROP_INDICES_H_
#define BINSEEK_API_HANDLERS_DROP_INDICES_H_

#include <span>

#include "api/alias_table.h"
#include "api/node.h"
#include "engine/base/status.h"
#include "engine/index/engine_view.h"

namespace binseek::api {

// `aliases` are those to be from now on; they are set first, so that where they cannot be nothing is dropped. Where a drop fails, what is
// still there has the aliases again that it had. Each index at most once.
Status DropIndices(Node* node, std::span<const index::IndexView* const> indices,
                   AliasTable aliases);

}  // namespace binseek::api

#endif  // BINSEEK_API_HANDLERS_DROP_INDICES_H_
