// instance.hpp: a process of the service: it caches in its memory and in Redis.
//
//   the lab -- "process 7" or "redis 7" --> the instance --> its cache, else PostgreSQL
//           <------ "hit 1.50" or "miss 1.50" ------
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>

#include "lab/os/descriptor.hpp"
#include "lab/os/process.hpp"

namespace lab18 {

struct Reading {
  bool hit = false;
  std::string price{};
};

class Instance {
 public:
  struct Services {
    std::string redis, postgres, table, prefix;
    std::chrono::milliseconds lease_for{60'000};
  };

  Instance(std::string name, Services services);

  Reading read(const char* where, const std::string& product);  // "process", "redis"
  void forget(const std::string& product);                      // in its own memory
  // Takes the lease for filling Redis, and never fills: it is busy loading as long as it
  // lives. False if somebody else has it.
  bool load_for_ever(const std::string& product);

  void restart();  // killed, and started again
  void kill();
  const std::string& name() const { return name_; }

 private:
  void start();
  std::string ask(const std::string& message);

  std::string name_;
  Services services_;
  lab::Descriptor socket_{};
  std::optional<lab::Child> child_;
};

int instance_main(std::span<const std::string> args);  // the role "instance"

}  // namespace lab18
