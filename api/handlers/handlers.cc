#include "api/handlers/handlers.h"

namespace binseek::api {

Router MakeRouter(Node* node) {
  Router router;
  AddInfoHandlers(node, &router);
  AddCatHandlers(node, &router);
  AddSearchHandlers(node, &router);
  AddScrollHandlers(node, &router);
  AddMultiSearchHandlers(node, &router);
  AddPointInTimeHandlers(node, &router);
  AddExplainHandlers(node, &router);
  AddTermVectorHandlers(node, &router);
  AddDocumentHandlers(node, &router);
  AddWriteHandlers(node, &router);
  AddBulkHandlers(node, &router);
  AddAliasHandlers(node, &router);
  AddIndexHandlers(node, &router);
  AddSyncHandlers(node, &router);
  AddDeadLetterHandlers(node, &router);
  AddResyncHandlers(node, &router);
  return router;
}

}  // namespace binseek::api
