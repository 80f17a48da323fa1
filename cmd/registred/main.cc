// registred: serves a ledger until SIGTERM or SIGINT.
#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "absl/synchronization/mutex.h"
#include "ledger/base/clock.h"
#include "ledger/base/errors.h"
#include "ledger/base/limits.h"
#include "ledger/ledger.h"
#include "projections/state_reader.h"
#include "services/server.h"
#include "services/version.h"

namespace {

constexpr absl::Duration kDrainTime = absl::Seconds(10);
constexpr int kExitRefused = 1;

int Fail(const absl::Status& status) {
  fmt::print(stderr, "registred: {}: {}\n", registre::ReasonOf(status),
             std::string(status.message()));
  return kExitRefused;
}

// Blocks the signals that end the server, in this thread and in those it starts.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

// Whether a signal asks the server to end. They are blocked: one that came stays pending.
bool IsAskedToStop() {
  sigset_t pending;
  sigemptyset(&pending);
  sigpending(&pending);
  return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1;
}

int Serve(const std::string& data, const std::string& listen, uint64_t index_flush_events) {
  const sigset_t signals = BlockSignals();
  registre::SystemRandom random;
  uint64_t told = 0;
  const auto on_progress = [&told](const registre::FoldProgress& progress) {
    if (progress.events - told >= 100'000) {
      told = progress.events;
      spdlog::info("replaying the log: {} of {} events", progress.events, progress.total);
    }
    return !IsAskedToStop();
  };
  auto ledger = registre::Ledger::Open({.directory = data,
                                        .projection = registre::RegistreProjection(),
                                        .clock = &registre::SystemClock(),
                                        .random = &random,
                                        .on_progress = on_progress,
                                        .index_flush_events = index_flush_events});
  if (absl::IsCancelled(ledger.status())) {
    spdlog::info("stopped while the log was replayed; the next start goes on with it");
    return 0;
  }
  if (!ledger.ok()) return Fail(ledger.status());
  auto server = registre::Server::Start(
      {.listen = listen, .ledger = ledger->get(), .clock = &registre::SystemClock()});
  if (!server.ok()) return Fail(server.status());
  spdlog::info("registred {} serves {} on port {}: {} events", registre::kVersion, data,
               (*server)->port(), (*ledger)->recorder().status().head.size);

  int signal_number = 0;
  sigwait(&signals, &signal_number);
  spdlog::info("stopping");
  (*server)->Drain(kDrainTime);
  server->reset();
  ledger->reset();
  spdlog::info("stopped");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
#ifdef NDEBUG
  // Debian's absl looks for cycles of locks at each lock, gRPC's too.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
  std::string data;
  std::string listen = "127.0.0.1:7462";
  uint64_t index_flush_events = registre::kIndexFlushEvents;
  CLI::App app{"registred: the server of a ledger of public deliberations"};
  app.add_option("--data", data, "Folder of the ledger; made when it does not exist")->required();
  app.add_option("--listen", listen, "Address of the gRPC services")->capture_default_str();
  app.add_option(
         "--index-flush-events", index_flush_events,
         "Events the index holds in memory before they go to disk; small for tests and small "
         "machines")
      ->check(CLI::Range(uint64_t{1}, uint64_t{registre::kIndexFlushEvents}))
      ->capture_default_str();
  app.set_version_flag("--version", registre::kVersion);
  app.footer("Example: registred --data /var/lib/registre --listen 127.0.0.1:7462");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  return Serve(data, listen, index_flush_events);
}
