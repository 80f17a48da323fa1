// registre verify bundle: an evidence bundle, with no server.
#include <optional>
#include <string>

#include "cmd/registre/bundle_report.h"
#include "cmd/registre/command.h"
#include "cmd/registre/convention_page.h"
#include "cmd/registre/json.h"
#include "cmd/registre/trust.h"
#include "ledger/base/errors.h"

namespace registre::cli {
namespace {

absl::StatusOr<VerifiedBundle> VerifyFile(const AuditArgs& args, const TrustPolicy& policy) {
  const absl::StatusOr<std::string> bytes = ReadWholeFile(args.file, kMaxBundleBytes);
  if (!bytes.ok()) return bytes.status();
  std::optional<std::string_view> tsa_ca;
  absl::StatusOr<std::string> pem;
  if (!args.tsa_ca.empty()) {
    pem = ReadWholeFile(args.tsa_ca, kMaxTsaCaBytes);
    if (!pem.ok()) return pem.status();
    tsa_ca = *pem;
  }
  absl::StatusOr<VerifiedBundle> verified = VerifyBundle(*bytes, policy, tsa_ca, SchemasOf(args));
  if (!verified.ok()) return Annotate(verified.status(), args.file + ": ");
  return verified;
}

void TellJson(const VerifiedBundle& verified, const TrustPolicy& policy, Console& console) {
  google::protobuf::Struct json = BundleJson(verified, policy);
  (*json.mutable_fields())["summary"].set_string_value(verified.summary);
  PrintJson(console.out, json);
  if (const auto convention = ConventionOf(verified)) PrintJson(console.out, *convention);
}

}  // namespace

int RunVerifyBundle(const Args& args, Console& console) {
  const absl::StatusOr<TrustPolicy> policy = ReadTrust(args.audit);
  if (!policy.ok()) return Fail(policy.status(), args, console);
  const absl::StatusOr<VerifiedBundle> verified = VerifyFile(args.audit, *policy);
  if (!verified.ok()) return Fail(verified.status(), args, console);
  if (args.json) {
    TellJson(*verified, *policy, console);
    return kExitDone;
  }
  console.out << "Verified: all of it holds, under the keys that you gave.\n\n";
  PrintBundleReport(*verified, *policy, console);
  // What the events say, and what they add up to: worked out here, from them alone.
  console.out << '\n' << verified->summary;
  if (auto convention = ConventionOf(*verified)) {
    v1::GetConventionResponse response;
    *response.mutable_convention() = *std::move(convention);
    console.out << '\n';
    PrintConvention(response, console);
  }
  return kExitDone;
}

}  // namespace registre::cli
