// Evidence bundles over gRPC, of the real deliberation.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "ledger/bundle_verifier.h"
#include "ledger/proof/checkpoint.h"
#include "registre/v1/audit_service.grpc.pb.h"
#include "services/audit_service.h"
#include "tests/services/services_fixture.h"
#include "tests/support/test_ca.h"
#include "tests/support/test_keys.h"
#include "tests/support/test_tsa.h"

namespace registre::testing::audit_bundle_test {
namespace {

class AuditBundleTest : public ServicesTest {
 protected:
  void SetUp() override {
    ServicesTest::SetUp();
    audit_ = v1::AuditService::NewStub(channel_);
  }

  // Seals all that is recorded.
  void Seal() {
    grpc::ClientContext context;
    const auto stream = audit_->SealDirectory(&context, v1::SealDirectoryRequest());
    v1::SealDirectoryResponse response;
    while (stream->Read(&response)) {
    }
    const grpc::Status status = stream->Finish();
    ASSERT_TRUE(status.ok()) << status.error_message();
    ASSERT_TRUE(response.done());
  }

  grpc::Status Get(const std::string& tag, std::string* bundle) {
    grpc::ClientContext context;
    v1::GetBundleRequest request;
    request.set_tag(tag);
    const auto stream = audit_->GetBundle(&context, request);
    v1::GetBundleResponse response;
    uint64_t total = 0;
    bundle->clear();
    while (stream->Read(&response)) {
      EXPECT_LE(response.piece().size(), 1024u * 1024);
      EXPECT_EQ(response.total_bytes() == 0, !bundle->empty()) << "of the first piece alone";
      total = std::max(total, response.total_bytes());
      *bundle += response.piece();
    }
    EXPECT_EQ(total, bundle->size());
    return stream->Finish();
  }

  VerifiedBundle MustGet(const std::string& tag) {
    std::string bundle;
    const grpc::Status status = Get(tag, &bundle);
    EXPECT_TRUE(status.ok()) << status.error_message();
    const auto verified = VerifyBundle(
        bundle, TrustPolicy::OfKeys(checkpoints_->keyring().verifiers()), std::nullopt);
    EXPECT_TRUE(verified.ok()) << verified.status();
    bytes_ = bundle.size();
    return verified.ok() ? *verified : VerifiedBundle();
  }

  // Seals a ledger in which the history of structure s1 has more than a piece of bytes. How many
  // events these are.
  size_t RecordLarge() {
    EXPECT_TRUE(Record("open", {OpenTestLedger()}).ok());
    std::vector<v1::Act> acts = {RegisterStructure("s1")};
    for (int i = 0; i < 40; ++i) {
      v1::Act act;
      v1::StructureUpdated& updated = *act.mutable_structure_updated();
      updated.set_structure_id("s1");
      updated.set_reason("test");
      *updated.mutable_after() = acts[0].structure_registered().identity();
      updated.mutable_after()->set_name(std::string(400, static_cast<char>('a' + i % 26)));
      updated.mutable_date()->set_year(2023);
      updated.mutable_date()->set_month(1);
      updated.mutable_date()->set_day(2);
      for (int remark = 0; remark < 20; ++remark) act.add_remarks(std::string(500, 'r'));
      acts.push_back(act);
    }
    const grpc::Status recorded = Record("updates", acts);
    EXPECT_TRUE(recorded.ok()) << recorded.error_message();
    Seal();
    return acts.size();
  }

  std::unique_ptr<v1::AuditService::Stub> audit_;
  size_t bytes_ = 0;
};

TEST_F(AuditBundleTest, EveryTagOfTheRealDeliberation) {
  RecordReal();
  Seal();
  std::map<std::string, uint64_t> tags;
  for (uint64_t i = 0; i < size_; ++i) {
    v1::Event event;
    event.ParseFromString(ledger_->log().Get({i})->front());
    for (const v1::TagLink& link : event.tags()) tags[link.tag()] = link.sequence();
  }
  size_t largest = 0;
  for (const auto& [tag, events] : tags) {
    const VerifiedBundle verified = MustGet(tag);
    EXPECT_EQ(verified.tag, tag);
    EXPECT_EQ(verified.sealed_events, events);
    EXPECT_EQ(verified.events.size(), events);
    EXPECT_EQ(verified.through_position, size_ - 1);
    EXPECT_EQ(verified.seal_position, size_);
    largest = std::max(largest, bytes_);
  }
  std::printf("%zu tags, the largest bundle has %zu bytes\n", tags.size(), largest);
  EXPECT_EQ(MustGet("convention:1999-1").sealed_events, 0u);
  EXPECT_EQ(MustGet("application:0").sealed_events, 0u);
  EXPECT_EQ(MustGet("structure:zzz").sealed_events, 0u);
}

TEST_F(AuditBundleTest, WhatComesAfterTheSealIsThere) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  ASSERT_TRUE(Record("first", {RegisterStructure("s1")}).ok());
  Seal();
  EXPECT_EQ(MustGet("structure:s2").events.size(), 0u);
  ASSERT_TRUE(Record("second", {RegisterStructure("s2")}).ok());
  const VerifiedBundle verified = MustGet("structure:s2");
  EXPECT_EQ(verified.events.size(), 1u);
  EXPECT_EQ(verified.sealed_events, 0u);
  EXPECT_THAT(verified.summary, ::testing::HasSubstr("structure_registered (after the seal)"));
  // A seal more: it is complete.
  Seal();
  EXPECT_EQ(MustGet("structure:s2").sealed_events, 1u);
}

// The checkpoint that others attest best, of those that hold all of the history.
TEST_F(AuditBundleTest, TakesTheCheckpointThatIsStamped) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  ASSERT_TRUE(Record("first", {RegisterStructure("s1")}).ok());
  Seal();
  const auto stamped = checkpoints_->Sign();
  ASSERT_TRUE(stamped.ok());
  const TestCa ca("Test CA");
  const std::string token =
      TestTsa(ca).Stamp(*StampedText(stamped->note()), absl::FromUnixSeconds(1'700'000'000));
  ASSERT_TRUE(checkpoints_->AddTimestamp(stamped->note(), token).ok());
  ASSERT_TRUE(Record("second", {RegisterStructure("s2")}).ok());
  ASSERT_TRUE(checkpoints_->Sign().ok());
  VerifiedBundle verified = MustGet("structure:s1");
  EXPECT_EQ(verified.stamps, 1u);
  EXPECT_EQ(verified.trusted.checkpoint.size, stamped->size());
  // One that is newer than that checkpoint takes the latest.
  verified = MustGet("structure:s2");
  EXPECT_EQ(verified.stamps, 0u);
  EXPECT_EQ(verified.trusted.checkpoint.size, ledger_->log().size());

  const auto latest = checkpoints_->Sign();
  const Note note = *ParseNote(latest->note());
  ASSERT_TRUE(checkpoints_
                  ->AddCosignatures(*latest, {Cosign(note.text, "witness.example.org/w1",
                                                     TestKey('W'), absl::FromUnixSeconds(1))})
                  .ok());
  ASSERT_TRUE(Record("third", {RegisterStructure("s3")}).ok());
  EXPECT_EQ(MustGet("structure:s2").trusted.checkpoint.size, latest->size());
}

TEST_F(AuditBundleTest, LargeOnesComeInPieces) {
  const size_t events = RecordLarge();
  EXPECT_EQ(MustGet("structure:s1").events.size(), events);
  EXPECT_GT(bytes_, 1024u * 1024);
}

// Each is held by clients that take none of it: their windows are smaller than a bundle, and stay
// so.
TEST_F(AuditBundleTest, NoMoreThanTheLimitAtOnce) {
  RecordLarge();
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  const auto channel = grpc::CreateCustomChannel(fmt::format("127.0.0.1:{}", server_->port()),
                                                 grpc::InsecureChannelCredentials(), arguments);
  const auto audit = v1::AuditService::NewStub(channel);
  v1::GetBundleRequest request;
  request.set_tag("structure:s1");
  std::vector<std::unique_ptr<OpenStream<v1::GetBundleResponse>>> open;
  for (size_t i = 0; i < kMaxBundles; ++i) {
    open.push_back(std::make_unique<OpenStream<v1::GetBundleResponse>>());
    open.back()->stream = audit->GetBundle(&open.back()->context, request);
    open.back()->stream->WaitForInitialMetadata();  // comes with the first piece
  }
  std::string bundle;
  const grpc::Status refused = Get("structure:s1", &bundle);
  EXPECT_EQ(refused.error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(InfoOf(refused).reason(), "TOO_MANY_BUNDLES");
  for (const auto& one : open) one->context.TryCancel();
  for (const auto& one : open) EXPECT_EQ(one->stream->Finish().error_code(), grpc::CANCELLED);
  // Those that ended leave room, a moment later.
  grpc::Status status;
  while (InfoOf(status = Get("structure:s1", &bundle)).reason() == "TOO_MANY_BUNDLES") {
    std::this_thread::yield();
  }
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(AuditBundleTest, Refusals) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  std::string bundle;
  EXPECT_EQ(InfoOf(Get("structure:s1", &bundle)).reason(), "NOT_SEALED");
  ASSERT_TRUE(Record("first", {RegisterStructure("s1")}).ok());
  Seal();
  for (const char* tag : {"", "structure", "structure:", "siret:1", "structure:a b"}) {
    EXPECT_EQ(Get(tag, &bundle).error_code(), grpc::StatusCode::INVALID_ARGUMENT) << tag;
    EXPECT_TRUE(bundle.empty());
  }
}

}  // namespace
}  // namespace registre::testing::audit_bundle_test
