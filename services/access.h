// Who calls, and whether it may: every handler asks here before anything else.
#ifndef REGISTRE_SERVICES_ACCESS_H_
#define REGISTRE_SERVICES_ACCESS_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "grpcpp/grpcpp.h"
#include "ledger/base/clock.h"
#include "ledger/command.h"
#include "ledger/proof/certificate.h"
#include "services/access_log.h"
#include "services/policy.h"
#include "services/rights.h"

namespace registre {

// Verified certificates that are remembered, by their PEM text.
inline constexpr size_t kMaxKnownCertificates = 1'024;
// Metadata with which a caller says who it is, where nobody is authenticated.
inline constexpr char kSubjectMetadata[] = "registre-subject";

// Who calls a method, allowed to when it was judged last.
struct Caller {
  std::string subject;
  Roles roles = 0;
  std::string peer;
  const Method* method = nullptr;
  // What that rests on; null in local mode.
  std::shared_ptr<const Certificate> certificate;
  std::shared_ptr<const Policy> policy;
};

// Two modes. With a trust store a caller is the subject that the policy gives to its verified
// certificate. Without, in local mode, it is whoever it says it is, with every role. Any thread.
class Access {
 public:
  struct Options {
    std::unique_ptr<TrustStore> clients;  // null: local mode, where the policy is not read
    std::shared_ptr<const Policy> policy;
    const Clock* clock = nullptr;
    AccessLog* log = nullptr;  // borrowed; null: nothing is noted
  };
  explicit Access(Options options);

  // Judges a call of the method that takes `request`, by its type; for a stream of requests, an
  // empty one. Notes it when it is refused, or the method is logged. Errors:
  //   UNAUTHENTICATED    NO_CERTIFICATE, or as TrustStore::Verify
  //   PERMISSION_DENIED  NOT_IN_POLICY: the certificate is of no subject, or of several;
  //                      ROLE_MISSING: none of its roles may call the method
  //   INVALID_ARGUMENT   SUBJECT_INVALID, in local mode
  absl::StatusOr<Caller> Authorize(const grpc::CallbackServerContext& call,
                                   const google::protobuf::Message& request);

  // The same of a method by its name, "registre.v1.LedgerService/Record", that no handler serves.
  absl::StatusOr<Caller> AuthorizeUnserved(const grpc::CallbackServerContext& call,
                                           std::string_view method);

  // Judges a caller again whose stream goes on: its certificate may have ended, the policy may be
  // another. Brings its roles up to date. The errors are those of Authorize.
  absl::Status Renew(Caller* caller);

  // The caller's unit, each act in its role. Errors are those of registre::MakeCommand, and
  // PERMISSION_DENIED (ROLE_MISSING) with the index of the first act that is not the caller's to
  // record.
  absl::StatusOr<Command> MakeCommand(const Caller& caller, v1::RecordRequest request);

  // Notes what a stream asks for, once it is read.
  void NoteRequest(const Caller& caller, const google::protobuf::Message& request);

  // Takes the place of the policy, for streams under way at their next Renew.
  void SetPolicy(std::shared_ptr<const Policy> policy);

  bool local() const { return clients_ == nullptr; }
  const Rights& rights() const { return rights_; }

 private:
  // Whether the caller, whose method is set, may call it; fills in what is known of it in any case.
  absl::Status Judge(const grpc::CallbackServerContext& call, std::string_view method,
                     Caller* caller);
  absl::Status IdentifyLocal(const grpc::CallbackServerContext& call, Caller* caller) const;
  absl::StatusOr<std::shared_ptr<const Certificate>> VerifyOnce(std::string_view pem_leaf,
                                                                std::string_view pem_chain);
  // Gives the caller its subject and roles from the policy of now.
  absl::Status LookUp(Caller* caller);
  absl::Status CheckMethod(const Caller& caller, std::string_view method) const;
  void Note(const Caller& caller, std::string_view method, const absl::Status& refusal,
            const google::protobuf::Message* request);

  const Rights rights_;
  const std::unique_ptr<TrustStore> clients_;
  const Clock* const clock_;
  AccessLog* const log_;

  absl::Mutex mutex_;
  std::shared_ptr<const Policy> policy_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, std::shared_ptr<const Certificate>> known_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace registre

#endif  // REGISTRE_SERVICES_ACCESS_H_
