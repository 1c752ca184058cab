// State files: one a login, replaced atomically, below /run. Their text is not
// this file's business: idled/snapshot.h.
#pragma once

#include <sys/stat.h>
#include <string>

#include <string_view>
#include <vector>

#include "base/result.h"

namespace idled::system {

// Makes the folder if it is not there, and sees to its mode. ENOTDIR if it is a link, or another
// user's.
Result<void> own_folder(const std::string& path, mode_t mode);

class StateStore {
 public:
  // Makes the folder (0700, root) if it is not there.
  static Result<StateStore> open(const std::string& folder);

  struct Entry {
    std::string id;
    std::string text;
  };
  // Every file that can be read; leftovers of an interrupted write are removed.
  std::vector<Entry> load() const;
  // `id` is a SessionId: no slash, no dot.
  Result<void> save(const std::string& id, std::string_view text) const;
  void remove(const std::string& id) const;

 private:
  explicit StateStore(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace idled::system
