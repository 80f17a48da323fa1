// Identities over gRPC: certificates that end, policies that change, the local mode, what starts.
#include "services/access.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "ledger/base/errors.h"
#include "registre/v1/admin_service.grpc.pb.h"
#include "registre/v1/audit_service.grpc.pb.h"
#include "registre/v1/payment_feed_service.grpc.pb.h"
#include "tests/services/tls_fixture.h"

namespace registre::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class AccessTest : public TlsTest {
 protected:
  v1::WhoAmIResponse WhoIs(const std::string& who) {
    grpc::ClientContext context;
    context.AddMetadata(kSubjectMetadata, "s-somebody-else");
    v1::WhoAmIResponse response;
    const grpc::Status status =
        v1::AdminService::NewStub(ChannelOf(who))->WhoAmI(&context, {}, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  void Open() { EXPECT_TRUE(RecordAs("admin", UnitOf("open", {OpenTestLedger()})).ok()); }
  v1::Event EventAt(uint64_t position) {
    v1::Event event;
    event.ParseFromString(ledger_->log().Get({position})->front());
    return event;
  }
  // A client whose certificate ends in an hour.
  std::shared_ptr<grpc::Channel> ForAnHour(const std::string& role) {
    return Connect(ca_.Issue(
        {.common_name = role + ".example.org", .not_after = clock_.Now() + absl::Hours(1)}));
  }
};

using RecordStreamCall =
    grpc::ClientReaderWriter<v1::RecordStreamRequest, v1::RecordStreamResponse>;

bool Send(RecordStreamCall* stream, const std::string& id, v1::RecordStreamResponse* response) {
  v1::RecordStreamRequest request;
  *request.mutable_request() = UnitOf(id, {RegisterStructure("st-" + id)});
  stream->Write(request);
  return stream->Read(response);
}

TEST_F(AccessTest, WhoAmI) {
  const auto clerk = WhoIs("clerk");
  EXPECT_EQ(clerk.subject(), "s-clerk");
  EXPECT_THAT(clerk.roles(), ElementsAre("clerk"));
  EXPECT_THAT(clerk.acts(), Contains("convention_signed"));
  EXPECT_THAT(clerk.acts(), Not(Contains("payment_ordered")));
  EXPECT_THAT(clerk.methods(), Contains("registre.v1.LedgerService/Record"));
  EXPECT_THAT(clerk.methods(), Not(Contains("registre.v1.AdminService/Rebuild")));
  EXPECT_EQ(FromTimestamp(clerk.certificate_ends()), absl::FromUnixSeconds(4'102'444'800));
  EXPECT_THAT(WhoIs("public").acts(), IsEmpty());
}

TEST_F(AccessTest, EventsBearTheSubjectAndTheRoleOfTheAct) {
  server_->SetPolicy(MustParse(R"({"subjects": [{"subject": "s-both", "roles": ["clerk", "admin"],
                                   "certificates": ["admin.example.org"]}]})"));
  const grpc::Status status =
      RecordAs("admin", UnitOf("u", {OpenTestLedger(), RegisterStructure("st-a")}));
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(EventAt(0).actor().subject(), "s-both");
  EXPECT_EQ(EventAt(0).actor().role(), "admin");
  EXPECT_EQ(EventAt(1).actor().role(), "clerk");
}

TEST_F(AccessTest, TheFirstActNotAllowedIsNamed) {
  Open();
  const grpc::Status status = RecordAs(
      "clerk",
      UnitOf("u", {RegisterStructure("st-a"), OpenLine("C02-446A05", 1), OpenTestLedger()}));
  EXPECT_EQ(InfoOf(status).reason(), "ROLE_MISSING");
  EXPECT_THAT(status.error_message(), HasSubstr("acts[1]: budget_line_opened needs"));
  EXPECT_EQ(InfoOf(status).metadata().at("needed"), "assembly");
  EXPECT_EQ(ledger_->log().size(), 1u) << "all or nothing";
}

TEST_F(AccessTest, ACertificateEndsBetweenCalls) {
  const auto channel = ForAnHour("clerk");
  const auto who = [&] {
    grpc::ClientContext context;
    v1::WhoAmIResponse response;
    return v1::AdminService::NewStub(channel)->WhoAmI(&context, {}, &response);
  };
  EXPECT_TRUE(who().ok());
  clock_.Advance(absl::Hours(1) + absl::Seconds(1));
  EXPECT_EQ(InfoOf(who()).reason(), "CERTIFICATE_EXPIRED");
}

TEST_F(AccessTest, ARecordStreamEndsWithItsCertificate) {
  Open();
  const auto stub = v1::LedgerService::NewStub(ForAnHour("clerk"));
  grpc::ClientContext context;
  const auto stream = stub->RecordStream(&context);
  v1::RecordStreamResponse response;
  ASSERT_TRUE(Send(stream.get(), "1", &response));
  EXPECT_TRUE(response.has_receipt()) << response.error().message();
  clock_.Advance(absl::Hours(2));
  EXPECT_FALSE(Send(stream.get(), "2", &response));
  EXPECT_EQ(InfoOf(stream->Finish()).reason(), "CERTIFICATE_EXPIRED");
  EXPECT_EQ(ledger_->log().size(), 2u);
}

TEST_F(AccessTest, ARecordStreamFollowsThePolicy) {
  Open();
  const auto stub = v1::LedgerService::NewStub(ChannelOf("clerk"));
  grpc::ClientContext context;
  const auto stream = stub->RecordStream(&context);
  v1::RecordStreamResponse response;
  ASSERT_TRUE(Send(stream.get(), "1", &response));
  // Another role of the same subject: the act is refused, the stream goes on.
  server_->SetPolicy(MustParse(R"({"subjects": [{"subject": "s-clerk", "roles": ["orderer"],
                                   "certificates": ["clerk.example.org"]}]})"));
  ASSERT_TRUE(Send(stream.get(), "2", &response));
  EXPECT_THAT(response.error().message(), HasSubstr("structure_registered needs"));
  server_->SetPolicy(MustParse(PolicyOf({"admin"})));
  EXPECT_FALSE(Send(stream.get(), "3", &response));
  EXPECT_EQ(InfoOf(stream->Finish()).reason(), "NOT_IN_POLICY");
  EXPECT_EQ(ledger_->log().size(), 2u);
}

// Whether it waits already, or is about to: as it happens, in some of the rounds.
TEST_F(AccessTest, ASubscriptionEndsWithThePolicy) {
  Open();
  const auto stub = v1::LedgerService::NewStub(ChannelOf("auditor"));
  for (int round = 0; round < 50; ++round) {
    server_->SetPolicy(MustParse(PolicyOf(kRoleNames)));
    grpc::ClientContext context;
    const auto stream = stub->Subscribe(&context, {});
    v1::SubscribeResponse response;
    while (stream->Read(&response) && !response.has_caught_up()) continue;
    server_->SetPolicy(MustParse(PolicyOf(kRoleNames)));  // it may go on
    server_->SetPolicy(MustParse(PolicyOf({"admin"})));
    EXPECT_FALSE(stream->Read(&response));
    EXPECT_EQ(InfoOf(stream->Finish()).reason(), "NOT_IN_POLICY");
  }
}

TEST_F(AccessTest, AWatchOfCheckpointsEndsWithThePolicy) {
  Open();
  ASSERT_TRUE(checkpoints_->Sign().ok());
  const auto stub = v1::AuditService::NewStub(ChannelOf("auditor"));
  for (int round = 0; round < 50; ++round) {
    server_->SetPolicy(MustParse(PolicyOf(kRoleNames)));
    grpc::ClientContext context;
    const auto stream = stub->WatchCheckpoints(&context, {});
    v1::WatchCheckpointsResponse response;
    ASSERT_TRUE(stream->Read(&response));
    server_->SetPolicy(MustParse(PolicyOf({"admin"})));
    EXPECT_FALSE(stream->Read(&response));
    EXPECT_EQ(InfoOf(stream->Finish()).reason(), "NOT_IN_POLICY");
  }
}

TEST_F(AccessTest, ASubscriptionEndsWithItsCertificate) {
  Open();
  const auto stub = v1::LedgerService::NewStub(ForAnHour("auditor"));
  grpc::ClientContext context;
  const auto stream = stub->Subscribe(&context, {});
  v1::SubscribeResponse response;
  while (stream->Read(&response) && !response.has_caught_up()) continue;
  clock_.Advance(absl::Hours(2));
  EXPECT_TRUE(RecordAs("clerk", UnitOf("u", {RegisterStructure("st-a")})).ok());
  EXPECT_FALSE(stream->Read(&response)) << response.ShortDebugString();
  EXPECT_EQ(InfoOf(stream->Finish()).reason(), "CERTIFICATE_EXPIRED");
}

// A connection to the payment feed whose client may be told that it may not any more.
class FeedAccessTest : public AccessTest {
 protected:
  void SetUp() override {
    AccessTest::SetUp();
    stub_ = v1::PaymentFeedService::NewStub(ForAnHour("accountant"));
    grpc::ClientContext context;
    v1::CreateConsumerRequest create;
    create.set_name("paie");
    v1::CreateConsumerResponse created;
    const grpc::Status made = stub_->CreateConsumer(&context, create, &created);
    ASSERT_TRUE(made.ok()) << made.error_message();
    stream_ = stub_->Consume(&context_);
    attach_.mutable_attach()->set_consumer("paie");
  }
  // The reason of the end, once it has come.
  std::string End() {
    v1::ConsumeResponse response;
    while (stream_->Read(&response)) continue;
    return InfoOf(stream_->Finish()).reason();
  }
  bool Attached() {
    grpc::ClientContext context;
    v1::GetConsumerRequest request;
    request.set_name("paie");
    v1::GetConsumerResponse response;
    const auto admin = v1::PaymentFeedService::NewStub(ChannelOf("admin"));
    EXPECT_TRUE(admin->GetConsumer(&context, request, &response).ok());
    return response.consumer().attached();
  }

  std::unique_ptr<v1::PaymentFeedService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::ConsumeRequest, v1::ConsumeResponse>> stream_;
  v1::ConsumeRequest attach_;
};

TEST_F(FeedAccessTest, AFeedThatWaitsEndsWithThePolicy) {
  stream_->Write(attach_);
  v1::ConsumeResponse response;
  ASSERT_TRUE(stream_->Read(&response));
  EXPECT_TRUE(response.has_caught_up());
  server_->SetPolicy(MustParse(R"({"subjects": [{"subject": "s-other", "roles": ["accountant"],
                                   "certificates": ["other.example.org"]}]})"));
  EXPECT_EQ(End(), "NOT_IN_POLICY");
}

TEST_F(FeedAccessTest, WhoMayNotAnyMoreDoesNotAttach) {
  ASSERT_TRUE(stream_->Write(attach_));
  v1::ConsumeResponse response;
  ASSERT_TRUE(stream_->Read(&response));
  grpc::ClientContext context;
  const auto late = stub_->Consume(&context);
  clock_.Advance(absl::Hours(2));
  late->Write(attach_);
  EXPECT_FALSE(late->Read(&response));
  EXPECT_EQ(InfoOf(late->Finish()).reason(), "CERTIFICATE_EXPIRED");
  stream_->Write(v1::ConsumeRequest());
  EXPECT_EQ(End(), "CERTIFICATE_EXPIRED") << "not what is wrong with the message";
  while (Attached()) absl::SleepFor(absl::Milliseconds(1));
}

TEST_F(AccessTest, ACertificateOfSeveralSubjectsIsNobodys) {
  const auto channel =
      Connect(ca_.Issue({.common_name = "", .names = {"clerk.example.org", "admin.example.org"}}));
  const grpc::Status status = CallAny(channel, "/registre.v1.AdminService/WhoAmI", "");
  EXPECT_EQ(InfoOf(status).reason(), "NOT_IN_POLICY");
  EXPECT_THAT(status.error_message(), HasSubstr("s-clerk, s-admin"));
}

TEST_F(AccessTest, RefusedCallsAndLoggedReadsAreNoted) {
  Open();
  CallAny(ChannelOf("nobody"), "/registre.v1.AdminService/GetStatus", "");
  RecordAs("clerk", UnitOf("u-7", {OpenLine("C02-446A05", 1)}));
  CallAny(ChannelOf("clerk"), "/registre.v1.AdminService/GetStatus", "");  // allowed, not logged
  v1::GetEventRequest request;
  request.set_position(0);
  CallAny(ChannelOf("auditor"), "/registre.v1.LedgerService/GetEvent", request.SerializeAsString());
  const auto lines = LogLines();
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_THAT(lines[0], HasSubstr("NO_CERTIFICATE"));
  EXPECT_THAT(lines[1], HasSubstr(R"("reason":"ROLE_MISSING")"));
  EXPECT_THAT(lines[1], HasSubstr(R"("request":{"command_id":"u-7"})"));
  EXPECT_THAT(lines[2], HasSubstr(R"("subject":"s-auditor","roles":["auditor"],"peer":"ipv4:)"));
  EXPECT_THAT(lines[2], HasSubstr(R"("outcome":"ALLOWED")"));
}

using LocalModeTest = ServicesTest;

TEST_F(LocalModeTest, TheCallerSaysWhoItIs) {
  const auto admin = v1::AdminService::NewStub(channel_);
  const auto who = [&](const char* said, v1::WhoAmIResponse* response) {
    grpc::ClientContext context;
    if (said != nullptr) context.AddMetadata(kSubjectMetadata, said);
    return admin->WhoAmI(&context, {}, response);
  };
  v1::WhoAmIResponse response;
  ASSERT_TRUE(who(nullptr, &response).ok());
  EXPECT_EQ(response.subject(), "local");
  EXPECT_THAT(response.roles(), ElementsAre("local"));
  EXPECT_EQ(response.acts_size(), 43);
  EXPECT_FALSE(response.has_certificate_ends());
  ASSERT_TRUE(who("s-1.x_Y", &response).ok());
  EXPECT_EQ(response.subject(), "s-1.x_Y");
  for (const char* wrong : {"", "a b", "a/b"}) {
    EXPECT_EQ(InfoOf(who(wrong, &response)).reason(), "SUBJECT_INVALID") << wrong;
  }
  grpc::ClientContext context;
  context.AddMetadata(kSubjectMetadata, "s-2");
  v1::RecordResponse receipt;
  ASSERT_TRUE(ledger_stub_->Record(&context, UnitOf("open", {OpenTestLedger()}), &receipt).ok());
  v1::Event event;
  event.ParseFromString(ledger_->log().Get({0})->front());
  EXPECT_EQ(event.actor().subject(), "s-2");
  EXPECT_EQ(event.actor().role(), "local");
}

TEST_F(LocalModeTest, OnlyThisMachineIsServedWithoutTls) {
  for (const char* loopback :
       {"127.0.0.1:7462", "127.0.0.1", "127.9.9.9:1", "[::1]:7462", "::1", "localhost:7462",
        "localhost", "unix:/run/registre/socket", "unix:relative"}) {
    EXPECT_TRUE(IsLoopback(loopback)) << loopback;
  }
  for (const char* other :
       {"0.0.0.0:7462", "[::]:7462", "192.0.2.1:7462", "128.0.0.1:1", "ledger.example.org:7462",
        "127.0.0.1.example.org:1", "localhost.example.org:1", "127.1:1", "", ":7462",
        "[::ffff:127.0.0.1]:1", "dns:///localhost:1", "ipv4:127.0.0.1:1"}) {
    EXPECT_FALSE(IsLoopback(other)) << other;
    const auto server = Server::Start({.listen = other,
                                       .ledger = ledger_.get(),
                                       .checkpoints = checkpoints_.get(),
                                       .clock = &clock_});
    EXPECT_EQ(ReasonOf(server.status()), "TLS_REQUIRED") << other;
    EXPECT_THAT(std::string(server.status().message()), HasSubstr("--tls-client-ca"));
  }
}

TEST_F(LocalModeTest, BadTlsFilesAreRefusedAtTheStart) {
  const TestCa ca("Test CA");
  const TestIdentity own = ca.Issue({.common_name = "ledger.example.org", .usage = "serverAuth"});
  const TestIdentity other = ca.Issue({.common_name = "other.example.org"});
  const auto start = [&](const std::string& certificate, const std::string& key,
                         const std::string& client_ca) {
    return ReasonOf(Server::Start({.listen = "127.0.0.1:0",
                                   .ledger = ledger_.get(),
                                   .checkpoints = checkpoints_.get(),
                                   .clock = &clock_,
                                   .tls = Server::Tls{certificate, key, client_ca,
                                                      MustParse(PolicyOf({"admin"}))}})
                        .status());
  };
  EXPECT_EQ(start(own.certificate_pem, own.key_pem, ca.pem()), "");
  EXPECT_EQ(start(own.certificate_pem, other.key_pem, ca.pem()), "TLS_FILE_INVALID");
  EXPECT_EQ(start("", own.key_pem, ca.pem()), "TLS_FILE_INVALID");
  EXPECT_EQ(start(own.certificate_pem, "", ca.pem()), "TLS_FILE_INVALID");
  EXPECT_EQ(start(own.certificate_pem, own.key_pem, ""), "TLS_FILE_INVALID");
}

}  // namespace
}  // namespace registre::testing
