// registre correct: mistakes, proposed for correction and decided on by another person.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "cmd/registre/act_fields.h"
#include "cmd/registre/command.h"
#include "cmd/registre/format.h"
#include "cmd/registre/input.h"
#include "cmd/registre/json.h"
#include "cmd/registre/jsonl.h"
#include "cmd/registre/ledger_time.h"
#include "cmd/registre/table.h"
#include "cmd/registre/text.h"
#include "cmd/registre/words.h"
#include "ledger/base/clock.h"
#include "ledger/base/limits.h"
#include "ledger/base/money.h"

namespace registre::cli {
namespace {

constexpr char kListing[] = "registre correct list";

// A command id for who gives none.
std::string CommandId(const Args& args) {
  constexpr size_t kBytes = 16;
  return args.correction.command_id.empty() ? "correct-" + Hex(SystemRandom().Bytes(kBytes))
                                            : args.correction.command_id;
}

void PrintAffected(const google::protobuf::RepeatedPtrField<v1::CorrectedAct>& affected,
                   Console& console) {
  if (affected.empty()) return;
  Table table(
      {{"Position", Align::kRight}, {"Acte"}, {"Effet"}, {"Car", Align::kLeft, Fit::kWrap, 24}});
  for (const v1::CorrectedAct& act : affected) {
    table.AddRow(
        {fmt::format("#{}", act.position()), act.type(), Word(act.effect()), act.because()});
  }
  PrintHeading(console.out, "Actes touchés, du plus récent au plus ancien");
  table.Print(console.out, console.width);
}

// What stands in the act's place, field by field, or what is recorded after it.
void PrintReplacements(v1::CorrectionKind kind, const v1::Act& target,
                       const google::protobuf::RepeatedPtrField<v1::Act>& replacements,
                       Console& console) {
  if (replacements.empty()) return;
  if (kind == v1::CORRECTION_KIND_RECTIFICATION) {
    Table table({{"Champ", Align::kLeft, Fit::kWrap, 24},
                 {"Avant", Align::kLeft, Fit::kWrap},
                 {"Après", Align::kLeft, Fit::kWrap}});
    for (const ActChange& change : ChangesBetween(target, replacements[0])) {
      table.AddRow({change.path, change.before, change.after});
    }
    PrintHeading(console.out, "Ce qui change dans l'acte");
    table.Print(console.out, console.width);
    return;
  }
  Table table({{"Champ", Align::kLeft, Fit::kWrap, 24}, {"Valeur", Align::kLeft, Fit::kWrap}});
  for (const v1::Act& act : replacements) {
    for (const ActField& field : FieldsOf(act)) table.AddRow({field.path, field.text});
  }
  PrintHeading(console.out, "Enregistré ensuite");
  table.Print(console.out, console.width);
}

void PrintPlan(const v1::CorrectionPlan& plan, Console& console) {
  PrintPairs(console.out, console.width,
             {{"Rectification par", Word(plan.kind())}, {"À sa place, non, car", plan.because()}});
  PrintAffected(plan.affected(), console);
  if (!plan.balances().empty()) {
    Table table({{"De"},
                 {"Montant", Align::kLeft, Fit::kWrap},
                 {"Avant", Align::kRight},
                 {"Après", Align::kRight}});
    for (const v1::CorrectedBalance& balance : plan.balances()) {
      // Orders outside a schedule: the tranche says the same.
      if (balance.figure().find("[]") != std::string::npos) continue;
      table.AddRow({balance.key(), balance.figure(), FormatCents(balance.before_cents()),
                    FormatCents(balance.after_cents())});
    }
    PrintHeading(console.out, "Montants qui changent");
    table.Print(console.out, console.width);
  } else {
    console.out << "\naucun montant ne change\n";
  }
  if (plan.flags().empty()) return;
  Table table({{"Règle"}, {"Anomalie", Align::kLeft, Fit::kWrap, 24}});
  for (const v1::Flag& flag : plan.flags()) table.AddRow({flag.rule(), flag.message()});
  PrintHeading(console.out, "Anomalies nouvelles de ce qui remplace");
  table.Print(console.out, console.width);
}

int Draft(const Args& args, Client& client, Console& console) {
  v1::GetStandingActRequest request;
  request.set_position(args.correction.position);
  v1::GetStandingActResponse response;
  const absl::Status status =
      Call(*client.corrections, &v1::CorrectionService::Stub::GetStandingAct, request, &response);
  if (!status.ok()) return FailRead(status, "registre events", args, console);
  if (!response.has_act()) {
    console.err << fmt::format(
        "registre: the act at position {} was reversed by correction {}: nothing stands there\n",
        args.correction.position,
        response.correction_numbers(response.correction_numbers_size() - 1));
    return kExitRefused;
  }
  v1::RecordLine line;
  line.set_command_id(fmt::format("replacement-of-{}", args.correction.position));
  *line.mutable_act() = std::move(*response.mutable_act());
  PrintSparseJson(console.out, line);
  return kExitDone;
}

// The acts of a file. Errors name the line.
absl::Status ReadReplacements(const std::string& file, int standard_input,
                              v1::ProposeCorrectionRequest* request) {
  if (file.empty()) return absl::OkStatus();
  Input input;
  REGISTRE_RETURN_IF_ERROR(Annotate(input.Open(file, standard_input), file + ": "));
  LineReader lines(input.reader());
  std::string text;
  while (true) {
    const absl::StatusOr<bool> more = lines.Next(&text);
    v1::RecordLine line;
    absl::Status status = more.status();
    if (status.ok() && !*more) return absl::OkStatus();
    if (status.ok()) status = ParseLine(text, &line);
    if (status.ok() && request->replacements_size() == kMaxReplacements) {
      status = Error(absl::StatusCode::kResourceExhausted, "UNIT_TOO_LARGE",
                     fmt::format("at most {} acts replace one", kMaxReplacements));
    }
    if (!status.ok()) return Annotate(status, fmt::format("{}:{}: ", file, lines.number()));
    *request->add_replacements() = std::move(*line.mutable_act());
  }
}

int Propose(const Args& args, Client& client, Console& console) {
  const CorrectionArgs& correction = args.correction;
  v1::ProposeCorrectionRequest request;
  request.set_command_id(CommandId(args));
  request.set_target_position(correction.position);
  request.set_reason(correction.reason);
  request.set_authority(correction.authority);
  *request.mutable_effective_on() = correction.effective_on;
  request.set_validate_only(correction.validate_only);
  absl::Status status = ReadReplacements(correction.with, console.input_fd, &request);
  if (!status.ok()) return Fail(status, args, console);
  v1::GetStandingActRequest standing;
  standing.set_position(correction.position);
  v1::GetStandingActResponse target;
  if (!args.json) {
    // Only to show what changes; what is wrong with the position, the proposal says.
    (void)Call(*client.corrections, &v1::CorrectionService::Stub::GetStandingAct, standing,
               &target);
  }
  v1::ProposeCorrectionResponse response;
  status = Call(*client.corrections, &v1::CorrectionService::Stub::ProposeCorrection, request,
                &response);
  if (!status.ok()) return Fail(status, args, console);
  if (args.json) {
    PrintJson(console.out, response);
    return kExitDone;
  }
  if (!response.already_recorded()) {
    PrintPlan(response.plan(), console);
    PrintReplacements(response.plan().kind(), target.act(), request.replacements(), console);
  }
  console.out << '\n';
  if (correction.validate_only) {
    console.out << "rien n'est enregistré (--validate-only)\n";
    return kExitDone;
  }
  console.out << fmt::format(
      "rectification {} proposée à la position #{} ; une autre personne l'approuve :\n"
      "  registre correct approve {}\n",
      response.correction_number(), response.position(), response.correction_number());
  return kExitDone;
}

int Approve(const Args& args, Client& client, Console& console) {
  v1::ApproveCorrectionRequest request;
  request.set_command_id(CommandId(args));
  request.set_correction_number(args.subject);
  v1::ApproveCorrectionResponse response;
  const absl::Status status = Call(
      *client.corrections, &v1::CorrectionService::Stub::ApproveCorrection, request, &response);
  if (!status.ok()) return FailRead(status, kListing, args, console);
  if (args.json) {
    PrintJson(console.out, response);
  } else {
    console.out << fmt::format("rectification {} approuvée : {}, #{} à #{}\n", args.subject,
                               Count(response.acts(), "acte"), response.first_position(),
                               response.first_position() + response.acts() - 1);
  }
  return kExitDone;
}

int Reject(const Args& args, Client& client, Console& console) {
  v1::RejectCorrectionRequest request;
  request.set_command_id(CommandId(args));
  request.set_correction_number(args.subject);
  request.set_reason(args.correction.reason);
  v1::RejectCorrectionResponse response;
  const absl::Status status =
      Call(*client.corrections, &v1::CorrectionService::Stub::RejectCorrection, request, &response);
  if (!status.ok()) return FailRead(status, kListing, args, console);
  if (args.json) {
    PrintJson(console.out, response);
  } else {
    console.out << fmt::format("rectification {} rejetée, #{}\n", args.subject,
                               response.position());
  }
  return kExitDone;
}

int ListCorrections(const Args& args, Client& client, Console& console) {
  v1::ListCorrectionsRequest request;
  request.set_proposed_only(args.correction.proposed_only);
  Table table({{"N°", Align::kRight},
               {"État"},
               {"Acte", Align::kRight},
               {"Proposée par"},
               {"Le"},
               {"Décidée par"},
               {"Motif", Align::kLeft, Fit::kWrap, 24}});
  LedgerTime time(client);
  const absl::Status status =
      ForEachPage(*client.corrections, &v1::CorrectionService::Stub::ListCorrections, request,
                  [&](const v1::ListCorrectionsResponse& page) {
                    for (const v1::Correction& correction : page.corrections()) {
                      if (args.json) {
                        PrintJson(console.out, correction);
                        continue;
                      }
                      const v1::CorrectionProposed& proposal = correction.proposal();
                      table.AddRow({proposal.correction_number(), Word(correction.status()),
                                    fmt::format("#{}", proposal.target_position()),
                                    correction.proposed().subject(),
                                    time.Text(correction.proposed().recorded_at()),
                                    correction.decided().subject(), proposal.reason()});
                    }
                    return true;
                  });
  if (!status.ok()) return Fail(status, args, console);
  if (args.json) return kExitDone;
  if (table.empty()) {
    console.out << "aucune rectification\n";
  } else {
    table.Print(console.out, console.width);
  }
  return kExitDone;
}

void PrintCorrection(const v1::GetCorrectionResponse& response, Client& client, Console& console) {
  const v1::Correction& correction = response.correction();
  const v1::CorrectionProposed& proposal = correction.proposal();
  LedgerTime time(client);
  const auto step = [&](const v1::CorrectionStep& step) {
    if (step.subject().empty()) return std::string();
    return fmt::format("{}, le {}, #{}", step.subject(), time.Text(step.recorded_at()),
                       step.position());
  };
  PrintPairs(console.out, console.width,
             {{"Rectification", proposal.correction_number()},
              {"État", Word(correction.status())},
              {"Acte", fmt::format("#{}", proposal.target_position())},
              {"Motif", proposal.reason()},
              {"Fondement", proposal.authority()},
              {"Compte à partir du", DateText(proposal.effective_on())},
              {"Proposée par", step(correction.proposed())},
              {"Décidée par", step(correction.decided())},
              {"Rejetée car", correction.rejected_because()},
              {"Ne peut plus se faire, car", response.stale_because()}});
  console.out << '\n';
  if (response.has_plan()) {
    PrintPlan(response.plan(), console);
  } else {
    PrintPairs(console.out, console.width,
               {{"Rectification par", Word(proposal.kind())},
                {"À sa place, non, car", proposal.because()}});
    PrintAffected(proposal.affected(), console);
  }
  PrintReplacements(proposal.kind(), proposal.target(), proposal.replacements(), console);
}

int ShowCorrection(const Args& args, Client& client, Console& console) {
  v1::GetCorrectionRequest request;
  request.set_correction_number(args.subject);
  v1::GetCorrectionResponse response;
  const absl::Status status =
      Call(*client.corrections, &v1::CorrectionService::Stub::GetCorrection, request, &response);
  if (!status.ok()) return FailRead(status, kListing, args, console);
  if (args.json) {
    PrintJson(console.out, response);
  } else {
    PrintCorrection(response, client, console);
  }
  return kExitDone;
}

}  // namespace

int RunCorrect(const Args& args, Client& client, Console& console) {
  switch (args.command) {
    case Command::kCorrectDraft:
      return Draft(args, client, console);
    case Command::kCorrectPropose:
      return Propose(args, client, console);
    case Command::kCorrectApprove:
      return Approve(args, client, console);
    case Command::kCorrectReject:
      return Reject(args, client, console);
    case Command::kCorrectShow:
      return ShowCorrection(args, client, console);
    default:
      return ListCorrections(args, client, console);
  }
}

}  // namespace registre::cli
