#include "tests/projections/fold_cases.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/util/message_differencer.h"
#include "projections/fold.h"
#include "tests/support/fake_view.h"
#include "tests/support/row_map.h"

namespace registre::testing {

std::string Bytes(const v1::Row& row) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    row.SerializeToCodedStream(&coded);
  }
  return bytes;
}

void CheckCase(const FoldCase& fold_case) {
  v1::Row row;
  std::vector<v1::Event> events;
  std::vector<std::string> before;
  for (size_t i = 0; i < fold_case.acts.size(); ++i) {
    v1::Event event = EventOf(i, Text<v1::Act>(fold_case.acts[i]));
    const std::vector<std::string> keys = RowKeysOf(event);
    if (std::find(keys.begin(), keys.end(), fold_case.key) == keys.end()) continue;
    before.push_back(Bytes(row));
    Fold(Direction::kApply, event, fold_case.key, &row);
    events.push_back(std::move(event));
  }
  EXPECT_FALSE(events.empty()) << "no act touches " << fold_case.key;

  const auto expected = Text<v1::Row>(fold_case.row);
  std::string differences;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&differences);
  EXPECT_TRUE(differencer.Compare(expected, row)) << "expected -> folded\n" << differences;

  while (!events.empty()) {
    Fold(Direction::kRevert, events.back(), fold_case.key, &row);
    EXPECT_EQ(before.back(), Bytes(row))
        << "reverting " << events.back().ShortDebugString() << "\nleaves " << row.DebugString();
    events.pop_back();
    before.pop_back();
  }
}

}  // namespace registre::testing
