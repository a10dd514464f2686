// path.hpp: which requests a layer is for.
//
// "/api" as a mount matches "/api" and all below it; as a whole path only itself, with or
// without a slash at its end. ":id" stands for one segment. Case does not count.
//
// Errors    std::invalid_argument for a parameter whose percent signs make no sense.
// Cost      One walk over the path; no regular expression, so nothing backtracks.
// Source    Express 5, its defaults. Left out: wildcards, optional parts, encoded slashes;
//           that a parameter is UTF-8 (Express answers 400 where it is not).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lab10 {

class Path {
 public:
  enum class Kind { mount, whole };
  using Params = std::map<std::string, std::string>;

  explicit Path(std::string_view pattern, Kind kind);

  // How much of the path was used, if it matches; `params` then has what stood for names,
  // and nothing else: those of an earlier layer are not this one's.
  std::optional<std::size_t> match(std::string_view path, Params& params) const;

 private:
  std::vector<std::string> segments_;
  Kind kind_;
};

}  // namespace lab10
