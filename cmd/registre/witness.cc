// registre witness: cosigns the checkpoints of logs until it is interrupted.
#include "services/witness.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "absl/synchronization/notification.h"
#include "cmd/registre/command.h"
#include "cmd/registre/json.h"
#include "cmd/registre/trust.h"
#include "google/protobuf/struct.pb.h"
#include "ledger/base/clock.h"
#include "ledger/cosigner.h"

namespace registre::cli {
namespace {

void SayWho(const Args& args, const Cosigner& cosigner, int port, Console& console) {
  const std::string key = FormatVerifierKey(cosigner.key());
  if (args.json) {
    google::protobuf::Struct said;
    (*said.mutable_fields())["verifier_key"].set_string_value(key);
    (*said.mutable_fields())["port"].set_number_value(port);
    PrintJson(console.out, said);
  } else {
    console.out << fmt::format("{}\nwitness {} cosigns on port {}\n", key, cosigner.key().name,
                               port);
  }
  console.out.flush();
}

}  // namespace

int RunWitness(const Args& args, Console& console) {
  // The standard output is for programs.
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::stderr_sink_mt>()));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  auto keys = ReadLogKeys(args.audit.keys);
  if (!keys.ok()) return Fail(keys.status(), args, console);
  auto cosigner = Cosigner::Open({.directory = args.audit.directory,
                                  .name = args.audit.name,
                                  .log_keys = *std::move(keys),
                                  .clock = &SystemClock()});
  if (!cosigner.ok()) return Fail(cosigner.status(), args, console);
  absl::Notification interrupted;
  if (console.on_interrupt) {
    console.on_interrupt([&interrupted] {
      if (!interrupted.HasBeenNotified()) interrupted.Notify();
    });
  }
  auto server = StartWitness(args.audit.listen, cosigner->get());
  if (server.ok()) {
    SayWho(args, **cosigner, (*server)->port(), console);
    interrupted.WaitForNotification();
    server->reset();
  }
  if (console.on_interrupt) console.on_interrupt(nullptr);
  return server.ok() ? kExitDone : Fail(server.status(), args, console);
}

}  // namespace registre::cli
