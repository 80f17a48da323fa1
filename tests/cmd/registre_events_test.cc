// registre events and registre admin.
#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <mutex>
#include <sstream>

#include "cmd/registre/command.h"
#include "ledger/base/errors.h"
#include "registre/v1/event.pb.h"
#include "tests/cmd/registre_fake.h"
#include "tests/cmd/registre_fixture.h"
#include "tests/support/test_keys.h"

namespace registre::cli::registre_events_test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

v1::RecordedEvent EventAt(uint64_t position) {
  v1::Event event;
  event.set_position(position);
  event.mutable_recorded_at()->set_seconds(1695031200);
  auto* act = event.mutable_act()->mutable_deliberation_published();
  act->set_number("2023-405");
  *act->mutable_date() = Day(2023, 9, 25);
  event.add_tags()->set_tag("deliberation:2023-405");
  v1::RecordedEvent recorded;
  recorded.set_position(position);
  recorded.set_event(event.SerializeAsString());
  return recorded;
}

size_t Lines(const std::string& text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

// The opening act, which says the ledger's zone.
Answer<v1::GetEventRequest, v1::GetEventResponse> Opening() {
  return [](const v1::GetEventRequest& request, v1::GetEventResponse* response) {
    EXPECT_EQ(request.position(), 0u);
    v1::Event event;
    event.mutable_act()->mutable_ledger_opened()->set_time_zone("Europe/Paris");
    response->mutable_event()->set_event(event.SerializeAsString());
    return absl::OkStatus();
  };
}

class Events : public ::testing::Test {
 protected:
  Events() {
    server_.answers.event = Opening();
    // Three events over two pages, then an empty last one.
    server_.answers.events = [this](const v1::ReadEventsRequest& request,
                                    v1::ReadEventsResponse* response) {
      seen_ = request;
      const uint64_t page = request.page_token().empty() ? 0 : std::stoull(request.page_token());
      if (page < 2) response->set_next_page_token(std::to_string(page + 1));
      if (page == 0) *response->add_events() = EventAt(0);
      if (page == 0) *response->add_events() = EventAt(1);
      if (page == 1) *response->add_events() = EventAt(2);
      response->set_at_position(2);
      return absl::OkStatus();
    };
  }

  v1::ReadEventsRequest seen_;
  // What a subscription's answers use: a server may still be writing when the client has left.
  std::mutex mutex_;
  uint64_t step_ = 0;
  std::function<void()> stop_;
  FakeServer server_;
};

TEST_F(Events, EveryPageInATable) {
  const Outcome outcome = RunCli(server_, {"events"});
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("       #2  25/09/2023  deliberation_published       "
                                     "18/09/2023 12:00:00  deliberation:2023-405\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\nà la position #2\n"));
  EXPECT_EQ(Lines(outcome.out), 7u);
  EXPECT_FALSE(seen_.has_from_position());
}

TEST_F(Events, ANarrowTerminalHasTheTagsBelow) {
  const Outcome outcome = RunCli(server_, {"events", "--limit", "1"}, "", 80);
  EXPECT_THAT(outcome.out, HasSubstr("       #0  25/09/2023  deliberation_published       "
                                     "18/09/2023 12:00:00\n           deliberation:2023-405\n"));
}

TEST_F(Events, ANarrowerOneTheInstantToo) {
  const Outcome outcome = RunCli(server_, {"events", "--limit", "1"}, "", 60);
  EXPECT_THAT(outcome.out, HasSubstr("       #0  25/09/2023  deliberation_published\n"
                                     "           18/09/2023 12:00:00 deliberation:2023-405\n"));
}

TEST_F(Events, AnInstantOfThePastIsSaidInTheLedgersZone) {
  EXPECT_THAT(RunCli(server_, {"events", "--known-at", "2023-09-18T10:00:00Z"}).out,
              HasSubstr("à la position #2, connu au 18/09/2023 12:00:00\n"));
}

TEST_F(Events, JsonIsTheEventWithItsTags) {
  const Outcome outcome = RunCli(server_, {"events", "--output", "json"});
  EXPECT_EQ(Lines(outcome.out), 3u);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr(R"("position":"1")"), HasSubstr(R"("tags":[{"tag":)"),
                                 HasSubstr(R"("deliberation_published":{"number":"2023-405")")));
}

TEST_F(Events, TheQueryIsAsAskedFor) {
  RunCli(server_, {"events", "--tag", "a:1", "--tag", "b:2", "--type", "x", "--type", "y", "--from",
                   "0", "--backward", "--known-at", "#2"});
  ASSERT_EQ(seen_.query().items_size(), 1);
  EXPECT_THAT(seen_.query().items(0).tags(), ElementsAre("a:1", "b:2"));
  EXPECT_THAT(seen_.query().items(0).types(), ElementsAre("x", "y"));
  EXPECT_TRUE(seen_.has_from_position());
  EXPECT_EQ(seen_.from_position(), 0u);
  EXPECT_TRUE(seen_.backward());
  EXPECT_EQ(seen_.options().as_of().position(), 2u);
}

TEST_F(Events, TheLimitEndsTheReading) {
  EXPECT_EQ(Lines(RunCli(server_, {"events", "--limit", "1", "--output", "json"}).out), 1u);
  EXPECT_EQ(seen_.page_size(), 1);
  EXPECT_EQ(Lines(RunCli(server_, {"events", "--limit", "3", "--output", "json"}).out), 3u);
}

TEST_F(Events, BytesThatAreNoEvent) {
  server_.answers.events = [](const v1::ReadEventsRequest&, v1::ReadEventsResponse* response) {
    response->add_events()->set_event("\xff\xff");
    return absl::OkStatus();
  };
  const Outcome outcome = RunCli(server_, {"events"});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_THAT(outcome.err, HasSubstr("DATA_LOSS"));
}

TEST_F(Events, FollowPrintsAsTheyComeAndSaysWhenItHasCaughtUp) {
  server_.answers.subscribe = [this](const v1::SubscribeRequest& request,
                                     v1::SubscribeResponse* out) {
    EXPECT_EQ(request.from_position(), 7u);
    switch (step_++) {
      case 0:
        *out->mutable_batch()->add_events() = EventAt(7);
        out->mutable_batch()->set_position(8);
        return true;
      case 1:
        out->mutable_caught_up()->set_position(8);
        return true;
      case 2:
        *out->mutable_batch()->add_events() = EventAt(9);
        out->mutable_batch()->set_position(9);
        return true;
      default:
        return false;
    }
  };
  server_.answers.subscribe_end =
      Error(absl::StatusCode::kUnavailable, "DRAINING", "the server stops");
  const Outcome outcome =
      RunCli(server_, {"events", "--follow", "--from", "7", "--output", "json"});
  EXPECT_EQ(outcome.exit, 3);
  EXPECT_EQ(Lines(outcome.out), 3u) << "two events and the error";
  EXPECT_THAT(outcome.out, HasSubstr(R"("reason":"DRAINING")"));
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("caught up at position 8, waiting"),
                                 HasSubstr("DRAINING"), HasSubstr("--follow --from 10")));
}

TEST_F(Events, FollowsTheLogThatWasReadSoFar) {
  const std::string restored = "example.org/registre/restored-1";
  server_.answers.keys = [&](const v1::ListKeysRequest&, v1::ListKeysResponse* response) {
    const SigningKey key = TestKey('k');
    response->add_verifier_keys(FormatVerifierKey(TestLogKey("example.org/registre", key)));
    response->add_verifier_keys(FormatVerifierKey(TestLogKey(restored, key)));
    return absl::OkStatus();
  };
  std::string origin;
  int messages = 0;
  server_.answers.subscribe = [&](const v1::SubscribeRequest& request, v1::SubscribeResponse* out) {
    origin = request.origin();
    out->mutable_caught_up()->set_position(8);
    return messages-- > 0;
  };
  const std::vector<std::string> follow = {"events", "--follow", "--from",
                                           "7",      "--origin", "example.org/registre"};
  server_.answers.subscribe_end = Error(absl::StatusCode::kUnavailable, "DRAINING", "it stops");
  EXPECT_THAT(RunCli(server_, follow).err,
              HasSubstr("registre events --follow --from 7 --origin example.org/registre\n"));
  EXPECT_EQ(origin, "example.org/registre");
  // What was read since is of the log that was served.
  messages = 1;
  EXPECT_THAT(RunCli(server_, follow).err,
              HasSubstr("registre events --follow --from 9 --origin " + restored + "\n"));
}

TEST_F(Events, NobodyIsToldToGoOnWhereThatWasRefused) {
  server_.answers.subscribe = [](const v1::SubscribeRequest&, v1::SubscribeResponse*) {
    return false;
  };
  for (const char* reason : {"ORIGIN_CHANGED", "POSITION_AHEAD"}) {
    server_.answers.subscribe_end =
        Error(absl::StatusCode::kFailedPrecondition, reason, "another log");
    const Outcome outcome = RunCli(server_, {"events", "--follow", "--from", "7"});
    EXPECT_EQ(outcome.exit, 1);
    EXPECT_THAT(outcome.err, AllOf(HasSubstr(reason), Not(HasSubstr("To go on"))));
  }
}

TEST_F(Events, FollowEndsAtItsLimit) {
  server_.answers.subscribe = [this](const v1::SubscribeRequest&, v1::SubscribeResponse* out) {
    *out->mutable_batch()->add_events() = EventAt(step_);
    out->mutable_batch()->set_position(step_++);
    return true;
  };
  const Outcome outcome =
      RunCli(server_, {"events", "--follow", "--limit", "2", "--output", "json"});
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_EQ(Lines(outcome.out), 2u);
}

TEST_F(Events, FollowEndsWellWhenInterrupted) {
  std::ostringstream out;
  std::ostringstream err;
  Console console{out, err};
  console.on_interrupt = [this](std::function<void()> stop) {
    const std::lock_guard lock(mutex_);
    stop_ = std::move(stop);
  };
  // Written until the client is gone: the interrupt comes from another thread, as a signal does.
  server_.answers.subscribe = [this](const v1::SubscribeRequest&, v1::SubscribeResponse* message) {
    message->mutable_caught_up()->set_position(8);
    const std::lock_guard lock(mutex_);
    if (step_++ == 1) stop_();
    return true;
  };
  EXPECT_EQ(cli::Run({"--server", server_.address(), "events", "--follow"}, console), 0)
      << err.str();
  const std::lock_guard lock(mutex_);
  EXPECT_FALSE(stop_) << "the signal is given back";
}

TEST_F(Events, FollowWithoutAServer) {
  EXPECT_EQ(RunCli({"--server", "127.0.0.1:1", "events", "--follow"}).exit, 3);
}

class Admin : public ::testing::Test {
 protected:
  FakeServer server_;
};

TEST_F(Admin, Status) {
  server_.answers.status = [](const v1::GetStatusRequest&, v1::GetStatusResponse* response) {
    response->set_version("0.1.0");
    response->set_size(64);
    response->set_root(std::string("\x0a\xff", 2));
    response->set_recorder_state(v1::RECORDER_STATE_CLOCK_SUSPECT);
    response->set_recorder_message("the clock jumped");
    response->set_uptime_seconds(3700);
    response->set_recorded_acts(1);
    response->mutable_last_recorded_at()->set_seconds(1695031200);
    response->mutable_last_recorded_at()->set_nanos(250'000'000);
    return absl::OkStatus();
  };
  const Outcome outcome = RunCli(server_, {"admin", "status"});
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("depuis 1 h 01 min\n"));
  EXPECT_THAT(outcome.out, HasSubstr("registre pas encore ouvert\n"));
  EXPECT_THAT(outcome.out, HasSubstr("64 (#0 à #63)\n"));
  EXPECT_THAT(outcome.out, HasSubstr("0aff\n"));
  EXPECT_THAT(outcome.out, HasSubstr("arrêté : horloge suspecte\n"));
  EXPECT_THAT(outcome.out, HasSubstr("Message du serveur      the clock jumped\n"));
  EXPECT_THAT(outcome.out, HasSubstr("Index sur disque        0 événement\n"));
  EXPECT_THAT(outcome.out, HasSubstr("Dernier enregistrement  18/09/2023 10:00:00 UTC\n"));
  EXPECT_THAT(RunCli(server_, {"admin", "status", "--output", "json"}).out,
              HasSubstr(R"("recorder_state":"RECORDER_STATE_CLOCK_SUSPECT")"));
}

// Two messages of progress, then the end with or without a difference.
void Rebuild(FakeServer& server, const std::string& difference, bool done = true) {
  server.answers.rebuild = [=, step = 0](const v1::RebuildRequest& request,
                                         v1::RebuildResponse* response) mutable {
    if (step++ == 3) return false;
    response->set_events(static_cast<uint64_t>(step) * 10);
    response->set_total(30);
    if (step < 3) return true;
    response->set_done(done);
    response->set_rows(12);
    if (request.check() && !difference.empty()) response->add_differences(difference);
    return true;
  };
}

TEST_F(Admin, RebuildAndCheck) {
  Rebuild(server_, "");
  EXPECT_EQ(RunCli(server_, {"admin", "rebuild"}).out,
            "index reconstruit : 30 événements, 12 lignes\n");
  Rebuild(server_, "");
  const Outcome equal = RunCli(server_, {"admin", "rebuild", "--check"});
  EXPECT_EQ(equal.exit, 0);
  EXPECT_EQ(equal.out, "index conforme au journal : 30 événements, 12 lignes\n");
  EXPECT_THAT(equal.err, IsEmpty());
}

TEST_F(Admin, ACheckThatFindsADifferenceFails) {
  Rebuild(server_, "budget_line:C02-446A05: voted_cents 1, folded 2");
  const Outcome outcome = RunCli(server_, {"admin", "rebuild", "--check"});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_THAT(outcome.out, HasSubstr("\n  budget_line:C02-446A05: voted_cents 1, folded 2\n"));
}

TEST_F(Admin, ARebuildThatEndsTooSoonFails) {
  Rebuild(server_, "", false);
  EXPECT_EQ(RunCli(server_, {"admin", "rebuild"}).exit, 1);
}

TEST_F(Admin, ClockAccept) {
  server_.answers.event = Opening();
  server_.answers.accept_clock = [](const v1::AcceptClockRequest&,
                                    v1::AcceptClockResponse* response) {
    response->mutable_now()->set_seconds(1695031200);
    return absl::OkStatus();
  };
  EXPECT_EQ(RunCli(server_, {"admin", "clock", "accept"}).out,
            "horloge acceptée : 18/09/2023 12:00:00\n");
}

}  // namespace
}  // namespace registre::cli::registre_events_test
