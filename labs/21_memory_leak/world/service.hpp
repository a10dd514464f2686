// service.hpp: a service in a process of its own, with a debug port beside its work.
//
//   GET /heap    the live memory by call site: bytes, blocks, error, site
//   GET /memory  resident, live and kept bytes
//   POST /work   500 requests, each of which leaks a little
//
// The port is for this machine: it listens on 127.0.0.1, and a request that names another
// host is refused, so that a page in a browser cannot reach it by a name of its own (DNS
// rebinding). Node's inspector does the same.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "lab/net/http.hpp"
#include "lab/os/process.hpp"
#include "memory_leak.hpp"

namespace lab21 {

class Diagnosed;  // the service's shop and its sampler

// Step 9: what the debug port answers.
lab::http::Response debug_port(const lab::http::Request& request, Diagnosed& service);

// The text of /heap, and what it says; nothing if it is no such text.
std::string to_text(const std::vector<Site>& sites);
std::optional<std::vector<Site>> from_text(const std::string& text);

struct ServiceProcess {
  lab::Child child;
  std::uint16_t port;
};
ServiceProcess start_service(std::size_t sample);

int service_main(std::span<const std::string> args);

}  // namespace lab21
