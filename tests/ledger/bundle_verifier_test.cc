#include "ledger/bundle_verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "ledger/acts/act.h"
#include "ledger/backup_file.h"
#include "ledger/base/errors.h"
#include "tests/support/bundle_cases.h"
#include "tests/support/bundle_world.h"
#include "tests/support/large_ledger.h"
#include "tests/support/test_keys.h"

namespace registre::testing::bundle_verifier_test {
namespace {

using ::testing::HasSubstr;

TEST(BundleVerifierTest, EveryCase) {
  const BundleCases all = MakeBundleCases();
  const TrustPolicy key = TrustPolicy::OfKeys({*ParseVerifierKey(all.key)});
  const TrustPolicy policy = *ParseTrustPolicy(all.policy);
  for (const BundleCase& one : all.cases) {
    SCOPED_TRACE(one.name);
    std::optional<std::string_view> ca;
    if (one.with_ca) ca = all.tsa_ca;
    std::vector<Hash> schemas;
    if (!one.schema_digest.empty()) schemas.push_back(*HashFromHex(one.schema_digest));
    const auto verified = VerifyBundle(one.bytes, one.with_policy ? policy : key, ca, schemas);
    EXPECT_EQ(ReasonOf(verified.status()), one.reason) << verified.status();
    EXPECT_EQ(verified.ok(), one.reason.empty());
    EXPECT_THAT(std::string(verified.status().message()), HasSubstr(one.says));
  }
  std::printf("%zu cases\n", all.cases.size());
}

TEST(BundleVerifierTest, SaysWhatIsProven) {
  const BundleWorld world;
  const auto verified = VerifyBundle(world.Build(BundleWorld::kTag), world.policy(), std::nullopt);
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->tag, BundleWorld::kTag);
  EXPECT_EQ(verified->trusted.checkpoint.size, 10u);
  EXPECT_EQ(verified->seal_position, 8u);
  EXPECT_EQ(verified->through_position, 7u);
  EXPECT_EQ(verified->tags, 7u);
  EXPECT_EQ(verified->events.size(), 5u);
  EXPECT_EQ(verified->sealed_events, 4u);
  EXPECT_EQ(verified->sealed_at, absl::FromUnixSeconds(1'700'000'008));
  EXPECT_TRUE(verified->same_schema);
  EXPECT_TRUE(verified->known_schema);
  const auto absent = VerifyBundle(world.Build("convention:c2"), world.policy(), std::nullopt);
  ASSERT_TRUE(absent.ok()) << absent.status();
  EXPECT_TRUE(absent->events.empty());
  EXPECT_EQ(absent->sealed_events, 0u);
}

TEST(BundleVerifierTest, TheSummaryAsTheFormatSays) {
  const BundleWorld world;
  const Bundle bundle = world.Parts(BundleWorld::kTag);
  const std::string root = Base64Of(*RootOfFirst(10, world.Hashes()));
  const std::string expected =
      "tag convention:c1\n"
      "log example.org/registre\n"
      "checkpoint 10 events, root " +
      root +
      "\n"
      "seal #8 2023-11-14T22:13:28Z, through #7, 7 tags\n"
      "events 5, 4 through the seal\n"
      "\n"
      "#2 2023-11-14T22:13:22Z convention_signed\n"
      "  command_id = \"test-2\"\n"
      "  actor.subject = \"test\"\n"
      "  actor.role = \"local\"\n"
      "  number = \"c1\"\n"
      "  structure_id = \"s1\"\n"
      "  object = \"Fonctionnement \303\251t\303\251 \\\"2023\\\"\\n\\x01\"\n"
      "  signatures.authority_signed_on = 2023-07-13\n"
      "  amount_cents = 1234550 (12345.50 EUR)\n"
      "  tranches[0].draws[0].deliberation_number = \"2023-405\"\n"
      "  tranches[0].draws[0].amount_cents = 7 (0.07 EUR)\n"
      "  tranches[0].budget_code = \"65-748\"\n";
  EXPECT_THAT(bundle.summary, ::testing::StartsWith(expected));
  EXPECT_THAT(bundle.summary, HasSubstr("\n#5 2023-11-14T22:13:25.000005000Z payment_ordered\n"));
  EXPECT_THAT(bundle.summary, HasSubstr("  source.document = \"test\"\n"
                                        "  assumed_fields[0] = \"payment_ordered.date\"\n"));
  EXPECT_THAT(bundle.summary, HasSubstr("payment_ordered (after the seal)\n"));
}

// Each byte of a bundle changed, two ways. Where the last line is made anew, what is still
// accepted must be a schema that unpacks to the same.
TEST(BundleVerifierTest, EverySingleByte) {
  const BundleWorld world;
  const std::string good = world.Build(BundleWorld::kTag);
  const Bundle parts = world.Parts(BundleWorld::kTag);
  const size_t schema_at = good.find(parts.schema);
  size_t tried = 0;
  size_t harmless = 0;
  for (size_t at = 0; at < good.size(); ++at) {
    for (const char change : {'\x01', '\x80'}) {
      std::string spoilt = good;
      spoilt[at] = static_cast<char>(spoilt[at] ^ change);
      ++tried;
      ASSERT_FALSE(VerifyBundle(spoilt, world.policy(), std::nullopt).ok()) << at;
      if (at + 72 >= good.size()) continue;
      ++tried;
      const auto verified = VerifyBundle(WithNewDigest(spoilt), world.policy(), std::nullopt);
      if (!verified.ok()) continue;
      ++harmless;
      ASSERT_TRUE(at >= schema_at && at < schema_at + parts.schema.size()) << at;
      ASSERT_EQ(verified->summary, parts.summary);
    }
  }
  std::printf("%zu changes to %zu bytes, %zu of them harmless\n", tried, good.size(), harmless);
}

TEST(BundleVerifierTest, EveryTruncation) {
  const BundleWorld world;
  const std::string good = world.Build(BundleWorld::kTag);
  for (size_t size = 0; size < good.size(); size += size < 3'000 ? 1 : 97) {
    ASSERT_FALSE(VerifyBundle(good.substr(0, size), world.policy(), std::nullopt).ok()) << size;
    ASSERT_FALSE(VerifyBundle(WithNewDigest(good.substr(0, size) + std::string(72, ' ')),
                              world.policy(), std::nullopt)
                     .ok())
        << size;
  }
}

TEST(BundleBuilderTest, WhatItRefuses) {
  const BundleWorld world;
  BundleSource source = world.Source(BundleWorld::kTag);
  source.events[1].pop_back();
  EXPECT_EQ(ReasonOf(BuildBundle(source, world.Hashes()).status()), "EVENT_DAMAGED");
  BundleWorld other;
  other.events[8].mutable_act()->mutable_directory_sealed()->set_schema_digest(
      "of another program");
  EXPECT_EQ(ReasonOf(BuildBundle(other.Source(BundleWorld::kTag), other.Hashes()).status()),
            "NOT_SEALED");
  source = world.Source(BundleWorld::kTag);
  source.events.assign(kMaxBundleEvents + 1, "");
  EXPECT_FALSE(BuildBundle(source, world.Hashes()).ok());
}

// The size that the format was made for: a history of 50 events, spread over ten million. The
// hashes of the others are made up.
TEST(BundleBuilderTest, FiftyEventsOfTenMillionAreBelow100Kilobytes) {
  constexpr uint64_t kSize = 10'000'000;
  constexpr uint64_t kEvents = 50;
  const std::string tag = "convention:" + LargeLedger::ConventionNumber(0);
  LargeLedger large(1, kSize);
  BundleWorld world;
  std::vector<v1::Act> acts;
  for (v1::Act act = large.Next(); acts.size() < kEvents; act = large.Next()) {
    const std::vector<std::string> tags = TagsOf(act);
    if (std::find(tags.begin(), tags.end(), tag) != tags.end()) acts.push_back(act);
  }
  BundleSource source = world.Source(BundleWorld::kTag);
  source.tag = tag;
  source.events.clear();
  for (size_t i = 0; i < acts.size(); ++i) {
    v1::Event event = world.events[5];  // its envelope: a fingerprint and the tags are about right
    event.set_position(i * (kSize / kEvents) + 12'345);
    event.set_fingerprint(std::string(33, 'f'));
    *event.mutable_act() = acts[i];
    source.events.push_back(event.SerializeAsString());
  }
  const std::string text = FormatCheckpoint({BundleWorld::kOrigin, kSize, EmptyRoot()});
  source.checkpoint.set_note(
      FormatNote({text, {SignNote(text, BundleWorld::kOrigin, TestKey('L'))}}));
  source.sealed.entries[0].entry.tag = tag;
  source.sealed.entries[0].entry.events = kEvents;
  source.sealed.entries[0].proof.resize(18);
  const absl::Time start = absl::Now();
  const auto bundle = BuildBundle(source, [](int height, uint64_t index) -> absl::StatusOr<Hash> {
    return Sha256(std::to_string(height) + " " + std::to_string(index));
  });
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  const Bundle parts = *ParseBundle(*bundle);
  std::printf("%zu bytes: summary %zu, %zu hashes, schema %zu; built in %.1f ms\n", bundle->size(),
              parts.summary.size(), parts.proof.size(), parts.schema.size(),
              absl::ToDoubleMilliseconds(absl::Now() - start));
  EXPECT_LT(bundle->size(), 100'000u);
  EXPECT_EQ(parts.events.size(), kEvents);
}

}  // namespace
}  // namespace registre::testing::bundle_verifier_test
