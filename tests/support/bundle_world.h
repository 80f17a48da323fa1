// A small log in memory with a seal, and the evidence bundles made of it. All of it is test data:
// no rule judged its acts.
#ifndef REGISTRE_TESTS_SUPPORT_BUNDLE_WORLD_H_
#define REGISTRE_TESTS_SUPPORT_BUNDLE_WORLD_H_

#include <map>
#include <string>
#include <vector>

#include "ledger/bundle_builder.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/proof/trust_policy.h"
#include "registre/v1/event.pb.h"

namespace registre::testing {

// Writes what it is told to, also what no ledger would: change `events` before Build.
class BundleWorld {
 public:
  // Ten events, of which four are of convention c1, the seal at position 8, one event of c1 after
  // it; two conventions more, structures and payments.
  BundleWorld();

  // Adds an event, linked to the tags of its act. Text format.
  void Add(const std::string& act);
  // Adds a seal of all events so far.
  void Seal();

  // The bundle of a tag, up to the end of the log; what is in `events` is hashed and signed as it
  // is.
  BundleSource Source(const std::string& tag) const;
  std::string Build(const std::string& tag) const;
  Bundle Parts(const std::string& tag) const;

  // Makes the root of the seal that of its directory again, as `directory` is.
  void SealAgain();

  TrustPolicy policy() const;
  std::string Note() const;
  SubtreeHash Hashes() const;

  static constexpr char kOrigin[] = "example.org/registre";
  static constexpr char kTag[] = "convention:c1";
  std::vector<v1::Event> events;
  std::vector<TagEntry> directory;  // what the seal commits to, by tag
  size_t seal = 0;                  // position of the last seal
  std::vector<NoteSignature> cosignatures;
  std::vector<std::string> stamps;

 private:
  std::string BytesAt(size_t position) const { return events.at(position).SerializeAsString(); }

  std::map<std::string, TagEntry> chains_;
};

// The hashes of a tree of any leaves.
SubtreeHash HashesOf(std::vector<Hash> leaves);

// A directory of tags, in order of tag: its root, and what VerifyTag takes for a tag.
Hash RootOfDirectory(const std::vector<TagEntry>& directory);
std::vector<ProvenEntry> EntriesFor(const std::vector<TagEntry>& directory, const std::string& tag);

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_SUPPORT_BUNDLE_WORLD_H_
