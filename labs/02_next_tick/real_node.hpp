// real_node.hpp: the puzzle of the modules, played by the `node` of this machine.
//
// Errors    No node here, or one that ends badly, is an answer: `missing` says why.
#pragma once

#include <filesystem>
#include <string>

namespace lab02 {

struct RealNode {
  std::string version{};  // "v20.20.2"
  std::string script{};   // the order of program.cjs
  std::string module{};   // of program.mjs: the same text by another name
  std::string missing{};  // not empty: nothing was played
};

// Writes the program into `folder` under both names, and runs it.
RealNode play_in_node(const std::filesystem::path& folder);

// The part of an order that no timer has a share in: up to "timeout" or "immediate".
std::string before_the_loop(const std::string& order);

}  // namespace lab02
