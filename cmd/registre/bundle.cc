// registre bundle: a history with its proofs, in one file, verified before it is kept.
#include "ledger/proof/bundle.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "cmd/registre/bundle_report.h"
#include "cmd/registre/command.h"
#include "cmd/registre/json.h"
#include "cmd/registre/output.h"
#include "cmd/registre/table.h"
#include "cmd/registre/trust.h"
#include "ledger/base/errors.h"
#include "ledger/base/shape.h"

namespace registre::cli {
namespace {

constexpr std::string_view kOwnKeys =
    "Verified with the keys that the server itself gave, which proves nothing to who does not "
    "trust it: whoever verifies this file needs the key from elsewhere (deploy/BUNDLE.md).";

// Seals all that is recorded. No deadline: it takes as long as there are tags.
absl::Status SealFirst(Client& client) {
  grpc::ClientContext context;
  const auto stream = client.audit->SealDirectory(&context, v1::SealDirectoryRequest());
  v1::SealDirectoryResponse progress;
  while (stream->Read(&progress)) {
  }
  REGISTRE_RETURN_IF_ERROR(FromGrpc(stream->Finish()));
  if (progress.done()) return absl::OkStatus();
  return Error(absl::StatusCode::kInternal, "ANSWER_INVALID", "the server's seal has no end");
}

absl::StatusOr<std::string> FetchBundle(Client& client, const std::string& tag) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kCallDeadline);
  v1::GetBundleRequest request;
  request.set_tag(tag);
  const auto stream = client.audit->GetBundle(&context, request);
  v1::GetBundleResponse response;
  std::string bundle;
  while (bundle.size() <= kMaxBundleBytes && stream->Read(&response)) bundle += response.piece();
  if (bundle.size() > kMaxBundleBytes) {
    context.TryCancel();
    stream->Finish();
    return Error(absl::StatusCode::kInternal, "ANSWER_INVALID",
                 fmt::format("the server's bundle has more than {} bytes", kMaxBundleBytes));
  }
  REGISTRE_RETURN_IF_ERROR(FromGrpc(stream->Finish()));
  return bundle;
}

// The keys that the server says the log signs with.
absl::StatusOr<TrustPolicy> TrustInServer(Client& client) {
  v1::ListKeysResponse response;
  REGISTRE_RETURN_IF_ERROR(
      Call(*client.audit, &v1::AuditService::Stub::ListKeys, v1::ListKeysRequest(), &response));
  std::vector<VerifierKey> keys;
  for (const std::string& text : response.verifier_keys()) {
    const absl::StatusOr<VerifierKey> key = ParseVerifierKey(text);
    if (!key.ok()) return key.status();
    keys.push_back(*key);
  }
  return TrustPolicy::OfKeys(std::move(keys));
}

int TellWritten(const Args& args, const VerifiedBundle& verified, const TrustPolicy& policy,
                size_t bytes, Console& console) {
  if (args.json) {
    google::protobuf::Struct json = BundleJson(verified, policy);
    (*json.mutable_fields())["bytes"].set_string_value(fmt::format("{}", bytes));
    PrintJson(console.out, json);
    return kExitDone;
  }
  console.out << fmt::format("{}: {} bytes; {}\n\n", args.audit.out, bytes,
                             AttestationText(verified));
  PrintBundleReport(verified, policy, console);
  console.out << '\n' << kOwnKeys << '\n';
  return kExitDone;
}

}  // namespace

int RunBundle(const Args& args, Client& client, Console& console) {
  const std::string tag = args.audit.kind + ":" + args.subject;
  if (!IsTag(tag)) {
    return Fail(
        Error(absl::StatusCode::kInvalidArgument, "FIELD_INVALID",
              fmt::format("{} is no tag; try `registre bundle convention 2023-00963`", tag)),
        args, console);
  }
  if (args.audit.seal) {
    if (const absl::Status sealed = SealFirst(client); !sealed.ok()) {
      return Fail(sealed, args, console);
    }
  }
  const absl::StatusOr<std::string> bundle = FetchBundle(client, tag);
  if (!bundle.ok()) return Fail(bundle.status(), args, console);
  const absl::StatusOr<TrustPolicy> policy = TrustInServer(client);
  if (!policy.ok()) return Fail(policy.status(), args, console);
  const absl::StatusOr<VerifiedBundle> verified =
      VerifyBundle(*bundle, *policy, std::nullopt, SchemasOf(args.audit));
  if (!verified.ok()) {
    return Fail(Annotate(verified.status(), "what the server gave does not verify: "), args,
                console);
  }
  if (verified->tag != tag) {
    return Fail(Error(absl::StatusCode::kInternal, "ANSWER_INVALID",
                      fmt::format("the server gave the bundle of {}", verified->tag)),
                args, console);
  }
  const absl::Status written = WriteOut(args.audit.out, *bundle, console);
  if (!written.ok()) return Fail(written, args, console);
  if (args.audit.out.empty() || args.audit.out == "-") return kExitDone;
  return TellWritten(args, *verified, *policy, bundle->size(), console);
}

}  // namespace registre::cli
