// registre checkpoint stamp: has a time stamp authority (RFC 3161) say when a checkpoint existed.
#include <fmt/format.h>

#include <utility>

#include "cmd/registre/command.h"
#include "cmd/registre/json.h"
#include "cmd/registre/table.h"
#include "cmd/registre/trust.h"
#include "ledger/base/errors.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/proof/time_stamp.h"
#include "services/http_client.h"

namespace registre::cli {
namespace {

// RFC 3161 section 3.4.
constexpr char kQueryType[] = "application/timestamp-query";

absl::StatusOr<v1::StoredCheckpoint> FetchToStamp(Client& client, std::optional<uint64_t> size) {
  v1::GetCheckpointRequest request;
  if (size) request.set_size(*size);
  v1::GetCheckpointResponse response;
  REGISTRE_RETURN_IF_ERROR(
      Call(*client.audit, &v1::AuditService::Stub::GetCheckpoint, request, &response));
  return std::move(*response.mutable_checkpoint());
}

// The authority's token over the text.
absl::StatusOr<std::string> AskAuthority(const std::string& url, std::string_view text) {
  const auto http = HttpClient::Make(url);
  if (!http.ok()) return http.status();
  const auto request = TimeStampRequest(text);
  if (!request.ok()) return request.status();
  const auto reply = (*http)->Post("", kQueryType, *request, kMaxTimeStampAnswerBytes);
  if (!reply.ok()) return reply.status();
  if (reply->status != 200) {
    return Error(absl::StatusCode::kUnavailable, "HTTP_FAILED",
                 fmt::format("{} answers {}: is it the address of a time stamp authority?", url,
                             reply->status));
  }
  auto token = TokenOfAnswer(*request, reply->body);
  if (!token.ok()) return Annotate(token.status(), url + ": ");
  return token;
}

// What the token says, and what of it was verified.
struct Stamp {
  std::string token;
  absl::Time time;
};

absl::StatusOr<Stamp> StampOf(const AuditArgs& args, std::string_view text) {
  std::string cas;
  if (!args.tsa_ca.empty()) {
    auto read = ReadWholeFile(args.tsa_ca, kMaxTsaCaBytes);
    if (!read.ok()) return read.status();
    cas = *std::move(read);
  }
  auto token = AskAuthority(args.tsa_url, text);
  if (!token.ok()) return token.status();
  const auto time =
      args.tsa_ca.empty() ? TimeStampedAt(*token, text) : VerifyTimeStamp(*token, text, cas);
  if (!time.ok()) return time.status();
  return Stamp{.token = *std::move(token), .time = *time};
}

}  // namespace

int RunStamp(const Args& args, Client& client, Console& console) {
  const auto checkpoint = FetchToStamp(client, args.audit.size);
  if (!checkpoint.ok()) {
    return FailRead(checkpoint.status(), "registre checkpoint list", args, console);
  }
  const auto text = StampedText(checkpoint->note());
  if (!text.ok()) return Fail(text.status(), args, console);
  const auto stamp = StampOf(args.audit, *text);
  if (!stamp.ok()) return Fail(stamp.status(), args, console);

  v1::AddTimestampRequest request;
  // The server may have replaced it meanwhile.
  request.set_note(checkpoint->note());
  request.set_token(stamp->token);
  v1::AddTimestampResponse response;
  const absl::Status kept =
      Call(*client.audit, &v1::AuditService::Stub::AddTimestamp, request, &response);
  if (!kept.ok()) return Fail(kept, args, console);
  if (args.json) {
    PrintJson(console.out, response.checkpoint());
    return kExitDone;
  }
  PrintPairs(console.out, console.width,
             {{"Point de contrôle", fmt::format("{} événements", checkpoint->size())},
              {"Horodaté le", InstantText(stamp->time)},
              {"Autorité", args.audit.tsa_url},
              {"Signataire", args.audit.tsa_ca.empty() ? "non vérifié (--tsa-ca)"
                                                       : "vérifié avec " + args.audit.tsa_ca}});
  return kExitDone;
}

}  // namespace registre::cli
