// registre bundle and registre verify bundle, run as from a shell, on bundles of test data.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "cmd/registre/output.h"
#include "ledger/base/errors.h"
#include "ledger/proof/bundle.h"
#include "ledger/proof/checkpoint.h"
#include "registre/v1/audit_service.grpc.pb.h"
#include "tests/cmd/registre_fake.h"
#include "tests/support/bundle_cases.h"
#include "tests/support/bundle_world.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_keys.h"

namespace registre::cli::registre_bundle_test {
namespace {

using ::testing::AllOf;
using testing::BundleWorld;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class VerifyBundleCommand : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& bytes) {
    std::ofstream(folder_.Path(name), std::ios::binary) << bytes;
    return folder_.Path(name);
  }
  Outcome Verify(const std::string& file, std::vector<std::string> options = {}) {
    std::vector<std::string> arguments = {"verify", "bundle", file};
    if (options.empty()) options = {"--key", key_};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return RunCli(arguments);
  }

  const BundleWorld world_;
  const std::string key_ = FormatVerifierKey(world_.policy().logs[0].key);
  TempFolder folder_;
};

TEST_F(VerifyBundleCommand, SaysWhatIsProvenAndTheState) {
  const Outcome outcome = Verify(Write("good", world_.Build(BundleWorld::kTag)));
  EXPECT_EQ(outcome.exit, kExitDone) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("Verified: all of it holds"));
  EXPECT_THAT(outcome.out, HasSubstr("4 events are all that there were through position #7"));
  EXPECT_THAT(outcome.out, HasSubstr("1 event: intact and without a hole, but nothing says"));
  EXPECT_THAT(outcome.out, HasSubstr("not proven: it holds no time stamp"));
  EXPECT_THAT(outcome.out, HasSubstr("#5 2023-11-14T22:13:25.000005000Z payment_ordered"));
  // The state, folded from the events.
  EXPECT_THAT(outcome.out, HasSubstr("Convention"));
  EXPECT_THAT(outcome.out, HasSubstr("12 345,50"));
}

TEST_F(VerifyBundleCommand, AnAbsentTag) {
  const Outcome outcome = Verify(Write("absent", world_.Build("convention:c2")));
  EXPECT_EQ(outcome.exit, kExitDone) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("there was no event of it through position #7"));
}

TEST_F(VerifyBundleCommand, AsJson) {
  const std::string file = Write("good", world_.Build(BundleWorld::kTag));
  const Outcome outcome = RunCli({"--output", "json", "verify", "bundle", file, "--key", key_});
  EXPECT_EQ(outcome.exit, kExitDone) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("\"verified\":true"));
  EXPECT_THAT(outcome.out, HasSubstr("\"sealed_events\":\"4\""));
  EXPECT_THAT(outcome.out, HasSubstr("\"through_position\":\"7\""));
  EXPECT_THAT(outcome.out, HasSubstr("\n{\"number\":\"c1\""));
}

TEST_F(VerifyBundleCommand, WhatDoesNotHoldIsRefused) {
  std::string bytes = world_.Build(BundleWorld::kTag);
  const std::string file = Write("good", bytes);
  bytes[bytes.size() / 2] ^= 1;
  Outcome outcome = Verify(Write("damaged", bytes));
  EXPECT_EQ(outcome.exit, kExitRefused);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("BUNDLE_INVALID"), HasSubstr("damaged")));

  const std::string other = FormatVerifierKey(TestLogKey(BundleWorld::kOrigin, TestKey('X')));
  outcome = Verify(file, {"--key", other});
  EXPECT_EQ(outcome.exit, kExitRefused);
  EXPECT_THAT(outcome.err, HasSubstr("LOG_UNKNOWN"));
  outcome = Verify(folder_.Path("nowhere"));
  EXPECT_EQ(outcome.exit, kExitRefused);
  EXPECT_THAT(outcome.err, HasSubstr("FILE_UNREADABLE"));
  outcome = RunCli({"verify", "bundle", file});
  EXPECT_EQ(outcome.exit, kExitUsage);
}

TEST_F(VerifyBundleCommand, StampsAndCosignatures) {
  const testing::BundleCases all = testing::MakeBundleCases();
  const std::string policy = Write("policy", all.policy);
  const std::string ca = Write("ca.pem", all.tsa_ca);
  for (const testing::BundleCase& one : all.cases) {
    if (!one.with_policy && !one.with_ca && one.reason.empty()) continue;
    SCOPED_TRACE(one.name);
    std::vector<std::string> options = {"--key", all.key};
    if (one.with_policy) options = {"--policy", policy};
    if (one.with_ca) options.insert(options.end(), {"--tsa-ca", ca});
    if (!one.schema_digest.empty()) {
      options.insert(options.end(), {"--schema-digest", one.schema_digest});
    }
    const Outcome outcome = Verify(Write("bundle", one.bytes), options);
    EXPECT_EQ(outcome.exit, one.reason.empty() ? kExitDone : kExitRefused);
    EXPECT_THAT(outcome.err, HasSubstr(one.reason));
    if (one.name == "stamped") {
      EXPECT_THAT(outcome.out, HasSubstr("14/11/2023 22:15:00 UTC, by a time stamp"));
    }
    if (one.name == "cosigned") {
      EXPECT_THAT(outcome.out, HasSubstr("w1, 14/11/2023 22:15:00"));
    }
  }
}

// A schema of the authority's own, in which two amounts have changed places.
TEST_F(VerifyBundleCommand, ASchemaThatIsNotKnown) {
  size_t tried = 0;
  for (const testing::BundleCase& one : testing::MakeBundleCases().cases) {
    if (!one.name.starts_with("a schema that lies")) continue;
    SCOPED_TRACE(one.name);
    ++tried;
    std::vector<std::string> options = {"--key", key_};
    if (!one.schema_digest.empty()) {
      options.insert(options.end(), {"--schema-digest", one.schema_digest});
    }
    const Outcome outcome = Verify(Write("bundle", one.bytes), options);
    EXPECT_EQ(outcome.exit, one.reason.empty() ? kExitDone : kExitRefused);
    EXPECT_THAT(outcome.err, HasSubstr(one.reason));
    EXPECT_THAT(outcome.err, HasSubstr(one.says));
    EXPECT_EQ(outcome.out.find("that --schema-digest") != std::string::npos, one.reason.empty())
        << outcome.out;
  }
  EXPECT_EQ(tried, 3u);
  const std::string file = Write("good", world_.Build(BundleWorld::kTag));
  EXPECT_EQ(Verify(file, {"--key", key_, "--schema-digest", "abc"}).exit, kExitUsage);
}

// A server that gives one bundle.
struct FakeAudit final : v1::AuditService::Service {
  grpc::Status GetBundle(grpc::ServerContext* context, const v1::GetBundleRequest* request,
                         grpc::ServerWriter<v1::GetBundleResponse>* writer) override {
    asked = request->tag();
    // Little goes over the wire: after a socket was full, the end of gRPC may take ten seconds.
    context->set_compression_algorithm(GRPC_COMPRESS_GZIP);
    for (size_t at = 0; at < bundle.size(); at += piece_bytes) {
      v1::GetBundleResponse response;
      response.set_piece(bundle.substr(at, piece_bytes));
      if (at == 0) response.set_total_bytes(bundle.size());
      if (!writer->Write(response)) break;
    }
    return grpc::Status::OK;
  }
  grpc::Status ListKeys(grpc::ServerContext*, const v1::ListKeysRequest*,
                        v1::ListKeysResponse* response) override {
    response->add_verifier_keys(key);
    return grpc::Status::OK;
  }
  grpc::Status SealDirectory(grpc::ServerContext*, const v1::SealDirectoryRequest*,
                             grpc::ServerWriter<v1::SealDirectoryResponse>* writer) override {
    ++seals;
    v1::SealDirectoryResponse response;
    writer->Write(response);
    response.set_done(seal_ends);
    writer->Write(response);
    return grpc::Status::OK;
  }

  std::string bundle, key, asked;
  size_t piece_bytes = 1'000;
  int seals = 0;
  bool seal_ends = true;
};

class BundleCommand : public VerifyBundleCommand {
 protected:
  BundleCommand() {
    audit_.bundle = world_.Build(BundleWorld::kTag);
    audit_.key = key_;
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&audit_);
    server_ = builder.BuildAndStart();
    address_ = "127.0.0.1:" + std::to_string(port);
  }
  ~BundleCommand() override { server_->Shutdown(); }

  Outcome Bundle(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--server", address_, "bundle"});
    return RunCli(arguments);
  }
  static std::string Read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  FakeAudit audit_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

TEST_F(BundleCommand, WritesWhatItVerified) {
  const std::string file = folder_.Path("c1.bundle");
  const Outcome outcome = Bundle({"convention", "c1", "-o", file});
  EXPECT_EQ(outcome.exit, kExitDone) << outcome.err;
  EXPECT_EQ(audit_.asked, "convention:c1");
  EXPECT_EQ(Read(file), audit_.bundle);
  EXPECT_EQ(audit_.seals, 0);
  EXPECT_THAT(outcome.out, HasSubstr("4 events are all"));
  EXPECT_THAT(outcome.out, HasSubstr("needs the key from elsewhere"));
  EXPECT_THAT(outcome.out, HasSubstr("; checkpoint of 10 events, not cosigned, not stamped yet\n"));
}

TEST_F(BundleCommand, SaysWhetherItIsCosignedAndStamped) {
  for (const testing::BundleCase& one : testing::MakeBundleCases().cases) {
    if (one.name != "cosigned" && one.name != "stamped") continue;
    audit_.bundle = one.bytes;
    const Outcome outcome = Bundle({"convention", "c1", "-o", folder_.Path(one.name)});
    EXPECT_EQ(outcome.exit, kExitDone) << outcome.err;
    EXPECT_THAT(outcome.out,
                HasSubstr(one.name == "cosigned" ? "10 events, 1 cosignature, not stamped yet\n"
                                                 : "10 events, not cosigned, 2 time stamps\n"));
  }
}

// The evidence of before is kept, and the server not asked.
TEST_F(BundleCommand, AFileThatIsThereIsKept) {
  const std::string file = Write("c1.bundle", "of before");
  Outcome outcome = Bundle({"convention", "c1", "--seal", "-o", file});
  EXPECT_EQ(outcome.exit, kExitRefused);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("FILE_EXISTS"), HasSubstr(file)));
  EXPECT_EQ(Read(file), "of before");
  EXPECT_EQ(audit_.seals, 0);
  EXPECT_EQ(audit_.asked, "");
  // What is no file is written to.
  outcome = Bundle({"convention", "c1", "-o", "/dev/null"});
  EXPECT_EQ(outcome.exit, kExitDone) << outcome.err;
}

TEST(WriteOutTest, MakesNewFilesAlone) {
  TempFolder folder;
  std::ostringstream out, err;
  Console console{.out = out, .err = err};
  const std::string file = folder.Path("file");
  const std::string link = folder.Path("link");
  std::filesystem::create_symlink(file, link);
  EXPECT_EQ(ReasonOf(WriteOut(link, "new", console)), "FILE_EXISTS");
  EXPECT_EQ(ReasonOf(CheckIsNew(link)), "FILE_EXISTS");
  EXPECT_TRUE(CheckIsNew(file).ok());
  EXPECT_TRUE(WriteOut(file, std::string("n\0w", 3), console).ok());
  EXPECT_EQ(std::filesystem::file_size(file), 3u);
  EXPECT_EQ(ReasonOf(WriteOut(file, "again", console)), "FILE_EXISTS");
  EXPECT_EQ(ReasonOf(CheckIsNew(file)), "FILE_EXISTS");
  EXPECT_EQ(std::filesystem::file_size(file), 3u);
  EXPECT_EQ(ReasonOf(WriteOut(folder.Path("no/where"), "new", console)), "FILE_UNWRITABLE");
  EXPECT_EQ(ReasonOf(WriteOut("/dev/full", "new", console)), "FILE_UNWRITABLE");
  EXPECT_TRUE(WriteOut("-", "to the output", console).ok());
  EXPECT_EQ(out.str(), "to the output");
}

TEST_F(BundleCommand, SealsFirst) {
  EXPECT_EQ(Bundle({"convention", "c1", "--seal", "-o", folder_.Path("b")}).exit, kExitDone);
  EXPECT_EQ(audit_.seals, 1);
  audit_.seal_ends = false;
  const Outcome outcome = Bundle({"convention", "c1", "--seal", "-o", folder_.Path("b2")});
  EXPECT_EQ(outcome.exit, kExitRefused);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("ANSWER_INVALID"), HasSubstr("no end")));
  EXPECT_FALSE(std::filesystem::exists(folder_.Path("b2")));
}

TEST_F(BundleCommand, ToTheStandardOutput) {
  const Outcome outcome = Bundle({"convention", "c1"});
  EXPECT_EQ(outcome.exit, kExitDone) << outcome.err;
  EXPECT_EQ(outcome.out, audit_.bundle);
}

TEST_F(BundleCommand, ABundleOverTheLimitIsRefused) {
  audit_.bundle.assign(kMaxBundleBytes + 1, 'x');
  audit_.piece_bytes = 1024 * 1024;
  const std::string file = folder_.Path("c1.bundle");
  const Outcome outcome = Bundle({"convention", "c1", "-o", file});
  EXPECT_EQ(outcome.exit, kExitRefused);
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("ANSWER_INVALID"), HasSubstr("more than 67108864 bytes")));
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_F(BundleCommand, WhatDoesNotVerifyIsNotKept) {
  const std::string file = folder_.Path("c1.bundle");
  audit_.bundle[audit_.bundle.size() / 3] ^= 1;
  Outcome outcome = Bundle({"convention", "c1", "-o", file});
  EXPECT_EQ(outcome.exit, kExitRefused);
  EXPECT_THAT(outcome.err, HasSubstr("what the server gave does not verify"));
  EXPECT_THAT(Read(file), IsEmpty());
  audit_.bundle = world_.Build("convention:c3");
  outcome = Bundle({"convention", "c1", "-o", file});
  EXPECT_EQ(outcome.exit, kExitRefused);
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("ANSWER_INVALID"), HasSubstr("the bundle of convention:c3")));
  outcome = Bundle({"siret", "1", "-o", file});
  EXPECT_EQ(outcome.exit, kExitRefused);
  EXPECT_THAT(outcome.err, HasSubstr("is no tag"));
}

}  // namespace
}  // namespace registre::cli::registre_bundle_test
