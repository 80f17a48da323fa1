#include "ledger/store/index_codec.h"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "tests/ledger/store/index_model.h"

namespace registre::index_test::index_codec_test {
namespace {

constexpr uint64_t kMaxU64 = std::numeric_limits<uint64_t>::max();
const std::vector<uint64_t> kNumbers = {0, 1, 127, 128, 16'383, 16'384, 1ULL << 63, kMaxU64};
const std::vector<Days> kDays = {kAlways, kAlways + 1, -20'000, -1,
                                 0,       1,           19'618,  std::numeric_limits<Days>::max()};

TEST(IndexCodecTest, KeepsKeyStates) {
  std::string bytes;
  for (const uint64_t number : kNumbers) {
    for (const Days days : kDays) {
      KeyState state{.count = number,
                     .last_position = kMaxU64 - number,
                     .max_effective = days,
                     .block_min_effective = kDays[number % kDays.size()],
                     .row = RowOf(number % 1'000 + 1)};
      EncodeKeyState(state, &bytes);
      KeyState read;
      ASSERT_TRUE(DecodeKeyState(bytes, &read));
      EXPECT_EQ(read.count, state.count);
      EXPECT_EQ(read.last_position, state.last_position);
      EXPECT_EQ(read.max_effective, state.max_effective);
      EXPECT_EQ(read.block_min_effective, state.block_min_effective);
      EXPECT_EQ(read.row->SerializeAsString(), state.row->SerializeAsString());
    }
  }
}

TEST(IndexCodecTest, AnEmptyRowTakesNoByte) {
  std::string bytes;
  KeyState state{.count = 1, .last_position = 1, .row = std::make_shared<const v1::Row>()};
  EncodeKeyState(state, &bytes);
  EXPECT_EQ(bytes.size(), 4u);
  KeyState read;
  ASSERT_TRUE(DecodeKeyState(bytes, &read));
  ASSERT_NE(read.row, nullptr);
  EXPECT_EQ(read.row->row_case(), v1::Row::ROW_NOT_SET);
}

TEST(IndexCodecTest, KeepsPostings) {
  std::string bytes;
  for (const uint64_t position : kNumbers) {
    for (const Days days : kDays) {
      for (const uint16_t act : {0, 1, 67, 65'535}) {
        for (const bool flagged : {false, true}) {
          EncodePosting({position, days, act, flagged}, &bytes);
          Posting read;
          ASSERT_TRUE(DecodePosting(bytes, &read));
          EXPECT_EQ(read.position, position);
          EXPECT_EQ(read.effective, days);
          EXPECT_EQ(read.act, act);
          EXPECT_EQ(read.flagged, flagged);
        }
      }
    }
  }
}

TEST(IndexCodecTest, KeepsSnapshotsCommandsAndMeta) {
  std::string bytes;
  EncodeSnapshot(
      {.sequence = 128, .max_effective = 5, .block_min_effective = kAlways, .row = "row"}, &bytes);
  Snapshot snapshot;
  ASSERT_TRUE(DecodeSnapshot(bytes, &snapshot));
  EXPECT_EQ(snapshot.max_effective, 5);
  EXPECT_EQ(snapshot.block_min_effective, kAlways);
  EXPECT_EQ(snapshot.row, "row");

  EncodeCommand({.first_position = 300, .fingerprint = std::string(33, '\0')}, &bytes);
  CommandRecord command;
  ASSERT_TRUE(DecodeCommand(bytes, &command));
  EXPECT_EQ(command.first_position, 300u);
  EXPECT_EQ(command.fingerprint, std::string(33, '\0'));

  EncodeMeta({.fold_version = 9, .head = HeadOf(1'000)}, &bytes);
  IndexMeta meta;
  ASSERT_TRUE(DecodeMeta(bytes, &meta));
  EXPECT_EQ(meta.format_version, kIndexFormatVersion);
  EXPECT_EQ(meta.fold_version, 9u);
  EXPECT_EQ(meta.head.size, 1'000u);
  EXPECT_EQ(meta.head.root, HeadOf(1'000).root);
}

TEST(IndexCodecTest, ReadsOnlyTheVersionOfAnotherFormat) {
  IndexMeta meta;
  ASSERT_TRUE(DecodeMeta(std::string_view("\x7fwhatever"), &meta));
  EXPECT_EQ(meta.format_version, 127u);
}

TEST(IndexCodecTest, RefusesWhatNoEncoderWrote) {
  const std::string too_long(11, '\x80');
  const std::string over_64_bits = std::string(9, '\xff') + "\x02";
  const std::string days_over_32_bits = std::string("\x01\x01") + std::string(5, '\xff') + "\x01";
  for (const std::string& bytes : {std::string(), too_long, over_64_bits}) {
    Posting posting;
    KeyState state;
    CommandRecord command;
    IndexMeta meta;
    EXPECT_FALSE(DecodePosting(bytes, &posting));
    EXPECT_FALSE(DecodeKeyState(bytes, &state));
    EXPECT_FALSE(DecodeCommand(bytes, &command));
    EXPECT_FALSE(DecodeMeta(bytes, &meta));
  }
  Snapshot snapshot;
  EXPECT_FALSE(DecodeSnapshot("", &snapshot));
  KeyState state;
  EXPECT_FALSE(DecodeKeyState(days_over_32_bits, &state));
  EXPECT_FALSE(DecodeKeyState(std::string("\x01\x01\x00\x00\xff", 5), &state)) << "no row";

  std::string bytes;
  EncodePosting({1'000, 19'618, 61, true}, &bytes);
  Posting posting;
  EXPECT_FALSE(DecodePosting(bytes + "x", &posting));
  for (size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_FALSE(DecodePosting(bytes.substr(0, i), &posting)) << i;
  }
  EXPECT_FALSE(DecodePosting(std::string("\x01\x00\xff\xff\xff\x7f", 6), &posting)) << "act";
  EncodeMeta({.fold_version = 9, .head = HeadOf(1'000)}, &bytes);
  IndexMeta meta;
  EXPECT_FALSE(DecodeMeta(bytes + "x", &meta));
  for (size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_FALSE(DecodeMeta(bytes.substr(0, i), &meta)) << i;
  }
}

TEST(IndexCodecTest, HistoryKeysAreInOrderOfKeyAndSequence) {
  const std::vector<std::string> keys = {
      HistoryKey("call:1", 0),   HistoryKey("call:1", 1),          HistoryKey("call:1", 255),
      HistoryKey("call:1", 256), HistoryKey("call:1", 1ULL << 40), HistoryKey("call:1", kMaxU64),
      HistoryKey("call:1-a", 1), HistoryKey("call:10", 1)};
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
  uint64_t sequence = 0;
  EXPECT_TRUE(SequenceOf(keys[4], "call:1", &sequence));
  EXPECT_EQ(sequence, 1ULL << 40);
  EXPECT_FALSE(SequenceOf(keys[7], "call:1", &sequence));
  EXPECT_FALSE(SequenceOf("call:1", "call:1", &sequence));
  EXPECT_FALSE(SequenceOf("call:1x12345678", "call:1", &sequence));
  std::string key = HistoryKey("call:1", 1);
  SetSequence(256, &key);
  EXPECT_EQ(key, keys[3]);
}

}  // namespace
}  // namespace registre::index_test::index_codec_test
