#include "services/witness.h"

#include <string_view>

namespace registre {
namespace {

constexpr std::string_view kCheckpointPath = "/checkpoint";

HttpAnswer AnswerMonitor(const Cosigner& cosigner, std::string_view path) {
  if (!path.starts_with('/') || !path.ends_with(kCheckpointPath)) return {};
  path.remove_prefix(1);
  if (path.size() < kCheckpointPath.size()) return {};
  path.remove_suffix(kCheckpointPath.size());
  auto note = cosigner.LatestOf(path);
  if (!note) return {};
  HttpAnswer answer;
  answer.status = 200;
  answer.body = *std::move(note);
  return answer;
}

HttpAnswer AnswerSubmission(Cosigner* cosigner, const std::string& path, const std::string& body) {
  if (path != "/add-checkpoint") return {};
  auto [status, content_type, text] = cosigner->AddCheckpoint(body);
  HttpAnswer answer;
  answer.status = status;
  answer.content_type = std::move(content_type);
  answer.body = std::move(text);
  return answer;
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> StartWitness(const std::string& listen,
                                                         Cosigner* cosigner) {
  return HttpServer::Start(
      listen, std::nullopt,
      [cosigner](const std::string& path) { return AnswerMonitor(*cosigner, path); },
      HttpServer::Posts{.max_body_bytes = kMaxWitnessRequestBytes,
                        .handler = [cosigner](const std::string& path, const std::string& body) {
                          return AnswerSubmission(cosigner, path, body);
                        }});
}

}  // namespace registre
