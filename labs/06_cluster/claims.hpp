// claims.hpp: what the lab proves, each sentence once.
#pragma once

#include "lab/core/story.hpp"

namespace lab06 {

inline constexpr lab::Claim kClaims[] = {
    {"06.1",
     "A Node process computes on one core, because its JavaScript has one thread."},
    {"06.2", "cluster starts child processes."},
    {"06.3", "The workers share one server port."},
    {"06.4", "A supervising process manages the workers."},
    {"06.5",
     "The supervising process, the primary (once called the master), accepts connections "
     "for the workers and answers no request itself."},
    {"06.6", "Each worker runs its own instance of the app."},
    {"06.7",
     "With several workers, the computing is divided among processes, which the kernel "
     "can run on different cores."},
    {"06.8",
     "A second worker halves what each has to compute, but it gains little if requests "
     "only wait."},
};

}  // namespace lab06
