// cmd/registre/args.h: what the command line means, and its exit statuses.
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "cmd/registre/args.h"
#include "tests/cmd/registre_fake.h"
#include "tests/support/temp_folder.h"

namespace registre::cli::registre_args_test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// The arguments; fails the test when they are refused.
Args Parsed(std::vector<std::string> arguments) {
  std::ostringstream out;
  std::ostringstream err;
  const auto parsed = ParseArgs(std::move(arguments), out, err);
  if (const Args* args = std::get_if<Args>(&parsed)) return *args;
  ADD_FAILURE() << out.str() << err.str();
  return {};
}

// What is said when the arguments are refused as usage.
std::string Refused(std::vector<std::string> arguments) {
  std::ostringstream out;
  std::ostringstream err;
  const auto parsed = ParseArgs(std::move(arguments), out, err);
  const int* exit = std::get_if<int>(&parsed);
  EXPECT_TRUE(exit != nullptr && *exit == kExitUsage);
  EXPECT_THAT(out.str(), IsEmpty());
  EXPECT_NE(err.str(), "");
  return err.str();
}

TEST(Args, GlobalOptionsStandBeforeOrBehindTheCommand) {
  unsetenv("REGISTRE_SERVER");
  EXPECT_EQ(Parsed({"budget"}).server, "127.0.0.1:7462");
  EXPECT_FALSE(Parsed({"budget"}).json);
  EXPECT_EQ(Parsed({"--server", "h:1", "budget"}).server, "h:1");
  EXPECT_EQ(Parsed({"budget", "--server", "h:1"}).server, "h:1");
  EXPECT_TRUE(Parsed({"admin", "status", "--output", "json"}).json);
  EXPECT_TRUE(Parsed({"--output=json", "structure", "list"}).json);
}

TEST(Args, ACheckpointIsShownByItsSizeOrAsTheNewestCosigned) {
  EXPECT_FALSE(Parsed({"checkpoint", "show"}).audit.cosigned);
  EXPECT_EQ(Parsed({"checkpoint", "show", "7"}).audit.size, 7u);
  EXPECT_TRUE(Parsed({"checkpoint", "show", "--cosigned"}).audit.cosigned);
  Refused({"checkpoint", "show", "7", "--cosigned"});
}

TEST(Args, TheServerMayComeFromTheEnvironment) {
  setenv("REGISTRE_SERVER", "elsewhere:7", 1);
  EXPECT_EQ(Parsed({"budget"}).server, "elsewhere:7");
  EXPECT_EQ(Parsed({"--server", "h:1", "budget"}).server, "h:1");
  unsetenv("REGISTRE_SERVER");
}

TEST(Args, WhoTheCallerIs) {
  EXPECT_FALSE(Parsed({"whoami"}).identity.has_tls());
  EXPECT_EQ(Parsed({"whoami"}).command, Command::kWhoAmI);
  const Args tls = Parsed({"--tls-ca", "a", "budget", "--tls-cert", "c", "--tls-key", "k"});
  EXPECT_TRUE(tls.identity.has_tls());
  EXPECT_EQ(tls.identity.tls_key, "k");
  EXPECT_EQ(Parsed({"whoami", "--as", "s-1"}).identity.subject, "s-1");
  EXPECT_THAT(Refused({"whoami", "--tls-ca", "a", "--tls-key", "k"}), HasSubstr("--tls-cert is"));
  EXPECT_THAT(Refused({"whoami", "--as", "a b"}), HasSubstr("--as a b"));
  EXPECT_THAT(
      Refused({"whoami", "--as", "s-1", "--tls-ca", "a", "--tls-cert", "c", "--tls-key", "k"}),
      HasSubstr("certificate says"));
}

TEST(Args, AProfileStandsBetweenTheLineAndTheEnvironment) {
  const TempFolder folder;
  const std::string path = folder.Path("profile.conf");
  std::ofstream(path) << "server=profile:1\nas=s-profile\n";
  setenv("REGISTRE_AS", "s-environment", 1);
  EXPECT_EQ(Parsed({"whoami"}).identity.subject, "s-environment");
  EXPECT_EQ(Parsed({"whoami", "--profile", path}).identity.subject, "s-profile");
  EXPECT_EQ(Parsed({"whoami", "--profile", path, "--as", "s-line"}).identity.subject, "s-line");
  EXPECT_EQ(Parsed({"whoami", "--profile", path}).server, "profile:1");
  setenv("REGISTRE_PROFILE", path.c_str(), 1);
  EXPECT_EQ(Parsed({"whoami"}).server, "profile:1");
  EXPECT_EQ(Parsed({"--server", "line:1", "whoami"}).server, "line:1");
  setenv("REGISTRE_PROFILE", "/nowhere", 1);
  EXPECT_THAT(Refused({"whoami"}), HasSubstr("/nowhere"));
  unsetenv("REGISTRE_PROFILE");
  unsetenv("REGISTRE_AS");
  EXPECT_THAT(Refused({"whoami", "--profile", "/nowhere"}), HasSubstr("/nowhere"));
  std::ofstream(path) << "colour=red\n";
  Refused({"whoami", "--profile", path});
}

TEST(Args, BudgetIsAListALineOrTheTableOfADeliberation) {
  EXPECT_EQ(Parsed({"budget"}).command, Command::kBudgetList);
  EXPECT_EQ(Parsed({"budget", "C02-446A05"}).command, Command::kBudgetLine);
  EXPECT_EQ(Parsed({"budget", "C02-446A05"}).subject, "C02-446A05");
  const Args table = Parsed({"budget", "--deliberation", "2023-405"});
  EXPECT_EQ(table.command, Command::kBudgetOfDeliberation);
  EXPECT_EQ(table.subject, "2023-405");
  Refused({"budget", "C02-446A05", "--deliberation", "2023-405"});
  const Args year = Parsed({"budget", "--year", "2023"});
  EXPECT_EQ(year.command, Command::kBudgetOfYear);
  EXPECT_EQ(year.fiscal_year, 2023);
  Refused({"budget", "--year", "2023", "C02-446A05"});
  Refused({"budget", "--year", "2023", "--deliberation", "2023-405"});
  Refused({"budget", "--year", "23"});
}

TEST(Args, ListOrOne) {
  EXPECT_EQ(Parsed({"structure", "list"}).command, Command::kStructureList);
  EXPECT_EQ(Parsed({"structure", "48054398200023"}).command, Command::kStructure);
  EXPECT_EQ(Parsed({"convention", "list"}).command, Command::kConventionList);
  EXPECT_EQ(Parsed({"convention", "2023-00963"}).command, Command::kConvention);
  EXPECT_EQ(Parsed({"deliberation", "list"}).command, Command::kDeliberationList);
  EXPECT_EQ(Parsed({"deliberation", "2023-405"}).subject, "2023-405");
  Refused({"structure"});
  Refused({"convention", "2023-00963", "2023-01628"});
}

TEST(Args, AsOfIsADay) {
  for (const char* day : {"2023-09-18", "18/09/2023"}) {
    const Args args = Parsed({"budget", "--as-of", day});
    EXPECT_EQ(args.as_of.effective_on().year(), 2023);
    EXPECT_EQ(args.as_of.effective_on().month(), 9);
    EXPECT_EQ(args.as_of.effective_on().day(), 18);
    EXPECT_EQ(args.as_of.known_at_case(), v1::AsOf::KNOWN_AT_NOT_SET);
  }
  EXPECT_THAT(Refused({"budget", "--as-of", "2023-02-30"}), HasSubstr("2023-02-30"));
  Refused({"budget", "--as-of", "hier"});
}

TEST(Args, KnownAtIsAPositionOrAnInstant) {
  EXPECT_EQ(Parsed({"anomalies", "--known-at", "#0"}).as_of.position(), 0u);
  EXPECT_EQ(Parsed({"anomalies", "--known-at", "#63"}).as_of.position(), 63u);
  const Args utc = Parsed({"budget", "--known-at", "2023-09-18T10:00:00.25Z"});
  EXPECT_EQ(utc.as_of.instant().seconds(), 1695031200);
  EXPECT_EQ(utc.as_of.instant().nanos(), 250'000'000);
  EXPECT_EQ(Parsed({"budget", "--known-at", "2023-09-18T12:00:00+02:00"}).as_of.instant().seconds(),
            1695031200);
  for (const char* wrong :
       {"63", "#", "#-1", "#6x", "#99999999999999999999", "2023-09-18", "now"}) {
    EXPECT_THAT(Refused({"budget", "--known-at", wrong}), HasSubstr("#63")) << wrong;
  }
}

TEST(Args, Record) {
  const Args args = Parsed({"record", "acts.jsonl"});
  EXPECT_EQ(args.command, Command::kRecord);
  EXPECT_EQ(args.record.file, "acts.jsonl");
  EXPECT_EQ(args.record.pipeline, 1);
  EXPECT_FALSE(args.record.atomic || args.record.validate_only || args.record.keep_going);
  EXPECT_EQ(Parsed({"record", "-", "--atomic"}).record.file, "-");
  EXPECT_EQ(Parsed({"record", "-", "--pipeline", "64"}).record.pipeline, 64);
  Refused({"record"});
  Refused({"record", "a", "--pipeline", "0"});
  Refused({"record", "a", "--pipeline", "257"});
  Refused({"record", "a", "--atomic", "--keep-going"});
  Refused({"record", "a", "b"});
}

TEST(Args, Events) {
  const Args args =
      Parsed({"events", "--tag", "convention:2023-00963", "--tag", "structure:s1", "--type",
              "payment_ordered", "--from", "0", "--backward", "--limit", "5"});
  EXPECT_THAT(args.tags, ElementsAre("convention:2023-00963", "structure:s1"));
  EXPECT_THAT(args.events.types, ElementsAre("payment_ordered"));
  EXPECT_EQ(args.events.from, 0u);
  EXPECT_TRUE(args.events.backward);
  EXPECT_EQ(args.events.limit, 5u);
  EXPECT_FALSE(Parsed({"events"}).events.from.has_value());
  Refused({"events", "--from", "-1"});
  Refused({"events", "--from", "1.5"});
  Refused({"events", "--limit", "-1"});
  EXPECT_THAT(Refused({"events", "--limit", "0"}), HasSubstr("--limit 0 shows nothing"));
  EXPECT_FALSE(Parsed({"events"}).events.limit.has_value());
  Refused({"events", "--follow", "--backward"});
  Refused({"events", "--from", "7", "--origin", "example.org/registre"});
  Refused({"events", "--follow", "--origin", "example.org/registre"});
  Refused({"events", "--follow", "--from", "7", "--origin", ""});
  Refused({"events", "--follow", "--as-of", "2023-09-18"});
}

TEST(Args, Anomalies) {
  const Args args =
      Parsed({"anomalies", "--tag", "deliberation:2023-405", "--min-severity", "serious"});
  EXPECT_THAT(args.tags, ElementsAre("deliberation:2023-405"));
  EXPECT_EQ(args.min_severity, v1::SEVERITY_SERIOUS);
  EXPECT_EQ(Parsed({"anomalies", "--min-severity", "grave"}).min_severity, v1::SEVERITY_SERIOUS);
  EXPECT_THAT(Refused({"anomalies", "--min-severity", "lourd"}),
              AllOf(HasSubstr("--min-severity: lourd is none of information, attention, grave"),
                    Not(HasSubstr("FAILED"))));
}

TEST(Args, Correct) {
  EXPECT_EQ(Parsed({"correct", "draft", "52"}).command, Command::kCorrectDraft);
  EXPECT_EQ(Parsed({"correct", "draft", "0"}).correction.position, 0u);
  const Args propose =
      Parsed({"correct", "propose", "52", "--with", "-", "--reason", "r", "--authority", "a",
              "--effective", "2023-10-02", "--validate-only", "--command-id", "c.1"});
  EXPECT_EQ(propose.command, Command::kCorrectPropose);
  EXPECT_EQ(propose.correction.position, 52u);
  EXPECT_EQ(propose.correction.with, "-");
  EXPECT_EQ(propose.correction.reason, "r");
  EXPECT_EQ(propose.correction.authority, "a");
  EXPECT_EQ(propose.correction.effective_on.day(), 2);
  EXPECT_TRUE(propose.correction.validate_only);
  EXPECT_EQ(propose.correction.command_id, "c.1");
  const Args approve = Parsed({"correct", "approve", "1"});
  EXPECT_EQ(approve.command, Command::kCorrectApprove);
  EXPECT_EQ(approve.subject, "1");
  EXPECT_EQ(Parsed({"correct", "reject", "1", "--reason", "r"}).command, Command::kCorrectReject);
  EXPECT_FALSE(Parsed({"correct", "list"}).correction.proposed_only);
  EXPECT_TRUE(Parsed({"correct", "list", "--proposed"}).correction.proposed_only);
  EXPECT_EQ(Parsed({"correct", "show", "1"}).command, Command::kCorrectShow);
  Refused({"correct"});
  Refused({"correct", "draft"});
  Refused({"correct", "draft", "-1"});
  Refused({"correct", "draft", "x"});
  Refused({"correct", "approve"});
  EXPECT_THAT(Refused({"correct", "reject", "1"}), HasSubstr("--reason is required"));
  EXPECT_THAT(Refused({"correct", "propose", "52", "--reason", "r", "--authority", "a"}),
              HasSubstr("--effective is required"));
  EXPECT_THAT(Refused({"correct", "propose", "52", "--reason", "r", "--authority", "a",
                       "--effective", "2023-02-30"}),
              HasSubstr("2023-02-30"));
}

TEST(Args, BothViews) {
  for (const std::vector<std::string>& read :
       std::vector<std::vector<std::string>>{{"budget"},
                                             {"structure", "list"},
                                             {"convention", "2023-00963"},
                                             {"deliberation", "2023-405"},
                                             {"anomalies"},
                                             {"payments", "list"},
                                             {"payments", "show", "2023-7"},
                                             {"payments", "statement", "2023-00963"}}) {
    std::vector<std::string> line = read;
    EXPECT_FALSE(Parsed(line).as_recorded) << read[0];
    line.push_back("--as-recorded");
    EXPECT_TRUE(Parsed(line).as_recorded) << read[0];
  }
  EXPECT_THAT(Refused({"events", "--as-recorded"}), HasSubstr("leave --as-recorded out"));
}

TEST(Args, Admin) {
  EXPECT_EQ(Parsed({"admin", "status"}).command, Command::kAdminStatus);
  EXPECT_FALSE(Parsed({"admin", "rebuild"}).check);
  EXPECT_TRUE(Parsed({"admin", "rebuild", "--check"}).check);
  EXPECT_EQ(Parsed({"admin", "clock", "accept"}).command, Command::kAdminClockAccept);
  Refused({"admin"});
  Refused({"admin", "clock"});
}

TEST(Args, WrongLinesAreUsage) {
  EXPECT_THAT(Refused({}),
              HasSubstr("a command is missing\nregistre takes one of: record, budget"));
  EXPECT_THAT(Refused({"budgets"}), AllOf(HasSubstr("budgets is no command: did you mean budget?"),
                                          HasSubstr("takes one of: record, budget, structure")));
  EXPECT_THAT(Refused({"--output", "json", "xyzzyx"}),
              AllOf(HasSubstr("xyzzyx is no command\n"), Not(HasSubstr("did you mean"))));
  EXPECT_THAT(Refused({"admin", "statu"}),
              AllOf(HasSubstr("statu is no command: did you mean status?"),
                    HasSubstr("admin takes one of: status, rebuild, clock")));
  Refused({"budget", "--outptu", "json"});
  Refused({"budget", "--output", "xml"});
  Refused({"budget", "--output"});
}

TEST(Args, HelpTeachesWithExamples) {
  for (const std::vector<std::string>& line : std::vector<std::vector<std::string>>{
           {"record", "--help"}, {"budget", "-h"}, {"structure", "--help"}, {"events", "--help"}}) {
    const Outcome outcome = RunCli(line);
    EXPECT_EQ(outcome.exit, 0);
    EXPECT_THAT(outcome.out, HasSubstr("Example"));
    EXPECT_THAT(outcome.out, HasSubstr("registre " + line.front()));
    EXPECT_THAT(outcome.err, IsEmpty());
  }
  EXPECT_THAT(RunCli({"--help"}).out, HasSubstr("Exit status"));
}

TEST(Args, ExitStatusOfTheProgram) {
  EXPECT_EQ(RunCli({"budgets"}).exit, 2);
  // Nothing listens on port 1.
  const Outcome unreached = RunCli({"--server", "127.0.0.1:1", "budget"});
  EXPECT_EQ(unreached.exit, 3);
  EXPECT_THAT(unreached.err, HasSubstr("127.0.0.1:1 not reached"));
  EXPECT_THAT(unreached.err, HasSubstr("--server"));
}

}  // namespace
}  // namespace registre::cli::registre_args_test
