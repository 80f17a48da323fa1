#include "ledger/base/field_path.h"

#include "gtest/gtest.h"
#include "registre/v1/act.pb.h"

namespace registre::field_path_test {
namespace {

v1::Act Example() {
  v1::Act act;
  v1::DeliberationVoted& voted = *act.mutable_deliberation_voted();
  voted.add_allotments()->set_allotment_id("1");
  voted.add_allotments();
  voted.add_visas()->mutable_deliberation()->set_number("2023-1");
  return act;
}

TEST(FieldPathTest, NamesAField) {
  for (const char* path :
       {"source", "source.page", "deliberation_voted", "deliberation_voted.date",
        "deliberation_voted.date.year", "deliberation_voted.allotments",
        "deliberation_voted.allotments[1]", "deliberation_voted.allotments[0].period",
        "deliberation_voted.allotments[1].period.start", "deliberation_voted.allotments.period",
        "deliberation_voted.visas[0].deliberation.number"}) {
    EXPECT_TRUE(NamesField(Example(), path)) << path;
  }
}

TEST(FieldPathTest, NamesNone) {
  for (const char* path :
       {"", ".", "deliberation_voted.", ".date", "nothing", "deliberation_voted.nothing",
        "deliberation_voted.allotments[2]", "deliberation_voted.allotments[-1]",
        "deliberation_voted.allotments[]", "deliberation_voted.allotments[1",
        "deliberation_voted.allotments[1]x", "deliberation_voted.allotments[x]",
        "deliberation_voted.allotments[99999999999]", "deliberation_voted.date[0]",
        "deliberation_voted.date.year.x", "convention_signed", "convention_signed.object",
        "deliberation_voted.visas[0].deliberation.before_opening.number",
        "deliberation_voted.allotments.nothing"}) {
    EXPECT_FALSE(NamesField(Example(), path)) << path;
  }
}

}  // namespace
}  // namespace registre::field_path_test
