#include "sync/change/gtid_set.h"

#include <set>

#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::change {
namespace {

constexpr const char* kUuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
constexpr const char* kOther = "0c80430e-e5ec-11f1-8dc4-02fc00000001";

GtidSet Set(const std::string& text) {
  auto set = GtidSet::Parse(text);
  EXPECT_OK(set) << text;
  return set.ok() ? *std::move(set) : GtidSet();
}

std::string Uuid(const std::string& rest) { return kUuid + rest; }

TEST(GtidSetTest, PrintsInCanonicalForm) {
  EXPECT_EQ(Set("").ToString(), "");
  EXPECT_EQ(Set(" 3E11FA47-71CA-11E1-9E33-C80AA9429562 : 5 : 1-3,\n").ToString(), Uuid(":1-3:5"));
  EXPECT_EQ(Set(Uuid(":1-3:4:2-6:9")).ToString(), Uuid(":1-6:9"));
  EXPECT_EQ(Set(Uuid(":1,") + kOther + ":7").ToString(), std::string(kOther) + ":7," + Uuid(":1"));
  EXPECT_EQ(Set(Uuid(":1-18:Batch:2:1:a_1:7")).ToString(), Uuid(":1-18:a_1:7:batch:1-2"));
  EXPECT_EQ(Set(Uuid(":9223372036854775806")).ToString(), Uuid(":9223372036854775806"));
}

TEST(GtidSetTest, RefusesWhatIsNoSet) {
  for (const std::string& bad :
       {std::string("x"), std::string(kUuid), Uuid(":"), Uuid(":0"), Uuid(":5-3"), Uuid(":1-"),
        Uuid(":-3"), Uuid(":1x"), Uuid(":9223372036854775807"), Uuid(":18446744073709551616"),
        Uuid(":tag"), Uuid(":tag:tag:1"), Uuid(":1:tag"), Uuid(":") + std::string(33, 'a') + ":1",
        std::string("3e11fa47x71ca-11e1-9e33-c80aa9429562:1"),
        std::string("3e11fa47-71ca-11e1-9e33-c80aa942956g:1")}) {
    EXPECT_STATUS(GtidSet::Parse(bad), kInvalidArgument) << bad;
  }
}

TEST(GtidSetTest, TagsAreSetsOfTheirOwn) {
  const GtidSet set = Set(Uuid(":1-5:batch:3"));
  EXPECT_TRUE(set.ContainsGtid(Uuid(":5")));
  EXPECT_FALSE(set.ContainsGtid(Uuid(":6")));
  EXPECT_TRUE(set.ContainsGtid(Uuid(":batch:3")));
  EXPECT_TRUE(set.ContainsGtid(Uuid(":BATCH:3")));
  EXPECT_FALSE(set.ContainsGtid(Uuid(":batch:1")));
  EXPECT_FALSE(set.ContainsGtid("nonsense"));
  EXPECT_EQ(set.Subtract(Set(Uuid(":1-5"))), Set(Uuid(":batch:3")));
}

TEST(GtidSetTest, WireFormIsThatOfTheServer) {
  // PREVIOUS_GTIDS of MySQL 9.7.4: 0c80430e-...:1-16:batch:1, in the tagged form.
  std::string wire("\x01\x02\0\0\0\0\0\x01", 8);
  const std::string uuid("\x0c\x80\x43\x0e\xe5\xec\x11\xf1\x8d\xc4\x02\xfc\0\0\0\x01", 16);
  const auto number = [](char n) { return std::string(1, n) + std::string(7, '\0'); };
  wire += uuid + std::string(1, '\0') + number(1) + number(1) + number(17);
  wire += uuid + "\x0a" + "batch" + number(1) + number(1) + number(2);
  const auto set = GtidSet::DecodeWire(wire);
  ASSERT_OK(set);
  EXPECT_EQ(set->ToString(), std::string(kOther) + ":1-16:batch:1");
  EXPECT_EQ(set->EncodeWire(), wire);
  EXPECT_EQ(Set(std::string(kOther) + ":1-16").EncodeWire(),
            number(1) + uuid + number(1) + number(1) + number(17));
  for (size_t size = 0; size < wire.size(); ++size) {
    EXPECT_STATUS(GtidSet::DecodeWire(std::string_view(wire).substr(0, size)), kCorruption) << size;
  }
}

// Sets against std::set of numbers, over two uuids and a tag.
class GtidSetModelTest : public test::SeededTest {
 protected:
  using Model = std::set<std::pair<int, uint64_t>>;  // (which sid, number)

  static GtidSet::Sid SidOf(int which) {
    GtidSet::Sid sid;
    sid.uuid[15] = static_cast<uint8_t>(which / 2 + 1);
    sid.tag = which % 2 == 0 ? "" : "tag";
    return sid;
  }

  void Fill(GtidSet* set, Model* model) {
    for (uint64_t i = Uniform(12); i > 0; --i) {
      const int which = static_cast<int>(Uniform(4));
      const uint64_t first = 1 + Uniform(40);
      const uint64_t end = first + Uniform(6);
      set->Add(SidOf(which), first, end);
      for (uint64_t n = first; n < end; ++n) {
        model->emplace(which, n);
      }
    }
  }

  static void ExpectEqual(const GtidSet& set, const Model& model) {
    for (int which = 0; which < 4; ++which) {
      for (uint64_t n = 0; n <= 50; ++n) {
        ASSERT_EQ(set.Contains(SidOf(which), n), model.count({which, n}) > 0)
            << set.ToString() << " " << n;
      }
    }
    for (const auto& [sid, intervals] : set.sids()) {
      ASSERT_FALSE(intervals.empty());
      for (size_t i = 0; i < intervals.size(); ++i) {
        ASSERT_LT(intervals[i].first, intervals[i].second);
        ASSERT_TRUE(i == 0 || intervals[i - 1].second < intervals[i].first) << set.ToString();
      }
    }
  }
};

TEST_F(GtidSetModelTest, OperationsEqualThoseOnSetsOfNumbers) {
  for (uint64_t round = Iterations(500); round > 0; --round) {
    GtidSet a;
    GtidSet b;
    Model model_a;
    Model model_b;
    Fill(&a, &model_a);
    Fill(&b, &model_b);
    ExpectEqual(a, model_a);
    GtidSet both = a;
    both.Union(b);
    Model model_both = model_a;
    model_both.insert(model_b.begin(), model_b.end());
    ExpectEqual(both, model_both);
    const GtidSet rest = a.Subtract(b);
    Model model_rest;
    for (const auto& one : model_a) {
      if (model_b.count(one) == 0) {
        model_rest.insert(one);
      }
    }
    ExpectEqual(rest, model_rest);
    EXPECT_EQ(rest.empty(), model_rest.empty());
    EXPECT_EQ(b.Contains(a), model_rest.empty());
    EXPECT_EQ(a == b, model_a == model_b);
    EXPECT_EQ(Set(both.ToString()), both);
    const auto decoded = GtidSet::DecodeWire(both.EncodeWire());
    ASSERT_OK(decoded);
    EXPECT_EQ(*decoded, both);
  }
}

TEST_F(GtidSetModelTest, BytesOfAnyKindDoNotCrash) {
  for (uint64_t round = Iterations(2000); round > 0; --round) {
    const std::string bytes = RandomBytes(100);
    (void)GtidSet::DecodeWire(bytes).ok();
    (void)GtidSet::Parse(bytes).ok();
    (void)MariadbGtidPosition::Parse(bytes).ok();
  }
}

MariadbGtidPosition Position(const std::string& text) {
  auto position = MariadbGtidPosition::Parse(text);
  EXPECT_OK(position) << text;
  return position.ok() ? *std::move(position) : MariadbGtidPosition();
}

TEST(MariadbGtidPositionTest, ParsesPrintsAndAdvances) {
  EXPECT_EQ(Position(" 7-1011-1 ,\n0-1011-15").ToString(), "0-1011-15,7-1011-1");
  EXPECT_TRUE(Position("").empty());
  MariadbGtidPosition position = Position("0-1-5");
  EXPECT_OK(position.AddGtid("0-2-6"));
  EXPECT_OK(position.AddGtid("3-2-1"));
  EXPECT_EQ(position.ToString(), "0-2-6,3-2-1");
  for (const char* bad :
       {"0-1", "0-1-", "a-1-1", "0-1-1,0-2-2", "0-1-1 0-1-2", "4294967296-1-1", "0-1-1x"}) {
    EXPECT_STATUS(MariadbGtidPosition::Parse(bad), kInvalidArgument) << bad;
  }
  EXPECT_STATUS(position.AddGtid("0-1-1,"), kInvalidArgument);
}

TEST(MariadbGtidPositionTest, ContainsByDomainAndSequenceOnly) {
  const MariadbGtidPosition position = Position("0-1-10,7-1-3");
  EXPECT_TRUE(position.Contains(Position("")));
  EXPECT_TRUE(position.Contains(Position("0-9-10")));
  EXPECT_TRUE(position.Contains(Position("0-1-9,7-1-3")));
  EXPECT_FALSE(position.Contains(Position("0-1-11")));
  EXPECT_FALSE(position.Contains(Position("1-1-1")));
}

}  // namespace
}  // namespace binseek::change
