// A log has its checkpoints cosigned by witnesses over real HTTP. All of it is test data.
#include "services/witness_collector.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "ledger/base/errors.h"
#include "ledger/proof/checkpoint.h"
#include "registre/v1/admin_service.grpc.pb.h"
#include "registre/v1/audit_service.grpc.pb.h"
#include "services/witness.h"
#include "tests/services/services_fixture.h"
#include "tests/support/test_ca.h"
#include "tests/support/test_keys.h"
#include "tests/support/test_tsa.h"

namespace registre::testing::witness_collector_test {
namespace {

using ::testing::HasSubstr;

bool HasNotContinued(const std::string& message) {
  return message.find("not the continuation") != std::string::npos;
}

void Await(const std::function<bool()>& condition) {
  while (!condition()) absl::SleepFor(absl::Milliseconds(1));
}

// A witness of the log of `keys`, in a folder and at a port that stay when it stops.
class TestWitness {
 public:
  TestWitness(std::string directory, std::string name, std::vector<VerifierKey> keys,
              const Clock* clock)
      : options_{std::move(directory), std::move(name), std::move(keys), clock} {
    Start();
  }
  void Start() {
    auto cosigner = Cosigner::Open(options_);
    ASSERT_TRUE(cosigner.ok()) << cosigner.status();
    cosigner_ = *std::move(cosigner);
    auto server = StartWitness(fmt::format("127.0.0.1:{}", port_), cosigner_.get());
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    port_ = server_->port();
  }
  void Stop() {
    server_.reset();
    cosigner_.reset();
  }
  Cosigner& cosigner() { return *cosigner_; }
  TrustPolicy::Witness InPolicy(const std::string& name) const {
    return {name, cosigner_->key(), fmt::format("http://127.0.0.1:{}", port_)};
  }

 private:
  const Cosigner::Options options_;
  int port_ = 0;
  std::unique_ptr<Cosigner> cosigner_;
  std::unique_ptr<HttpServer> server_;
};

// A ledger with its checkpoints.
struct TestLedger {
  TestLedger(const std::string& directory, const Clock* clock, Random* random) {
    auto opened = Ledger::Open({.directory = directory,
                                .projection = RegistreProjection(),
                                .clock = clock,
                                .random = random,
                                .on_progress = nullptr});
    EXPECT_TRUE(opened.ok()) << opened.status();
    ledger = *std::move(opened);
    auto made = Checkpoints::Open(ledger.get(), clock);
    EXPECT_TRUE(made.ok()) << made.status();
    checkpoints = *std::move(made);
  }
  // Returns the checkpoint that holds it.
  v1::StoredCheckpoint Record(const std::string& id) {
    RecordUnsigned(id);
    return *checkpoints->Sign();
  }
  void RecordUnsigned(const std::string& id) {
    const v1::Act act = ledger->log().size() == 0 ? OpenTestLedger() : RegisterStructure(id);
    auto command = MakeCommand(SubjectOf(act), UnitOf(id, {act}), AnyRole);
    EXPECT_TRUE(command.ok()) << command.status();
    PendingOutcome pending;
    ledger->recorder().Submit(*std::move(command),
                              [&pending](Outcome outcome) { pending.Set(std::move(outcome)); });
    EXPECT_TRUE(pending.Get().ok());
  }
  std::unique_ptr<Ledger> ledger;
  std::unique_ptr<Checkpoints> checkpoints;
};

class WitnessCollectorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    log_ = std::make_unique<TestLedger>(folder_.Path("data"), &clock_, &random_);
    log_->Record("first");
    witness_ = MakeWitness("w1");
  }

  std::unique_ptr<TestWitness> MakeWitness(const std::string& name) {
    return std::make_unique<TestWitness>(folder_.Path(name), "witness.example.org/" + name,
                                         log_->checkpoints->keyring().verifiers(), &clock_);
  }
  TrustPolicy PolicyOf(std::vector<TrustPolicy::Witness> witnesses, std::string quorum) const {
    TrustPolicy policy = TrustPolicy::OfKeys(log_->checkpoints->keyring().verifiers());
    policy.witnesses = std::move(witnesses);
    policy.quorum = std::move(quorum);
    return policy;
  }
  std::unique_ptr<WitnessCollector> Collect(const TrustPolicy& policy, TestLedger* log = nullptr) {
    if (log == nullptr) log = log_.get();
    auto collector = WitnessCollector::Start({.ledger = log->ledger.get(),
                                              .checkpoints = log->checkpoints.get(),
                                              .policy = policy,
                                              .interval = absl::Milliseconds(1),
                                              .retry = absl::Milliseconds(1)});
    EXPECT_TRUE(collector.ok()) << collector.status();
    return *std::move(collector);
  }
  // Waits until the last checkpoint of now is accepted by the policy.
  void AwaitQuorum(const TrustPolicy& policy) {
    const uint64_t size = log_->checkpoints->Sign()->size();
    Await([&] {
      const auto stored = log_->checkpoints->Get(size);
      return stored.ok() && VerifyCheckpoint(stored->note(), policy).ok();
    });
  }

  TempFolder folder_;
  TestClock clock_;
  TestRandom random_;
  std::unique_ptr<TestLedger> log_;
  std::unique_ptr<TestWitness> witness_;
};

TEST_F(WitnessCollectorTest, EachOfAQuorumCosignsTheSameCheckpoint) {
  const auto second = MakeWitness("w2");
  const auto third = MakeWitness("w3");
  TrustPolicy policy = PolicyOf(
      {witness_->InPolicy("w1"), second->InPolicy("w2"), third->InPolicy("w3"), {"w4", {}, ""}},
      "all");
  policy.witnesses.back().key = TestWitnessKey("witness.example.org/w4", TestKey('4'));
  policy.groups.push_back({"all", 3, {"w1", "w2", "w3"}});
  const auto collector = Collect(policy);
  AwaitQuorum(policy);
  log_->Record("second");
  AwaitQuorum(policy);
  const auto latest = log_->checkpoints->latest();
  EXPECT_EQ(VerifyCheckpoint(latest->note(), policy)->cosigned.size(), 3u);
  EXPECT_EQ(VerifyCheckpoint(log_->checkpoints->Get(1)->note(), policy)->checkpoint.size, 1u)
      << "one that was cosigned is kept";
  Await([&] { return collector->Status()[2].cosigned_size() == 2; });
  const auto status = collector->Status();
  ASSERT_EQ(status.size(), 4u);
  EXPECT_EQ(status[0].name(), "w1");
  EXPECT_FALSE(status[0].fork());
  EXPECT_THAT(status[3].message(), HasSubstr("no URL"));
}

TEST_F(WitnessCollectorTest, AWitnessThatWasAwayCatchesUp) {
  const TrustPolicy policy = PolicyOf({witness_->InPolicy("w1")}, "w1");
  auto collector = Collect(policy);
  AwaitQuorum(policy);
  witness_->Stop();
  log_->Record("witness-away");
  Await([&] { return !collector->Status()[0].message().empty(); });
  EXPECT_THAT(collector->Status()[0].message(), HasSubstr("no connection"));
  EXPECT_EQ(collector->Status()[0].cosigned_size(), 1u);
  EXPECT_EQ(ReasonOf(VerifyCheckpoint(log_->checkpoints->latest()->note(), policy).status()),
            "QUORUM_MISSING");
  witness_->Start();
  AwaitQuorum(policy);
  Await([&] { return collector->Status()[0].message().empty(); });

  // A server that starts again knows nothing of what the witness has.
  collector.reset();
  log_->Record("server-away");
  collector = Collect(policy);
  AwaitQuorum(policy);
  EXPECT_FALSE(collector->Status()[0].fork());
}

TEST_F(WitnessCollectorTest, TwoLogsWithOneKeyAreFound) {
  const TrustPolicy policy = PolicyOf({witness_->InPolicy("w1")}, "w1");
  // The copy goes on from one event.
  log_.reset();
  std::filesystem::copy(folder_.Path("data"), folder_.Path("copy"),
                        std::filesystem::copy_options::recursive);
  log_ = std::make_unique<TestLedger>(folder_.Path("data"), &clock_, &random_);
  log_->Record("one");
  {
    const auto collector = Collect(policy);
    AwaitQuorum(policy);
  }
  TestLedger forked(folder_.Path("copy"), &clock_, &random_);
  {
    const auto collector = Collect(policy, &forked);
    Await([&] { return collector->Status()[0].fork(); });
    EXPECT_THAT(collector->Status()[0].message(), HasSubstr("events were lost"));
    const std::filesystem::path evidence = folder_.Path("w1") + "/evidence";
    const auto is_kept = [&evidence] {
      return std::filesystem::exists(evidence) && !std::filesystem::is_empty(evidence);
    };
    EXPECT_FALSE(is_kept()) << "it was only asked what it knows";
    // Once the log is as long as what it knows, the witness itself judges it.
    forked.Record("another");
    Await(is_kept);
    Await([&] { return HasNotContinued(collector->Status()[0].message()); });
    EXPECT_TRUE(collector->Status()[0].fork());
  }
  {
    const auto collector = Collect(policy, &forked);
    Await([&] { return collector->Status()[0].fork(); });
    EXPECT_THAT(collector->Status()[0].message(), HasSubstr("not the continuation"));
  }
  forked.Record("third");
  const auto collector = Collect(policy, &forked);
  Await([&] { return collector->Status()[0].fork(); });
  EXPECT_FALSE(collector->Status()[0].has_cosigned_size());
  EXPECT_EQ(ReasonOf(VerifyCheckpoint(forked.checkpoints->latest()->note(), policy).status()),
            "QUORUM_MISSING");
}

// A witness whose answers a test holds up, or loses.
class HeldWitness {
 public:
  explicit HeldWitness(Cosigner* cosigner) : cosigner_(cosigner) {
    server_.Post("/add-checkpoint", [this](const httplib::Request& asked, httplib::Response& to) {
      Answer(asked.body, &to);
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
  }
  ~HeldWitness() {
    server_.stop();
    thread_.join();
  }
  std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }

  // What it does before and instead of its first answer.
  std::function<void()> before_first = [] {};
  bool loses_first = false;

 private:
  void Answer(const std::string& body, httplib::Response* response) {
    const bool first = !asked_.exchange(true);
    if (first) before_first();
    const Cosigner::Answer answer = cosigner_->AddCheckpoint(body);
    const bool lost = first && loses_first;
    response->status = lost ? 502 : answer.status;
    response->set_content(lost ? "" : answer.body, answer.content_type);
  }

  Cosigner* const cosigner_;
  std::atomic<bool> asked_ = false;
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

TEST_F(WitnessCollectorTest, WhatIsCosignedIsKeptWhileTheHeadMoves) {
  HeldWitness slow(&witness_->cosigner());
  slow.before_first = [this] {
    log_->Record("second");
    log_->Record("third");
    EXPECT_EQ(ReasonOf(log_->checkpoints->Get(1).status()), "CHECKPOINT_UNKNOWN");
  };
  const TrustPolicy policy = PolicyOf({{"w1", witness_->cosigner().key(), slow.url()}}, "w1");
  const auto collector = Collect(policy);
  Await([&] {
    const auto first = log_->checkpoints->Get(1);
    return first.ok() && VerifyCheckpoint(first->note(), policy).ok();
  });
  AwaitQuorum(policy);
  EXPECT_EQ(log_->checkpoints->latest()->size(), 3u);
}

TEST_F(WitnessCollectorTest, ALostAnswerIsAskedForAgain) {
  HeldWitness losing(&witness_->cosigner());
  losing.loses_first = true;
  const TrustPolicy policy = PolicyOf({{"w1", witness_->cosigner().key(), losing.url()}}, "w1");
  const auto collector = Collect(policy);
  AwaitQuorum(policy);
  EXPECT_FALSE(collector->Status()[0].fork());
}

TEST_F(WitnessCollectorTest, BadAnswersAreNoCosignatures) {
  absl::Mutex mutex;
  std::string body;
  int status = 200;
  httplib::Server server;
  server.Post("/add-checkpoint", [&](const httplib::Request&, httplib::Response& response) {
    absl::MutexLock lock(&mutex);
    response.status = status;
    response.set_content(body, "text/plain");
  });
  const int port = server.bind_to_any_port("127.0.0.1");
  std::thread thread([&server] { server.listen_after_bind(); });
  const TrustPolicy policy =
      PolicyOf({{.name = "w1",
                 .key = TestWitnessKey("witness.example.org/x", TestKey('x')),
                 .url = fmt::format("http://127.0.0.1:{}", port)}},
               "w1");
  const std::string text = ParseNote(log_->checkpoints->latest()->note())->text;
  struct Case {
    int status;
    std::string body;
    std::string says;
  };
  const std::vector<Case> cases = {
      {200, "", "no signature"},
      {200, "no signature\n", "malformed"},
      {200,
       FormatSignatureLine(
           Cosign(text + "more\n", "witness.example.org/x", TestKey('x'), clock_.Now())),
       "not over this text"},
      {200, FormatSignatureLine(Cosign(text, "witness.example.org/x", TestKey('y'), clock_.Now())),
       "no cosignature"},
      {404, "", "give it the key of this log"},
      {403, "", "give it the key that signs now"},
      {500,
       std::string("a\x01"
                   "b\n"),
       "answers 500: a b"},
      {409, "01\n", "answers 409"},
      {409, "1\n", "at the same time"},
      {200, std::string(kMaxNoteBytes + 1, 'x'), "too large"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.says);
    {
      absl::MutexLock lock(&mutex);
      status = one.status;
      body = one.body;
    }
    const auto collector = Collect(policy);
    Await([&] { return !collector->Status()[0].message().empty(); });
    EXPECT_THAT(collector->Status()[0].message(), HasSubstr(one.says));
    EXPECT_FALSE(collector->Status()[0].fork());
    EXPECT_FALSE(collector->Status()[0].has_cosigned_size());
  }
  EXPECT_EQ(ParseNote(log_->checkpoints->latest()->note())->signatures.size(), 1u);
  server.stop();
  thread.join();
}

TEST_F(WitnessCollectorTest, AWitnessThatIsAheadIsAskedForTheNext) {
  httplib::Server server;
  server.Post("/add-checkpoint", [this](const httplib::Request&, httplib::Response& response) {
    // More than any checkpoint that was sent, and no more than the log holds.
    log_->RecordUnsigned(fmt::format("after-{}", log_->ledger->log().size()));
    response.status = 409;
    response.set_content(fmt::format("{}\n", log_->ledger->log().size()), "text/plain");
  });
  const int port = server.bind_to_any_port("127.0.0.1");
  std::thread thread([&server] { server.listen_after_bind(); });
  {
    const auto collector =
        Collect(PolicyOf({{.name = "w1",
                           .key = TestWitnessKey("witness.example.org/x", TestKey('x')),
                           .url = fmt::format("http://127.0.0.1:{}", port)}},
                         "w1"));
    Await([&] { return !collector->Status()[0].message().empty(); });
    EXPECT_THAT(collector->Status()[0].message(),
                HasSubstr("events already; it is asked for the next checkpoint"));
    EXPECT_FALSE(collector->Status()[0].fork());
  }
  server.stop();
  thread.join();
}

TEST_F(WitnessCollectorTest, ABadUrlIsRefused) {
  const auto collector = WitnessCollector::Start(
      {.ledger = log_->ledger.get(),
       .checkpoints = log_->checkpoints.get(),
       .policy =
           PolicyOf({{.name = "w1", .key = witness_->cosigner().key(), .url = "nowhere"}}, "w1")});
  EXPECT_EQ(ReasonOf(collector.status()), "URL_INVALID");
  EXPECT_THAT(std::string(collector.status().message()), HasSubstr("witness w1"));
}

// What clients see of it.
class WitnessedServerTest : public ServicesTest {};

TEST_F(WitnessedServerTest, StatusShowsTheWitnesses) {
  RecordReal();
  const uint64_t size = checkpoints_->Sign()->size();
  TestWitness witness(folder_.Path("w1"), "witness.example.org/w1",
                      checkpoints_->keyring().verifiers(), &clock_);
  TrustPolicy policy = TrustPolicy::OfKeys(checkpoints_->keyring().verifiers());
  policy.witnesses = {witness.InPolicy("w1")};
  auto collector = WitnessCollector::Start(
      {.ledger = ledger_.get(), .checkpoints = checkpoints_.get(), .policy = policy});
  ASSERT_TRUE(collector.ok()) << collector.status();
  server_ = *Server::Start({.listen = "127.0.0.1:0",
                            .ledger = ledger_.get(),
                            .checkpoints = checkpoints_.get(),
                            .clock = &clock_,
                            .witnesses = collector->get()});
  const auto admin = v1::AdminService::NewStub(grpc::CreateChannel(
      fmt::format("127.0.0.1:{}", server_->port()), grpc::InsecureChannelCredentials()));
  v1::GetStatusResponse response;
  Await([&] {
    grpc::ClientContext context;
    return admin->GetStatus(&context, {}, &response).ok() &&
           response.witnesses(0).cosigned_size() == size;
  });
  EXPECT_EQ(response.witnesses(0).name(), "w1");
  EXPECT_EQ(response.witnesses(0).url(), policy.witnesses[0].url);
  (*collector)->Stop();
  server_.reset();
}

TEST_F(WitnessedServerTest, TimeStampsAreAddedOnce) {
  RecordReal();
  const v1::StoredCheckpoint checkpoint = *checkpoints_->Sign();
  const TestCa ca("Test CA");
  const std::string token = TestTsa(ca).Stamp(*StampedText(checkpoint.note()), clock_.Now());
  const auto audit = v1::AuditService::NewStub(channel_);
  const auto add = [&](const std::string& note, const std::string& bytes,
                       v1::AddTimestampResponse* response) {
    grpc::ClientContext context;
    v1::AddTimestampRequest request;
    request.set_note(note);
    request.set_token(bytes);
    return audit->AddTimestamp(&context, request, response);
  };
  v1::AddTimestampResponse response;
  ASSERT_TRUE(add(checkpoint.note(), token, &response).ok());
  ASSERT_TRUE(add(checkpoint.note(), token, &response).ok());
  ASSERT_EQ(response.checkpoint().timestamps_size(), 1);
  EXPECT_EQ(response.checkpoint().timestamps(0), token);
  EXPECT_EQ(InfoOf(add(checkpoint.note(), token + "x", &response)).reason(), "TIMESTAMP_INVALID");
  EXPECT_EQ(
      InfoOf(add(checkpoint.note(), TestTsa(ca).Stamp("x", clock_.Now()), &response)).reason(),
      "TIMESTAMP_INVALID");
  EXPECT_EQ(InfoOf(add("no note", token, &response)).reason(), "NOTE_INVALID");
  Note foreign = *ParseNote(checkpoint.note());
  foreign.signatures[0] = SignNote(foreign.text, foreign.signatures[0].name, TestKey('f'));
  EXPECT_EQ(InfoOf(add(FormatNote(foreign), token, &response)).reason(), "LOG_UNKNOWN");
}

}  // namespace
}  // namespace registre::testing::witness_collector_test
