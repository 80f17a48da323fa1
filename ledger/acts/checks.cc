#include "ledger/acts/checks.h"

#include <fmt/format.h>

#include "absl/container/flat_hash_set.h"
#include "google/protobuf/util/message_differencer.h"
#include "ledger/base/limits.h"
#include "ledger/base/money.h"
#include "ledger/base/shape.h"

namespace registre {

void RuleContext::Flag(std::string_view rule, v1::Severity severity, std::string subject,
                       std::string message) const {
  v1::Flag& flag = flags->emplace_back();
  flag.set_rule(std::string(rule));
  flag.set_severity(severity);
  flag.set_subject(std::move(subject));
  flag.set_message(std::move(message));
}

std::string Eur(int64_t cents) { return FormatCents(cents) + " EUR"; }
std::string Euros(int64_t cents) { return FormatCents(cents) + " €"; }

std::string CountOf(int64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count < 2 ? one : many);
}

std::string_view BodyName(v1::Body body) {
  switch (body) {
    case v1::BODY_CONSEIL_DEPARTEMENTAL:
      return "conseil départemental";
    case v1::BODY_COMMISSION_PERMANENTE:
      return "commission permanente";
    case v1::BODY_CONSEIL_MUNICIPAL:
      return "conseil municipal";
    default:
      return "instance inconnue";
  }
}

bool IsConseil(v1::Body body) {
  return body == v1::BODY_CONSEIL_DEPARTEMENTAL || body == v1::BODY_CONSEIL_MUNICIPAL;
}

// ---- References

absl::StatusOr<const v1::Structure*> FindStructure(const RuleContext& context,
                                                   std::string_view id) {
  const v1::Structure* structure = context.view.Structure(id);
  if (structure == nullptr) {
    return UnknownReference("structure", id, "record structure_registered first");
  }
  return structure;
}

absl::StatusOr<const v1::BudgetLine*> FindBudgetLine(const RuleContext& context,
                                                     std::string_view code) {
  const v1::BudgetLine* line = context.view.BudgetLine(code);
  if (line == nullptr) {
    return UnknownReference("budget line", code, "record budget_line_opened first");
  }
  return line;
}

absl::StatusOr<const v1::Call*> FindCall(const RuleContext& context, std::string_view id) {
  const v1::Call* call = context.view.Call(id);
  if (call == nullptr) {
    return UnknownReference("call", id, "record call_for_projects_opened first");
  }
  return call;
}

absl::StatusOr<const v1::Application*> FindApplication(const RuleContext& context,
                                                       std::string_view number) {
  const v1::Application* application = context.view.Application(number);
  if (application == nullptr) {
    return UnknownReference("application", number, "record application_submitted first");
  }
  return application;
}

absl::StatusOr<const v1::Session*> FindSession(const RuleContext& context, std::string_view id) {
  const v1::Session* session = context.view.Session(id);
  if (session == nullptr) {
    return UnknownReference("session", id, "record session_held first");
  }
  return session;
}

absl::StatusOr<const v1::Deliberation*> FindDeliberation(const RuleContext& context,
                                                         std::string_view number) {
  const v1::Deliberation* deliberation = context.view.Deliberation(number);
  if (deliberation == nullptr) {
    return UnknownReference("deliberation", number,
                            "record deliberation_voted first, or refer to it as before_opening "
                            "where the act allows it");
  }
  return deliberation;
}

absl::StatusOr<const v1::Convention*> FindConvention(const RuleContext& context,
                                                     std::string_view number) {
  const v1::Convention* convention = context.view.Convention(number);
  if (convention == nullptr) {
    return UnknownReference("convention", number,
                            "record convention_signed or opening_convention_recorded first");
  }
  return convention;
}

absl::Status CheckReportTabled(const v1::Session& session, std::string_view report) {
  for (const v1::Report& known : session.reports()) {
    if (known.tabled() && known.report_number() == report) return absl::OkStatus();
  }
  return UnknownReference(
      "report", report,
      fmt::format("record report_tabled for session {} first", session.held().session_id()));
}

const v1::AllotmentState* FindAllotment(const v1::Deliberation& deliberation, std::string_view id) {
  for (const v1::AllotmentState& state : deliberation.allotments()) {
    if (state.allotment().allotment_id() == id) return &state;
  }
  return nullptr;
}

const v1::TrancheState* FindTranche(const v1::Convention& convention, std::string_view id) {
  for (const v1::TrancheState& state : convention.tranches()) {
    if (state.tranche().tranche_id() == id) return &state;
  }
  return nullptr;
}

namespace {

// "Before the opening" is no way around the rules of what the ledger holds.
absl::Status CheckBeforeOpening(const RuleContext& context, const v1::BeforeOpening& before) {
  if (const v1::Deliberation* held = context.view.Deliberation(before.number())) {
    return UnknownReference("deliberation before the opening", before.number(),
                            fmt::format("the ledger holds that deliberation, of {}: refer to it by "
                                        "its number",
                                        FormatDate(held->date())));
  }
  const v1::Date& opened = context.view.Ledger().opened().date();
  if (ToDays(before.date()) < ToDays(opened)) return absl::OkStatus();
  return UnknownReference(
      "deliberation before the opening", before.number(),
      fmt::format("it is dated {} and the ledger was opened on {}: correct the date, or record "
                  "deliberation_voted and refer to it by its number",
                  FormatDate(before.date()), FormatDate(opened)));
}

}  // namespace

absl::StatusOr<ReferredDeliberation> Resolve(const RuleContext& context,
                                             const v1::DeliberationRef& ref) {
  ReferredDeliberation referred;
  if (ref.has_before_opening()) {
    REGISTRE_RETURN_IF_ERROR(CheckBeforeOpening(context, ref.before_opening()));
    referred.number = ref.before_opening().number();
    referred.date = ref.before_opening().date();
    referred.body = ref.before_opening().body();
    return referred;
  }
  const auto held = FindDeliberation(context, ref.number());
  if (!held.ok()) return held.status();
  referred.number = (*held)->number();
  referred.date = (*held)->date();
  referred.body = (*held)->body();
  referred.held = *held;
  return referred;
}

absl::Status CheckNotBeforeIts(const ReferredDeliberation& deliberation, const std::string& act,
                               const v1::Date& date) {
  if (ToDays(date) >= ToDays(deliberation.date)) return absl::OkStatus();
  return Refused(
      "PERIOD_INVALID",
      fmt::format("{} is dated {}, before deliberation {} of {} that it rests on; "
                  "correct the date, or name the deliberation that was taken by then",
                  act, FormatDate(date), deliberation.number, FormatDate(deliberation.date)),
      {{"date", FormatIsoDate(date)}, {"deliberation", deliberation.number}});
}

void FlagNameDiffers(const RuleContext& context, const v1::Structure& structure,
                     std::string_view written) {
  const std::string& registered = structure.identity().name();
  if (written.empty() || FoldName(written) == FoldName(registered)) return;
  context.Flag(
      "NAME_DIFFERS", v1::SEVERITY_INFORMATION, structure.structure_id(),
      fmt::format("L'acte écrit « {} » ; la structure {} est enregistrée sous le nom « {} ».",
                  written, structure.structure_id(), registered));
}

// ---- Numbers, ids, amounts

absl::Status CheckNumberForm(std::string_view kind, std::string_view pattern,
                             std::string_view number) {
  if (MatchesPattern(pattern, number)) return absl::OkStatus();
  return Error(
      absl::StatusCode::kInvalidArgument, "NUMBER_FORM",
      fmt::format("{} {} does not have the form {} that this ledger was opened with (A: a "
                  "digit of a year, X: an upper-case letter, n: a number without leading zero, or "
                  "as many digits as it stands in a row); correct the number",
                  kind, number, pattern),
      {{"kind", std::string(kind)},
       {"number", std::string(number)},
       {"pattern", std::string(pattern)}});
}

absl::Status CheckUnique(std::string_view what, const std::vector<std::string_view>& ids) {
  absl::flat_hash_set<std::string> seen;
  for (const std::string_view id : ids) {
    if (seen.insert(std::string(id)).second) continue;
    return Error(absl::StatusCode::kInvalidArgument, "DUPLICATE_ID",
                 fmt::format("{} {} stands twice in the act; give each its own", what, id),
                 {{"kind", std::string(what)}, {"id", std::string(id)}});
  }
  return absl::OkStatus();
}

absl::Status CheckFiscalYear(const std::string& what, int32_t fiscal_year, const v1::Date& date) {
  if (date.year() == fiscal_year) return absl::OkStatus();
  const int64_t next_year = int64_t{fiscal_year} + 1;
  if (date.year() == next_year && date.month() == 1) return absl::OkStatus();
  return Error(absl::StatusCode::kInvalidArgument, "PERIOD_INVALID",
               fmt::format("{} of fiscal year {} is dated from 01/01/{} to 31/01/{}, and given as "
                           "of {}; correct the date or the fiscal year",
                           what, fiscal_year, fiscal_year, next_year, FormatDate(date)));
}

const v1::ClosedYear& LastClosedYear(const v1::Ledger& ledger) {
  const v1::ClosedYear* last = &v1::ClosedYear::default_instance();
  for (const v1::ClosedYear& closed : ledger.closed_years()) {
    if (closed.fiscal_year() > last->fiscal_year()) last = &closed;
  }
  return *last;
}

absl::Status CheckYearOpen(const RuleContext& context, int32_t fiscal_year, const std::string& what,
                           std::string_view remedy) {
  const v1::ClosedYear& last = LastClosedYear(context.view.Ledger());
  if (fiscal_year > last.fiscal_year()) return absl::OkStatus();
  return Refused(
      "BUDGET_CLOSED_YEAR",
      fmt::format(
          "{} is of fiscal year {}, and the fiscal years up to {} are closed since {}: their "
          "budget lines are only read; {}",
          what, fiscal_year, last.fiscal_year(), FormatDate(last.closed_on()), remedy),
      {{"fiscal_year", std::to_string(fiscal_year)},
       {"last_closed", std::to_string(last.fiscal_year())}});
}

absl::Status FieldInvalid(std::string message) {
  return Error(absl::StatusCode::kInvalidArgument, "FIELD_INVALID", std::move(message));
}

absl::Status AddAmount(std::string_view what, int64_t cents, int64_t* sum) {
  if (AddCents(cents, sum)) return absl::OkStatus();
  return Error(absl::StatusCode::kInvalidArgument, "AMOUNT_INVALID",
               fmt::format("{}: {} and {} add up to more than {}; correct the amounts", what,
                           Eur(*sum), Eur(cents), Eur(kMaxCents)),
               {{"sum", std::to_string(*sum)}, {"added", std::to_string(cents)}});
}

// ---- Fields that the ledger fills

absl::Status FilledDiffers(std::string_view field, std::string_view given, std::string_view held) {
  return Refused(
      "FILLED_DIFFERS",
      fmt::format("{} is filled by the ledger: it holds {}, the act says {}; leave the "
                  "field out, or read the state again",
                  field, held, given),
      {{"field", std::string(field)}, {"given", std::string(given)}, {"held", std::string(held)}});
}

namespace internal {

std::string ShowFilled(std::string_view field, int64_t value) {
  constexpr std::string_view kCents = "_cents";
  const bool cents =
      field.size() >= kCents.size() && field.substr(field.size() - kCents.size()) == kCents;
  return cents ? Eur(value) : std::to_string(value);
}

std::string ShowFilled(std::string_view /*field*/, std::string_view value) {
  return value.empty() ? "nothing" : fmt::format("'{}'", value);
}

std::string ShowFilled(std::string_view /*field*/, const google::protobuf::Message& value) {
  constexpr size_t kMaxShown = 200;
  std::string text = value.ShortDebugString();
  if (text.size() > kMaxShown) text = text.substr(0, kMaxShown) + "...";
  return text.empty() ? "nothing" : fmt::format("{{{}}}", text);
}

bool SameMessage(const google::protobuf::Message& a, const google::protobuf::Message& b) {
  return google::protobuf::util::MessageDifferencer::Equals(a, b);
}

}  // namespace internal

}  // namespace registre
