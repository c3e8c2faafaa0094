#include "tests/sync/snapshot/window_model.h"

#include <algorithm>
#include <array>
#include <bit>
#include <memory>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "sync/change/transaction.h"
#include "sync/snapshot/key_ranges.h"
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
  int handed = 0;                // transactions that the stream has handed out
  bool done = false;             // the snapshot
  std::vector<KeyRange> ranges;  // that are left, where it is not; none: all
  int shape = 0;                 // statements that the catalog's schema has behind it
  int captured = 0;              // rows of transactions before this one are not taken
  uint64_t sweep_below = 0;      // of a table that is read again: ordinals below this are of before
  uint32_t pending = 0;          // keys that are to be read alone
  bool once_more = false;        // all of the table is to be read again behind the reading at hand
  bool left = false;             // the ordinal behind the last one was left unused
};

// Who reads a range, and asks for keys.
struct Reader {
  Phase phase = Phase::kIdle;
  int range = -1;      // that it has taken
  int next = 0;        // key of the range
  int last_key = 0;    // of the range
  int key = 0;         // of the chunk at hand
  bool asked = false;  // the key is a pending one
  bool again = false;  // and pending once more
  int low = 0;         // transactions up to the low watermark
  uint64_t low_ordinal = 0;
  int expected = 0;  // those that the view must show; the same but where a rule is broken
  int high = 0;
  int view_value = kAbsent;
  int view_shape = 0;
  uint32_t cascaded = 0;          // keys that cascades have changed behind the low watermark
  bool stale_generation = false;  // the chunk at hand was read before the table changed
};

struct State {
  Durable now;
  Durable saved;
  int written = 0;
  uint32_t shown = 0;  // by transaction
  bool crashed = false;
  KeyRanges ranges;
  std::array<Reader, kMaxReaders> readers{};
};

class Model {
 public:
  Model(const ModelScenario& scenario, const ModelRules& rules)
      : scenario_(scenario), rules_(rules) {
    uint64_t next = 2;  // one before each may be left unused
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
      next = last_ordinals_.back() + 2;
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
  uint64_t Reached(const State& state) const {
    return LastOrdinal(state.now.handed) + (state.now.left ? 1 : 0);
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
    now.left = false;
    if (At(i).statement) {
      now.index = Index{};
      now.shape = Statements(*state, true, state->written);
      now.captured = rules_.captures_behind_written_end ? state->written : i + 1;
      now.sweep_below = 0;
      BeginAgain(state);
      return;
    }
    if (At(i).unseen) {
      if (now.captured >= now.handed) {
        return;  // nothing has been read yet
      }
      if (!now.done) {
        now.once_more = rules_.reads_once_more;
        return;
      }
      now.captured = state->written;
      now.sweep_below = LastOrdinal(now.handed);
      BeginAgain(state);
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

  static void BeginAgain(State* state) {
    state->now.done = false;
    state->now.pending = 0;
    state->now.once_more = false;
    state->ranges = KeyRanges();
    for (Reader& reader : state->readers) {
      reader.stale_generation = reader.phase != Phase::kIdle;
      reader.range = -1;
    }
  }
  static void AddPending(int key, State* state) {
    state->now.pending |= uint32_t{1} << key;
    for (Reader& reader : state->readers) {
      reader.again = reader.again || (reader.asked && reader.key == key);
    }
  }
  // A child that has no document is a matter of the chunks that come, and of those at hand.
  static void Cascade(int key, State* state) {
    if (state->now.index[static_cast<size_t>(key)].value != kAbsent) {
      AddPending(key, state);
    }
    for (Reader& reader : state->readers) {
      if (reader.phase != Phase::kIdle) {
        reader.cascaded |= uint32_t{1} << key;
      }
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
  LowWatermark Low(const Reader& reader) const {
    LowWatermark low;
    low.ordinal = reader.low_ordinal;
    low.position.flavor = scenario_.flavor;
    low.position.gtids =
        scenario_.gtids ? Gtids((uint32_t{1} << reader.expected) - 1) : change::GtidSet();
    low.at_start = reader.expected == 0;
    low.position.binlog = End(reader.expected);
    for (int i = 0; i < reader.expected && rules_.knows_late_commits; ++i) {
      if (At(i).xa && (!At(i).unseen || rules_.knows_late_unseen_commits)) {
        low.late.push_back(XaName(i));
      }
    }
    return low;
  }
  // A pending key that nobody reads; -1: none.
  int KeyToAsk(const State& state) const {
    uint32_t free = state.now.pending;
    for (const Reader& reader : state.readers) {
      free &= reader.asked && !reader.stale_generation ? ~(uint32_t{1} << reader.key) : ~0U;
    }
    return free == 0 ? -1 : std::countr_zero(free);
  }
  bool CanStep(const State& state, const Reader& reader) const {
    switch (reader.phase) {
      case Phase::kIdle:
        return (KeyToAsk(state) >= 0 || reader.range >= 0 ||
                (!state.now.done && state.ranges.HasFree())) &&
               !(End(state.now.handed) < End(state.now.captured));
      case Phase::kLow:
        return !rules_.waits_until_shown || ShowsAll(Low(reader), WhatServerShows(state));
      case Phase::kRead:
        return true;
      case Phase::kHigh:
        return !rules_.waits_for_high || MayApply(End(reader.high), End(state.now.handed));
    }
    return false;
  }
  void TakeLow(const State& state, Reader* reader) const {
    reader->low = LowCount(state);
    reader->low_ordinal =
        reader->low == state.now.handed ? Reached(state) : LastOrdinal(reader->low);
    reader->expected = rules_.low == ModelRules::Low::kStream ? reader->low : 0;
  }
  int KeyOf(const KeyCells& cells, int otherwise) const {
    return cells.empty() ? otherwise : std::stoi(cells[0]);
  }
  void TakeRange(State* state, Reader* reader) const {
    const auto taken = state->ranges.Take();
    reader->range = static_cast<int>(taken->id);
    reader->next = KeyOf(taken->range.after, -1) + 1;
    reader->last_key = KeyOf(taken->range.up_to, scenario_.keys - 1);
    if (scenario_.readers > 1 && reader->next < reader->last_key) {
      state->ranges.Cut(taken->id, {std::to_string(reader->next)});
      reader->last_key = reader->next;
    }
  }
  void Step(State* state, Reader* reader) {
    switch (reader->phase) {
      case Phase::kIdle:
        if (const int key = KeyToAsk(*state); key >= 0) {
          reader->asked = true;
          reader->key = key;
        } else {
          if (reader->range < 0) {
            TakeRange(state, reader);
          }
          reader->key = reader->next;
        }
        TakeLow(*state, reader);
        reader->high = state->written;
        reader->phase = Phase::kLow;
        return;
      case Phase::kLow:
        reader->view_value = ShownTable(*state)[static_cast<size_t>(reader->key)];
        reader->view_shape = Statements(*state, true, state->written);
        reader->phase = Phase::kRead;
        return;
      case Phase::kRead:
        if (rules_.high_behind_read) {
          reader->high = state->written;
        }
        if (!rules_.low_before_read) {
          TakeLow(*state, reader);
        }
        reader->phase = Phase::kHigh;
        return;
      case Phase::kHigh:
        ApplyChunk(state, reader);
        return;
    }
  }
  uint64_t LowOfChunk(const State& state, const Reader& reader) const {
    uint64_t low = reader.low_ordinal;
    for (const Reader& other : state.readers) {
      low = other.phase == Phase::kIdle || rules_.own_low_watermarks
                ? low
                : std::max(low, other.low_ordinal);
    }
    return low;
  }
  void ApplyChunk(State* state, Reader* reader) {
    const Reader chunk = *reader;
    const int64_t version = change::ChunkVersionOf(LowOfChunk(*state, chunk));
    *reader = Reader();
    reader->range = chunk.range;
    reader->next = chunk.next;
    reader->last_key = chunk.last_key;
    if (chunk.stale_generation && rules_.drops_chunks_of_old_shape) {
      return;
    }
    Durable& now = state->now;
    const uint32_t bit = uint32_t{1} << chunk.key;
    if (chunk.asked && !chunk.again) {
      now.pending &= ~bit;
    }
    if (chunk.view_value == kAbsent) {
      if (chunk.asked && rules_.deletes_missing) {
        Store(chunk.key, version, kAbsent, &now);
      }
    } else if ((chunk.cascaded & bit) != 0 && rules_.filters_chunks) {
      AddPending(chunk.key, state);
    } else {
      if (chunk.view_shape != now.shape) {
        Fail("a chunk's rows have another shape than the table");
      }
      Store(chunk.key, version, chunk.view_value, &now);
    }
    if (!chunk.asked && chunk.range >= 0) {
      MoveOn(chunk, state, reader);
    }
  }
  void MoveOn(const Reader& chunk, State* state, Reader* reader) const {
    const bool ended = chunk.key == chunk.last_key;
    reader->next = chunk.key + 1;
    state->ranges.Applied(static_cast<uint64_t>(chunk.range), {std::to_string(chunk.key)}, ended);
    reader->range = ended ? -1 : chunk.range;
    if (state->ranges.AllApplied() || (ended && !rules_.waits_for_all_ranges)) {
      state->now.done = true;
      Sweep(&state->now);
    }
    if (state->now.done && state->now.once_more) {
      state->now.left = true;
      state->now.sweep_below = Reached(*state);
      BeginAgain(state);
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
    std::optional<uint64_t> newest;
    for (const Reader& reader : state->readers) {
      if (reader.phase != Phase::kIdle) {
        newest = std::max(newest.value_or(0), reader.low_ordinal);
        if (rules_.heeds_all_windows) {
          windows.Open(reader.low_ordinal);
        }
      }
    }
    if (!rules_.heeds_all_windows && newest) {
      windows.Open(*newest);
    }
    const uint64_t last = Reached(*state);
    const uint64_t settled = rules_.keeps_tombstones ? windows.Settled(last) : last;
    for (Entry& entry : state->now.index) {
      if (entry.value == kAbsent && entry.version < change::VersionOf(settled + 1, 0)) {
        entry.version = -1;
      }
    }
    state->saved = state->now;
    state->saved.ranges = state->now.done ? std::vector<KeyRange>() : state->ranges.List();
  }
  static void Crash(State* state) {
    state->now = state->saved;
    state->now.ranges.clear();
    state->ranges = KeyRanges(state->saved.ranges);
    state->readers = {};
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
    if (!state.now.done || state.now.pending != 0 ||
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
  class Writer {
   public:
    void Put(int64_t number) {
      bytes_.append(reinterpret_cast<const char*>(&number), sizeof(number));
    }
    void Put(const std::vector<KeyRange>& ranges) {
      for (const KeyRange& range : ranges) {
        for (const KeyCells& place : {range.after, range.up_to}) {
          Put(place.empty() ? -1 : std::stoi(place[0]));
        }
      }
      Put(-2);
    }
    std::string* bytes() { return &bytes_; }

   private:
    std::string bytes_;
  };
  static std::string Bytes(const Reader& reader) {
    Writer writer;
    for (const int64_t number :
         {static_cast<int64_t>(reader.phase), int64_t{reader.range >= 0},
          int64_t{reader.range >= 0 ? reader.next : 0},
          int64_t{reader.range >= 0 ? reader.last_key : 0}, int64_t{reader.key},
          int64_t{reader.asked}, int64_t{reader.again}, int64_t{reader.low},
          static_cast<int64_t>(reader.low_ordinal), int64_t{reader.expected}, int64_t{reader.high},
          int64_t{reader.view_value}, int64_t{reader.view_shape}, int64_t{reader.cascaded},
          int64_t{reader.stale_generation}}) {
      writer.Put(number);
    }
    return *writer.bytes();
  }
  std::string Bytes(const State& state) const {
    Writer writer;
    for (const Durable* durable : {&state.now, &state.saved}) {
      for (const Entry& entry : durable->index) {
        writer.Put(entry.version);
        writer.Put(entry.value);
      }
      for (const int number :
           {durable->handed, int{durable->done}, durable->shape, durable->captured}) {
        writer.Put(number);
      }
      writer.Put(static_cast<int64_t>(durable->sweep_below));
      writer.Put(int64_t{durable->pending});
      writer.Put((durable->once_more ? 2 : 0) + (durable->left ? 1 : 0));
      if (!durable->done) {
        writer.Put(durable == &state.now ? state.ranges.List() : durable->ranges);
      }
      if (!scenario_.crashes || state.crashed) {
        break;  // what is saved matters no more
      }
    }
    for (const int64_t number :
         {int64_t{state.written}, int64_t{state.shown}, int64_t{state.crashed}}) {
      writer.Put(number);
    }
    // Which of them is which does not matter.
    std::array<std::string, kMaxReaders> readers;
    std::transform(state.readers.begin(), state.readers.end(), readers.begin(),
                   [](const Reader& reader) { return Bytes(reader); });
    std::sort(readers.begin(), readers.end());
    for (const std::string& reader : readers) {
      writer.bytes()->append(reader);
    }
    return *writer.bytes();
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
    for (size_t i = 0; i < static_cast<size_t>(scenario_.readers); ++i) {
      const Reader& reader = state.readers[i];
      if (CanStep(state, reader)) {
        any = true;
        constexpr std::string_view kNames[] = {"low", "read", "high", "apply"};
        Try(state,
            std::string(kNames[static_cast<size_t>(reader.phase)]) +
                (i > 0 ? "_" + std::to_string(i) : ""),
            [&](State* next) { Step(next, &next->readers[i]); });
      }
    }
    if (!any && (state.now.handed < Count() || !state.now.done || state.now.pending != 0)) {
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
  text += scenario.readers > 1 ? " " + std::to_string(scenario.readers) + " readers:" : "";
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
