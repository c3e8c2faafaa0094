// EngineModel: what the engine's contract says it holds, kept in plain maps; the random tests compare the two.
#ifndef BINSEEK_TESTS_ENGINE_INDEX_ENGINE_MODEL_H_
#define BINSEEK_TESTS_ENGINE_INDEX_ENGINE_MODEL_H_

#include <map>
#include <optional>
#include <string>

#include "tests/engine/index/shop.h"

namespace binseek::index::test {

class EngineModel {
 public:
  void CreateIndex(IndexId id, const std::string& name) { indices_[id].name = name; }
  void DropIndex(IndexId id) { indices_.erase(id); }
  void ForgetTombstones(IndexId id, int64_t below_version);
  // `product` is that of an upsert, or of an update's if_missing.
  OpResult Apply(const Operation& operation, const Product& product);
  void SetUserData(const std::string& key, const std::string& value) { user_data_[key] = value; }
  // nullopt: none is attached under that name any more.
  void Attach(const std::string& name, const std::optional<std::string>& bytes);

  // A restart goes on from other sequence numbers, above those that were given. To be called when the rest has been compared.
  void GoOnFrom(const EngineView& view);
  // "" where the view holds exactly this, its next sequence numbers apart; else the first difference.
  std::string CompareView(const EngineView& view) const;
  // Also user data, tombstones, and what is attached (by its length and checksum).
  std::string Compare(const Engine& engine) const;

  struct Stored {
    Product product;
    int64_t version = 0;
    int64_t seq_no = 0;
  };
  struct Index {
    std::string name;
    std::map<std::string, Stored> documents;
    std::map<std::string, int64_t> tombstones;
    int64_t next_seq_no = 0;
  };
  const std::map<IndexId, Index>& indices() const { return indices_; }

 private:
  std::map<IndexId, Index> indices_;
  std::map<std::string, std::string> user_data_;
  std::map<std::string, std::string> attached_;
};

}  // namespace binseek::index::test

#endif  // BINSEEK_TESTS_ENGINE_INDEX_ENGINE_MODEL_H_
