// A node over an engine in memory, and its router: requests in, responses out, no sockets.
#ifndef BINSEEK_TESTS_API_API_FIXTURE_H_
#define BINSEEK_TESTS_API_API_FIXTURE_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "api/config.h"
#include "api/handlers/handlers.h"
#include "api/node.h"
#include "api/router.h"
#include "engine/base/json.h"
#include "engine/index/engine.h"
#include "engine/store/ram_directory.h"

namespace binseek::api {

class ApiTest : public ::testing::Test {
 protected:
  ApiTest() {
    engine_ = Open();
    node_ = std::make_unique<Node>(engine_.get(), nullptr, Limits());
    router_ = MakeRouter(node_.get());
  }

  // An engine over what the directory holds.
  std::unique_ptr<index::Engine> Open() const {
    index::EngineOptions options;
    options.directory = directory_;
    auto engine = index::Engine::Open(std::move(options));
    EXPECT_TRUE(engine.ok()) << engine.status();
    return engine.ok() ? *std::move(engine) : nullptr;
  }

  static SearchConfig Limits() { return LoadConfig({})->search; }

  Response Send(std::string_view method, std::string_view target, std::string body = "") const {
    Request request = MakeRequest(method, target);
    request.body = std::move(body);
    request.content_type = "application/json";
    return router_.Dispatch(std::move(request));
  }

  // The body of an answer that must have `status`.
  JsonValue Expect(int status, std::string_view method, std::string_view target,
                   std::string body = "") const {
    const Response response = Send(method, target, std::move(body));
    EXPECT_EQ(response.status, status) << method << " " << target << ": " << response.body;
    Result<JsonValue> json = ParseJson(response.body);
    EXPECT_TRUE(json.ok()) << response.body;
    return json.value_or(JsonValue());
  }

  // error.type and error.reason of an answer, as one text.
  std::string Error(int status, std::string_view method, std::string_view target,
                    std::string body = "") const {
    const JsonValue json = Expect(status, method, target, std::move(body));
    return At(json, "error.type") + ": " + At(json, "error.reason");
  }

  // What is at a path such as "hits.hits.0._id", as text; "" where there is nothing.
  static std::string At(const JsonValue& json, std::string_view path) {
    const JsonValue* value = &json;
    while (!path.empty() && value != nullptr) {
      const std::string_view step = path.substr(0, path.find('.'));
      path.remove_prefix(std::min(step.size() + 1, path.size()));
      if (value->is_array()) {
        const size_t i = std::stoul(std::string(step));
        value = i < value->array().size() ? &value->array()[i] : nullptr;
      } else {
        value = value->Find(step);
      }
    }
    if (value == nullptr) {
      return "";
    }
    if (value->is_string()) {
      return value->AsString();
    }
    std::string text;
    JsonWriter(&text).Value(*value);
    return text;
  }

  std::shared_ptr<store::RamDirectory> directory_ = std::make_shared<store::RamDirectory>();
  std::unique_ptr<index::Engine> engine_;
  std::unique_ptr<Node> node_;
  Router router_;
};

}  // namespace binseek::api

#endif  // BINSEEK_TESTS_API_API_FIXTURE_H_
