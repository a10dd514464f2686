// instance.hpp: a process of our service.
//
//   POST /memory, /disk, /s3   takes a file; its reply is "KEY FIELDS_BEFORE SHOWN_NAME"
//   POST /flood                the control: into storage, and never asks the client to wait
//   GET /disk/KEY              returns a file
//   GET /s3/KEY                returns a pre-signed URL of it
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "lab/os/process.hpp"

namespace lab20 {

struct Setting {
  std::string name = "server";
  std::string storage{};  // the URL of a bucket
  std::size_t part_size = 5 << 20;
  std::uint64_t file_limit = 8ULL << 30;
};

class Instance {
 public:
  explicit Instance(const Setting& setting);
  std::uint16_t port() const { return port_; }
  pid_t pid() const { return child_->pid(); }
  std::size_t files() const;  // on its disk, whole or not

 private:
  std::uint16_t port_ = 0;
  std::filesystem::path folder_;
  std::optional<lab::Child> child_;
};

int instance_main(std::span<const std::string> args);  // the role "instance"

}  // namespace lab20
