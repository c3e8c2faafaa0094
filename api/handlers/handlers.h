// All handlers of the REST API, by topic. Each function adds its routes to a router.
//
// Handlers are thread-safe and see HTTP only as Request and Response. `node` is borrowed and must outlive the router.
#ifndef BINSEEK_API_HANDLERS_HANDLERS_H_
#define BINSEEK_API_HANDLERS_HANDLERS_H_

#include "api/node.h"
#include "api/router.h"

namespace binseek::api {

void AddInfoHandlers(Node* node, Router* router);         // /, _cluster/health, _refresh
void AddCatHandlers(Node* node, Router* router);          // _cat/indices
void AddSearchHandlers(Node* node, Router* router);       // _search, _count
void AddScrollHandlers(Node* node, Router* router);       // _search/scroll
void AddMultiSearchHandlers(Node* node, Router* router);  // _msearch
void AddPointInTimeHandlers(Node* node, Router* router);  // _pit
void AddExplainHandlers(Node* node, Router* router);      // _explain, _validate/query
void AddTermVectorHandlers(Node* node, Router* router);   // _termvectors, _mtermvectors
void AddDocumentHandlers(Node* node, Router* router);     // _doc, _source, _mget
void AddWriteHandlers(Node* node, Router* router);        // PUT _doc, _create, DELETE _doc
void AddBulkHandlers(Node* node, Router* router);         // _bulk
void AddAliasHandlers(Node* node, Router* router);        // _alias, _aliases
void AddIndexHandlers(Node* node, Router* router);        // /{index}, _mapping, _settings
void AddSyncHandlers(Node* node, Router* router);         // _sync/status, _metrics
void AddDeadLetterHandlers(Node* node, Router* router);   // _sync/dead_letters
void AddResyncHandlers(Node* node, Router* router);       // _sync/resync

// All of them.
Router MakeRouter(Node* node);

}  // namespace binseek::api

#endif  // BINSEEK_API_HANDLERS_HANDLERS_H_
