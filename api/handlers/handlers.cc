#include "api/handlers/handlers.h"

namespace binseek::api {

Router MakeRouter(Node* node) {
  Router router;
  AddInfoHandlers(node, &router);
  AddCatHandlers(node, &router);
  AddSearchHandlers(node, &router);
  AddScrollHandlers(node, &router);
  AddDocumentHandlers(node, &router);
  AddWriteHandlers(node, &router);
  AddBulkHandlers(node, &router);
  AddIndexHandlers(node, &router);
  AddSyncHandlers(node, &router);
  AddDeadLetterHandlers(node, &router);
  return router;
}

}  // namespace binseek::api
