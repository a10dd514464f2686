// container.hpp: the app in a container: by podman, or by the kernel's namespaces alone.
//
//   lab --> keeper (mount and PID namespace, tmpfs) --> podman, conmon, runc --> the app
//
// Lifetime  podman's processes leave their parents on purpose, and its storage is mounts. Here
//           all of it lives in two namespaces of the keeper: when that ends, however it does,
//           the kernel kills the processes and unmounts the storage. Only empty control
//           groups can outlive a SIGKILL; the next run removes them.
// Errors    What podman or the kernel refuses is lab::Error.
// Limits    podman takes root here. Namespaces do without, but then without a memory limit.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lab/os/process.hpp"

namespace lab29 {

using Args = std::vector<std::string>;

struct Served {
  std::string greeting{};  // what GET / replied: "VERSION PID HOSTNAME"
  long code = 0;           // as a shell tells it: 128 + the signal, if one ended it
};

struct Image {
  long bytes = 0, app = 0;  // all of it, and the layer of the app
  std::string base{};       // the digest of the layer below
};

class Containers {
 public:
  enum class By { process, namespaces, podman };  // process: no container, the control

  static std::string why_no_podman();  // empty: it can be used here
  static bool namespaces_allowed();

  explicit Containers(By by);
  Containers(const Containers&) = delete;
  Containers& operator=(const Containers&) = delete;
  ~Containers();

  // Builds image/Containerfile with the app, which has this stamp at its end.
  Image build(const std::string& stamp);

  // Starts the app, asks it for its greeting, and stops it as a platform does: SIGTERM, and
  // SIGKILL a second later. With an init, that one is PID 1 and the app its child.
  Served serve(std::string_view on_sigterm, bool init = false);

  // The exit code of an app that takes 100 MiB where 60 are allowed; nothing where no limit
  // can be set.
  std::optional<long> fill();

  // How many copies of a Kubernetes manifest podman runs, and how many once it is taken down.
  std::pair<long, long> play(const std::filesystem::path& manifest);

 private:
  void start_keeper();
  void import_base();
  std::string podman(const Args& args);
  std::string start_container(const Args& args);  // returns its id
  Served serve_process(std::string_view on_sigterm);

  const By by_;
  const std::string group_;  // the parent of all its control groups
  std::optional<lab::Child> keeper_{};
  std::string inside_{};  // the pid of the keeper's child, whose namespaces they are
};

std::filesystem::path app_file(
    std::string_view name);             // what the build put beside the app
long number_of(std::string_view told);  // else lab::Error

}  // namespace lab29
