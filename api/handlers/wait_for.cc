#include "api/handlers/wait_for.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/dsl/search_request_parser.h"
#include "api/handlers/parameters.h"
#include "api/handlers/source_choice.h"
#include "sync/pipeline/awaited_position.h"

namespace binseek::api {
namespace {

using pipeline::AwaitedPosition;

// Of a GTID set in a message: one can be very long.
constexpr size_t kShownBytes = 300;

std::string Shown(const std::string& text) {
  return text.size() <= kShownBytes ? text : text.substr(0, kShownBytes) + "...";
}

// The parameter that names what is awaited; empty: none does.
RestResult<std::string_view> AwaitedParameter(const Request& request) {
  const bool gtid = request.Parameter("wait_for_gtid").has_value();
  const bool position = request.Parameter("wait_for_position").has_value();
  if (gtid && position) {
    return IllegalArgument("[wait_for_gtid] and [wait_for_position] exclude each other");
  }
  if (!gtid && !position) {
    for (const char* further : {"wait_timeout", "wait_for_source"}) {
      if (request.Parameter(further)) {
        return IllegalArgument("[" + std::string(further) +
                               "] needs [wait_for_gtid] or [wait_for_position]");
      }
    }
    return std::string_view();
  }
  return std::string_view(gtid ? "wait_for_gtid" : "wait_for_position");
}

RestResult<int64_t> WaitTimeoutMs(const Request& request) {
  const auto text = request.Parameter("wait_timeout");
  if (!text) {
    return kDefaultWaitMs;
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(const int64_t timeout_ms,
                               dsl::ParseTimeValueMs(*text, "wait_timeout"));
  if (timeout_ms < 0 || timeout_ms > kMaxWaitMs) {
    return IllegalArgument("[wait_timeout] must be between 0 and 1m, but was [" +
                           std::string(*text) + "]");
  }
  return timeout_ms;
}

// Indices that exist already: one may come with what is awaited.
RestResult<std::vector<std::string>> NamedIndices(const Node& node, const Request& request) {
  const Names known = node.names();
  auto indices = RequestedIndices(known, request);
  std::vector<std::string> names;
  if (!indices.ok()) {
    return names;  // said again behind the wait, if it still holds
  }
  for (const index::IndexView* index : *indices) {
    names.push_back(index->name);
  }
  const bool any = std::any_of(indices->begin(), indices->end(),
                               [&](const auto* index) { return node.IsSynced(*index); });
  if (!names.empty() && !any) {
    return IllegalArgument("there is nothing to wait for: index [" + names.front() + "] " +
                           (names.size() > 1 ? "and the others follow" : "follows") +
                           " no source; what is written over HTTP is searched when it is answered");
  }
  return names;
}

RestError TimedOut(const AwaitedPosition& awaited, int64_t timeout_ms, const std::string& how_far) {
  return {408, "timeout_exception",
          "waited " + std::to_string(timeout_ms) + "ms for [" + Shown(awaited.ToString()) +
              "] of the source; " + how_far};
}

std::string HowFar(const pipeline::SyncStatus& status) {
  std::string reason = "the index is at [" + Shown(status.position.GtidText()) + "], [" +
                       (status.position.binlog.empty() ? "" : status.position.binlog.ToString()) +
                       "]; the source is " + std::string(pipeline::SyncStateName(status.state));
  if (!status.error.empty()) {
    reason += ": " + status.error;
  }
  return reason;
}

// One request's wait. It asks first, and takes a slot only where it has to sleep.
class Wait {
 public:
  Wait(const Node& node, pipeline::Supervisor* sync, const AwaitedPosition& awaited,
       int64_t timeout_ms, std::chrono::steady_clock::time_point from)
      : node_(node), sync_(sync), awaited_(awaited), timeout_ms_(timeout_ms), from_(from) {}

  // An error is the source's own: kInvalidArgument where it never gets there. `failure`: why else it is not applied.
  Status Applied(std::optional<RestError>* failure) {
    Result<bool> applied = sync_->AwaitApplied(awaited_, from_);
    if (applied.ok() && !*applied && timeout_ms_ > 0) {
      if (!TakeSlot()) {
        *failure = TooManyWait(node_);
        return Status::Ok();
      }
      applied = sync_->AwaitApplied(awaited_, Deadline());
    }
    if (applied.ok() && !*applied) {
      *failure = TimedOut(awaited_, timeout_ms_, HowFar(sync_->status()));
    }
    return applied.status();
  }

  // Why what the source's stream has come to is not all in the index, if it is not by the deadline.
  std::optional<RestError> Rows(const std::string& index) {
    Result<std::string> missing = sync_->AwaitRead(index, slot_ ? Deadline() : from_);
    if (missing.ok() && !missing->empty() && !slot_ && timeout_ms_ > 0) {
      if (!TakeSlot()) {
        return TooManyWait(node_);
      }
      missing = sync_->AwaitRead(index, Deadline());
    }
    if (!missing.ok()) {
      return ErrorOf(missing.status());
    }
    if (!missing->empty()) {
      return TimedOut(awaited_, timeout_ms_, *missing);
    }
    const std::string why = sync_->WhyBehind(index);
    return why.empty() ? std::nullopt : std::make_optional(ErrorOf(Status::Unavailable(why)));
  }

 private:
  bool TakeSlot() { return slot_.emplace(node_.wait_slots()).taken(); }
  std::chrono::steady_clock::time_point Deadline() const {
    return from_ + std::chrono::milliseconds(timeout_ms_);
  }

  const Node& node_;
  pipeline::Supervisor* const sync_;
  const AwaitedPosition& awaited_;
  const int64_t timeout_ms_;
  const std::chrono::steady_clock::time_point from_;
  std::optional<WaitSlots::Slot> slot_;
};

// Indices that are not there yet may be any source's.
bool OwnsAny(const pipeline::Supervisor& sync, const std::vector<std::string>& indices) {
  return indices.empty() || std::any_of(indices.begin(), indices.end(),
                                        [&](const auto& index) { return sync.OwnsIndex(index); });
}

// What the parameter says.
Result<AwaitedPosition> ParseAwaited(std::string_view parameter, std::string_view text) {
  return parameter == "wait_for_gtid" ? AwaitedPosition::ParseGtid(text)
                                      : AwaitedPosition::ParseBinlog(text);
}

}  // namespace

RestError TooManyWait(const Node& node) {
  return ErrorOf(Status::ResourceExhausted("too many requests wait for a source already, " +
                                           std::to_string(node.wait_slots()->used())));
}

std::optional<RestError> AwaitSource(const Node& node, const Request& request) {
  auto parameter = AwaitedParameter(request);
  if (!parameter.ok()) {
    return parameter.error();
  }
  const std::string_view name = *parameter;
  if (name.empty()) {
    return std::nullopt;
  }
  const auto deadline_from = std::chrono::steady_clock::now();
  auto timeout_ms = WaitTimeoutMs(request);
  if (!timeout_ms.ok()) {
    return timeout_ms.error();
  }
  const auto refuse = [&](const Status& why) {
    return IllegalArgument("Failed to wait for [" + std::string(name) + "]: " + why.message());
  };
  const auto awaited = ParseAwaited(name, request.ParameterOr(name));
  if (!awaited.ok()) {
    return refuse(awaited.status());
  }
  const auto sources = node.sources();
  if (sources->list.empty()) {
    return node.source_configured()
               ? ErrorOf(Status::Unavailable("the source is not followed yet: binseek is starting"))
               : IllegalArgument("there is nothing to wait for: binseek follows no source");
  }
  auto indices = NamedIndices(node, request);
  if (!indices.ok()) {
    return indices.error();
  }
  auto source = SourceOfIndices(*sources, request, "wait_for_source", *indices);
  if (!source.ok()) {
    return source.error();
  }
  pipeline::Supervisor* const sync = source->sync;
  Wait wait(node, sync, *awaited, *timeout_ms, deadline_from);
  std::optional<RestError> failure;
  if (const Status applied = wait.Applied(&failure); !applied.ok()) {
    return applied.code() == StatusCode::kInvalidArgument ? refuse(applied) : ErrorOf(applied);
  }
  if (failure) {
    return failure;
  }
  if (sources->list.size() > 1 && !OwnsAny(*sync, *indices)) {
    return IllegalArgument("there is nothing to wait for: index [" + indices->front() +
                           "] does not follow source [" + source->name + "]");
  }
  for (const std::string& index : *indices) {
    if (auto behind = wait.Rows(index)) {
      return behind;
    }
  }
  return std::nullopt;
}

}  // namespace binseek::api
