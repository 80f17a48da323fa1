#include "cmd/registre/command.h"

#include <fmt/format.h>

namespace registre::cli {
namespace {

int Dispatch(const Args& args, Client& client, Console& console) {
  switch (args.command) {
    case Command::kRecord:
      return RunRecord(args, client, console);
    case Command::kBudgetList:
    case Command::kBudgetLine:
    case Command::kBudgetOfDeliberation:
      return RunBudget(args, client, console);
    case Command::kStructureList:
    case Command::kStructure:
      return RunStructure(args, client, console);
    case Command::kConventionList:
    case Command::kConvention:
      return RunConvention(args, client, console);
    case Command::kDeliberationList:
    case Command::kDeliberation:
      return RunDeliberation(args, client, console);
    case Command::kAnomalies:
      return RunAnomalies(args, client, console);
    case Command::kEvents:
      return RunEvents(args, client, console);
    case Command::kAdminStatus:
    case Command::kAdminRebuild:
    case Command::kAdminClockAccept:
      return RunAdmin(args, client, console);
  }
  return kExitUsage;
}

}  // namespace

int Run(std::vector<std::string> arguments, Console& console) {
  const auto parsed = ParseArgs(std::move(arguments), console.out, console.err);
  if (const int* exit = std::get_if<int>(&parsed)) return *exit;
  const Args& args = std::get<Args>(parsed);
  Client client(args.server);
  const int exit = Dispatch(args, client, console);
  console.out.flush();
  if (console.out.good()) return exit;
  console.err << "registre: the output could not be written whole: is the disk full?\n";
  return exit == kExitDone ? kExitRefused : exit;
}

int Fail(const absl::Status& status, const Args& args, Console& console) {
  if (!IsUnreached(status)) {
    console.err << fmt::format("registre: {}\n", ErrorText(status));
    return kExitRefused;
  }
  console.err << fmt::format(
      "registre: server {} not reached: {}\n"
      "  Is registred running there? Its address is given with --server or REGISTRE_SERVER.\n",
      args.server, std::string(status.message()));
  return kExitUnreached;
}

v1::ReadOptions OptionsOf(const Args& args) {
  v1::ReadOptions options;
  const bool as_of_given =
      args.as_of.has_effective_on() || args.as_of.known_at_case() != v1::AsOf::KNOWN_AT_NOT_SET;
  if (as_of_given) *options.mutable_as_of() = args.as_of;
  return options;
}

v1::ReadOptions PinnedAt(const v1::ReadOptions& options, std::optional<uint64_t> position) {
  v1::ReadOptions pinned = options;
  if (position) pinned.mutable_as_of()->set_position(*position);
  return pinned;
}

void PrintEnd(const Args& args, std::optional<uint64_t> position, const Footnote& footnote,
              Console& console) {
  console.out << '\n';
  footnote.Print(console.out, console.width);
  console.out << PositionText(position, args.as_of) << '\n';
}

}  // namespace registre::cli
