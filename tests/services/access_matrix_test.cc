// Who may do what: every method and every act, for every role, written down here by hand and so
// independent of the options of the contract.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "ledger/acts/act.h"
#include "tests/services/tls_fixture.h"
#include "tests/support/fake_view.h"
#include "tests/support/random_acts.h"
#include "tests/support/row_map.h"

namespace registre::testing {
namespace {

using RoleSet = std::set<std::string>;

const RoleSet kMembers = {"clerk",   "assembly", "orderer", "accountant",
                          "auditor", "admin",    "approver"};
const RoleSet kEveryone(kRoleNames.begin(), kRoleNames.end());
const RoleSet kRecorders = {"clerk", "assembly", "orderer", "accountant", "admin"};
const RoleSet kFeedReaders = {"accountant", "orderer", "auditor", "admin"};
const RoleSet kFeedUsers = {"accountant", "admin"};
const RoleSet kAdmin = {"admin"};
const RoleSet kApprovers = {"approver"};
const RoleSet kDeciders = {"approver", "admin"};
const RoleSet kAuditors = {"auditor", "admin"};

const std::map<std::string, RoleSet> kMethods = {
    {"AdminService/WhoAmI", kEveryone},
    {"AdminService/GetStatus", kMembers},
    {"AdminService/Rebuild", kAdmin},
    {"AdminService/AcceptClock", kAdmin},
    {"AdminService/Backup", kAdmin},
    {"AdminService/RotateKey", kAdmin},
    {"AnomalyService/ListAnomalies", kMembers},
    {"AuditService/GetCheckpoint", kEveryone},
    {"AuditService/ListCheckpoints", kEveryone},
    {"AuditService/WatchCheckpoints", kEveryone},
    {"AuditService/ListKeys", kEveryone},
    {"AuditService/GetInclusionProof", kEveryone},
    {"AuditService/GetConsistencyProof", kEveryone},
    {"AuditService/AddTimestamp", kAuditors},
    {"AuditService/SealDirectory", kAuditors},
    {"AuditService/GetTagProof", kMembers},
    {"AuditService/Replay", kMembers},
    {"AuditService/GetBundle", kMembers},
    {"BudgetService/GetBudgetLine", kEveryone},
    {"BudgetService/ListBudgetLines", kEveryone},
    {"BudgetService/GetDeliberationBudget", kEveryone},
    {"BudgetService/ListFiscalYearLines", kEveryone},
    {"ConventionService/GetConvention", kMembers},
    {"ConventionService/ListConventions", kMembers},
    {"ConventionService/ListConventionPayments", kMembers},
    {"CorrectionService/ProposeCorrection", kAdmin},
    {"CorrectionService/ApproveCorrection", kApprovers},
    {"CorrectionService/RejectCorrection", kDeciders},
    {"CorrectionService/GetStandingAct", kMembers},
    {"CorrectionService/GetCorrection", kMembers},
    {"CorrectionService/ListCorrections", kMembers},
    {"DeliberationService/GetDeliberation", kEveryone},
    {"DeliberationService/ListDeliberations", kEveryone},
    {"LedgerService/Record", kRecorders},
    {"LedgerService/RecordStream", kRecorders},
    {"LedgerService/GetEvent", kMembers},
    {"LedgerService/ReadEvents", kMembers},
    {"LedgerService/Subscribe", kMembers},
    {"PaymentFeedService/CreateConsumer", kFeedUsers},
    {"PaymentFeedService/DeleteConsumer", kAdmin},
    {"PaymentFeedService/GetConsumer", kFeedReaders},
    {"PaymentFeedService/ListConsumers", kFeedReaders},
    {"PaymentFeedService/PauseConsumer", kFeedUsers},
    {"PaymentFeedService/ResumeConsumer", kFeedUsers},
    {"PaymentFeedService/RewindConsumer", kAdmin},
    {"PaymentFeedService/RetryParked", kFeedUsers},
    {"PaymentFeedService/SkipParked", kAdmin},
    {"PaymentFeedService/Consume", kFeedUsers},
    {"PaymentService/GetPayment", kMembers},
    {"PaymentService/ListPayments", kMembers},
    {"PaymentService/GetStatement", kMembers},
    {"StructureService/GetStructure", kMembers},
    {"StructureService/ListStructures", kMembers},
    {"StructureService/ListStructureActs", kMembers},
};

// Acts that only a service of their own records.
constexpr char kNobody[] = "";

// Of an act of control, whose shape is right.
std::map<std::string, v1::Act> ControlActs() {
  constexpr char kReversal[] = R"pb(
    correction_number: "1"
    target_position: 1
    act {
      structure_registered {
        structure_id: "st-a"
        identity { name: "Structure d'essai" }
      }
    }
    effective_on { year: 2024 month: 1 day: 1 }
  )pb";
  std::map<std::string, v1::Act> acts;
  *acts["correction_proposed"].mutable_correction_proposed() =
      Text<v1::CorrectionProposed>(R"pb(target_position: 1
                                        reason: "Essai"
                                        authority: "Essai"
                                        effective_on { year: 2024 month: 1 day: 1 })pb");
  *acts["correction_approved"].mutable_correction_approved() =
      Text<v1::CorrectionApproved>("correction_number: '1'");
  *acts["correction_rejected"].mutable_correction_rejected() =
      Text<v1::CorrectionRejected>("correction_number: '1' reason: 'Essai'");
  *acts["act_reversed"].mutable_act_reversed() = Text<v1::ActReversed>(kReversal);
  *acts["act_rectified"].mutable_act_rectified() = Text<v1::ActRectified>(kReversal);
  acts["directory_sealed"].mutable_directory_sealed()->set_count(1);
  *acts["ledger_restored"].mutable_ledger_restored() =
      Text<v1::LedgerRestored>("previous_origin: 'a' origin: 'b'");
  return acts;
}

const std::map<std::string, std::string> kActs = {
    {"ledger_opened", "admin"},
    {"structure_registered", "clerk"},
    {"structure_updated", "clerk"},
    {"budget_line_opened", "assembly"},
    {"budget_line_adjusted", "assembly"},
    {"payment_credits_voted", "assembly"},
    {"opening_commitment_recorded", "admin"},
    {"opening_convention_recorded", "admin"},
    {"opening_payment_recorded", "admin"},
    {"opening_closed", "admin"},
    {"call_for_projects_opened", "clerk"},
    {"application_submitted", "clerk"},
    {"application_withdrawn", "clerk"},
    {"application_instructed", "clerk"},
    {"session_held", "assembly"},
    {"report_tabled", "assembly"},
    {"opinion_given", "assembly"},
    {"deliberation_voted", "assembly"},
    {"deliberation_transmitted", "assembly"},
    {"deliberation_published", "assembly"},
    {"convention_signed", "clerk"},
    {"avenant_signed", "clerk"},
    {"report_received", "clerk"},
    {"report_accepted", "clerk"},
    {"convention_closed", "clerk"},
    {"service_certified", "orderer"},
    {"payment_ordered", "orderer"},
    {"payment_accepted", "accountant"},
    {"payment_suspended", "accountant"},
    {"payment_rejected", "accountant"},
    {"payment_settled", "accountant"},
    {"payment_reduced", "orderer"},
    {"commitment_released", "orderer"},
    {"deliberation_amended", "assembly"},
    {"deliberation_withdrawn", "assembly"},
    {"deliberation_annulled", "assembly"},
    {"allotment_reduced", "orderer"},
    {"convention_terminated", "clerk"},
    {"structures_merged", "clerk"},
    {"recovery_ordered", "orderer"},
    {"recovery_received", "accountant"},
    {"payment_reimputed", "orderer"},
    {"fiscal_year_closed", "accountant"},
    {"correction_proposed", kNobody},
    {"correction_approved", kNobody},
    {"correction_rejected", kNobody},
    {"act_reversed", kNobody},
    {"act_rectified", kNobody},
    {"directory_sealed", kNobody},
    {"ledger_restored", kNobody},
};

// Who is refused whatever is asked for.
struct Outsider {
  std::string who;
  grpc::StatusCode code;
  std::string reason;
};
const std::vector<Outsider> kOutsiders = {
    {"nobody", grpc::UNAUTHENTICATED, "NO_CERTIFICATE"},
    {"expired", grpc::UNAUTHENTICATED, "CERTIFICATE_EXPIRED"},
    {"early", grpc::UNAUTHENTICATED, "CERTIFICATE_NOT_YET_VALID"},
    {"foreign", grpc::UNAUTHENTICATED, "CERTIFICATE_UNKNOWN_ISSUER"},
    {"stranger", grpc::PERMISSION_DENIED, "NOT_IN_POLICY"},
};

// The services of the contract, from its files.
std::vector<const google::protobuf::ServiceDescriptor*> ServicesOfTheContract() {
  std::vector<const google::protobuf::ServiceDescriptor*> services;
  const std::filesystem::path root = std::string(REGISTRE_SOURCE_DIR) + "/proto";
  for (const auto& file : std::filesystem::directory_iterator(root / "registre/v1")) {
    const std::string name = "registre/v1/" + file.path().filename().string();
    if (!name.ends_with("_service.proto")) continue;
    const auto* found = google::protobuf::DescriptorPool::generated_pool()->FindFileByName(name);
    EXPECT_NE(found, nullptr) << name;
    for (int i = 0; found != nullptr && i < found->service_count(); ++i) {
      services.push_back(found->service(i));
    }
  }
  return services;
}

class AccessMatrixTest : public TlsTest {
 protected:
  void ExpectRefused(const grpc::Status& status, grpc::StatusCode code, const std::string& reason,
                     uint64_t size) {
    EXPECT_EQ(status.error_code(), code) << status.error_message();
    EXPECT_EQ(InfoOf(status).reason(), reason) << status.error_message();
    EXPECT_EQ(ledger_->log().size(), size) << "a refused call has recorded something";
  }
  static void ExpectAllowed(const grpc::Status& status) {
    EXPECT_NE(status.error_code(), grpc::UNAUTHENTICATED) << status.error_message();
    EXPECT_NE(status.error_code(), grpc::PERMISSION_DENIED) << status.error_message();
    EXPECT_NE(status.error_code(), grpc::DEADLINE_EXCEEDED) << status.error_message();
    EXPECT_NE(status.error_code(), grpc::UNAVAILABLE) << status.error_message();
  }
};

TEST_F(AccessMatrixTest, EveryMethodIsInTheTable) {
  std::set<std::string> methods;
  for (const auto* service : ServicesOfTheContract()) {
    for (int i = 0; i < service->method_count(); ++i) {
      methods.insert(service->name() + "/" + service->method(i)->name());
    }
  }
  std::set<std::string> table;
  for (const auto& [method, roles] : kMethods) table.insert(method);
  EXPECT_EQ(methods, table);
}

TEST_F(AccessMatrixTest, NoMethodIsOpenToOutsiders) {
  for (const auto* service : ServicesOfTheContract()) {
    for (int i = 0; i < service->method_count(); ++i) {
      const std::string path =
          fmt::format("/{}/{}", service->full_name(), service->method(i)->name());
      for (const Outsider& outsider : kOutsiders) {
        SCOPED_TRACE(outsider.who + " " + path);
        ExpectRefused(CallAny(ChannelOf(outsider.who), path, ""), outsider.code, outsider.reason,
                      0);
      }
    }
  }
}

TEST_F(AccessMatrixTest, EveryMethodByEveryRole) {
  for (const auto& [method, roles] : kMethods) {
    for (const std::string& role : kRoleNames) {
      SCOPED_TRACE(role + " " + method);
      const grpc::Status status = CallAny(ChannelOf(role), "/registre.v1." + method, "");
      if (roles.contains(role)) {
        ExpectAllowed(status);
      } else {
        ExpectRefused(status, grpc::PERMISSION_DENIED, "ROLE_MISSING", 0);
        EXPECT_EQ(InfoOf(status).metadata().at("subject"), "s-" + role);
      }
    }
  }
}

TEST_F(AccessMatrixTest, EveryActByEveryRole) {
  // One act of each type, of a shape that is right.
  std::map<std::string, v1::Act> acts = ControlActs();
  for (uint64_t seed = 1; acts.size() < kActs.size() && seed < 100; ++seed) {
    RowMap rows;
    RandomActs random(seed, rows);
    for (uint64_t position = 0; position < 1'000; ++position) {
      const v1::Act act = random.Next();
      acts.emplace(ActType(act), act);
      rows.Fold(Direction::kApply, EventOf(position, act));
    }
  }
  const auto* oneof = v1::Act::descriptor()->FindOneofByName("act");
  ASSERT_EQ(static_cast<size_t>(oneof->field_count()), kActs.size());
  for (const auto& [type, recorder] : kActs) {
    ASSERT_TRUE(acts.contains(type)) << type;
    for (const Outsider& outsider : kOutsiders) {
      SCOPED_TRACE(outsider.who + " " + type);
      ExpectRefused(RecordAs(outsider.who, UnitOf(type, {acts[type]})), outsider.code,
                    outsider.reason, ledger_->log().size());
    }
    for (const std::string& role : kRoleNames) {
      SCOPED_TRACE(role + " " + type);
      const uint64_t size = ledger_->log().size();
      const grpc::Status status = RecordAs(role, UnitOf(type, {acts[type]}));
      if (role == recorder) {
        ExpectAllowed(status);
      } else {
        ExpectRefused(status, grpc::PERMISSION_DENIED, "ROLE_MISSING", size);
      }
    }
  }
}

// What is not in the contract is nobody's.
TEST_F(AccessMatrixTest, OtherMethodsAreNobodys) {
  for (const char* path : {"/registre.v1.LedgerService/Erase", "/registre.v1.NoService/Do",
                           "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"}) {
    SCOPED_TRACE(path);
    ExpectRefused(CallAny(ChannelOf("nobody"), path, ""), grpc::UNAUTHENTICATED, "NO_CERTIFICATE",
                  0);
    ExpectRefused(CallAny(ChannelOf("admin"), path, ""), grpc::PERMISSION_DENIED, "ROLE_MISSING",
                  0);
  }
  EXPECT_TRUE(CallAny(ChannelOf("nobody"), "/grpc.health.v1.Health/Check", "").ok());
}

}  // namespace
}  // namespace registre::testing
