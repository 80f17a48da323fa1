// registre record: what is sent, what is said of it, and the exit status.
#include <gmock/gmock.h>

#include <mutex>

#include "ledger/base/errors.h"
#include "ledger/base/limits.h"
#include "tests/cmd/registre_fake.h"

namespace registre::cli::registre_record_test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::string Line(const std::string& command_id, const std::string& rest = "") {
  return R"({"command_id":")" + command_id +
         R"(","act":{"opening_closed":{"date":{"year":2023,"month":9,"day":1}}})" + rest + "}\n";
}

// Records every unit at the next positions, with one flag of each severity on command id "flagged".
class Record : public ::testing::Test {
 protected:
  Record() {
    server_.answers.record = [this](const v1::RecordRequest& request,
                                    v1::RecordResponse* response) {
      const std::lock_guard lock(mutex_);
      seen_.push_back(request);
      return Judge(request, response);
    };
  }

  absl::Status Judge(const v1::RecordRequest& request, v1::RecordResponse* response) {
    if (request.command_id().starts_with("refused")) {
      return Refused("BUDGET_EXCEEDED", "the line has 100,00 EUR left; lower the allotment");
    }
    if (request.command_id() == "shape") {
      return ShapeError({{"acts[0].opening_closed.date", "PERIOD_INVALID", "30/02/2023 is no day"},
                         {"acts[0].remarks[0]", "FIELD_INVALID", "is too long"}});
    }
    if (request.command_id() == "again") response->set_already_recorded(true);
    for (int i = 0; i < request.acts_size(); ++i) {
      v1::ActReceipt* receipt = response->add_receipts();
      if (!request.validate_only()) receipt->set_position(next_++);
      if (request.command_id() != "flagged") continue;
      for (int severity = 1; severity <= 3; ++severity) {
        v1::Flag* flag = receipt->add_flags();
        flag->set_rule("RULE_" + std::to_string(severity));
        flag->set_severity(static_cast<v1::Severity>(severity));
        flag->set_message("constat");
      }
    }
    return absl::OkStatus();
  }

  Outcome Run(const std::string& input, std::vector<std::string> options = {}) {
    options.insert(options.begin(), {"record", "-"});
    return RunCli(server_, std::move(options), input);
  }

  std::vector<std::string> SeenIds() {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> ids;
    for (const auto& request : seen_) ids.push_back(request.command_id());
    return ids;
  }

  std::mutex mutex_;
  std::vector<v1::RecordRequest> seen_;
  uint64_t next_ = 0;
  FakeServer server_;
};

TEST_F(Record, RecordsEachLineInOrderAndSumsUp) {
  const Outcome outcome = Run(Line("a") + "\n" + Line("flagged") + Line("c"));
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_THAT(SeenIds(), ElementsAre("a", "flagged", "c"));
  EXPECT_EQ(outcome.out,
            "anomalie : entrée standard:3 flagged : grave RULE_3 : constat\n"
            "3 acts recorded at positions 0–2, 3 flags: 1 serious, 1 attention, 1 information "
            "(registre anomalies)\n");
  EXPECT_THAT(outcome.err, IsEmpty());
}

TEST_F(Record, APipelineKeepsTheOrder) {
  std::string input;
  std::vector<std::string> ids;
  for (int i = 0; i < 300; ++i) {
    ids.push_back("c" + std::to_string(i));
    input += Line(ids.back());
  }
  const Outcome outcome = Run(input, {"--pipeline", "64"});
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_EQ(SeenIds(), ids);
  EXPECT_EQ(outcome.out, "300 acts recorded at positions 0–299, no flag\n");
}

TEST_F(Record, StopsAtTheFirstRefusalWithNothingMoreSent) {
  const Outcome outcome = Run(Line("a") + Line("refused") + Line("c"));
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_THAT(SeenIds(), ElementsAre("a", "refused"));
  EXPECT_THAT(outcome.err,
              HasSubstr("refused: (standard input):2 refused: BUDGET_EXCEEDED: the line has 100,00 "
                        "EUR left; lower the allotment\n"));
  EXPECT_THAT(outcome.err, HasSubstr("nothing after line 2 was sent; --keep-going"));
  EXPECT_EQ(outcome.out, "1 act recorded at position 0, no flag; 1 unit refused\n");
}

TEST_F(Record, ARefusedLastLineLeavesNothingUnsent) {
  EXPECT_THAT(Run(Line("a") + Line("refused") + "\n\n").err, Not(HasSubstr("stopped there")));
}

TEST_F(Record, KeepGoingGoesToTheEnd) {
  const Outcome outcome = Run(Line("a") + Line("refused") + "{\n" + Line("d"), {"--keep-going"});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_THAT(SeenIds(), ElementsAre("a", "refused", "d"));
  EXPECT_THAT(outcome.err,
              HasSubstr("refused: (standard input):3: LINE_INVALID: the line is trunc"));
  EXPECT_EQ(outcome.out, "2 acts recorded at positions 0–1, no flag; 2 units refused\n");
}

TEST_F(Record, EachViolationHasItsLine) {
  const Outcome outcome = Run(Line("shape"));
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_THAT(outcome.err, HasSubstr("refused: (standard input):1 shape: PERIOD_INVALID: "));
  EXPECT_THAT(outcome.err,
              HasSubstr("\n  acts[0].opening_closed.date: PERIOD_INVALID: 30/02/2023 is no day\n"
                        "  acts[0].remarks[0]: FIELD_INVALID: is too long\n"));
}

TEST_F(Record, AnOnlyViolationIsSaidOnce) {
  server_.answers.record = [](const v1::RecordRequest&, v1::RecordResponse*) {
    return ShapeError({{"acts[0].opening_closed.date", "PERIOD_INVALID", "is no day"}});
  };
  EXPECT_THAT(Run(Line("a")).err, StartsWith("refused: (standard input):1 a: PERIOD_INVALID: "
                                             "acts[0].opening_closed.date: is no day\n"));
}

TEST_F(Record, ABadLineStopsBeforeItIsSent) {
  for (const std::string bad :
       {"{\"command_id\":", "{\"command_id\":\"x\",\"act\":{\"nothing\":1}}\n", "\"H\xe9nin\"\n"}) {
    const Outcome outcome = Run(bad);
    EXPECT_EQ(outcome.exit, 1);
    EXPECT_THAT(outcome.err, HasSubstr("refused: (standard input):1: LINE_INVALID: "));
    EXPECT_THAT(outcome.out, HasSubstr("nothing recorded"));
  }
  EXPECT_THAT(SeenIds(), IsEmpty());
}

TEST_F(Record, AnEmptyFileIsSaid) {
  for (const std::vector<std::string>& options :
       std::vector<std::vector<std::string>>{{}, {"--atomic"}}) {
    const Outcome outcome = Run("\n  \n", options);
    EXPECT_EQ(outcome.exit, 1);
    EXPECT_EQ(outcome.err, "no act in (standard input): nothing recorded\n");
  }
}

TEST_F(Record, AFileThatIsNotThere) {
  const Outcome outcome = RunCli(server_, {"record", "/nowhere/acts.jsonl"});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("/nowhere/acts.jsonl"), HasSubstr("No such file")));
  const Outcome folder = RunCli(server_, {"record", "/"});
  EXPECT_EQ(folder.exit, 1);
  EXPECT_THAT(folder.err, HasSubstr("refused: /: FILE_UNREADABLE: is a folder"));
  EXPECT_THAT(RunCli(server_, {"record", "/", "--output", "json"}).out,
              HasSubstr(R"({"error":{"code":3,"message":"is a folder)"));
}

TEST_F(Record, ActsRecordedBeforeAreCountedApart) {
  EXPECT_EQ(Run(Line("again")).out, "nothing recorded; 1 act already recorded at position 0\n");
  EXPECT_EQ(Run(Line("again") + Line("b")).out,
            "1 act recorded at position 2, no flag; 1 act already recorded at position 1\n");
}

TEST_F(Record, AtomicSendsTheFileAsOneUnit) {
  const Outcome outcome =
      Run(Line("first", R"(,"condition":{"from_position":"7"})") + Line("second") + Line("third"),
          {"--atomic"});
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  ASSERT_EQ(seen_.size(), 1u);
  EXPECT_EQ(seen_[0].command_id(), "first");
  EXPECT_EQ(seen_[0].acts_size(), 3);
  EXPECT_EQ(seen_[0].condition().from_position(), 7u);
  EXPECT_EQ(outcome.out, "3 acts recorded at positions 0–2, no flag\n");
}

TEST_F(Record, AtomicRefusalsNameTheLineOfTheAct) {
  server_.answers.record = [](const v1::RecordRequest&, v1::RecordResponse*) {
    return ShapeError({{"acts[1].opening_closed.date", "PERIOD_INVALID", "is no day"}});
  };
  const Outcome outcome = Run(Line("a") + "\n" + Line("b"), {"--atomic"});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_THAT(outcome.err, HasSubstr("refused: (standard input):3 a: PERIOD_INVALID"));
  EXPECT_THAT(outcome.out, HasSubstr("nothing recorded"));
}

TEST_F(Record, AtomicLimitsAreCheckedBeforeSending) {
  std::string many;
  for (size_t i = 0; i <= kMaxUnitActs; ++i) many += Line("c" + std::to_string(i));
  const Outcome acts = Run(many, {"--atomic"});
  EXPECT_EQ(acts.exit, 1);
  EXPECT_THAT(acts.err, AllOf(HasSubstr(":1001: UNIT_TOO_LARGE"), HasSubstr("1000 acts")));

  std::string large;
  const std::string remark(2'000'000, 'x');
  for (int i = 0; i < 2; ++i) {
    large += R"({"command_id":"c","act":{"remarks":[")" + remark +
             R"("],"opening_closed":{}}})"
             "\n";
  }
  const Outcome bytes = Run(large, {"--atomic"});
  EXPECT_EQ(bytes.exit, 1);
  EXPECT_THAT(bytes.err, AllOf(HasSubstr(":2: UNIT_TOO_LARGE"), HasSubstr("3 MiB")));

  const Outcome condition =
      Run(Line("a") + Line("b", R"(,"condition":{"from_position":"1"})"), {"--atomic"});
  EXPECT_THAT(condition.err, AllOf(HasSubstr(":2: LINE_INVALID"), HasSubstr("first line")));
  EXPECT_THAT(SeenIds(), IsEmpty());
}

TEST_F(Record, ALineOverTheLimitsOfAUnit) {
  const std::string remark(3'500'000, 'x');
  const Outcome outcome =
      Run(R"({"command_id":"c","act":{"remarks":[")" + remark + R"("],"opening_closed":{}}})");
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_THAT(outcome.err, HasSubstr(":1 c: UNIT_TOO_LARGE"));
  EXPECT_THAT(SeenIds(), IsEmpty());
}

TEST_F(Record, ValidateOnlyRecordsNothingAndShowsEveryFlag) {
  const Outcome outcome = Run(Line("a") + Line("flagged"), {"--validate-only"});
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  for (const auto& request : seen_) EXPECT_TRUE(request.validate_only());
  EXPECT_EQ(
      outcome.out,
      "anomalie : entrée standard:2 flagged : information RULE_1 : constat\n"
      "anomalie : entrée standard:2 flagged : attention RULE_2 : constat\n"
      "anomalie : entrée standard:2 flagged : grave RULE_3 : constat\n"
      "2 acts can be recorded, nothing was, 3 flags: 1 serious, 1 attention, 1 information\n");
  const Outcome refused = Run(Line("refused"), {"--validate-only"});
  EXPECT_EQ(refused.out, "no act can be recorded; 1 unit refused\n");
  EXPECT_THAT(refused.err, HasSubstr("with --atomic the file is judged as a whole\n"));
  EXPECT_THAT(Run(Line("refused"), {"--validate-only", "--atomic"}).err,
              Not(HasSubstr("with --atomic")));
  seen_.clear();
  EXPECT_EQ(Run(Line("a") + Line("b"), {"--validate-only", "--atomic"}).exit, 0);
  ASSERT_EQ(seen_.size(), 1u);
  EXPECT_TRUE(seen_[0].validate_only());
  EXPECT_EQ(seen_[0].acts_size(), 2);
}

TEST_F(Record, JsonGivesOneObjectALine) {
  const Outcome outcome = Run(Line("a") + Line("refused"), {"--output", "json"});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_THAT(outcome.out, HasSubstr(R"({"command_id":"a","receipt":{"receipts":[{"event_id":)"));
  EXPECT_THAT(outcome.out, HasSubstr(R"("position":"0"}],"already_recorded":false}})"));
  EXPECT_THAT(outcome.out, HasSubstr(R"({"command_id":"refused","error":{"code":9,)"));
  EXPECT_THAT(outcome.out, HasSubstr(R"("reason":"BUDGET_EXCEEDED")"));
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 2);
  EXPECT_THAT(outcome.err, HasSubstr("1 act recorded at position 0"));
}

TEST_F(Record, AServerLostOnTheWay) {
  server_.answers.record_stream_breaks_after = 2;
  const Outcome outcome = Run(Line("a") + Line("b") + Line("c") + Line("d"));
  EXPECT_EQ(outcome.exit, 3);
  EXPECT_THAT(outcome.out, HasSubstr("2 acts recorded at positions 0–1"));
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("not reached"), HasSubstr("No answer for (standard input):3"),
                    HasSubstr("Run the same command again")));
}

TEST_F(Record, WhatWasAnsweredBeforeTheServerWasLostIsTold) {
  server_.answers.record_stream_breaks_after = 2;
  std::string lines;
  for (int i = 0; i < 300; ++i) lines += Line("unit-" + std::to_string(i));
  const Outcome outcome = Run(lines, {"--pipeline", "256"});
  EXPECT_EQ(outcome.exit, 3);
  EXPECT_THAT(outcome.out, HasSubstr("2 acts recorded at positions 0–1"));
  EXPECT_THAT(outcome.err, HasSubstr("No answer for (standard input):3–"));
}

TEST_F(Record, NoServer) {
  for (const std::vector<std::string>& options :
       std::vector<std::vector<std::string>>{{"record", "-"}, {"record", "-", "--atomic"}}) {
    std::vector<std::string> arguments = {"--server", "127.0.0.1:1"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const Outcome outcome = RunCli(arguments, Line("a"));
    EXPECT_EQ(outcome.exit, 3);
    EXPECT_THAT(outcome.err, HasSubstr("not reached"));
    EXPECT_THAT(outcome.out, IsEmpty());
  }
}

TEST_F(Record, AServerThatStopsIsWorthAnotherTry) {
  server_.answers.record = [](const v1::RecordRequest&, v1::RecordResponse*) {
    return Error(absl::StatusCode::kUnavailable, "DRAINING", "the server is stopping");
  };
  for (const std::vector<std::string>& options :
       std::vector<std::vector<std::string>>{{}, {"--atomic"}, {"--keep-going"}}) {
    const Outcome outcome = Run(Line("a"), options);
    EXPECT_EQ(outcome.exit, 3);
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("DRAINING: the server is stopping"),
                                   HasSubstr("No answer for (standard input):1"),
                                   HasSubstr("Run the same command again")));
  }
}

TEST_F(Record, AStoppedWriterIsARefusalNotAnUnreachedServer) {
  server_.answers.record = [](const v1::RecordRequest&, v1::RecordResponse*) {
    return Error(absl::StatusCode::kUnavailable, "CLOCK_SUSPECT", "the clock jumped");
  };
  for (const std::vector<std::string>& options :
       std::vector<std::vector<std::string>>{{}, {"--atomic"}}) {
    const Outcome outcome = Run(Line("a"), options);
    EXPECT_EQ(outcome.exit, 1);
    EXPECT_THAT(outcome.err, HasSubstr("CLOCK_SUSPECT: the clock jumped"));
    EXPECT_THAT(outcome.err, Not(HasSubstr("not reached")));
  }
}

}  // namespace
}  // namespace registre::cli::registre_record_test
