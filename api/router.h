// Router: method and path to handler, with the checks that every request goes through.
//
//   router.Add("GET,POST", "/{index}/_search", "from,size,sort", [](const Request& request) -> HandlerResult {...});
//   Response response = router.Dispatch(std::move(request));
//
// A literal segment wins over a capture; {index} takes nothing that begins with '_' but _all. A parameter that the route does not
// name is refused, as Elasticsearch does, with the nearest name. `pretty` and `filter_path` are seen to here.
//
// Thread-compatible: Add before the first Dispatch; then thread-safe, as far as the handlers are.
#ifndef BINSEEK_API_ROUTER_H_
#define BINSEEK_API_ROUTER_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http_message.h"
#include "api/rest_error.h"

namespace binseek::api {

using Handler = std::function<HandlerResult(const Request&)>;

class Router {
 public:
  // `methods` and `parameters` are lists with commas; both, and `pattern`, must be literals.
  void Add(std::string_view methods, std::string_view pattern, std::string_view parameters,
           Handler handler);
  Response Dispatch(Request request) const;

 private:
  struct Route {
    std::vector<std::string_view> methods;
    std::vector<std::string_view> segments;  // "_search", "{index}"
    std::vector<std::string_view> parameters;
    Handler handler;
  };

  const Route* Find(const Request& request, const std::vector<std::string>& segments,
                    std::vector<std::string_view>* allowed) const;
  Response NoRoute(const Request& request, std::vector<std::string_view> allowed) const;

  std::vector<Route> routes_;
};

}  // namespace binseek::api

#endif  // BINSEEK_API_ROUTER_H_
