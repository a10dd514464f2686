// claims.hpp: what lab 29 proves.
#pragma once

#include "lab/core/story.hpp"

namespace lab29 {

inline constexpr lab::Claim kClaims[] = {
    {"29.1",
     "A process manager keeps the app alive: after each crash a new process serves the "
     "same port."},
    {"29.2",
     "A process manager waits longer before each restart of an app that keeps crashing, "
     "and in the end gives up."},
    {"29.3",
     "A process manager writes what the app prints into log files and rotates them "
     "without losing a line."},
    {"29.4",
     "nginx terminates TLS: the client's connection is encrypted, and the app gets plain "
     "HTTP with the scheme in a header."},
    {"29.5",
     "nginx serves static files itself: the same bytes, and the app is not asked."},
    {"29.6",
     "nginx balances the load over several copies of the app, and goes on without one "
     "that has died."},
    {"29.7", "nginx stands in front of the app, which nobody else can reach directly."},
    {"29.8",
     "A container packages the app with what it needs, and isolates it: the same program "
     "is PID 1 there, with a host name and a memory limit of its own."},
    {"29.9",
     "Kubernetes keeps the wanted number of copies running, replaces them one by one "
     "while enough are ready, and stops the rollout if the new version does not become "
     "ready."},
    {"29.10",
     "A pipeline tests every commit, stops on a red test, and promotes the same bytes "
     "from staging to production."},
};

}  // namespace lab29
