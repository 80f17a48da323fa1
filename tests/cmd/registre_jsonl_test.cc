// cmd/registre/jsonl.h: lines read with bounded memory, and what is said of a bad one.
#include <gmock/gmock.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "cmd/registre/jsonl.h"
#include "ledger/base/errors.h"

namespace registre::cli::registre_jsonl_test {
namespace {

using ::testing::HasSubstr;

// Reads from a text, at most `piece` bytes at a time.
ReadBytes From(std::string text, size_t piece = 1 << 20) {
  return [text = std::move(text), piece, at = size_t{0}](char* buffer, size_t size) mutable {
    const size_t count = std::min({size, piece, text.size() - at});
    std::memcpy(buffer, text.data() + at, count);
    at += count;
    return static_cast<ssize_t>(count);
  };
}

// A stream of `size` times the same byte, then `end`, never held.
ReadBytes Generated(char byte, size_t size, std::string end) {
  return [=, left = size, ended = false](char* buffer, size_t room) mutable {
    if (left > 0) {
      const size_t count = std::min(room, left);
      std::memset(buffer, byte, count);
      left -= count;
      return static_cast<ssize_t>(count);
    }
    if (ended) return ssize_t{0};
    ended = true;
    std::memcpy(buffer, end.data(), end.size());
    return static_cast<ssize_t>(end.size());
  };
}

std::string Wrong(const std::string& line) {
  v1::RecordLine out;
  const absl::Status status = ParseLine(line, &out);
  EXPECT_FALSE(status.ok()) << line;
  EXPECT_EQ(ReasonOf(status), "LINE_INVALID") << line;
  return std::string(status.message());
}

TEST(LineReader, GivesLinesWithTheirNumbersAndSkipsBlankOnes) {
  for (const size_t piece : {1u, 3u, 1000u}) {
    LineReader reader(From("\xEF\xBB\xBFone\n\n  \t\r\ntwo\r\nthree", piece));
    std::string line;
    ASSERT_TRUE(*reader.Next(&line));
    EXPECT_EQ(line, "one");
    EXPECT_EQ(reader.number(), 1u);
    ASSERT_TRUE(*reader.Next(&line));
    EXPECT_EQ(line, "two\r");
    EXPECT_EQ(reader.number(), 4u);
    ASSERT_TRUE(*reader.Next(&line));
    EXPECT_EQ(line, "three");
    EXPECT_FALSE(*reader.Next(&line));
    EXPECT_FALSE(*reader.Next(&line));
    EXPECT_EQ(reader.bytes(), 23u);
  }
}

TEST(LineReader, AnEmptyFileHasNoLine) {
  std::string line;
  EXPECT_FALSE(*LineReader(From("")).Next(&line));
  EXPECT_FALSE(*LineReader(From("\n\n")).Next(&line));
}

TEST(LineReader, TheLimitIsExact) {
  const std::string fits(kMaxLineBytes, 'x');
  LineReader reader(From(fits + "\n" + fits + "x\nlast\n"));
  std::string line;
  ASSERT_TRUE(*reader.Next(&line));
  EXPECT_EQ(line.size(), kMaxLineBytes);
  const auto over = reader.Next(&line);
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(ReasonOf(over.status()), "LINE_TOO_LONG");
  EXPECT_EQ(reader.number(), 2u);
  EXPECT_THAT(std::string(over.status().message()), HasSubstr("4 MiB"));
  // The reader goes on behind it.
  ASSERT_TRUE(*reader.Next(&line));
  EXPECT_EQ(line, "last");
  EXPECT_EQ(reader.number(), 3u);
}

TEST(LineReader, ALineOf100MegabytesIsNotHeld) {
  LineReader reader(Generated('x', 100'000'000, "\nnext\n"));
  std::string line;
  const auto read = reader.Next(&line);
  EXPECT_EQ(ReasonOf(read.status()), "LINE_TOO_LONG");
  EXPECT_LE(line.capacity(), kMaxLineBytes);
  ASSERT_TRUE(*reader.Next(&line));
  EXPECT_EQ(line, "next");
  EXPECT_EQ(reader.number(), 2u);
  EXPECT_EQ(reader.bytes(), 100'000'006u);
}

TEST(LineReader, SaysWhyAFileCannotBeRead) {
  LineReader reader([](char*, size_t) {
    errno = EISDIR;
    return ssize_t{-1};
  });
  std::string line;
  const auto read = reader.Next(&line);
  EXPECT_EQ(ReasonOf(read.status()), "FILE_UNREADABLE");
  EXPECT_THAT(std::string(read.status().message()), HasSubstr("directory"));
}

TEST(ParseLine, TakesAnActWithItsCommandIdAndCondition) {
  v1::RecordLine line;
  ASSERT_TRUE(
      ParseLine(R"({"command_id":"c-1","act":{"deliberation_published":{"number":"2023-405",)"
                R"("date":{"year":2023,"month":9,"day":25}}},"condition":{"query":{"items":)"
                R"([{"tags":["deliberation:2023-405"]}]},"from_position":"12"}})",
                &line)
          .ok());
  EXPECT_EQ(line.command_id(), "c-1");
  EXPECT_EQ(line.act().deliberation_published().number(), "2023-405");
  EXPECT_EQ(line.condition().from_position(), 12u);
}

TEST(ParseLine, ATruncatedLine) {
  EXPECT_THAT(Wrong(R"({"command_id":"a","act":{"deliberation_published":{"number":"2023-405",)"),
              HasSubstr("truncated"));
  EXPECT_THAT(Wrong(R"({"command_id":"a)"), HasSubstr("truncated"));
  EXPECT_THAT(Wrong("{"), HasSubstr("truncated"));
}

TEST(ParseLine, WhatIsNoJsonObject) {
  for (const char* line : {"[1]", "12", "null", "acts", R"({"command_id":"a"} {})", "\x01"}) {
    EXPECT_THAT(Wrong(line), HasSubstr("not a JSON object")) << line;
  }
}

TEST(ParseLine, AnUnknownFieldIsNamed) {
  EXPECT_THAT(Wrong(R"({"command_id":"a","act":{"deliberation_published":{"numbr":"1"}}})"),
              HasSubstr("unknown field act.deliberation_published.numbr"));
  EXPECT_THAT(Wrong(R"({"commandid":"a"})"), HasSubstr("unknown field commandid"));
  EXPECT_THAT(
      Wrong(R"({"command_id":"a","act":{"deliberation_voted":{"articles":[{},{"kinnd":1}]}}})"),
      HasSubstr("act.deliberation_voted.articles[1].kinnd"));
}

TEST(ParseLine, BytesThatAreNotUtf8) {
  const std::string message = Wrong("{\"command_id\":\"H\xe9nin\"}");
  EXPECT_THAT(message, HasSubstr("byte 17"));
  EXPECT_THAT(message, HasSubstr("0xe9"));
  EXPECT_THAT(message, HasSubstr("UTF-8"));
}

TEST(ParseLine, AWrongEnumValueListsTheRightOnes) {
  const std::string message =
      Wrong(R"({"command_id":"a","act":{"session_held":{"body":"BODY_X"}}})");
  EXPECT_THAT(message, HasSubstr("act.session_held.body: \"BODY_X\""));
  EXPECT_THAT(message, HasSubstr("BODY_COMMISSION_PERMANENTE"));
}

TEST(ParseLine, ANumberOutOfRangeOrNotWhole) {
  const auto amount = [](const std::string& value) {
    return Wrong(R"({"command_id":"a","act":{"payment_ordered":{"amount_cents":)" + value + "}}}");
  };
  for (const char* value :
       {"9223372036854775808", R"("9223372036854775808")", "1.5", R"("12,50")", "true"}) {
    EXPECT_THAT(amount(value), HasSubstr("act.payment_ordered.amount_cents")) << value;
    EXPECT_THAT(amount(value), HasSubstr("cents")) << value;
  }
  EXPECT_THAT(Wrong(R"({"command_id":"a","act":{"payment_ordered":{"fiscal_year":99999999999}}})"),
              HasSubstr("32 bits"));
}

TEST(ParseLine, AMissingPart) {
  EXPECT_THAT(Wrong(R"({"act":{"opening_closed":{}}})"), HasSubstr("command_id"));
  EXPECT_THAT(Wrong(R"({"command_id":"a"})"), HasSubstr("act is missing"));
  EXPECT_THAT(Wrong(R"({"command_id":"a","act":{"remarks":["x"]}})"), HasSubstr("act is missing"));
}

TEST(ParseLine, TwoActsOnALine) {
  EXPECT_THAT(Wrong(R"({"command_id":"a","act":{"payment_ordered":{},"payment_settled":{}}})"),
              HasSubstr("one act"));
}

TEST(ParseLine, DepthIsBounded) {
  std::string deep = R"({"command_id":"a","act":)";
  for (int i = 0; i < 100'000; ++i) deep += R"({"act":)";
  EXPECT_NE(Wrong(deep), "");
  EXPECT_NE(Wrong(R"({"command_id":"a","act":)" + std::string(100'000, '[')), "");
}

// Found by fuzzing: protobuf's message then starts with the line feed.
TEST(ParseLine, FieldNamesMayHoldControlCharacters) {
  EXPECT_THAT(Wrong(R"({"\nd_id":"x"})"), HasSubstr("unknown field"));
  EXPECT_THAT(Wrong(R"({"\n":"x"})"), HasSubstr("unknown field"));
  EXPECT_THAT(Wrong(R"({"act":{"\n\n\u0001":{}}})"), HasSubstr("unknown field"));
  EXPECT_THAT(Wrong(R"({"":"x"})"), HasSubstr("must have a name"));
}

}  // namespace
}  // namespace registre::cli::registre_jsonl_test
