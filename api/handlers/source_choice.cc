#include "api/handlers/source_choice.h"

#include <algorithm>
#include <utility>

#include "api/handlers/parameters.h"

namespace binseek::api {
namespace {

std::string NamesOf(const std::vector<FollowedSource>& sources) {
  std::string names;
  for (const FollowedSource& source : sources) {
    names += (names.empty() ? "" : ", ") + source.name;
  }
  return names;
}

bool Follows(const FollowedSource& source, const std::string& table) {
  const pipeline::SyncStatus status = source.sync->status();
  return std::any_of(status.tables.begin(), status.tables.end(), [&](const auto& followed) {
    return followed.table == table || followed.table.ends_with("." + table);
  });
}

}  // namespace

RestResult<std::optional<FollowedSource>> NamedSource(const FollowedSources& sources,
                                                      const Request& request,
                                                      std::string_view parameter) {
  const auto name = request.Parameter(parameter);
  if (!name) {
    return std::optional<FollowedSource>();
  }
  for (const FollowedSource& source : sources.list) {
    if (source.name == *name) {
      return std::optional(source);
    }
  }
  return IllegalArgument("[" + std::string(parameter) + "]: no source has the name [" +
                         std::string(*name) + "]; there are: " + NamesOf(sources.list));
}

RestResult<std::optional<FollowedSource>> SourceOfTable(const FollowedSources& sources,
                                                        const Request& request,
                                                        const std::string& table) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(std::optional<FollowedSource> named,
                               NamedSource(sources, request, "source"));
  if (named) {
    return named;
  }
  if (sources.list.size() == 1) {
    return std::optional(sources.list.front());
  }
  std::vector<FollowedSource> found;
  std::copy_if(sources.list.begin(), sources.list.end(), std::back_inserter(found),
               [&](const FollowedSource& source) { return Follows(source, table); });
  if (found.size() > 1) {
    return IllegalArgument("[source] is required: table [" + table + "] is one of " +
                           NamesOf(found));
  }
  return found.empty() ? std::optional<FollowedSource>() : std::optional(found.front());
}

RestResult<FollowedSource> SourceOfIndices(const FollowedSources& sources, const Request& request,
                                           std::string_view parameter,
                                           const std::vector<std::string>& indices) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(std::optional<FollowedSource> named,
                               NamedSource(sources, request, parameter));
  if (named) {
    return *std::move(named);
  }
  if (sources.list.size() == 1) {
    return sources.list.front();
  }
  std::vector<FollowedSource> found;
  std::copy_if(sources.list.begin(), sources.list.end(), std::back_inserter(found),
               [&](const FollowedSource& source) {
                 return std::any_of(indices.begin(), indices.end(), [&](const std::string& index) {
                   return source.sync->OwnsIndex(index);
                 });
               });
  if (found.size() == 1) {
    return found.front();
  }
  return IllegalArgument("[" + std::string(parameter) +
                         "] is required: the indices come from one of the sources " +
                         NamesOf(found.empty() ? sources.list : found));
}

}  // namespace binseek::api
