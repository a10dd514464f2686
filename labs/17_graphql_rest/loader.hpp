// loader.hpp: collects the keys that one loop iteration asks for, and loads them at once.
//
//   load(7), load(3), load(7) --> the end of this loop iteration --> one batch of {7, 3}
//
// Threads   One: the loop's.
// Lifetime  A loader for each request: its cache would show one user what another may see.
// Source    npm's dataloader. A known key replies with the batch that is open: so what is
//           asked for next shares a batch, too.
// Left out  The largest size of a batch; forgetting a key.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "graphql_rest.hpp"

namespace lab17 {

template <class Key>
class Loader {
 public:
  using Values = std::map<Key, Outcome>;
  using Batch = std::function<void(std::vector<Key>, std::function<void(Values)>)>;
  using Defer = std::function<void(std::function<void()>)>;  // to the iteration's end

  Loader(Defer defer, Batch batch) : defer_(std::move(defer)), batch_(std::move(batch)) {}

  // Step 8: the first new key of an iteration asks for the batch, and the others join it.
  // A key that the batch does not answer is null.
  void load(const Key& key, Reply reply) {
    const auto [entry, is_new] = entries_.try_emplace(key);
    if (is_new && keys_.empty()) defer_([this] { dispatch(); });
    if (is_new) keys_.push_back(key);
    if (!entry->second.value) return entry->second.waiting.push_back(std::move(reply));
    if (keys_.empty()) return reply(*entry->second.value);
    hits_.emplace_back(std::move(reply), *entry->second.value);
  }

 private:
  struct Entry {
    std::optional<Outcome> value{};
    std::vector<Reply> waiting{};
  };

  void dispatch() {
    const auto keys = std::exchange(keys_, {});
    batch_(keys, [this, keys, ready = std::exchange(hits_, {})](Values values) mutable {
      for (const Key& key : keys) {
        Entry& entry = entries_[key];
        entry.value = values[key];
        for (Reply& reply : std::exchange(entry.waiting, {}))
          ready.emplace_back(std::move(reply), *entry.value);
      }
      // The last of them may end the request, and this loader with it.
      for (const auto& [reply, value] : ready) reply(value);
    });
  }

  Defer defer_;
  Batch batch_;
  std::map<Key, Entry> entries_{};
  std::vector<Key> keys_{};  // of the next batch
  std::vector<std::pair<Reply, Outcome>> hits_{};
};

}  // namespace lab17
