// registre whoami: who the caller is to the server, and what it may do.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

#include "cmd/registre/command.h"
#include "cmd/registre/json.h"
#include "cmd/registre/table.h"
#include "cmd/registre/text.h"
#include "ledger/base/clock.h"

namespace registre::cli {
namespace {

std::string ListText(const google::protobuf::RepeatedPtrField<std::string>& words,
                     std::string_view prefix = "") {
  std::vector<std::string> list;
  for (const std::string& word : words) {
    list.push_back(OneLine(word.starts_with(prefix) ? word.substr(prefix.size()) : word));
  }
  return list.empty() ? "aucun" : fmt::format("{}", fmt::join(list, ", "));
}

}  // namespace

int RunWhoAmI(const Args& args, Client& client, Console& console) {
  v1::WhoAmIResponse response;
  const absl::Status status =
      Call(*client.admin, &v1::AdminService::Stub::WhoAmI, v1::WhoAmIRequest(), &response);
  if (!status.ok()) return Fail(status, args, console);
  if (args.json) {
    PrintJson(console.out, response);
    return kExitDone;
  }
  // In UTC: who may read only what is published cannot ask for the ledger's time zone.
  const std::string ends =
      response.has_certificate_ends()
          ? absl::FormatTime("%d/%m/%Y %H:%M:%S UTC", FromTimestamp(response.certificate_ends()),
                             absl::UTCTimeZone())
          : "aucun certificat, personne n’est authentifié";
  PrintPairs(console.out, console.width,
             {{"Sujet", OneLine(response.subject())},
              {"Rôles", ListText(response.roles())},
              {"Certificat jusqu’au", ends},
              {"Actes", ListText(response.acts())},
              {"Méthodes", ListText(response.methods(), "registre.v1.")}});
  return kExitDone;
}

}  // namespace registre::cli
