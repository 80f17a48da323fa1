// registre admin: the state of the ledger, rebuild, clock.
#include <fmt/format.h>

#include "cmd/registre/command.h"
#include "cmd/registre/event_progress.h"
#include "cmd/registre/format.h"
#include "cmd/registre/json.h"
#include "cmd/registre/ledger_time.h"
#include "cmd/registre/table.h"
#include "cmd/registre/text.h"
#include "cmd/registre/words.h"

namespace registre::cli {
namespace {

std::string DurationText(uint64_t seconds) {
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {:02} min", seconds / 3600, seconds % 3600 / 60);
}

std::string WitnessText(const v1::WitnessStatus& witness) {
  std::string text =
      witness.has_cosigned_size()
          ? "a cosigné " + Count(static_cast<int64_t>(witness.cosigned_size()), "événement")
          : "n’a rien cosigné depuis le démarrage";
  if (!witness.message().empty()) text += " ; dernier essai : " + OneLine(witness.message());
  return witness.fork() ? "DIVERGENCE DU REGISTRE ; " + text : text;
}

int Status(const Args& args, Client& client, Console& console) {
  v1::GetStatusResponse response;
  const absl::Status status =
      Call(*client.admin, &v1::AdminService::Stub::GetStatus, v1::GetStatusRequest(), &response);
  if (!status.ok()) return Fail(status, args, console);
  if (args.json) {
    PrintJson(console.out, response);
    return kExitDone;
  }
  const bool empty = response.size() == 0;
  std::vector<std::pair<std::string, std::string>> pairs = {
      {"Serveur", fmt::format("registred {} à {}, depuis {}", response.version(), args.server,
                              DurationText(response.uptime_seconds()))},
      {"Collectivité", response.authority_name().empty() ? "registre pas encore ouvert"
                                                         : response.authority_name()},
      {"Origine", response.origin()},
      {"Événements",
       empty ? "0" : fmt::format("{} (#0 à #{})", response.size(), response.size() - 1)},
      {"Racine", Hex(response.root())},
      {"Point de contrôle",
       response.has_checkpoint_size()
           ? Count(static_cast<int64_t>(response.checkpoint_size()), "événement")
           : ""},
      {"Rien n’est signé", response.checkpoint_message()},
      {"Dernier enregistrement", LedgerTime(client).Text(response.last_recorded_at())},
      {"Enregistrement", Word(response.recorder_state())},
      {"Message du serveur", response.recorder_message()},
      {"Index sur disque", Count(static_cast<int64_t>(response.index_size()), "événement")},
      {"Unités en attente", fmt::format("{}", response.queued_units())},
      {"Abonnements", fmt::format("{}", response.subscriptions())},
      {"Depuis le démarrage",
       fmt::format("{}, {}",
                   Count(response.recorded_acts(), "acte enregistré", "actes enregistrés"),
                   Count(response.refused_units(), "unité refusée", "unités refusées"))}};
  for (const v1::WitnessStatus& witness : response.witnesses()) {
    pairs.emplace_back("Témoin " + OneLine(witness.name()), WitnessText(witness));
  }
  PrintPairs(console.out, console.width, pairs);
  return kExitDone;
}

int Rebuild(const Args& args, Client& client, Console& console) {
  v1::RebuildRequest request;
  request.set_check(args.check);
  // No deadline: folding a long log takes what it takes, and the server says how far it is.
  grpc::ClientContext context;
  const auto stream = client.admin->Rebuild(&context, request);
  v1::RebuildResponse response;
  const absl::Status status = ReadEventProgress(stream.get(), args.json, console, &response);
  if (!status.ok()) return Fail(status, args, console);
  if (!response.done()) {
    console.err
        << "registre: the rebuild ended before it was done; look at the server's log and run "
           "it again\n";
    return kExitRefused;
  }
  const bool equal = response.differences().empty();
  if (!args.json) {
    const std::string what =
        fmt::format("{}, {}", Count(static_cast<int64_t>(response.events()), "événement"),
                    Count(static_cast<int64_t>(response.rows()), "ligne"));
    if (!args.check) {
      console.out << fmt::format("index reconstruit : {}\n", what);
    } else if (equal) {
      console.out << fmt::format("index conforme au journal : {}\n", what);
    } else {
      console.out << fmt::format("index différent du journal : {}\n", what);
      for (const std::string& difference : response.differences()) {
        console.out << "  " << OneLine(difference) << '\n';
      }
    }
  }
  if (equal) return kExitDone;
  console.err << "registre: the index differs from the log; `registre admin rebuild` rebuilds it\n";
  return kExitRefused;
}

int AcceptClock(const Args& args, Client& client, Console& console) {
  v1::AcceptClockResponse response;
  const absl::Status status = Call(*client.admin, &v1::AdminService::Stub::AcceptClock,
                                   v1::AcceptClockRequest(), &response);
  if (!status.ok()) return Fail(status, args, console);
  if (args.json) {
    PrintJson(console.out, response);
  } else {
    console.out << fmt::format("horloge acceptée : {}\n", LedgerTime(client).Text(response.now()));
  }
  return kExitDone;
}

}  // namespace

int RunAdmin(const Args& args, Client& client, Console& console) {
  if (args.command == Command::kAdminStatus) return Status(args, client, console);
  if (args.command == Command::kAdminRebuild) return Rebuild(args, client, console);
  return AcceptClock(args, client, console);
}

}  // namespace registre::cli
