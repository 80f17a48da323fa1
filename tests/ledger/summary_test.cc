#include "ledger/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "ledger/base/errors.h"
#include "ledger/schema.h"
#include "tests/support/bundle_world.h"
#include "tests/support/test_seed.h"

namespace registre::testing::summary_test {
namespace {

using ::testing::HasSubstr;

TEST(SummaryTest, Instants) {
  EXPECT_EQ(SummaryInstant(0, 0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(SummaryInstant(-1, 1), "1969-12-31T23:59:59.000000001Z");
  EXPECT_EQ(SummaryInstant(951'782'400, 120'000'000), "2000-02-29T00:00:00.120000000Z");
  EXPECT_EQ(SummaryInstant(-62'135'596'800, 0), "0001-01-01T00:00:00Z");
  EXPECT_EQ(SummaryInstant(253'402'300'799, 0), "9999-12-31T23:59:59Z");
}

TEST(SummaryTest, Values) {
  BundleWorld world;
  world.Add(
      "remarks: '\\t\\177\\\\\\342\\200\\256\\302\\233\\342\\202\\254' avenant_signed { "
      "convention_number: 'c1' delta_cents: -5 "
      "amount_before_cents: -9223372036854775808 amount_after_cents: -150 authorised_by {} }");
  v1::Event& event = world.events.back();
  event.add_flags()->set_severity(static_cast<v1::Severity>(77));
  event.add_private_digests("\xAB");
  event.set_correction_number("3");
  const std::string text = DescribeEvent(event, false);
  for (const char* line :
       {"remarks[0] = \"\\x09\\x7f\\\\\\u202e\\u009b\342\202\254\"", "delta_cents = -5 (-0.05 EUR)",
        "amount_before_cents = -9223372036854775808 (-92233720368547758.08 EUR)",
        "amount_after_cents = -150 (-1.50 EUR)", "authorised_by = {}", "flags[0].severity = 77",
        "private_digests[0] = <ab>", "correction_number = \"3\""}) {
    EXPECT_THAT(text, HasSubstr(std::string("\n  ") + line + "\n"));
  }
  for (const char* left_out : {"salt", "event_id", "fingerprint", "tags[", "unit_size"}) {
    EXPECT_THAT(text, ::testing::Not(HasSubstr(left_out)));
  }
}

TEST(SummaryTest, AnotherSchemaReadsTheSame) {
  const auto schema = EventSchema::Parse(SerializedSchema());
  ASSERT_TRUE(schema.ok()) << schema.status();
  for (const v1::Event& event : BundleWorld().events) {
    const auto read = (*schema)->Read(event.SerializeAsString());
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(DescribeEvent(**read, true), DescribeEvent(event, true));
  }
}

TEST(SummaryTest, WhatCannotBeRead) {
  const auto schema = EventSchema::Parse(SerializedSchema());
  const std::string event = BundleWorld().events[5].SerializeAsString();
  EXPECT_TRUE((*schema)->Read(event).ok());
  EXPECT_EQ(ReasonOf((*schema)->Read("").status()), "EVENT_MALFORMED");
  EXPECT_EQ(ReasonOf((*schema)->Read(event + "\xFF").status()), "EVENT_MALFORMED");
  EXPECT_EQ(ReasonOf((*schema)->Read(event + std::string("\xF8\x7F\x01", 3)).status()),
            "EVENT_MALFORMED");
  EXPECT_EQ(ReasonOf(EventSchema::Parse("").status()), "SCHEMA_INVALID");
  EXPECT_EQ(ReasonOf(EventSchema::Parse("garbage").status()), "SCHEMA_INVALID");
  // Without a file that another one imports.
  EXPECT_EQ(
      ReasonOf(
          EventSchema::Parse(SerializedSchema().substr(SerializedSchema().size() / 2)).status()),
      "SCHEMA_INVALID");
}

// A schema comes from the authority, which need not be honest.
TEST(SummaryTest, DamagedSchemasAreRefusedOrRead) {
  std::mt19937_64 rng(TestSeed());
  const std::string event = BundleWorld().events[5].SerializeAsString();
  int parsed = 0;
  for (int round = 0; round < 300; ++round) {
    std::string spoilt = SerializedSchema();
    const uint64_t changes = 1 + rng() % 3;
    for (uint64_t i = 0; i < changes; ++i) spoilt[rng() % spoilt.size()] = static_cast<char>(rng());
    const auto schema = EventSchema::Parse(spoilt);
    if (!schema.ok()) continue;
    ++parsed;
    const auto read = (*schema)->Read(event);
    if (!read.ok()) continue;
    EXPECT_THAT(DescribeEvent(**read, false), HasSubstr("#"));
  }
  std::printf("300 damaged schemas, %d still schemas\n", parsed);
}

}  // namespace
}  // namespace registre::testing::summary_test
