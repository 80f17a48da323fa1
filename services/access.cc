#include "services/access.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "grpc/grpc_security_constants.h"
#include "ledger/acts/act.h"
#include "ledger/base/errors.h"
#include "ledger/base/shape.h"

namespace registre {
namespace {

constexpr char kLocalSubject[] = "local";

std::string_view ViewOf(const grpc::string_ref& text) { return {text.data(), text.size()}; }

absl::Status Denied(std::string_view reason, std::string message, ErrorValues values) {
  return Error(absl::StatusCode::kPermissionDenied, reason, std::move(message), std::move(values));
}

std::string NamesText(const std::vector<std::string>& names) {
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

// `what` needs one of the roles `wanted`, and the caller has none of them.
absl::Status RoleMissing(const Caller& caller, std::string_view what, Roles wanted) {
  const std::string has = NamesText(RoleNames(caller.roles));
  const std::string needs = NamesText(RoleNames(wanted));
  return Denied("ROLE_MISSING",
                fmt::format("{} needs one of the roles: {}; {} has: {}; use the certificate of a "
                            "subject that has it, or ask who keeps the policy",
                            what, needs, caller.subject, has),
                {{"subject", caller.subject}, {"roles", has}, {"needed", needs}});
}

}  // namespace

Access::Access(Options options)
    : clients_(std::move(options.clients)),
      clock_(options.clock),
      log_(options.log),
      policy_(std::move(options.policy)) {}

absl::StatusOr<Caller> Access::Authorize(const grpc::CallbackServerContext& call,
                                         const google::protobuf::Message& request) {
  Caller caller;
  caller.peer = call.peer();
  caller.method = rights_.MethodOf(request);
  const std::string& name =
      caller.method == nullptr ? request.GetDescriptor()->full_name() : caller.method->name;
  const absl::Status refusal = Judge(call, name, &caller);
  // What is asked by nobody known is not worth its text.
  const bool known = !absl::IsUnauthenticated(refusal);
  if (!refusal.ok() || caller.method->logged) {
    Note(caller, name, refusal, known ? &request : nullptr);
  }
  if (!refusal.ok()) return refusal;
  return caller;
}

absl::StatusOr<Caller> Access::AuthorizeUnserved(const grpc::CallbackServerContext& call,
                                                 std::string_view method) {
  Caller caller;
  caller.peer = call.peer();
  caller.method = rights_.MethodNamed(method);
  const absl::Status refusal = Judge(call, method, &caller);
  if (refusal.ok()) return caller;
  Note(caller, method, refusal, nullptr);
  return refusal;
}

absl::Status Access::Judge(const grpc::CallbackServerContext& call, std::string_view method,
                           Caller* caller) {
  if (local()) {
    REGISTRE_RETURN_IF_ERROR(IdentifyLocal(call, caller));
  } else {
    const auto auth = call.auth_context();
    const auto leaf = auth->FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
    if (leaf.empty()) {
      return Error(absl::StatusCode::kUnauthenticated, "NO_CERTIFICATE",
                   "the call came without a certificate; connect with one that a CA of this ledger "
                   "gave: registre --tls-cert FILE --tls-key FILE");
    }
    const auto chain = auth->FindPropertyValues(GRPC_X509_PEM_CERT_CHAIN_PROPERTY_NAME);
    auto certificate =
        VerifyOnce(ViewOf(leaf[0]), chain.empty() ? std::string_view() : ViewOf(chain[0]));
    if (!certificate.ok()) return certificate.status();
    caller->certificate = *std::move(certificate);
    REGISTRE_RETURN_IF_ERROR(LookUp(caller));
  }
  return CheckMethod(*caller, method);
}

absl::Status Access::IdentifyLocal(const grpc::CallbackServerContext& call, Caller* caller) const {
  caller->subject = kLocalSubject;
  caller->roles = kLocal;
  const auto said = call.client_metadata().find(kSubjectMetadata);
  if (said == call.client_metadata().end()) return absl::OkStatus();
  const std::string_view subject = ViewOf(said->second);
  if (!IsId(subject)) {
    return Error(
        absl::StatusCode::kInvalidArgument, "SUBJECT_INVALID",
        fmt::format("\"{:.80}\" in the metadata {} is not 1 to 64 of [0-9A-Za-z._-]; correct "
                    "it, or leave it out",
                    subject, kSubjectMetadata));
  }
  caller->subject = std::string(subject);
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const Certificate>> Access::VerifyOnce(std::string_view pem_leaf,
                                                                      std::string_view pem_chain) {
  const absl::Time now = clock_->Now();
  std::shared_ptr<const Certificate> certificate;
  {
    absl::MutexLock lock(&mutex_);
    const auto at = known_.find(absl::string_view(pem_leaf.data(), pem_leaf.size()));
    if (at != known_.end()) certificate = at->second;
  }
  if (certificate != nullptr && now <= certificate->not_after) return certificate;
  // Unknown, or over: what is over may be an intermediate that the client has a new one of.
  auto verified = clients_->Verify(pem_leaf, pem_chain, now);
  if (!verified.ok()) return verified.status();
  certificate = std::make_shared<const Certificate>(*std::move(verified));
  absl::MutexLock lock(&mutex_);
  if (known_.size() >= kMaxKnownCertificates) known_.clear();
  known_.insert_or_assign(std::string(pem_leaf), certificate);
  return certificate;
}

absl::Status Access::LookUp(Caller* caller) {
  {
    absl::MutexLock lock(&mutex_);
    caller->policy = policy_;
  }
  const std::vector<std::string>& names = caller->certificate->names;
  const auto subjects = caller->policy->Find(names);
  if (subjects.size() == 1) {
    caller->subject = subjects.front()->id;
    caller->roles = subjects.front()->roles;
    return absl::OkStatus();
  }
  const std::string text = NamesText(names);
  if (subjects.empty()) {
    return Denied(
        "NOT_IN_POLICY",
        fmt::format("the certificate's names ({:.300}) are no subject's; ask who keeps the "
                    "policy to give one of them to a subject",
                    text),
        {{"names", text}});
  }
  return Denied(
      "NOT_IN_POLICY",
      fmt::format("the certificate's names ({:.300}) are those of several subjects ({}, {}); use "
                  "a certificate of one",
                  text, subjects[0]->id, subjects[1]->id),
      {{"names", text}});
}

absl::Status Access::CheckMethod(const Caller& caller, std::string_view method) const {
  // A method that the contract does not have is nobody's, like one that says nothing.
  const Roles wanted = caller.method == nullptr ? 0 : caller.method->roles;
  if (wanted != 0 && HasOneOf(caller.roles, wanted)) return absl::OkStatus();
  return RoleMissing(caller, method, wanted);
}

absl::Status Access::Renew(Caller* caller) {
  if (caller->certificate == nullptr) return absl::OkStatus();
  absl::Status refusal;
  bool same_policy = false;
  if (clock_->Now() > caller->certificate->not_after) {
    refusal =
        CertificateExpired(caller->certificate->names.front(), caller->certificate->not_after);
  } else {
    {
      absl::MutexLock lock(&mutex_);
      same_policy = caller->policy == policy_;
    }
    if (same_policy) return absl::OkStatus();
    const std::string subject = caller->subject;
    refusal = LookUp(caller);
    // What was begun as one subject does not go on as another.
    if (refusal.ok() && caller->subject != subject) {
      refusal =
          Denied("NOT_IN_POLICY",
                 fmt::format("the certificate is {}'s now, and was {}'s when the stream began; "
                             "begin it again",
                             caller->subject, subject),
                 {{"subject", caller->subject}});
    }
    if (refusal.ok()) refusal = CheckMethod(*caller, caller->method->name);
  }
  if (!refusal.ok()) Note(*caller, caller->method->name, refusal, nullptr);
  return refusal;
}

absl::StatusOr<Command> Access::MakeCommand(const Caller& caller, v1::RecordRequest request) {
  v1::RecordRequest noted;  // the request is taken
  noted.set_command_id(request.command_id());
  auto command = registre::MakeCommand(
      caller.subject, std::move(request),
      [&caller](const v1::Act& act) -> absl::StatusOr<std::string> {
        const v1::Role role = RecordedBy(act.act_case());
        const Roles wanted = role == v1::ROLE_UNSPECIFIED ? 0 : RoleBit(role);
        if (wanted == 0 || !HasOneOf(caller.roles, wanted)) {
          return RoleMissing(caller, ActType(act), wanted);
        }
        return caller.roles == kLocal ? RoleNames(kLocal).front() : RoleName(role);
      });
  if (absl::IsPermissionDenied(command.status())) {
    Note(caller, caller.method->name, command.status(), &noted);
  }
  return command;
}

void Access::NoteRequest(const Caller& caller, const google::protobuf::Message& request) {
  Note(caller, caller.method->name, absl::OkStatus(), &request);
}

void Access::SetPolicy(std::shared_ptr<const Policy> policy) {
  absl::MutexLock lock(&mutex_);
  policy_ = std::move(policy);
}

void Access::Note(const Caller& caller, std::string_view method, const absl::Status& refusal,
                  const google::protobuf::Message* request) {
  if (log_ == nullptr) return;
  log_->Note({.subject = caller.subject,
              .roles = RoleNames(caller.roles),
              .peer = caller.peer,
              .method = std::string(method),
              .refusal = refusal,
              .request = request});
}

}  // namespace registre
