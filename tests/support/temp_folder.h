// A fresh folder for a test.
#ifndef REGISTRE_TESTS_SUPPORT_TEMP_FOLDER_H_
#define REGISTRE_TESTS_SUPPORT_TEMP_FOLDER_H_

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace registre {

// Makes an empty folder of its own and removes it, with all in it, at the end of its life.
class TempFolder {
 public:
  explicit TempFolder(const std::filesystem::path& parent = std::filesystem::temp_directory_path())
      : path_(parent / "registre-test-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) {
      std::perror(path_.c_str());
      std::abort();
    }
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string Path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace registre

#endif  // REGISTRE_TESTS_SUPPORT_TEMP_FOLDER_H_
