#include "ledger/store/index_inspection.h"

#include <utility>

#include "ledger/store/index_disk.h"

namespace registre {
namespace {

class IndexInspectionImpl final : public IndexInspection {
 public:
  IndexInspectionImpl(std::unique_ptr<IndexDisk> disk, uint32_t fold_version)
      : disk_(std::move(disk)), fold_version_(fold_version) {}

  LogHead head() const override { return disk_->head_at_open(); }
  absl::StatusOr<uint64_t> Compare(const std::string& fold_directory,
                                   const std::function<bool(std::string)>& differs,
                                   const std::function<bool()>& go_on) const override {
    const auto fold =
        IndexDisk::OpenForReading(fold_directory, fold_version_, /*check_files=*/false);
    if (!fold.ok()) return fold.status();
    return disk_->Compare(**fold, differs, go_on);
  }

 private:
  const std::unique_ptr<IndexDisk> disk_;
  const uint32_t fold_version_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<IndexInspection>> IndexInspection::Open(const std::string& directory,
                                                                       uint32_t fold_version) {
  auto disk = IndexDisk::OpenForReading(directory, fold_version, /*check_files=*/true);
  if (!disk.ok()) return disk.status();
  return std::make_unique<IndexInspectionImpl>(*std::move(disk), fold_version);
}

}  // namespace registre
