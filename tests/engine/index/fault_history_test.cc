// Histories of an engine on a disk that fails and a machine that loses power, against EngineModel: what comes back is a whole
// committed state, nothing acknowledged is lost, and every failure is a Status that names the file.
#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/index/check_index.h"
#include "engine/index/manifest.h"
#include "engine/index/segment_file.h"
#include "engine/store/ram_directory.h"
#include "tests/engine/index/engine_model.h"
#include "tests/support/fault_directory.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

using ::binseek::test::Damage;
using ::binseek::test::Fault;
using ::binseek::test::FaultDirectory;
using ::binseek::test::Survival;

constexpr char kStep[] = "step";  // user data: which batch was the last
constexpr std::array kWords = {"red", "phone", "case", "wireless", "charger", "mini"};
constexpr std::array kKinds = {OpKind::kUpsert, OpKind::kUpsert, OpKind::kUpdateColumns,
                               OpKind::kUpdateColumns, OpKind::kDelete};

bool NamesOneOf(const Status& status, const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    if (status.message().find(file) != std::string::npos) {
      return true;
    }
  }
  return false;
}

class FaultHistoryTest : public ::binseek::test::SeededTest {
 protected:
  void SetUp() override { Begin(size_t{128} << 20); }
  void TearDown() override {
    if (disk_ != nullptr) {
      disk_->Heal();
      engine_.reset();
      ExpectSound(*disk_);
    }
  }

  // A new disk with two empty indices on it, committed.
  void Begin(size_t memory_limit_bytes) {
    pinned_.reset();
    engine_.reset();
    memory_limit_bytes_ = memory_limit_bytes;
    disk_ = std::make_shared<FaultDirectory>(std::make_shared<store::RamDirectory>(), random()());
    model_ = EngineModel();
    next_seq_nos_.clear();
    ASSERT_OK(Open());
    for (const char* name : {"products", "variants"}) {
      const auto id = engine_->CreateIndex(name, ShopMapping(), "{}");
      ASSERT_OK(id);
      model_.CreateIndex(*id, name);
    }
    states_ = {{step_, model_}};
    ApplyRandomBatch();
    Commit();
  }

  Status Open() {
    EngineOptions options;
    options.directory = disk_;
    options.memory_limit_bytes = memory_limit_bytes_;
    auto engine = Engine::Open(std::move(options));
    if (engine.ok()) {
      engine_ = std::move(*engine);
    }
    return engine.status();
  }

  Product RandomProduct() {
    Product product{kWords[Uniform(kWords.size())], "brand" + std::to_string(Uniform(6)), {}, {}};
    product.title += std::string(" ") + kWords[Uniform(kWords.size())];
    product.cents = OneIn(4) ? std::nullopt : std::optional<int64_t>(Uniform(100'000));
    product.stock = OneIn(4) ? std::nullopt : std::optional<int64_t>(Uniform(100));
    return product;
  }

  Operation RandomOperation(const Product& product) {
    auto index = model_.indices().begin();
    std::advance(index, static_cast<std::ptrdiff_t>(Uniform(model_.indices().size())));
    Operation operation = Upsert(index->first, "k" + std::to_string(Uniform(120)), product,
                                 OneIn(2) ? 0 : static_cast<int64_t>(Uniform(40) + step_));
    operation.kind = kKinds[Uniform(kKinds.size())];
    if (operation.kind == OpKind::kUpdateColumns) {
      operation.columns = {{kPrice, product.cents}, {kStock, product.stock}};
    }
    return operation;
  }

  void ApplyRandomBatch() {
    std::vector<std::pair<Operation, Product>> operations;
    const uint64_t size = OneIn(10) ? 100 : Uniform(12) + 1;
    for (uint64_t i = 0; i < size; ++i) {
      const Product product = RandomProduct();
      operations.emplace_back(RandomOperation(product), product);
    }
    if (logs_) {
      // All touch one index, so that a batch that is lost takes all with it that come behind it.
      operations[0].first.index = model_.indices().begin()->first;
    }
    ApplyBatch(operations);
  }

  // A failed batch must leave no trace, unless only its sync has failed; the checks that follow see to that.
  void ApplyBatch(const std::vector<std::pair<Operation, Product>>& operations) {
    ++step_;
    EngineModel next = model_;
    Batch batch;
    batch.durability = logs_ ? static_cast<Durability>(Uniform(3)) : Durability::kCommit;
    for (const auto& [operation, product] : operations) {
      batch.operations.push_back(operation);
      next.Apply(operation, product);
    }
    if (OneIn(8) && !AttachAnything(&batch.attached, &next)) {
      return;
    }
    batch.user_data[kStep] = std::to_string(step_);
    next.SetUserData(kStep, std::to_string(step_));
    const auto result = engine_->Apply(batch);
    NoteNumbers();
    if (result.ok() || (logs_ && engine_->UserData(kStep) == std::to_string(step_))) {
      model_ = std::move(next);
      states_[step_] = model_;
      if (batch.durability != Durability::kCommit) {
        attempted_.insert(step_);  // the log's own syncs may have it
        logged_step_ = step_;
      }
    }
    if (result.ok() && batch.durability == Durability::kSynced) {
      Acknowledge(step_);
    }
    ExpectNamed(result.status());
  }

  // Writes a file, or asks that one goes, for the batch that comes next. False: the disk has failed.
  bool AttachAnything(Attachments* attached, EngineModel* next) {
    const std::string name = "file" + std::to_string(Uniform(3));
    if (OneIn(3)) {
      (*attached)[name] = nullptr;
      next->Attach(name, std::nullopt);
      return true;
    }
    const std::string bytes(Uniform(300), static_cast<char>('a' + Uniform(26)));
    auto writer = engine_->CreateAttachedFile();
    Status status = writer.status();
    if (status.ok()) {
      status = (*writer)->Append(bytes);
    }
    if (status.ok()) {
      auto file = (*writer)->Finish();
      status = file.status();
      if (file.ok()) {
        (*attached)[name] = std::move(*file);
        next->Attach(name, bytes);
      }
    }
    ExpectNamed(status);
    return status.ok();
  }

  // A batch that is given bit by bit. Beginning it commits.
  void StageRandomBatch() {
    std::vector<IndexId> indices;
    for (const auto& [id, index] : model_.indices()) {
      indices.push_back(id);
    }
    attempted_.insert(states_.rbegin()->first);
    auto staged = engine_->Stage(indices);
    ExpectNamed(staged.status());
    if (!staged.ok()) {
      return;
    }
    Acknowledge(states_.rbegin()->first);
    ++step_;
    EngineModel next = model_;
    for (uint64_t i = 0; i < 1 + Uniform(4); ++i) {
      std::vector<Operation> operations;
      for (uint64_t n = 0; n < 1 + Uniform(20); ++n) {
        const Product product = RandomProduct();
        operations.push_back(RandomOperation(product));
        next.Apply(operations.back(), product);
      }
      const auto added = (*staged)->Add(operations);
      ExpectNamed(added.status());
      if (!added.ok()) {
        return;
      }
    }
    Attachments attached;
    if (OneIn(3) && !AttachAnything(&attached, &next)) {
      return;
    }
    next.SetUserData(kStep, std::to_string(step_));
    ASSERT_OK((*staged)->Finish({{kStep, std::to_string(step_)}}, attached));
    NoteNumbers();
    model_ = std::move(next);
    states_[step_] = model_;
  }

  void NoteNumbers() {
    const auto view = engine_->View();
    for (const auto& index : view->indices()) {
      next_seq_nos_[index->id] = index->next_seq_no;
    }
  }

  // The commit that was pinned is still whole, and equal to what was committed then.
  void LinkPinned() {
    if (pinned_ == nullptr) {
      return;
    }
    const auto copy = std::make_shared<store::RamDirectory>();
    const Status linked = pinned_->LinkTo(copy.get());
    ExpectNamed(linked);
    if (linked.ok()) {
      const auto engine = MustOpen(copy, /*background_merges=*/false);
      ASSERT_NE(engine, nullptr);
      ASSERT_EQ(pinned_model_.Compare(*engine), "");
    }
    pinned_.reset();
  }

  void SyncLog() {
    if (logs_) {
      attempted_.insert(states_.rbegin()->first);  // it may have to commit
    }
    const Status status = engine_->SyncLog();
    if (status.ok() && logged_step_ > states_.begin()->first) {
      Acknowledge(logged_step_);
    }
    ExpectNamed(status);
  }

  void ForceMerge() {
    auto index = model_.indices().begin();
    std::advance(index, static_cast<std::ptrdiff_t>(Uniform(model_.indices().size())));
    ExpectNamed(engine_->ForceMerge(index->first, Uniform(3) + 1));
  }

  // False: the disk has failed nothing.
  bool Commit() {
    // The last batch may have been refused, so this is what a commit makes durable.
    const uint64_t step = states_.rbegin()->first;
    attempted_.insert(step);
    const auto stats = engine_->Commit();
    if (stats.ok()) {
      Acknowledge(step);
      if (OneIn(6) && pinned_ == nullptr) {
        pinned_ = engine_->PinCommit();
        pinned_model_ = model_;
      }
    }
    return ExpectNamed(stats.status());
  }

  // From here a restart comes back to this state, or to a later one.
  void Acknowledge(uint64_t step) {
    states_.erase(states_.begin(), states_.find(step));
    attempted_.erase(attempted_.begin(), attempted_.lower_bound(step));
    attempted_.insert(step);
  }

  // An error comes from the disk and says from which file; success is fine whatever the disk did (deletions may fail unseen).
  // Returns whether the disk has failed anything.
  bool ExpectNamed(const Status& status) {
    const std::vector<std::string> failed = disk_->TakeFailed();
    if (logs_ && status.code() == StatusCode::kUnavailable) {
      EXPECT_NE(status.message().find("translog"), std::string::npos) << status;
    } else if (!status.ok()) {
      EXPECT_STATUS(status, kIoError);
      // A translog's first error is its last; it may be an earlier sync's, which had what it wanted.
      const bool of_translog = logs_ && status.message().find("translog-") != std::string::npos;
      EXPECT_TRUE(of_translog || NamesOneOf(status, failed))
          << status << ": is not about what has failed";
    }
    return !failed.empty();
  }

  // Whether the commit names the file: the check misses it.
  bool IsNeeded(const std::string& file, const std::string& bytes) {
    EXPECT_OK(disk_->Delete(file));
    const auto report = CheckDirectory(*disk_);
    EXPECT_OK(store::WriteFile(disk_.get(), file, bytes));
    EXPECT_OK(disk_->Sync());
    return !report.ok() || !report->problems.empty();
  }

  void ExpectEqual() { ASSERT_EQ(model_.Compare(*engine_), ""); }

  // The engine has come back to what the model says, and gives no sequence number that it has given before.
  void ExpectContinued() {
    ExpectEqual();
    const auto view = engine_->View();
    for (const auto& [id, next] : next_seq_nos_) {
      ASSERT_GE(view->Find(id)->next_seq_no, next) << "numbers would be given again";
    }
    model_.GoOnFrom(*view);
  }
  void ComeBack() {
    ASSERT_OK(Open());
    ExpectContinued();
  }

  // The process ends, with the machine or without it, and comes back; once in a while on a disk that fails at first. After a failure
  // there may be no engine.
  void Restart(Survival survival) {
    pinned_.reset();
    engine_.reset();
    disk_->Heal();
    disk_->TakeFailed();
    ASSERT_OK(disk_->LosePower(survival));
    ExpectSound(*disk_);
    if (OneIn(3)) {
      disk_->Arm(OneIn(2) ? Fault::kRead : Fault::kReadOnly, Uniform(6));
      ExpectNamed(Open());
      engine_.reset();
      disk_->Heal();
    }
    ASSERT_OK(Open());
    const std::string text = engine_->UserData(kStep);
    const uint64_t step = text.empty() ? 0 : std::stoull(text);
    const auto state = states_.find(step);
    ASSERT_NE(state, states_.end())
        << "came back to batch " << step << "; acknowledged: " << states_.begin()->first
        << ", last: " << states_.rbegin()->first;
    ASSERT_TRUE(commits_by_itself() || attempted_.count(step) != 0) << "nobody has committed that";
    model_ = state->second;
    ExpectContinued();
    states_ = {{step, model_}};
    attempted_ = {step};
    logged_step_ = 0;
  }

  bool commits_by_itself() const { return memory_limit_bytes_ < (size_t{1} << 20); }

  void ArmRandomFault() {
    constexpr std::array kFaults = {Fault::kDiskFull, Fault::kReadOnly, Fault::kSync, Fault::kRead};
    const Fault fault = kFaults[Uniform(kFaults.size())];
    const uint64_t after = Uniform(fault == Fault::kDiskFull ? 40'000 : 16);
    disk_->Arm(fault, after, OneIn(2) ? 1 : UINT64_MAX);
  }

  void Step() {
    const uint64_t choice = Uniform(100);
    if (choice < 64) {
      ApplyRandomBatch();
    } else if (choice < 67) {
      StageRandomBatch();
    } else if (choice < 70) {
      LinkPinned();
    } else if (choice < 84) {
      Commit();
    } else if (choice < 90) {
      ArmRandomFault();
    } else if (choice < 94) {
      disk_->Heal();
    } else if (choice < 95) {
      ForceMerge();
    } else if (choice < 97) {
      SyncLog();
    } else {
      Restart(OneIn(4) ? Survival::kAll : Survival::kChance);
    }
    if (OneIn(8) && !HasFailure()) {
      ExpectEqual();
    }
  }

  void RunHistory(uint64_t steps) {
    for (uint64_t i = 0; i < steps && !HasFailure(); ++i) {
      SCOPED_TRACE(i);
      Step();
    }
    if (!HasFailure()) {
      disk_->Heal();
      Commit();
      Restart(Survival::kSynced);
    }
  }

  // Fails the commit of some batches at every place in turn; then, as chance says, loses power at once or goes on.
  void FailACommitAtEveryPlace(Fault fault, uint64_t stride) {
    for (uint64_t after = 0; !HasFailure(); after += stride == 1 ? 1 : Uniform(stride) + 1) {
      SCOPED_TRACE(after);
      disk_->Heal();
      for (int i = 0; i < 3; ++i) {
        ApplyRandomBatch();
      }
      disk_->Arm(fault, after);
      const bool failed = Commit();
      ExpectEqual();
      if (OneIn(2)) {
        ApplyRandomBatch();
        if (OneIn(2)) {
          disk_->Heal();
          Commit();
          ASSERT_EQ(states_.begin()->first, states_.rbegin()->first) << "a healed disk takes all";
        }
      }
      Restart(Survival::kChance);
      if (!failed && !HasFailure()) {
        ASSERT_GT(after, 0u) << "the fault was never met";
        return;
      }
    }
  }

  std::shared_ptr<FaultDirectory> disk_;
  std::unique_ptr<Engine> engine_;
  size_t memory_limit_bytes_ = 0;
  bool logs_ = false;                        // batches of any durability
  std::map<IndexId, int64_t> next_seq_nos_;  // behind those that were given, over restarts too
  uint64_t step_ = 0;
  uint64_t logged_step_ = 0;  // the last one that a sync of the log has to keep
  EngineModel model_;
  std::shared_ptr<const PinnedCommit> pinned_;
  EngineModel pinned_model_;                // what it holds
  std::map<uint64_t, EngineModel> states_;  // by batch; the first is the last one acknowledged
  std::set<uint64_t> attempted_;            // batches behind which somebody has tried to commit
};

TEST_F(FaultHistoryTest, AnyHistoryComesBackToACommittedState) { RunHistory(Iterations(600)); }

// With so little memory Apply commits by itself, so its own failures are those of a commit too.
TEST_F(FaultHistoryTest, AnyHistoryOfAnEngineThatRunsOutOfMemoryComesBackToAWholeState) {
  Begin(2'000);
  RunHistory(Iterations(600));
}

// What was acknowledged behind a sync of the log survives, as a commit's batches do; the others may.
TEST_F(FaultHistoryTest, AnyHistoryOfLoggedBatchesKeepsWhatWasAcknowledged) {
  logs_ = true;
  Begin(size_t{128} << 20);
  RunHistory(Iterations(600));
}

TEST_F(FaultHistoryTest, AnyHistoryOfLoggedBatchesThatRunsOutOfMemoryKeepsThemToo) {
  logs_ = true;
  Begin(2'000);
  RunHistory(Iterations(600));
}

TEST_F(FaultHistoryTest, PowerMayFailAtEveryWriteOfACommit) {
  for (uint64_t i = 0; i < Iterations(4) && !HasFailure(); ++i) {
    FailACommitAtEveryPlace(Fault::kReadOnly, 1);
  }
}

TEST_F(FaultHistoryTest, EverySyncOfACommitMayFail) {
  for (uint64_t i = 0; i < Iterations(6) && !HasFailure(); ++i) {
    FailACommitAtEveryPlace(Fault::kSync, 1);
  }
}

TEST_F(FaultHistoryTest, TheDiskMayBeFullAtAnyByteOfACommit) {
  for (uint64_t i = 0; i < Iterations(5) && !HasFailure(); ++i) {
    FailACommitAtEveryPlace(Fault::kDiskFull, 1'000);
  }
}

TEST_F(FaultHistoryTest, AFullDiskStaysUsableAndTakesTheCommitOnceThereIsRoom) {
  disk_->Arm(Fault::kDiskFull, 0);
  for (int i = 0; i < 20; ++i) {
    ApplyRandomBatch();
    Commit();
    ExpectEqual();
  }
  EXPECT_GT(states_.size(), 1u) << "the disk was not full";
  disk_->Heal();
  Commit();
  EXPECT_EQ(states_.size(), 1u);
  Restart(Survival::kSynced);
}

// Missing and changed bytes: whatever is damaged is named by the check, and never searched unseen by one that opens.
// Files that the newest commit names, itself included. Others, of merges that came after it, nobody would miss.
std::vector<std::string> FilesThatMatter(const store::Directory& directory) {
  const auto manifest = LoadManifest(directory);
  EXPECT_OK(manifest);
  std::vector<std::string> files = NamedFiles(*manifest);
  files.emplace_back(kManifestFile);
  return files;
}

TEST_F(FaultHistoryTest, DamageToAnyFileIsNamed) {
  for (uint64_t i = 0; i < Iterations(60) && !HasFailure(); ++i) {
    ApplyRandomBatch();
    Commit();
    engine_.reset();
    const std::vector<std::string> files = FilesThatMatter(*disk_);
    ASSERT_FALSE(files.empty());
    const std::string& file = files[Uniform(files.size())];
    const auto damage = static_cast<Damage>(Uniform(5));
    const std::string sound((*disk_->Map(file))->bytes());
    if (damage == Damage::kGone && file == kManifestFile) {
      ASSERT_NO_FATAL_FAILURE(ComeBack());
      continue;  // a directory without a manifest is an empty one
    }
    if (!IsNeeded(file, sound)) {
      ASSERT_NO_FATAL_FAILURE(ComeBack());
      continue;  // left behind by a merge that no commit has named yet
    }
    const auto what = disk_->DamageFile(file, damage);
    ASSERT_OK(what);
    SCOPED_TRACE(*what);
    const auto report = CheckDirectory(*disk_);
    std::string problems = report.ok() ? "" : report.status().ToString();
    for (size_t p = 0; report.ok() && p < report->problems.size(); ++p) {
      problems += report->problems[p] + "\n";
    }
    EXPECT_NE(problems.find(file), std::string::npos) << "binseek check says: " << problems;
    const Status opened = Open();
    if (opened.ok()) {
      static_cast<void>(model_.Compare(*engine_));  // any result will do that is no crash
      engine_.reset();
    } else {
      EXPECT_TRUE(NamesOneOf(opened, {file})) << opened;
    }
    ASSERT_OK(store::WriteFile(disk_.get(), file, sound));
    ASSERT_OK(disk_->Sync());
    ASSERT_NO_FATAL_FAILURE(ComeBack());
  }
}

}  // namespace
}  // namespace binseek::index::test
