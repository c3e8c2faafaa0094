#include "tests/sync/snapshot/window_model.h"

#include <algorithm>
#include <array>
#include <bit>
#include <memory>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "sync/change/transaction.h"
#include "sync/snapshot/window_rules.h"

namespace binseek::snapshot {
namespace {

constexpr int kAbsent = -1;

// A document or a tombstone.
struct Entry {
  int64_t version = -1;  // -1: neither
  int value = kAbsent;   // the transaction that wrote it
};
using Index = std::array<Entry, kMaxKeys>;
using Rows = std::array<int, kMaxKeys>;  // by key: value, or kAbsent

enum class Phase : uint8_t { kIdle, kLow, kRead, kHigh };

// What a commit holds.
struct Durable {
  Index index{};
  int handed = 0;            // transactions that the stream has handed out
  int chunk = 0;             // the one that comes next; as many as there are keys: complete
  int shape = 0;             // statements that the catalog's schema has behind it
  int captured = 0;          // rows of transactions before this one are not taken
  uint64_t sweep_below = 0;  // of a table that is read again: ordinals below this are of before
  uint32_t pending = 0;      // keys that are to be read alone
};

struct State {
  Durable now;
  Durable saved;
  int written = 0;
  uint32_t shown = 0;  // by transaction
  bool crashed = false;
  Phase phase = Phase::kIdle;
  int low = 0;       // transactions up to the low watermark
  int expected = 0;  // those that the view must show; the same but where a rule is broken
  int high = 0;
  int view_value = kAbsent;
  int view_shape = 0;
  int reads_key = -1;             // the pending one that the chunk at hand is of
  uint32_t cascaded = 0;          // keys that cascades have changed behind the low watermark
  bool stale_generation = false;  // the chunk at hand was read before the table changed
};

class Model {
 public:
  Model(const ModelScenario& scenario, const ModelRules& rules)
      : scenario_(scenario), rules_(rules) {
    uint64_t next = 1;
    for (size_t i = 0; i < scenario.transactions.size(); ++i) {
      const ModelTransaction& model = scenario.transactions[i];
      change::Transaction transaction;
      transaction.ordinal = next;
      transaction.rows = std::make_shared<change::RowVector>(std::vector<change::RowChange>());
      if (model.statement || model.unseen) {
        transaction.table_events.push_back({});
      }
      ordinals_.push_back(transaction.ordinal);
      last_ordinals_.push_back(change::LastOrdinalOf(transaction));
      next = last_ordinals_.back() + 1;
    }
  }

  ModelOutcome Run() {
    Visit(State());
    return {violation_, seen_.size()};
  }

 private:
  const ModelTransaction& At(int i) const { return scenario_.transactions[static_cast<size_t>(i)]; }
  int Count() const { return static_cast<int>(scenario_.transactions.size()); }
  bool IsShown(const State& state, int i) const { return ((state.shown >> i) & 1) != 0; }
  // Of the binlog behind its first `count` transactions.
  static change::BinlogPosition End(int count) {
    return {"binlog.000001", 100 + 100 * static_cast<uint64_t>(count)};
  }
  uint64_t LastOrdinal(int count) const {
    return count == 0 ? 0 : last_ordinals_[static_cast<size_t>(count) - 1];
  }
  static change::GtidSet Gtids(uint32_t mask) {
    change::GtidSet set;
    for (uint32_t i = 0; i < 32; ++i) {
      if (((mask >> i) & 1) != 0) {
        set.Add(change::GtidSet::Sid(), i + 1, i + 2);
      }
    }
    return set;
  }
  static std::string XaName(int i) { return "xa" + std::to_string(i); }

  bool Conflict(int a, int b) const {
    if (At(a).statement || At(b).statement) {
      return true;
    }
    return std::any_of(At(a).writes.begin(), At(a).writes.end(), [&](const ModelWrite& left) {
      return std::any_of(At(b).writes.begin(), At(b).writes.end(),
                         [&](const ModelWrite& right) { return left.key == right.key; });
    });
  }
  void ApplyTo(int i, Rows* rows) const {
    for (const ModelWrite& write : At(i).writes) {
      int& row = (*rows)[static_cast<size_t>(write.key)];
      row = write.erase || (write.cascaded && row == kAbsent) ? kAbsent : i;
    }
  }
  Rows TableAfter(int count) const {
    Rows rows;
    rows.fill(kAbsent);
    for (int i = 0; i < count; ++i) {
      ApplyTo(i, &rows);
    }
    return rows;
  }
  Rows ShownTable(const State& state) const {
    Rows rows;
    rows.fill(kAbsent);
    for (int i = 0; i < state.written; ++i) {
      if (IsShown(state, i)) {
        ApplyTo(i, &rows);
      }
    }
    return rows;
  }
  int Statements(const State& state, bool shown, int before) const {
    int statements = 0;
    for (int i = 0; i < before; ++i) {
      statements += At(i).statement && (!shown || IsShown(state, i)) ? 1 : 0;
    }
    return statements;
  }

  // ---- the server

  bool CanWrite(const State& state) const {
    if (state.written == Count()) {
      return false;
    }
    for (int i = 0; i < state.written; ++i) {
      if (!IsShown(state, i) && Conflict(i, state.written)) {
        return false;
      }
    }
    return true;
  }
  bool CanShow(const State& state, int i) const {
    if (i >= state.written || IsShown(state, i)) {
      return false;
    }
    if (scenario_.flavor == change::Flavor::kMysql || At(i).xa) {
      return true;
    }
    for (int before = 0; before < i; ++before) {
      if (!At(before).xa && !IsShown(state, before)) {
        return false;
      }
    }
    return true;
  }
  // LOCK TABLES waits for all that have written to the table.
  bool IsLockGiven(const State& state) const {
    for (int i = 0; i < state.written; ++i) {
      if (!IsShown(state, i)) {
        return false;
      }
    }
    return true;
  }
  // How many transactions lie before the position of a consistent snapshot.
  int SnapshotEnd(const State& state) const {
    int end = 0;
    while (end < state.written && (At(end).xa || IsShown(state, end))) {
      ++end;
    }
    return end;
  }
  Shown WhatServerShows(const State& state) const {
    Shown shown;
    shown.flavor = scenario_.flavor;
    if (scenario_.gtids) {
      shown.executed = Gtids(state.shown);
    } else {
      shown.locked = !rules_.locks_without_gtids || IsLockGiven(state);
    }
    shown.snapshot = End(SnapshotEnd(state));
    for (int i = 0; i < state.written; ++i) {
      if (At(i).xa && !IsShown(state, i) && shown.flavor == change::Flavor::kMariadb) {
        shown.unfinished.insert(XaName(i));
      }
    }
    return shown;
  }

  // ---- the stream

  // A statement's schema is read when the server shows it.
  bool CanHandOut(const State& state) const {
    const int i = state.now.handed;
    return i < state.written &&
           (!At(i).statement || !rules_.waits_for_statement || IsShown(state, i));
  }
  void Store(int key, int64_t version, int value, Durable* now) const {
    Entry& entry = now->index[static_cast<size_t>(key)];
    if (!rules_.compares_versions || version > entry.version) {
      entry = {version, value};
    }
  }
  void HandOut(State* state) {
    Durable& now = state->now;
    const int i = now.handed++;
    if (At(i).statement) {
      now.index = Index{};
      now.chunk = 0;
      now.shape = Statements(*state, true, state->written);
      now.captured = rules_.captures_behind_written_end ? state->written : i + 1;
      state->stale_generation = state->phase != Phase::kIdle;
      now.sweep_below = 0;
      now.pending = 0;
      return;
    }
    if (At(i).unseen) {
      now.chunk = 0;
      now.captured = state->written;
      now.sweep_below = LastOrdinal(now.handed);
      now.pending = 0;
      state->stale_generation = state->phase != Phase::kIdle;
      return;
    }
    if (End(i) < End(now.captured)) {
      return;
    }
    if (now.shape != Statements(*state, false, i)) {
      Fail("rows are read by the schema of another shape");
    }
    for (size_t row = 0; row < At(i).writes.size(); ++row) {
      const ModelWrite& write = At(i).writes[row];
      if (write.cascaded) {
        Cascade(write.key, state);
        continue;
      }
      Store(write.key, change::VersionOf(ordinals_[static_cast<size_t>(i)], row),
            write.erase ? kAbsent : i, &now);
    }
  }

  // A child that has no document is a matter of the chunks that come, and of the one at hand.
  static void Cascade(int key, State* state) {
    const uint32_t bit = uint32_t{1} << key;
    if (state->now.index[static_cast<size_t>(key)].value != kAbsent) {
      state->now.pending |= bit;
    }
    if (state->phase != Phase::kIdle) {
      state->cascaded |= bit;
    }
  }

  // ---- the snapshot

  int LowCount(const State& state) const {
    switch (rules_.low) {
      case ModelRules::Low::kWrittenEnd:
        return state.written;
      case ModelRules::Low::kLastExecuted:
        for (int i = state.written; i > 0; --i) {
          if (IsShown(state, i - 1)) {
            return i;
          }
        }
        return 0;
      case ModelRules::Low::kStream:
        break;
    }
    return state.now.handed;
  }
  LowWatermark Low(const State& state) const {
    LowWatermark low;
    low.ordinal = LastOrdinal(state.low);
    low.position.flavor = scenario_.flavor;
    low.position.gtids =
        scenario_.gtids ? Gtids((uint32_t{1} << state.expected) - 1) : change::GtidSet();
    low.at_start = state.expected == 0;
    low.position.binlog = End(state.expected);
    for (int i = 0; i < state.expected && rules_.knows_late_commits; ++i) {
      if (At(i).xa && (!At(i).unseen || rules_.knows_late_unseen_commits)) {
        low.late.push_back(XaName(i));
      }
    }
    return low;
  }
  bool CanStep(const State& state) const {
    switch (state.phase) {
      case Phase::kIdle:
        return (state.now.chunk < scenario_.keys || state.now.pending != 0) &&
               !(End(state.now.handed) < End(state.now.captured));
      case Phase::kLow:
        return !rules_.waits_until_shown || ShowsAll(Low(state), WhatServerShows(state));
      case Phase::kRead:
        return true;
      case Phase::kHigh:
        return !rules_.waits_for_high || MayApply(End(state.high), End(state.now.handed));
    }
    return false;
  }
  void TakeLow(State* state) const {
    state->low = LowCount(*state);
    state->expected = rules_.low == ModelRules::Low::kStream ? state->low : 0;
  }
  void Step(State* state) {
    switch (state->phase) {
      case Phase::kIdle:
        TakeLow(state);
        state->high = state->written;
        state->stale_generation = false;
        state->cascaded = 0;
        state->reads_key = state->now.pending == 0 ? -1 : std::countr_zero(state->now.pending);
        state->phase = Phase::kLow;
        return;
      case Phase::kLow:
        state->view_value = ShownTable(*state)[static_cast<size_t>(
            state->reads_key >= 0 ? state->reads_key : state->now.chunk)];
        state->view_shape = Statements(*state, true, state->written);
        state->phase = Phase::kRead;
        return;
      case Phase::kRead:
        if (rules_.high_behind_read) {
          state->high = state->written;
        }
        if (!rules_.low_before_read) {
          TakeLow(state);
        }
        state->phase = Phase::kHigh;
        return;
      case Phase::kHigh:
        ApplyChunk(state);
        return;
    }
  }
  void ApplyChunk(State* state) {
    state->phase = Phase::kIdle;
    const int asked = std::exchange(state->reads_key, -1);
    if (std::exchange(state->stale_generation, false) && rules_.drops_chunks_of_old_shape) {
      return;
    }
    Durable& now = state->now;
    const int key = asked >= 0 ? asked : now.chunk++;
    const uint32_t bit = uint32_t{1} << key;
    if (asked >= 0) {
      now.pending &= ~bit;
    }
    const int64_t version = change::ChunkVersionOf(LastOrdinal(state->low));
    if (state->view_value == kAbsent) {
      if (asked >= 0 && rules_.deletes_missing) {
        Store(key, version, kAbsent, &now);
      }
    } else if ((state->cascaded & bit) != 0 && rules_.filters_chunks) {
      now.pending |= bit;
    } else {
      if (state->view_shape != now.shape) {
        Fail("a chunk's rows have another shape than the table");
      }
      Store(key, version, state->view_value, &now);
    }
    if (now.chunk == scenario_.keys) {
      Sweep(&now);
    }
  }
  void Sweep(Durable* now) const {
    for (Entry& entry : now->index) {
      if (rules_.sweeps && entry.value != kAbsent &&
          entry.version < change::VersionOf(now->sweep_below, 0)) {
        entry = Entry();
      }
    }
    now->sweep_below = 0;
  }

  // ---- the index

  void Commit(State* state) const {
    OpenWindows windows;
    if (state->phase != Phase::kIdle) {
      windows.Open(LastOrdinal(state->low));
    }
    const uint64_t last = LastOrdinal(state->now.handed);
    const uint64_t settled = rules_.keeps_tombstones ? windows.Settled(last) : last;
    for (Entry& entry : state->now.index) {
      if (entry.value == kAbsent && entry.version < change::VersionOf(settled + 1, 0)) {
        entry.version = -1;
      }
    }
    state->saved = state->now;
  }
  static void Crash(State* state) {
    state->now = state->saved;
    state->phase = Phase::kIdle;
    state->reads_key = -1;
    state->stale_generation = false;
    state->crashed = true;
  }

  // ---- the exploration

  void Fail(std::string_view what) {
    if (!violation_) {
      violation_ = std::string(what) + "\n  " + Describe(scenario_) + "\n  steps:";
      for (const std::string& step : path_) {
        *violation_ += " " + step;
      }
    }
  }
  void Check(const State& state) {
    if (state.now.chunk < scenario_.keys || state.now.pending != 0 ||
        End(state.now.handed) < End(state.now.captured)) {
      return;
    }
    const Rows table = TableAfter(state.now.handed);
    for (size_t key = 0; key < static_cast<size_t>(scenario_.keys); ++key) {
      if (state.now.index[key].value != table[key]) {
        Fail("key " + std::to_string(key) + " is that of transaction " +
             std::to_string(state.now.index[key].value) + " and not of " +
             std::to_string(table[key]));
      }
    }
  }
  std::string Bytes(const State& state) const {
    std::string bytes;
    const auto put = [&](int64_t number) {
      bytes.append(reinterpret_cast<const char*>(&number), sizeof(number));
    };
    for (const Durable* durable : {&state.now, &state.saved}) {
      for (const Entry& entry : durable->index) {
        put(entry.version);
        put(entry.value);
      }
      for (const int number :
           {durable->handed, durable->chunk, durable->shape, durable->captured}) {
        put(number);
      }
      put(static_cast<int64_t>(durable->sweep_below));
      put(int64_t{durable->pending});
      if (!scenario_.crashes || state.crashed) {
        break;  // what is saved matters no more
      }
    }
    for (const int64_t number :
         {int64_t{state.written}, int64_t{state.shown}, int64_t{state.crashed},
          static_cast<int64_t>(state.phase), int64_t{state.low}, int64_t{state.expected},
          int64_t{state.high}, int64_t{state.view_value}, int64_t{state.view_shape},
          int64_t{state.reads_key}, int64_t{state.cascaded}, int64_t{state.stale_generation}}) {
      put(number);
    }
    return bytes;
  }
  template <class Change>
  void Try(const State& state, std::string name, Change change) {
    path_.push_back(std::move(name));
    State next = state;
    change(&next);
    Visit(next);
    path_.pop_back();
  }
  void Visit(const State& state) {
    if (violation_ || !seen_.insert(Bytes(state)).second) {
      return;
    }
    Check(state);
    bool any = false;
    if (CanWrite(state)) {
      any = true;
      Try(state, "write" + std::to_string(state.written), [](State* next) { ++next->written; });
    }
    for (int i = 0; i < state.written; ++i) {
      if (CanShow(state, i)) {
        any = true;
        Try(state, "show" + std::to_string(i),
            [&](State* next) { next->shown |= uint32_t{1} << i; });
      }
    }
    if (CanHandOut(state)) {
      any = true;
      Try(state, "hand_out" + std::to_string(state.now.handed),
          [&](State* next) { HandOut(next); });
    }
    if (CanStep(state)) {
      any = true;
      constexpr std::string_view kNames[] = {"low", "read", "high", "apply"};
      Try(state, std::string(kNames[static_cast<size_t>(state.phase)]),
          [&](State* next) { Step(next); });
    }
    if (!any && (state.now.handed < Count() || state.now.chunk < scenario_.keys ||
                 state.now.pending != 0)) {
      Fail("nothing gets on");
    }
    Try(state, "commit", [&](State* next) { Commit(next); });
    if (scenario_.crashes && !state.crashed) {
      Try(state, "crash", [](State* next) { Crash(next); });
    }
  }

  const ModelScenario& scenario_;
  const ModelRules& rules_;
  std::vector<uint64_t> ordinals_;
  std::vector<uint64_t> last_ordinals_;
  std::unordered_set<std::string> seen_;
  std::vector<std::string> path_;
  std::optional<std::string> violation_;
};

}  // namespace

ModelOutcome Explore(const ModelScenario& scenario, const ModelRules& rules) {
  return Model(scenario, rules).Run();
}

std::string Describe(const ModelScenario& scenario) {
  std::string text = scenario.flavor != change::Flavor::kMysql ? "MariaDB:"
                     : scenario.gtids                          ? "MySQL:"
                                                               : "MySQL without GTIDs:";
  for (const ModelTransaction& transaction : scenario.transactions) {
    text += transaction.statement ? " ALTER"
            : transaction.unseen  ? " unseen xa"
            : transaction.xa      ? " xa"
                                  : " ";
    text += "(";
    for (const ModelWrite& write : transaction.writes) {
      text += (write.cascaded ? "~" : "") + std::string(write.erase ? "-" : "+") +
              std::to_string(write.key);
    }
    text += ")";
  }
  return text;
}

}  // namespace binseek::snapshot
