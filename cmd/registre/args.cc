#include "cmd/registre/args.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <functional>
#include <utility>

#include "absl/time/time.h"
#include "cmd/registre/args_audit.h"
#include "ledger/base/date.h"
#include "ledger/base/shape.h"
#include "services/version.h"

namespace registre::cli {
namespace {

// CLI11 2.1 takes -1 for the largest number there is.
const CLI::Validator kWholeNumber(
    [](std::string& text) {
      const bool whole = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
      return whole ? std::string() : fmt::format("{} is not a whole number", text);
    },
    "");

const CLI::Validator kNotEmpty(
    [](std::string& text) { return text.empty() ? std::string("it is empty") : std::string(); },
    "");

// How grave a flag is, in the words of the tables and of the contract.
const CLI::Validator kSeverity(
    [](std::string& text) {
      const std::map<std::string, v1::Severity> words = {{"information", v1::SEVERITY_INFORMATION},
                                                         {"attention", v1::SEVERITY_ATTENTION},
                                                         {"grave", v1::SEVERITY_SERIOUS},
                                                         {"serious", v1::SEVERITY_SERIOUS}};
      const auto at = words.find(text);
      if (at == words.end()) {
        return fmt::format("{} is none of information, attention, grave", text);
      }
      text = fmt::format("{}", static_cast<int>(at->second));
      return std::string();
    },
    "");

// Where an order is, in the words of the tables and of the contract.
const CLI::Validator kStatus(
    [](std::string& text) {
      const std::map<std::string, v1::PaymentStatus> words = {
          {"ordered", v1::PAYMENT_STATUS_ORDERED},
          {"suspended", v1::PAYMENT_STATUS_SUSPENDED},
          {"accepted", v1::PAYMENT_STATUS_ACCEPTED},
          {"rejected", v1::PAYMENT_STATUS_REJECTED},
          {"settled", v1::PAYMENT_STATUS_SETTLED}};
      const auto at = words.find(text);
      if (at == words.end()) {
        return fmt::format("{} is none of ordered, suspended, accepted, rejected, settled", text);
      }
      text = fmt::format("{}", static_cast<int>(at->second));
      return std::string();
    },
    "");

// Letters to change, add or take away to make one word of the other.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({changed, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row[b.size()];
}

// What is said where a command is missing or is none: the word that was given, the nearest command,
// and all of them.
std::string UnknownCommand(const CLI::App& app, const std::vector<std::string>& left) {
  constexpr size_t kNear = 2;
  const auto at = std::find_if(left.begin(), left.end(),
                               [](const std::string& text) { return !text.starts_with('-'); });
  const std::string word = at == left.end() ? "" : *at;
  std::string names;
  std::string nearest;
  size_t distance = kNear + 1;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names += (names.empty() ? "" : ", ") + command->get_name();
    const size_t here = Distance(word, command->get_name());
    if (here >= distance) continue;
    distance = here;
    nearest = command->get_name();
  }
  std::string text = word.empty() ? "a command is missing" : fmt::format("{} is no command", word);
  if (!nearest.empty() && !word.empty()) text += fmt::format(": did you mean {}?", nearest);
  return fmt::format("{}\n{} takes one of: {}\n", text,
                     app.get_parent() == nullptr ? "registre" : app.get_name(), names);
}

constexpr char kFooter[] =
    R"(Exit status: 0 done, 1 refused or not verified, 2 usage, 3 server not reached or stopping.
Amounts in JSON are cents; in tables, euros. `registre COMMAND --help` shows examples.

A first session:
  registred --data /tmp/ledger &
  registre record tests/data/deliberation-2023-405.jsonl
  registre budget --deliberation 2023-405)";

constexpr char kRecordFooter[] = R"(Each line is one act, in protobuf JSON, blank lines are skipped:
  {"command_id":"2023-405.publication","act":{"deliberation_published":
    {"number":"2023-405","date":{"year":2023,"month":9,"day":25}}}}
  (on one line in the file; a line is at most 4 MiB)
command_id is yours and unique for ever: a line recorded before answers with its first receipt, so a
file can be recorded again after an interruption. "condition" may guard the act (see the contract).

Examples:
  registre record acts.jsonl                   one act at a time, stops at the first refusal
  registre record acts.jsonl --validate-only   judges each line alone, records nothing
  registre record acts.jsonl --validate-only --atomic   judges the file as a whole
  registre record acts.jsonl --atomic          the whole file or nothing, at most 1,000 acts
  registre record import.jsonl --pipeline 64   64 under way: lines after a refused one may be recorded
  cat acts.jsonl | registre record -           from the standard input)";

constexpr char kReadFooter[] = R"(

At a point of the past, on two axes that may be used together:
  --as-of 2023-09-18                   without acts in effect after that day (or 18/09/2023)
  --known-at '#63'                     as it was known at position 63
  --known-at 2023-09-18T10:00:00Z      as it was known at that instant
  --as-recorded                        without what corrections did)";

constexpr char kCommonFooter[] =
    "\n\n--server, --output and who you are go with every command: registre --help.";

// What a value of --known-at means; an error message, or empty.
std::string ParseKnownAt(const std::string& text, v1::AsOf* as_of) {
  if (text.starts_with('#')) {
    uint64_t position = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + 1, end, position);
    if (error == std::errc() && stop == end) {
      as_of->set_position(position);
      return "";
    }
    return "--known-at " + text + " is no position: write for example '#63'";
  }
  absl::Time time;
  std::string error;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, &error)) {
    const absl::Time floor = absl::FromUnixSeconds(absl::ToUnixSeconds(time));
    as_of->mutable_instant()->set_seconds(absl::ToUnixSeconds(time));
    as_of->mutable_instant()->set_nanos(
        static_cast<int32_t>(absl::ToInt64Nanoseconds(time - floor)));
    return "";
  }
  return "--known-at " + text +
         " is neither a position ('#63', quoted for the shell) nor an instant "
         "(2023-09-18T10:00:00Z, 2023-09-18T12:00:00+02:00)";
}

std::string ParseDay(const char* option, const std::string& text, v1::Date* date) {
  if (ParseDate(text, date)) return "";
  return std::string(option) + " " + text +
         " is no day of the years 1800 to 2200: write 2023-09-18 or 18/09/2023";
}

// The command line as CLI11 sees it. Filled by one Build, used once.
class Parser {
 public:
  explicit Parser(Args* args) : args_(args), app_("Registre: a ledger of public deliberations.") {
    app_.name("registre");
    app_.footer(kFooter);
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.set_version_flag("--version", kVersion);
    app_.add_option("--server", args_->server, "Address of the server")
        ->envname("REGISTRE_SERVER")
        ->type_name("HOST:PORT")
        ->capture_default_str();
    BuildIdentity();
    app_.add_option("--output", output_, "table for people, json for scripts (one object a line)")
        ->check(CLI::IsMember({"table", "json"}).description(""))
        ->type_name("table|json");
    BuildRecord();
    BuildReads();
    BuildEvents();
    BuildPayments();
    BuildCorrect();
    const AddCommand add = [this](CLI::App* parent, const char* name, const char* what,
                                  std::string footer, std::optional<Command> command) {
      std::function<void()> chosen;
      if (command) chosen = [this, command] { args_->command = *command; };
      return Add(parent, name, what, std::move(footer), std::move(chosen));
    };
    BuildAudit(&app_, add, args_);
    CLI::App* admin = BuildAdmin();
    BuildConsumers(admin);
    BuildBackup(admin, add, args_);
    Add(&app_, "whoami", "Who you are to the server, and what you may do",
        "Examples:\n  registre whoami\n  registre --output json whoami",
        [this] { args_->command = Command::kWhoAmI; });
  }

  std::variant<Args, int> Parse(std::vector<std::string> arguments, std::ostream& out,
                                std::ostream& err) {
    std::reverse(arguments.begin(), arguments.end());
    try {
      app_.parse(std::move(arguments));
    } catch (const CLI::RequiredError& error) {
      // CLI11 says of an unknown command only that one is missing.
      if (const CLI::App* app = WithoutCommand()) {
        err << UnknownCommand(*app, app_.remaining(true))
            << "Run with --help for more information.\n";
        return kExitUsage;
      }
      return app_.exit(error, out, err) == 0 ? kExitDone : kExitUsage;
    } catch (const CLI::ParseError& error) {
      return app_.exit(error, out, err) == 0 ? kExitDone : kExitUsage;
    }
    finish_();
    if (const std::string wrong = Complete(); !wrong.empty()) {
      err << wrong << "\nRun with --help for more information.\n";
      return kExitUsage;
    }
    return *args_;
  }

 private:
  // The command that takes a further one and was not given it; null when there is none.
  const CLI::App* WithoutCommand() const {
    const CLI::App* app = &app_;
    while (true) {
      if (app->get_require_subcommand_min() == 0) return nullptr;
      const std::vector<CLI::App*> given = app->get_subcommands();
      if (given.empty()) return app;
      app = given.front();
    }
  }

  // A command; `footer` shows examples.
  CLI::App* Add(CLI::App* parent, const char* name, const char* what, std::string footer,
                std::function<void()> chosen) {
    CLI::App* command = parent->add_subcommand(name, what);
    command->footer(footer + kCommonFooter);
    command->fallthrough();
    if (chosen) {
      // CLI11 runs it after those of the commands below, which are then meant.
      command->final_callback([this, command, chosen = std::move(chosen)] {
        if (command->get_subcommands().empty()) finish_ = chosen;
      });
    }
    return command;
  }

  CLI::App* AddRead(const char* name, const char* what, std::string footer,
                    std::function<void()> chosen) {
    return AddRead(&app_, name, what, std::move(footer), std::move(chosen));
  }
  CLI::App* AddRead(CLI::App* parent, const char* name, const char* what, std::string footer,
                    std::function<void()> chosen) {
    CLI::App* command = Add(parent, name, what, std::move(footer) + kReadFooter, std::move(chosen));
    command->add_option("--as-of", as_of_, "Leave out acts in effect after that day")
        ->type_name("DATE");
    command->add_option("--known-at", known_at_, "Leave out acts recorded after that point")
        ->type_name("#POSITION|INSTANT");
    command->add_flag("--as-recorded", args_->as_recorded, "Leave out what corrections did");
    return command;
  }

  // A read of one subject, or of the list.
  CLI::App* AddListOrOne(const char* name, const char* what, const char* subject,
                         std::string footer, Command list, Command one) {
    CLI::App* command = AddRead(name, what, std::move(footer), [this, list, one] {
      args_->command = args_->subject == "list" ? list : one;
    });
    command->add_option("subject", args_->subject, "list, or the one to show")
        ->required()
        ->type_name(subject);
    return command;
  }

  void BuildIdentity() {
    Identity& identity = args_->identity;
    const auto add = [this](const char* name, std::string& value, const char* what,
                            const char* variable, const char* type) {
      app_.add_option(name, value, what)->envname(variable)->type_name(type);
    };
    add("--tls-ca", identity.tls_ca, "The CAs of the server, PEM", "REGISTRE_TLS_CA", "FILE");
    add("--tls-cert", identity.tls_cert, "Your certificate, PEM", "REGISTRE_TLS_CERT", "FILE");
    add("--tls-key", identity.tls_key, "Its key, PEM", "REGISTRE_TLS_KEY", "FILE");
    add("--as", identity.subject, "Who you are, where nobody is authenticated", "REGISTRE_AS",
        "SUBJECT");
    // CLI11 reads no variable for the name of its file.
    const char* profile = std::getenv("REGISTRE_PROFILE");
    const bool from_environment = profile != nullptr && *profile != '\0';
    app_.set_config(
            "--profile", from_environment ? profile : "",
            "A file with options, NAME=VALUE a line: server, tls-ca, ... (REGISTRE_PROFILE)",
            from_environment)
        ->type_name("FILE");
    app_.allow_config_extras(CLI::config_extras_mode::error);
  }

  void BuildRecord() {
    RecordArgs& record = args_->record;
    CLI::App* command = Add(&app_, "record", "Record acts from a file", kRecordFooter,
                            [this] { args_->command = Command::kRecord; });
    command->add_option("file", record.file, "Acts, one a line; - is the standard input")
        ->required()
        ->type_name("FILE");
    command->add_flag("--atomic", record.atomic, "The whole file as one unit: all or nothing");
    command->add_flag("--validate-only", record.validate_only, "Judge only, record nothing");
    command->add_flag("--keep-going", record.keep_going, "Go on after a refused line");
    command->add_option("--pipeline", record.pipeline, "Lines under way at once")
        ->check(CLI::Range(1, kMaxPipeline).description(""))
        ->type_name("1-256");
    command->add_flag("--no-progress", record.no_progress, "No progress bar");
  }

  Command BudgetCommand() const {
    if (!deliberation_.empty()) return Command::kBudgetOfDeliberation;
    if (args_->fiscal_year != 0) return Command::kBudgetOfYear;
    return args_->subject.empty() ? Command::kBudgetList : Command::kBudgetLine;
  }

  void BuildReads() {
    CLI::App* budget = AddRead("budget", "Balances of budget lines", R"(Examples:
  registre budget                              every line
  registre budget C02-446A05                   one line, with its fiscal years
  registre budget --year 2023                  a fiscal year, and whether it is closed
  registre budget --deliberation 2023-405      AE, disponible, proposition, solde après vote)",
                               [this] { args_->command = BudgetCommand(); });
    CLI::Option* code = budget->add_option("code", args_->subject, "One line")->type_name("CODE");
    budget->add_option("--deliberation", deliberation_, "The budget table of a deliberation")
        ->type_name("NUMBER")
        ->excludes(code)
        ->excludes(budget->add_option("--year", args_->fiscal_year, "A fiscal year, line by line")
                       ->check(CLI::Range(kMinYear, kMaxYear).description(""))
                       ->type_name("YEAR")
                       ->excludes(code));
    AddListOrOne("structure", "Structures, their totals and acts", "list|ID|SIRET", R"(Examples:
  registre structure list
  registre structure st-cheval-bleu            by ledger id
  registre structure 48054398200023            by SIRET)",
                 Command::kStructureList, Command::kStructure);
    BuildReplay(AddListOrOne("convention", "Conventions: tranches, schedule, payments",
                             "list|NUMBER", R"(Examples:
  registre convention list
  registre convention 2023-00963
  registre convention 2023-00963 --as-of 2023-09-30
  registre convention 2023-00963 --replay      every event, with the state after it)",
                             Command::kConventionList, Command::kConvention),
                args_);
    AddListOrOne("deliberation", "Deliberations: vote, articles, allotments", "list|NUMBER",
                 R"(Examples:
  registre deliberation list
  registre deliberation 2023-405)",
                 Command::kDeliberationList, Command::kDeliberation);
    CLI::App* anomalies = AddRead("anomalies", "Oddities of recorded acts, the gravest first",
                                  R"(Examples:
  registre anomalies
  registre anomalies --min-severity grave
  registre anomalies --tag convention:2023-00963)",
                                  [this] { args_->command = Command::kAnomalies; });
    anomalies->add_option("--tag", tag_, "Only on acts with this tag")->type_name("KIND:ID");
    anomalies->add_option("--min-severity", args_->min_severity, "Only as grave, or graver")
        ->transform(kSeverity)
        ->type_name("information|attention|grave");
  }

  void BuildEvents() {
    EventsArgs& events = args_->events;
    CLI::App* command = AddRead("events", "The log, event by event", R"(Examples:
  registre events --from 60
  registre events --tag convention:2023-00963 --backward --limit 5
  registre events --type payment_ordered --type payment_settled
  registre events --follow --from 50           what is there, then what comes; Ctrl-C ends
  registre events --follow --from 50 --origin registre.example/pas-de-calais/2023-405
                                               and refused, should another log be served by now)",
                                [this] { args_->command = Command::kEvents; });
    command->add_option("--tag", args_->tags, "Only with this tag; several: with all of them")
        ->type_name("KIND:ID")
        ->allow_extra_args(false);
    command->add_option("--type", events.types, "Only this act; several: any of them")
        ->type_name("ACT")
        ->allow_extra_args(false);
    CLI::Option* from =
        command->add_option("--from", events.from, "First position, or the last with --backward")
            ->check(kWholeNumber)
            ->type_name("POSITION");
    command->add_flag("--backward", events.backward, "Newest first");
    CLI::Option* follow =
        command->add_flag("--follow", events.follow, "Then wait for those to come");
    command
        ->add_option("--origin", events.origin,
                     "With --follow: the log that was read up to --from (first line of registre "
                     "checkpoint show); refused where this log has other events there")
        ->check(kNotEmpty)
        ->type_name("ORIGIN")
        ->needs(follow)
        ->needs(from);
    command->add_option("--limit", events.limit, "At most so many, 1 or more")
        ->check(kWholeNumber)
        ->type_name("N");
  }

  void BuildPayments() {
    PaymentsArgs& payments = args_->payments;
    CLI::App* group = Add(&app_, "payments", "Orders (mandats) and their feed", "", nullptr);
    group->require_subcommand(1);
    CLI::App* list = AddRead(group, "list", "Orders and where they are", R"(Examples:
  registre payments list
  registre payments list --convention 2023-00963
  registre payments list --fiscal-year 2023 --status accepted
  registre payments list --unanswered-for 30   neither accepted nor rejected for 30 days)",
                             [this] { args_->command = Command::kPaymentsList; });
    list->add_option("--convention", payments.convention, "Of this convention")
        ->type_name("NUMBER");
    list->add_option("--structure", payments.structure, "To this structure, by ledger id")
        ->type_name("ID");
    list->add_option("--fiscal-year", payments.fiscal_year, "Of this fiscal year")
        ->check(kWholeNumber)
        ->type_name("YEAR");
    list->add_option("--status", payments.status, "Which are there")
        ->transform(kStatus)
        ->type_name("ordered|suspended|accepted|rejected|settled");
    list->add_option("--unanswered-for", payments.unanswered_days,
                     "Ordered or suspended so many days ago, or more, and not answered since")
        ->check(kWholeNumber)
        ->type_name("DAYS");
    CLI::App* show = AddRead(group, "show", "One order, step by step", R"(Examples:
  registre payments show 2023-hypothese-1      fiscal year, then the mandat)",
                             [this] { args_->command = Command::kPaymentsShow; });
    show->add_option("payment", args_->subject, "Fiscal year and mandat")
        ->required()
        ->type_name("YEAR-MANDAT");
    CLI::App* statement =
        AddRead(group, "statement", "What was paid on a convention (décompte)", R"(Examples:
  registre payments statement 2023-00963       each order with what was paid before it)",
                [this] { args_->command = Command::kPaymentsStatement; });
    statement->add_option("convention", args_->subject, "The convention")
        ->required()
        ->type_name("NUMBER");
    CLI::App* follow =
        Add(group, "follow", "Payment events of a consumer, as they come",
            R"(Each event is acknowledged once it is written, so that it does not come again.

Examples:
  registre payments follow --consumer finance  Ctrl-C ends; the next time it goes on from there
  registre payments follow --consumer finance --limit 10 --output json)",
            [this] { args_->command = Command::kPaymentsFollow; });
    follow->add_option("--consumer", payments.consumer, "The consumer (registre admin consumers)")
        ->required()
        ->type_name("NAME");
    follow->add_option("--limit", payments.limit, "At most so many, 1 or more")
        ->check(kWholeNumber)
        ->type_name("N");
  }

  void BuildConsumers(CLI::App* admin) {
    ConsumerArgs& consumer = args_->consumer;
    CLI::App* group = Add(admin, "consumers", "Consumers of the payment feed", "", nullptr);
    group->require_subcommand(1);
    const auto add = [&](const char* name, const char* what, const std::string& example,
                         Command command) {
      CLI::App* app = Add(group, name, what, "Example:\n  registre admin consumers " + example,
                          [this, command] { args_->command = command; });
      if (command == Command::kConsumersList) return app;
      app->add_option("name", args_->subject, "Its name")->required()->type_name("NAME");
      return app;
    };
    const auto add_position = [&](CLI::App* app, const char* what) {
      app->add_option("position", consumer.position, what)
          ->required()
          ->check(kWholeNumber)
          ->type_name("POSITION");
    };
    add("list", "All of them, and how far behind they are", "list", Command::kConsumersList);
    add("show", "One of them, with what is parked", "show finance", Command::kConsumersShow);
    CLI::App* create =
        add("create", "Make one", "create finance --max-tries 20", Command::kConsumersCreate);
    create->add_option("--max-tries", consumer.max_tries, "Tries after which a payment is parked")
        ->check(kWholeNumber)
        ->type_name("1-1000");
    create
        ->add_option("--answer-within", consumer.answer_within_seconds,
                     "Seconds until what is not answered comes again")
        ->check(kWholeNumber)
        ->type_name("1-3600");
    create->add_flag("--from-now", consumer.from_now, "Without the payments recorded before");
    add("pause", "Deliver nothing until it is resumed", "pause finance", Command::kConsumersPause);
    add("resume", "Deliver again", "resume finance", Command::kConsumersResume);
    add_position(add("rewind", "Deliver again everything from a position on", "rewind finance 0",
                     Command::kConsumersRewind),
                 "First position to be delivered");
    add_position(add("retry", "Deliver a parked payment again, and what waits behind it",
                     "retry finance 52", Command::kConsumersRetry),
                 "Position of the parked event");
    CLI::App* skip = add("skip", "Take a parked payment out of the feed, for ever",
                         "skip finance 52 --reason 'paid by hand'", Command::kConsumersSkip);
    add_position(skip, "Position of the parked event");
    skip->add_option("--reason", consumer.reason, "Why")->required()->type_name("TEXT");
    add("delete", "Forget one, and where it was", "delete finance", Command::kConsumersDelete);
  }

  void BuildCorrect() {
    CorrectionArgs& correction = args_->correction;
    CLI::App* group = Add(&app_, "correct", "Correct mistakes, with a second person's approval",
                          R"(A mistake is corrected in three steps:
  registre correct draft 52 > fixed.jsonl       the act at position 52: edit it
  registre correct propose 52 --with fixed.jsonl --effective 2023-10-02
      --reason 'montant mal saisi' --authority 'note du 2 octobre 2023'
  registre correct approve 1                    by another person
A decision that no longer holds is no mistake: record deliberation_amended, payment_reduced, ...)",
                          nullptr);
    group->require_subcommand(1);
    const auto add = [&](const char* name, const char* what, const std::string& examples,
                         Command command) {
      return Add(group, name, what, "Examples:\n  registre correct " + examples,
                 [this, command] { args_->command = command; });
    };
    const auto add_position = [&](CLI::App* app) {
      app->add_option("position", correction.position, "Position of the act")
          ->required()
          ->check(kWholeNumber)
          ->type_name("POSITION");
    };
    const auto add_number = [&](CLI::App* app) {
      app->add_option("number", args_->subject, "Number of the correction")
          ->required()
          ->type_name("NUMBER");
    };
    const auto add_command_id = [&](CLI::App* app) {
      app->add_option("--command-id", correction.command_id,
                      "Of this command: given twice, it is done once; else made up")
          ->type_name("ID");
    };
    add_position(add("draft", "Print an act as it stands, as a line to be edited",
                     "draft 52 > fixed.jsonl", Command::kCorrectDraft));
    CLI::App* propose = add("propose", "Propose a correction, and show what it does",
                            R"(propose 52 --with fixed.jsonl --reason 'montant mal saisi'
      --authority 'note 12' --effective 2023-10-02 --validate-only   shows, records nothing
  registre correct propose 52 --reason 'saisi deux fois' --authority 'note 12'
      --effective 2023-10-02                          nothing should have been recorded)",
                            Command::kCorrectPropose);
    add_position(propose);
    propose
        ->add_option("--with", correction.with,
                     "What should have been recorded, a line an act; - is stdin")
        ->type_name("FILE");
    propose->add_option("--reason", correction.reason, "Why")->required()->type_name("TEXT");
    propose->add_option("--authority", correction.authority, "Under which decision or document")
        ->required()
        ->type_name("TEXT");
    propose->add_option("--effective", effective_, "From when the correction counts")
        ->required()
        ->type_name("DATE");
    propose->add_flag("--validate-only", correction.validate_only, "Show it, record nothing");
    add_command_id(propose);
    CLI::App* approve = add("approve", "Make a correction that another person proposed",
                            "approve 1", Command::kCorrectApprove);
    add_number(approve);
    add_command_id(approve);
    CLI::App* reject = add("reject", "Turn a proposed correction down",
                           "reject 1 --reason 'le montant est juste'", Command::kCorrectReject);
    add_number(reject);
    reject->add_option("--reason", correction.reason, "Why")->required()->type_name("TEXT");
    add_command_id(reject);
    add("list", "Corrections, newest first", "list --proposed", Command::kCorrectList)
        ->add_flag("--proposed", correction.proposed_only, "Only those that wait for a decision");
    add_number(add("show", "One correction, and what it does", "show 1", Command::kCorrectShow));
  }

  CLI::App* BuildAdmin() {
    CLI::App* admin = Add(&app_, "admin", "Run the ledger", "", nullptr);
    admin->require_subcommand(1);
    Add(admin, "status", "How the ledger is", "Example:\n  registre admin status",
        [this] { args_->command = Command::kAdminStatus; });
    CLI::App* rebuild = Add(admin, "rebuild", "Fold the whole log again", R"(Examples:
  registre admin rebuild            rebuilds the index; recording and reads go on
  registre admin rebuild --check    only compares; exit status 1 when a row differs)",
                            [this] { args_->command = Command::kAdminRebuild; });
    rebuild->add_flag("--check", args_->check, "Compare with the index, change nothing");
    CLI::App* clock = Add(admin, "clock", "The system clock", "", nullptr);
    clock->require_subcommand(1);
    Add(clock, "accept", "Accept the clock after CLOCK_SUSPECT stopped recording",
        "Look at the machine's clock first (date, timedatectl), then:\n"
        "  registre admin clock accept",
        [this] { args_->command = Command::kAdminClockAccept; });
    return admin;
  }

  // What is wrong with who the caller is, or empty.
  std::string CheckIdentity() const {
    const Identity& identity = args_->identity;
    std::string missing;
    const auto need = [&missing](const std::string& value, const char* name) {
      if (value.empty()) missing += (missing.empty() ? "" : ", ") + std::string(name);
    };
    need(identity.tls_ca, "--tls-ca");
    need(identity.tls_cert, "--tls-cert");
    need(identity.tls_key, "--tls-key");
    const bool some = !(identity.tls_ca + identity.tls_cert + identity.tls_key).empty();
    if (some && !missing.empty()) {
      return fmt::format("{} is missing: --tls-ca, --tls-cert and --tls-key go together", missing);
    }
    if (!identity.subject.empty() && !IsId(identity.subject)) {
      return fmt::format("--as {} is no subject: 1 to 64 of 0-9 A-Z a-z . _ -", identity.subject);
    }
    if (some && !identity.subject.empty()) {
      return "--as is for a server where nobody is authenticated: with --tls-cert the certificate "
             "says who you are";
    }
    return "";
  }

  // Fills in what CLI11 cannot, and checks it. What is wrong, or empty.
  std::string Complete() {
    args_->json = output_ == "json";
    if (args_->audit.replay) args_->command = Command::kConventionReplay;
    if (const std::string wrong = CheckIdentity(); !wrong.empty()) return wrong;
    if (const std::string wrong = CheckAudit(*args_); !wrong.empty()) return wrong;
    if (!deliberation_.empty()) args_->subject = deliberation_;
    if (!tag_.empty()) args_->tags = {tag_};
    if (args_->record.atomic && args_->record.keep_going) {
      return "--atomic is all or nothing: it cannot be used with --keep-going";
    }
    if (args_->events.limit == uint64_t{0} || args_->payments.limit == uint64_t{0}) {
      return "--limit 0 shows nothing: give 1 or more, or leave it out to show every event";
    }
    if (args_->events.follow && args_->events.backward) {
      return "--follow reads forward: it cannot be used with --backward";
    }
    if (args_->events.follow && !(as_of_.empty() && known_at_.empty())) {
      return "--follow shows acts as they come: it has no --as-of and no --known-at";
    }
    std::string wrong;
    if (!as_of_.empty()) wrong = ParseDay("--as-of", as_of_, args_->as_of.mutable_effective_on());
    if (!effective_.empty() && wrong.empty()) {
      wrong = ParseDay("--effective", effective_, &args_->correction.effective_on);
    }
    if (args_->command == Command::kEvents && args_->as_recorded) {
      return "events are always shown as recorded: leave --as-recorded out";
    }
    if (wrong.empty() && !known_at_.empty()) wrong = ParseKnownAt(known_at_, &args_->as_of);
    return wrong;
  }

  Args* args_;
  CLI::App app_;
  std::string output_ = "table";
  std::string as_of_;
  std::string known_at_;
  std::string effective_;
  std::string deliberation_;
  std::string tag_;
  std::function<void()> finish_;
};

}  // namespace

std::variant<Args, int> ParseArgs(std::vector<std::string> arguments, std::ostream& out,
                                  std::ostream& err) {
  Args args;
  Parser parser(&args);
  return parser.Parse(std::move(arguments), out, err);
}

}  // namespace registre::cli
