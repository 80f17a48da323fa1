// Checkpoints, keys and proofs over gRPC.
#include "services/audit_service.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "ledger/proof/checkpoint.h"
#include "ledger/proof/trust_policy.h"
#include "registre/v1/admin_service.grpc.pb.h"
#include "registre/v1/audit_service.grpc.pb.h"
#include "tests/services/services_fixture.h"

namespace registre::testing {
namespace {

using Stub = v1::AuditService::Stub;

Proof HashesOf(const google::protobuf::RepeatedPtrField<std::string>& hashes) {
  Proof proof;
  for (const std::string& hash : hashes) proof.push_back(HashFromBytes(hash).value());
  return proof;
}

class AuditServiceTest : public ServicesTest {
 protected:
  void SetUp() override {
    ServicesTest::SetUp();
    audit_ = v1::AuditService::NewStub(channel_);
    admin_ = v1::AdminService::NewStub(channel_);
  }

  template <class Request, class Response>
  grpc::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    return (audit_.get()->*method)(&context, request, response);
  }
  grpc::Status Get(std::optional<uint64_t> size, v1::StoredCheckpoint* checkpoint) {
    v1::GetCheckpointRequest request;
    if (size) request.set_size(*size);
    v1::GetCheckpointResponse response;
    const grpc::Status status = Call(&Stub::GetCheckpoint, request, &response);
    *checkpoint = response.checkpoint();
    return status;
  }
  v1::StoredCheckpoint MustGet() {
    v1::StoredCheckpoint checkpoint;
    const grpc::Status status = Get(std::nullopt, &checkpoint);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return checkpoint;
  }
  std::vector<std::string> Keys() {
    v1::ListKeysResponse response;
    EXPECT_TRUE(Call(&Stub::ListKeys, v1::ListKeysRequest(), &response).ok());
    return {response.verifier_keys().begin(), response.verifier_keys().end()};
  }
  // What an auditor has of it, from the keys alone.
  Checkpoint Verified(const v1::StoredCheckpoint& checkpoint) {
    std::vector<VerifierKey> keys;
    for (const std::string& key : Keys()) keys.push_back(ParseVerifierKey(key).value());
    const auto trusted = VerifyCheckpoint(checkpoint.note(), TrustPolicy::OfKeys(keys));
    EXPECT_TRUE(trusted.ok()) << trusted.status();
    return trusted.ok() ? trusted->checkpoint : Checkpoint();
  }
  grpc::Status Include(uint64_t position, uint64_t size, v1::GetInclusionProofResponse* response) {
    v1::GetInclusionProofRequest request;
    request.set_position(position);
    request.set_size(size);
    return Call(&Stub::GetInclusionProof, request, response);
  }
  grpc::Status Continue(uint64_t from, uint64_t to, v1::GetConsistencyProofResponse* response) {
    v1::GetConsistencyProofRequest request;
    request.set_from_size(from);
    request.set_to_size(to);
    return Call(&Stub::GetConsistencyProof, request, response);
  }
  grpc::Status Rotate(std::string* key) {
    grpc::ClientContext context;
    v1::RotateKeyResponse response;
    const grpc::Status status = admin_->RotateKey(&context, v1::RotateKeyRequest(), &response);
    *key = response.verifier_key();
    return status;
  }
  v1::GetStatusResponse Status() {
    grpc::ClientContext context;
    v1::GetStatusResponse response;
    EXPECT_TRUE(admin_->GetStatus(&context, v1::GetStatusRequest(), &response).ok());
    return response;
  }

  std::unique_ptr<v1::AuditService::Stub> audit_;
  std::unique_ptr<v1::AdminService::Stub> admin_;
};

TEST_F(AuditServiceTest, AnUnopenedLedgerHasNothingSigned) {
  v1::StoredCheckpoint checkpoint;
  EXPECT_EQ(InfoOf(Get(std::nullopt, &checkpoint)).reason(), "LEDGER_NOT_OPENED");
  EXPECT_EQ(Get(std::nullopt, &checkpoint).error_code(), grpc::FAILED_PRECONDITION);
  EXPECT_TRUE(Keys().empty());
  v1::ListCheckpointsResponse page;
  EXPECT_TRUE(Call(&Stub::ListCheckpoints, v1::ListCheckpointsRequest(), &page).ok());
  EXPECT_EQ(page.checkpoints_size(), 0);
  grpc::ClientContext context;
  const auto watch = audit_->WatchCheckpoints(&context, v1::WatchCheckpointsRequest());
  v1::WatchCheckpointsResponse message;
  EXPECT_FALSE(watch->Read(&message));
  EXPECT_EQ(InfoOf(watch->Finish()).reason(), "LEDGER_NOT_OPENED");
  std::string key;
  EXPECT_EQ(InfoOf(Rotate(&key)).reason(), "LEDGER_NOT_OPENED");
  EXPECT_FALSE(Status().has_checkpoint_size());
  EXPECT_EQ(Status().checkpoint_message(), "");
}

TEST_F(AuditServiceTest, KeysHaveANameAsSoonAsTheLedgerIsOpened) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  EXPECT_EQ(Keys().size(), 1u);
}

TEST_F(AuditServiceTest, TheHeadIsSignedOnDemand) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  const v1::StoredCheckpoint first = MustGet();
  EXPECT_EQ(Verified(first).size, 1u);
  ASSERT_TRUE(Record("two", {RegisterStructure("st-a"), RegisterStructure("st-b")}).ok());
  const v1::StoredCheckpoint second = MustGet();
  EXPECT_EQ(Verified(second).size, 3u);
  EXPECT_EQ(Verified(second).root, ledger_->recorder().status().head.root);
  v1::StoredCheckpoint again;
  EXPECT_TRUE(Get(3, &again).ok());
  EXPECT_EQ(again.note(), second.note());
  EXPECT_EQ(InfoOf(Get(1, &again)).reason(), "CHECKPOINT_UNKNOWN");
  EXPECT_EQ(Get(1, &again).error_code(), grpc::NOT_FOUND);
  EXPECT_EQ(Get(2, &again).error_code(), grpc::NOT_FOUND) << "within a unit";
  EXPECT_EQ(Status().checkpoint_size(), 3u);
}

TEST_F(AuditServiceTest, TheNewestCosignedCheckpointIsAskedFor) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  const v1::StoredCheckpoint first = MustGet();
  v1::GetCheckpointRequest request;
  request.set_cosigned(true);
  v1::GetCheckpointResponse response;
  EXPECT_EQ(InfoOf(Call(&Stub::GetCheckpoint, request, &response)).reason(), "CHECKPOINT_UNKNOWN");
  ASSERT_TRUE(checkpoints_
                  ->AddCosignatures(
                      first, {Cosign(ParseNote(first.note())->text, "w1",
                                     *SigningKey::FromSeed(std::string(32, 'w')), clock_.Now())})
                  .ok());
  ASSERT_TRUE(Record("next", {RegisterStructure("st-1")}).ok());
  EXPECT_EQ(MustGet().size(), 2u);
  ASSERT_TRUE(Call(&Stub::GetCheckpoint, request, &response).ok());
  EXPECT_EQ(response.checkpoint().size(), 1u);
  EXPECT_EQ(ParseNote(response.checkpoint().note())->signatures.size(), 2u);
  request.set_size(1);
  EXPECT_EQ(InfoOf(Call(&Stub::GetCheckpoint, request, &response)).reason(), "FIELD_INVALID");
}

TEST_F(AuditServiceTest, EveryProofLeadsToTheCheckpoint) {
  RecordReal();
  const Checkpoint checkpoint = Verified(MustGet());
  ASSERT_EQ(checkpoint.size, size_);
  for (uint64_t position = 0; position < size_; ++position) {
    v1::GetInclusionProofResponse proof;
    ASSERT_TRUE(Include(position, size_, &proof).ok());
    const Hash leaf = LeafHash(ledger_->log().Get({position})->front());
    EXPECT_EQ(proof.leaf_hash(), BytesOf(leaf));
    const absl::Status verified =
        VerifyInclusion(leaf, position, size_, HashesOf(proof.hashes()), checkpoint.root);
    EXPECT_TRUE(verified.ok()) << position << " " << verified;
  }
  for (uint64_t from = 0; from <= size_; ++from) {
    v1::GetConsistencyProofResponse proof;
    ASSERT_TRUE(Continue(from, size_, &proof).ok());
    const auto root = RootOfFirst(from, ledger_->tiles().HashesAt(from));
    const absl::Status verified =
        VerifyConsistency(from, *root, size_, checkpoint.root, HashesOf(proof.hashes()));
    EXPECT_TRUE(verified.ok()) << from << " " << verified;
  }
}

TEST_F(AuditServiceTest, ProofsPastTheLogAreRefused) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  v1::GetInclusionProofResponse inclusion;
  EXPECT_EQ(InfoOf(Include(1, 1, &inclusion)).reason(), "POSITION_UNKNOWN");
  EXPECT_EQ(Include(1, 1, &inclusion).error_code(), grpc::NOT_FOUND);
  EXPECT_EQ(InfoOf(Include(0, 0, &inclusion)).reason(), "POSITION_UNKNOWN");
  EXPECT_EQ(InfoOf(Include(0, 2, &inclusion)).reason(), "SIZE_INVALID");
  EXPECT_EQ(Include(~0ull, ~0ull, &inclusion).error_code(), grpc::INVALID_ARGUMENT);
  v1::GetConsistencyProofResponse consistency;
  EXPECT_EQ(InfoOf(Continue(0, 2, &consistency)).reason(), "SIZE_INVALID");
  EXPECT_EQ(InfoOf(Continue(1, 0, &consistency)).reason(), "SIZE_INVALID");
  EXPECT_EQ(InfoOf(Continue(~0ull, ~0ull, &consistency)).reason(), "SIZE_INVALID");
  EXPECT_TRUE(Continue(0, 1, &consistency).ok());
  EXPECT_TRUE(Continue(1, 1, &consistency).ok());
  EXPECT_EQ(consistency.hashes_size(), 0);
}

TEST_F(AuditServiceTest, KeptCheckpointsAreListedByPages) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  ASSERT_TRUE(checkpoints_->Sign(true).ok());
  for (int i = 0; i < 6; ++i) {
    ASSERT_TRUE(Record(fmt::format("r{}", i), {RegisterStructure(fmt::format("s{}", i))}).ok());
    ASSERT_TRUE(checkpoints_->Sign(i % 2 == 0).ok());
  }
  std::vector<uint64_t> sizes;
  v1::ListCheckpointsRequest request;
  request.set_page_size(2);
  int pages = 0;
  do {
    v1::ListCheckpointsResponse page;
    ASSERT_TRUE(Call(&Stub::ListCheckpoints, request, &page).ok());
    for (const auto& checkpoint : page.checkpoints()) sizes.push_back(checkpoint.size());
    request.set_page_token(page.next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_EQ(sizes, std::vector<uint64_t>({7, 6, 4, 2, 1}));
  EXPECT_EQ(pages, 3);
  v1::ListCheckpointsResponse page;
  request.set_page_token("?");
  EXPECT_EQ(InfoOf(Call(&Stub::ListCheckpoints, request, &page)).reason(), "PAGE_TOKEN_INVALID");
  request.clear_page_token();
  request.set_page_size(1'001);
  EXPECT_EQ(InfoOf(Call(&Stub::ListCheckpoints, request, &page)).reason(), "PAGE_SIZE_INVALID");
}

TEST_F(AuditServiceTest, ARotationIsSignedByBothKeys) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  const v1::StoredCheckpoint first = MustGet();
  std::string key;
  ASSERT_TRUE(Rotate(&key).ok());
  EXPECT_EQ(Keys().size(), 2u);
  EXPECT_EQ(Keys().back(), key);
  const grpc::Status again = Rotate(&key);
  EXPECT_EQ(InfoOf(again).reason(), "KEY_JUST_ROTATED");
  EXPECT_EQ(again.error_code(), grpc::FAILED_PRECONDITION);
  ASSERT_TRUE(Record("a", {RegisterStructure("st-a")}).ok());
  const v1::StoredCheckpoint second = MustGet();
  EXPECT_TRUE(second.rotated());
  EXPECT_EQ(ParseNote(second.note())->signatures.size(), 2u);
  EXPECT_TRUE(Rotate(&key).ok());
  EXPECT_EQ(Keys().size(), 3u);
  Verified(first);
  Verified(second);
}

TEST_F(AuditServiceTest, AWatchSeesTheLatestAndEachNewOne) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  MustGet();
  grpc::ClientContext context;
  const auto watch = audit_->WatchCheckpoints(&context, v1::WatchCheckpointsRequest());
  v1::WatchCheckpointsResponse message;
  ASSERT_TRUE(watch->Read(&message));
  EXPECT_EQ(message.checkpoint().size(), 1u);
  for (uint64_t size = 2; size < 5; ++size) {
    const std::string id = fmt::format("st-{}", size);
    ASSERT_TRUE(Record(id, {RegisterStructure(id)}).ok());
    ASSERT_TRUE(watch->Read(&message)) << "signed by itself within a second";
    EXPECT_EQ(Verified(message.checkpoint()).size, size);
  }
  // What is added to it is told as well.
  ASSERT_TRUE(checkpoints_->Sign(true).ok());
  ASSERT_TRUE(watch->Read(&message));
  EXPECT_EQ(message.checkpoint().size(), 4u);
  EXPECT_TRUE(message.checkpoint().sealed());
  context.TryCancel();
  EXPECT_EQ(watch->Finish().error_code(), grpc::CANCELLED);
}

TEST_F(AuditServiceTest, ADrainEndsWatches) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  MustGet();
  grpc::ClientContext context;
  const auto watch = audit_->WatchCheckpoints(&context, v1::WatchCheckpointsRequest());
  v1::WatchCheckpointsResponse message;
  ASSERT_TRUE(watch->Read(&message));
  std::thread drain([this] { server_->Drain(absl::Seconds(60)); });
  EXPECT_FALSE(watch->Read(&message));
  const grpc::Status end = watch->Finish();
  drain.join();
  EXPECT_EQ(end.error_code(), grpc::UNAVAILABLE);
  EXPECT_EQ(InfoOf(end).reason(), "DRAINING");
}

TEST_F(AuditServiceTest, NoMoreWatchesThanTheLimit) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  MustGet();
  std::vector<std::unique_ptr<OpenStream<v1::WatchCheckpointsResponse>>> watches;
  v1::WatchCheckpointsResponse message;
  for (size_t i = 0; i < kMaxWatches; ++i) {
    watches.push_back(std::make_unique<OpenStream<v1::WatchCheckpointsResponse>>());
    watches.back()->stream =
        audit_->WatchCheckpoints(&watches.back()->context, v1::WatchCheckpointsRequest());
    ASSERT_TRUE(watches.back()->stream->Read(&message)) << i;
  }
  grpc::ClientContext context;
  const auto refused = audit_->WatchCheckpoints(&context, v1::WatchCheckpointsRequest());
  EXPECT_FALSE(refused->Read(&message));
  const grpc::Status status = refused->Finish();
  EXPECT_EQ(status.error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(InfoOf(status).reason(), "TOO_MANY_WATCHES");
  for (const auto& open : watches) open->context.TryCancel();
  for (const auto& open : watches) open->stream->Finish();
}

TEST_F(AuditServiceTest, TheStatusSaysWhyNothingIsSigned) {
  // A folder in the place of the list of keys, which the first signature writes.
  const std::string verifiers = folder_.Path("data/keys/verifiers");
  std::filesystem::create_directories(verifiers + "/in-the-way");
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  v1::StoredCheckpoint checkpoint;
  EXPECT_FALSE(Get(std::nullopt, &checkpoint).ok());
  EXPECT_NE(Status().checkpoint_message(), "");
  EXPECT_EQ(Status().checkpoint_size(), 0u);
  std::filesystem::remove_all(verifiers);
  EXPECT_EQ(MustGet().size(), 1u);
  EXPECT_EQ(Status().checkpoint_message(), "");
}

TEST_F(AuditServiceTest, ARotationThatFailsLeavesTheKeyOfBefore) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  MustGet();
  const std::string verifiers = folder_.Path("data/keys/verifiers");
  std::filesystem::remove(verifiers);
  std::filesystem::create_directories(verifiers + "/in-the-way");
  std::string key;
  EXPECT_FALSE(Rotate(&key).ok());
  ASSERT_TRUE(Record("a", {RegisterStructure("st-a")}).ok());
  EXPECT_EQ(MustGet().size(), 2u);
  EXPECT_FALSE(MustGet().rotated());
  std::filesystem::remove_all(verifiers);
  EXPECT_TRUE(Rotate(&key).ok());
  ASSERT_TRUE(Record("b", {RegisterStructure("st-b")}).ok());
  EXPECT_TRUE(MustGet().rotated());
}

}  // namespace
}  // namespace registre::testing
