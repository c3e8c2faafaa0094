#include "api/cli/progress.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <iostream>

#include "engine/base/clock.h"
#include "engine/base/log.h"

namespace binseek::api::cli {
namespace {

constexpr int64_t kLineInterval = 1'000'000;  // microseconds between two plain lines
constexpr size_t kBarWidth = 24;

// 1234567 -> "1,234,567"
std::string Grouped(uint64_t number) {
  std::string text = std::to_string(number);
  for (size_t i = text.size(); i > 3; i -= 3) {
    text.insert(i - 3, ",");
  }
  return text;
}

std::string Duration(double seconds) {
  const auto whole = static_cast<uint64_t>(std::ceil(std::min(seconds, 1e9)));
  if (whole < 120) {
    return std::to_string(whole) + " s";
  }
  return whole < 7200 ? std::to_string(whole / 60) + " min" : std::to_string(whole / 3600) + " h";
}

}  // namespace

void AddTotals(const pipeline::SyncStatus& status, SnapshotTotals* totals) {
  for (const pipeline::TableStatus& table : status.tables) {
    totals->tables += 1;
    totals->done += table.state == pipeline::TableState::kLive ? 1 : 0;
    totals->stopped += table.state == pipeline::TableState::kStopped ? 1 : 0;
    totals->rows += table.snapshot_rows;
    totals->estimated_rows += table.state == pipeline::TableState::kLive
                                  ? table.snapshot_rows
                                  : std::max(table.estimated_rows, table.snapshot_rows);
    if (table.state == pipeline::TableState::kSnapshot ||
        table.state == pipeline::TableState::kRebuilding) {
      totals->rows_per_second += table.rows_per_second;
    }
  }
}

std::string BarText(const SnapshotTotals& totals) {
  const double part = totals.estimated_rows == 0 ? 0
                                                 : static_cast<double>(totals.rows) /
                                                       static_cast<double>(totals.estimated_rows);
  const auto filled = std::min(kBarWidth, static_cast<size_t>(part * kBarWidth));
  std::string text = "[" + std::string(filled, '#') + std::string(kBarWidth - filled, ' ') + "] ";
  std::array<char, 16> percent{};
  std::snprintf(percent.data(), percent.size(), "%3d %%",
                static_cast<int>(std::min(part, 1.0) * 100));
  text += percent.data();
  text += "  " + Grouped(totals.rows) + " of about " + Grouped(totals.estimated_rows) + " rows";
  if (totals.rows_per_second > 0) {
    text += ", " + Grouped(static_cast<uint64_t>(totals.rows_per_second)) + " rows/s, " +
            Duration(static_cast<double>(totals.estimated_rows - totals.rows) /
                     totals.rows_per_second) +
            " left";
  }
  return text;
}

Progress::Progress(bool terminal) : terminal_(terminal) {
  if (terminal_) {
    // The bar is drawn again soon after.
    SetLogSink([](std::string_view line) {
      std::cerr << "\r\033[K" << line << "\n" << std::flush;
    });
  }
}

Progress::~Progress() {
  if (terminal_) {
    SetLogSink(nullptr);
  }
  if (bar_shown_) {
    std::cerr << "\n";
  }
}

void Progress::Say(const std::string& line) {
  std::cerr << (terminal_ ? "\r\033[K" : "") << line << "\n" << std::flush;
  bar_shown_ = false;
}

void Progress::Show(const std::vector<NamedStatus>& sources) {
  SnapshotTotals totals;
  bool any = false;
  for (const NamedStatus& source : sources) {
    const pipeline::SyncStatus& status = source.status;
    Shown& before = last_[source.name];
    if (status.state != before.state || status.error != before.error) {
      ShowState(source, before);
    }
    before = {status.state, status.error};
    if (status.state == pipeline::SyncState::kSnapshot) {
      AddTotals(status, &totals);
      any = true;
    }
  }
  if (any) {
    ShowBar(totals);
  }
}

void Progress::ShowBar(const SnapshotTotals& totals) {
  const std::string bar = BarText(totals);
  if (terminal_) {
    std::cerr << "\r\033[K" << bar << std::flush;
    bar_shown_ = true;
  } else if (const int64_t now = Clock::Real()->MonotonicMicros();
             bar != last_bar_ && now >= next_line_micros_) {
    Say("snapshot " + bar);
    next_line_micros_ = now + kLineInterval;
    last_bar_ = bar;
  }
}

void Progress::ShowState(const NamedStatus& source, const Shown& before) {
  const pipeline::SyncStatus& status = source.status;
  const std::string of = source.name.empty() ? "" : source.name + ": ";
  const bool state_changed = status.state != before.state;
  if (status.state == pipeline::SyncState::kLive && state_changed) {
    SnapshotTotals totals;
    AddTotals(status, &totals);
    const std::string at = status.position.GtidText().empty() ? status.position.binlog.ToString()
                                                              : status.position.GtidText();
    Say(of + "live: " + std::to_string(totals.done) + " tables of " + status.source +
        " are searchable, and follow it from " + at);
    for (const pipeline::TableStatus& table : status.tables) {
      if (table.state == pipeline::TableState::kStopped) {
        Say(of + "not followed: " + table.table + ": " + table.error);
      }
    }
  } else if (state_changed) {
    std::string line =
        of + std::string(pipeline::SyncStateName(status.state)) + ": " + status.source;
    Say(status.error.empty() ? line : line + ": " + status.error);
  } else if (!status.error.empty()) {
    Say(of + std::string(pipeline::SyncStateName(status.state)) + ": " + status.error);
  }
}

}  // namespace binseek::api::cli
