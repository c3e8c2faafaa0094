#include "sync/binlog/late_commits.h"

#include <utility>

namespace binseek::binlog {

void LateCommits::Add(std::string name, Time now) {
  while (!commits_.empty() && (now - commits_.front().at > kKept || commits_.size() >= kMost)) {
    commits_.pop_front();
  }
  commits_.push_back({std::move(name), now});
}

void LateCommits::Forget(const change::PreparedSet& prepared) {
  std::erase_if(commits_, [&](const Commit& commit) { return prepared.count(commit.name) != 0; });
}

std::vector<std::string> LateCommits::Names(Time now) const {
  std::vector<std::string> names;
  for (const Commit& commit : commits_) {
    if (now - commit.at <= kKept) {
      names.push_back(commit.name);
    }
  }
  return names;
}

}  // namespace binseek::binlog
