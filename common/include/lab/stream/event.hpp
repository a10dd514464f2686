// event.hpp: one event of a stream. (Lab 30 is about emitters; a stream needs no more than
// this: its events are known, so they are members, not names.)
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace lab {

// Something that listeners can wait for; they are called in the order in which they came.
template <class... Args>
class Event {
 public:
  using Listener = std::function<void(Args...)>;

  int operator()(Listener listener) { return add(std::move(listener), false); }
  int once(Listener listener) { return add(std::move(listener), true); }

  // Called before all who listen already.
  int first(Listener listener) { return add(std::move(listener), false, true); }

  void off(int id) {
    change([id](auto& all) {
      std::erase_if(all, [id](auto& one) { return one.id == id; });
    });
  }
  bool empty() const { return listeners_->empty(); }

  // Calls those who listen now: whoever comes or goes meanwhile changes a copy.
  void emit(Args... args) {
    const auto now = listeners_;
    for (const auto& one : *now) {
      if (one.once) off(one.id);
      one.call(args...);
    }
  }

 private:
  struct One {
    int id;
    bool once;
    Listener call;
  };

  int add(Listener listener, bool once, bool first = false) {
    const int id = ++last_id_;
    change([&](auto& all) {
      all.insert(first ? all.begin() : all.end(), {id, once, std::move(listener)});
    });
    return id;
  }
  void change(auto edit) {
    auto copy = std::make_shared<std::vector<One>>(*listeners_);
    edit(*copy);
    listeners_ = std::move(copy);
  }

  int last_id_ = 0;
  std::shared_ptr<const std::vector<One>> listeners_ =
      std::make_shared<const std::vector<One>>();
};

}  // namespace lab
