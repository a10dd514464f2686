// names.hpp: by which names a browser reaches a listening address.
#pragma once

#include <string>
#include <vector>

namespace runner {

// As they stand in a URL, the best to print first. Of 127.0.0.1 itself and localhost; of
// 0.0.0.0 and :: every address of this machine, and its name. No other name is ours: by
// one that somebody else's DNS gives to us, another site's page would become ours.
std::vector<std::string> names_of(const std::string& address);

}  // namespace runner
