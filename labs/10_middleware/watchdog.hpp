// watchdog.hpp: a layer that says which layer forgot a request.
//
// Stands first. When a request is not answered after `limit`, `bark` is told who has it:
// the layer that was entered last. It does not answer for that layer, nor end it.
#pragma once

#include <chrono>
#include <functional>
#include <utility>

#include "app.hpp"

namespace lab10 {

using RunAfter = std::function<void(std::chrono::milliseconds, std::function<void()>)>;
using Bark = std::function<void(const Waiting&)>;

inline Handler watchdog(RunAfter run_after, std::chrono::milliseconds limit, Bark bark) {
  return [=](Request&, Response&, Next next) {
    run_after(limit, [watch = next.watch(), bark] {
      if (const auto waiting = watch()) bark(*waiting);
    });
    next();
  };
}

}  // namespace lab10
