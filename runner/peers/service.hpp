// service.hpp: what all contestants of a lab need, a database say, started once.
//
// Its command gets the name of a file as {offer}, writes there as JSON what contestants
// need to know, {"url": "..."}, once it is ready, and stays until it is killed.
//
// Errors    One that ends early or is late throws lab::Error with what it said.
// Lifetime  It goes with this object.
#pragma once

#include <map>
#include <string>

#include "lab/os/process.hpp"
#include "peers/measure.hpp"

namespace runner {

class Service {
 public:
  Service(const std::vector<std::string>& command, const Place& place);

  const std::map<std::string, std::string>& offered() const { return offered_; }

 private:
  lab::Child child_;
  std::map<std::string, std::string> offered_;
};

}  // namespace runner
