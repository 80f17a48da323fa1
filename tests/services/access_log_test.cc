// The access log: one line a call, and never more than it may write.
#include "services/access_log.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <string>
#include <vector>

#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "ledger/base/errors.h"
#include "registre/v1/admin_service.pb.h"
#include "registre/v1/budget_service.pb.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_clock.h"
#include "tests/support/test_recorder.h"

namespace registre::testing {
namespace {

class AccessLogTest : public ::testing::Test {
 protected:
  void Open() {
    rebuild_.set_check(true);
    auto log = AccessLog::Open(Path(), &clock_);
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
  }
  std::string Path() const { return folder_.Path("access.log"); }
  std::vector<std::string> CloseAndRead() {
    log_.reset();
    std::ifstream file(Path());
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) {
      google::protobuf::Struct parsed;
      EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(line, &parsed).ok()) << line;
      lines.push_back(line);
    }
    return lines;
  }
  AccessEntry RefusedEntry() const {
    return {.subject = "s-1",
            .roles = {"clerk"},
            .peer = "ipv4:192.0.2.1:40000",
            .method = "registre.v1.AdminService/Rebuild",
            .refusal = Error(absl::StatusCode::kPermissionDenied, "ROLE_MISSING", "a \"b\"\nc"),
            .request = &rebuild_};
  }

  v1::RebuildRequest rebuild_;
  TempFolder folder_;
  TestClock clock_;
  std::unique_ptr<AccessLog> log_;
};

TEST_F(AccessLogTest, Lines) {
  Open();
  log_->Note(RefusedEntry());
  v1::GetBudgetLineRequest request;
  request.set_code("C02-446A05");
  log_->Note({.subject = "s-2",
              .roles = {"auditor", "public"},
              .peer = "unix:",
              .method = "registre.v1.BudgetService/GetBudgetLine",
              .refusal = absl::OkStatus(),
              .request = &request});
  const auto lines = CloseAndRead();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0],
            R"({"time":"2023-09-20T12:00:00.000Z","subject":"s-1","roles":["clerk"],)"
            R"("peer":"ipv4:192.0.2.1:40000","method":"registre.v1.AdminService/Rebuild",)"
            R"("outcome":"PERMISSION_DENIED","reason":"ROLE_MISSING","message":"a \"b\"\nc",)"
            R"("request":{"check":true}})");
  EXPECT_EQ(lines[1],
            R"({"time":"2023-09-20T12:00:00.000Z","subject":"s-2","roles":["auditor","public"],)"
            R"("peer":"unix:","method":"registre.v1.BudgetService/GetBudgetLine",)"
            R"("outcome":"ALLOWED","request":{"code":"C02-446A05"}})");
}

TEST_F(AccessLogTest, IsItsOwnersAndOnlyGrows) {
  Open();
  log_->Note(RefusedEntry());
  EXPECT_EQ(CloseAndRead().size(), 1u);
  struct stat info {};
  ASSERT_EQ(stat(Path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777u, 0600u);
  Open();
  log_->Note(RefusedEntry());
  EXPECT_EQ(CloseAndRead().size(), 2u);
  EXPECT_EQ(ReasonOf(AccessLog::Open(folder_.Path("no/such"), &clock_).status()),
            "ACCESS_LOG_UNWRITABLE");
}

TEST_F(AccessLogTest, AFloodOfRefusalsIsCounted) {
  Open();
  for (int i = 0; i < kMaxRefusedLines + 7; ++i) log_->Note(RefusedEntry());
  AccessEntry allowed = RefusedEntry();
  allowed.refusal = absl::OkStatus();
  log_->Note(allowed);
  clock_.Advance(absl::Seconds(1));
  log_->Note(RefusedEntry());
  const auto lines = CloseAndRead();
  ASSERT_EQ(lines.size(), kMaxRefusedLines + 3u);
  EXPECT_THAT(lines[kMaxRefusedLines], ::testing::HasSubstr("ALLOWED"));
  EXPECT_EQ(lines[kMaxRefusedLines + 1], R"({"time":"2023-09-20T12:00:01.000Z","left_out":7})");
}

TEST_F(AccessLogTest, RequestsAreCutAndWithoutActs) {
  v1::RecordRequest unit = UnitOf("u-1", {OpenTestLedger()});
  EXPECT_EQ(LoggedRequest(unit), R"({"command_id":"u-1"})");
  v1::GetBudgetLineRequest request;
  request.set_code(std::string(5'000, 'x'));
  const std::string cut = LoggedRequest(request);
  EXPECT_TRUE(cut.starts_with(R"({"cut":"{\"code\":\"xxx)")) << cut;
  EXPECT_LT(cut.size(), kMaxLoggedBytes + 100);
  request.set_code(std::string(1'000'000, 'x'));
  EXPECT_EQ(LoggedRequest(request), R"({"bytes":1000004})");
}

}  // namespace
}  // namespace registre::testing
