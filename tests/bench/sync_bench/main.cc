// sync_bench: parts of the stream without a server, over a binlog file that one has written. Run by `./dev bench sync`.
//
//   sync_bench decode FILE mysql|mariadb [text]   events to transactions, which are dropped
//   sync_bench map    FILE mysql|mariadb          the same, and operations are made of them
//   sync_bench build  FILE mysql|mariadb FOLDER   operations in memory first; then, by the clock, an index of them, committed
//
// decode: every event of the file, in order, through binlog::TransactionAssembler, as the stream does it: checksums verified, rows decoded into
// change::Value (text checked to be UTF-8, DECIMAL as text), fingerprint, whole transactions. `text`: counts the values' bytes, too.
// build: batches of 1,000 operations, as a sink gets them, with the table's derived mapping (analysis: standard).
// Each prints one line of JSON. Files of one flavor's server, with table shop.products (product_table.sql).
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/coding.h"
#include "engine/index/engine.h"
#include "engine/store/posix_directory.h"
#include "sync/binlog/transaction_assembler.h"
#include "sync/mapper/table_mapper.h"
#include "sync/mapper/table_mapping.h"
#include "tests/bench/engine_bench/measure.h"
#include "tests/bench/sync_bench/product_table.h"

namespace binseek::bench {
namespace {

constexpr size_t kMagicBytes = 4;
constexpr size_t kSizeAt = 9;  // in an event's header
constexpr size_t kHeaderBytes = 19;
constexpr size_t kBatchRows = 1000;

using TakeTransaction = std::function<Status(change::Transaction)>;

// A file, mapped.
class BinlogFile {
 public:
  static Result<std::unique_ptr<BinlogFile>> Open(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat info {};
    if (file < 0 || ::fstat(file, &info) != 0 || info.st_size == 0) {
      return Status::IoError("cannot read " + path);
    }
    const auto size = static_cast<size_t>(info.st_size);
    void* const bytes = ::mmap(nullptr, size, PROT_READ, MAP_SHARED | MAP_POPULATE, file, 0);
    ::close(file);
    if (bytes == MAP_FAILED) {
      return Status::IoError("cannot map " + path);
    }
    return std::unique_ptr<BinlogFile>(new BinlogFile(static_cast<const char*>(bytes), size));
  }
  ~BinlogFile() { ::munmap(const_cast<char*>(bytes_.data()), bytes_.size()); }  // NOLINT
  BinlogFile(const BinlogFile&) = delete;
  BinlogFile& operator=(const BinlogFile&) = delete;

  size_t size() const { return bytes_.size(); }

  Status Read(bool mariadb, const TakeTransaction& take) const {
    binlog::AssemblerOptions options;
    options.start.flavor = mariadb ? change::Flavor::kMariadb : change::Flavor::kMysql;
    options.schema_provider = [products = ProductTable()](std::string_view database,
                                                          std::string_view table) {
      return database == "shop" && table == "products" ? products : nullptr;
    };
    options.captures_database = [](std::string_view database) { return database == "shop"; };
    binlog::TransactionAssembler assembler(std::move(options));
    assembler.BeginStream(true);
    std::string_view left = std::string_view(bytes_).substr(kMagicBytes);
    while (left.size() >= kHeaderBytes) {
      const size_t size = LoadU32(left.data() + kSizeAt);
      if (size < kHeaderBytes || size > left.size()) {
        return Status::Corruption("an event of " + std::to_string(size) + " bytes");
      }
      BINSEEK_ASSIGN_OR_RETURN(auto transaction, assembler.Feed(left.substr(0, size)));
      if (transaction) {
        BINSEEK_RETURN_IF_ERROR(take(*std::move(transaction)));
      }
      left.remove_prefix(size);
    }
    return Status::Ok();
  }

 private:
  BinlogFile(const char* bytes, size_t size) : bytes_(bytes, size) {}
  const std::string_view bytes_;
};

class NoRows final : public mapper::StoredRows {
 public:
  bool Contains(index::IndexId, std::string_view) const override { return false; }
  Result<std::optional<std::string>> Source(index::IndexId, std::string_view) const override {
    return std::optional<std::string>();
  }
};

uint64_t TextBytes(const change::RowImage& image) {
  uint64_t bytes = 0;
  for (const change::Value& value : image) {
    bytes += value.bytes.size();
  }
  return bytes;
}

void Print(const Report& report) { std::printf("%s\n", report.ToJson().c_str()); }

Status Decode(const BinlogFile& file, bool mariadb, bool counts_text) {
  uint64_t images = 0;
  uint64_t text = 0;
  const double cpu = CpuSeconds();
  const Stopwatch watch;
  BINSEEK_RETURN_IF_ERROR(file.Read(mariadb, [&](const change::Transaction& transaction) -> Status {
    const auto cursor = transaction.rows->Open();
    for (;;) {
      BINSEEK_ASSIGN_OR_RETURN(const change::RowChange* row, cursor->Next());
      if (row == nullptr) {
        return Status::Ok();
      }
      images += (row->before.empty() ? 0 : 1) + (row->after.empty() ? 0 : 1);
      if (counts_text) {
        text += TextBytes(row->before) + TextBytes(row->after);
      }
    }
  }));
  const double seconds = watch.Seconds();
  Print(Report()
            .Add("images", static_cast<double>(images))
            .Add("bytes", static_cast<double>(file.size()))
            .Add("text_bytes", static_cast<double>(text))
            .Add("seconds", seconds)
            .Add("cpu_seconds", CpuSeconds() - cpu));
  return Status::Ok();
}

// Operations of all rows of the file, given to `take` transaction by transaction.
Status Map(const BinlogFile& file, bool mariadb, index::IndexId index,
           const mapping::Mapping& mapping,
           const std::function<void(std::vector<index::Operation>)>& take) {
  mapper::TableMapper mapper;
  BINSEEK_RETURN_IF_ERROR(
      mapper.Bind(ProductTable(), index, std::make_shared<const mapping::Mapping>(mapping)));
  const NoRows stored;
  return file.Read(mariadb, [&](const change::Transaction& transaction) -> Status {
    BINSEEK_ASSIGN_OR_RETURN(mapper::MappedTransaction mapped, mapper.Map(transaction, stored));
    for (index::Operation& operation : mapped.batch.operations) {
      operation.if_missing = nullptr;  // it would read rows that are gone
    }
    take(std::move(mapped.batch.operations));
    return Status::Ok();
  });
}

Status MapOnly(const BinlogFile& file, bool mariadb) {
  BINSEEK_ASSIGN_OR_RETURN(const mapping::Mapping mapping, mapper::DeriveMapping(*ProductTable()));
  uint64_t operations = 0;
  const double cpu = CpuSeconds();
  const Stopwatch watch;
  BINSEEK_RETURN_IF_ERROR(
      Map(file, mariadb, index::IndexId{1}, mapping,
          [&](const std::vector<index::Operation>& made) { operations += made.size(); }));
  Print(Report()
            .Add("rows", static_cast<double>(operations))
            .Add("seconds", watch.Seconds())
            .Add("cpu_seconds", CpuSeconds() - cpu));
  return Status::Ok();
}

Status Build(const BinlogFile& file, bool mariadb, const std::string& folder) {
  index::EngineOptions options;
  BINSEEK_ASSIGN_OR_RETURN(options.directory, store::OpenPosixDirectory(folder));
  BINSEEK_ASSIGN_OR_RETURN(const auto engine, index::Engine::Open(std::move(options)));
  BINSEEK_ASSIGN_OR_RETURN(const mapping::Mapping mapping, mapper::DeriveMapping(*ProductTable()));
  BINSEEK_ASSIGN_OR_RETURN(const index::IndexId id, engine->CreateIndex("products", mapping, "{}"));
  const auto view = engine->View();
  std::vector<index::Batch> batches(1);
  uint64_t rows = 0;
  BINSEEK_RETURN_IF_ERROR(Map(file, mariadb, id, *view->Find(id)->mapping,
                              [&](std::vector<index::Operation> operations) {
                                for (index::Operation& operation : operations) {
                                  if (batches.back().operations.size() >= kBatchRows) {
                                    batches.emplace_back();
                                  }
                                  batches.back().operations.push_back(std::move(operation));
                                  ++rows;
                                }
                              }));
  const double cpu = CpuSeconds();
  const Stopwatch watch;
  for (const index::Batch& batch : batches) {
    BINSEEK_ASSIGN_OR_RETURN(const index::ApplyResult result, engine->Apply(batch));
    for (const index::OpResult& one : result.results) {
      if (one.outcome != index::Outcome::kCreated && one.outcome != index::Outcome::kUpdated) {
        return Status::Internal("a write was not applied: " + one.status.ToString());
      }
    }
  }
  const double applied = watch.Seconds();
  BINSEEK_RETURN_IF_ERROR(engine->Commit().status());
  Print(Report()
            .Add("rows", static_cast<double>(rows))
            .Add("applied_seconds", applied)
            .Add("seconds", watch.Seconds())
            .Add("cpu_seconds", CpuSeconds() - cpu));
  return Status::Ok();
}

Status Run(const std::vector<std::string>& arguments) {
  const bool known =
      arguments.size() >= 3 && (arguments[2] == "mysql" || arguments[2] == "mariadb");
  if (!known) {
    return Status::InvalidArgument(
        "usage: sync_bench decode|map|build FILE mysql|mariadb [text|FOLDER]");
  }
  const bool mariadb = arguments[2] == "mariadb";
  BINSEEK_ASSIGN_OR_RETURN(const auto file, BinlogFile::Open(arguments[1]));
  if (arguments[0] == "decode") {
    return Decode(*file, mariadb, arguments.size() > 3);
  }
  if (arguments[0] == "map") {
    return MapOnly(*file, mariadb);
  }
  if (arguments[0] == "build" && arguments.size() > 3) {
    return Build(*file, mariadb, arguments[3]);
  }
  return Status::InvalidArgument("no such command: " + arguments[0]);
}

}  // namespace
}  // namespace binseek::bench

int main(int argc, char** argv) {
  const auto status = binseek::bench::Run(std::vector<std::string>(argv + 1, argv + argc));
  if (!status.ok()) {
    std::fprintf(stderr, "sync_bench: %s\n", status.ToString().c_str());
    return 1;
  }
  return 0;
}
