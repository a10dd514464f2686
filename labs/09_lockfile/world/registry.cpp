#include "world/registry.hpp"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "installer.hpp"
#include "lab/core/error.hpp"
#include "lab/core/trace.hpp"
#include "lab/os/process.hpp"
#include "lab/os/run_dir.hpp"

namespace lab09 {

namespace fs = std::filesystem;
namespace trace = lab::trace;
using Json = nlohmann::ordered_json;

namespace {

Json description_of(const std::string& name, const Release& release) {
  Json json{{"name", name}, {"version", release.version}};
  if (!release.dependencies.empty()) json["dependencies"] = release.dependencies;
  if (!release.optional.empty()) json["optionalDependencies"] = release.optional;
  if (!release.os.empty()) json["os"] = release.os;
  return json;
}

// The same bytes for the same package, on any day: no times, no owners.
// So the same package need not be packed twice.
const std::string& tarball_of(const Json& description, const std::string& code) {
  static std::map<std::string, std::string> packed;
  std::string& tarball = packed[description.dump() + code];
  if (!tarball.empty()) return tarball;
  const fs::path folder = lab::run_dir() / "packing";
  fs::create_directories(folder / "package");
  std::ofstream(folder / "package/package.json") << description.dump(2) << '\n';
  std::ofstream(folder / "package/index.js") << code << '\n';
  lab::Child tar = lab::Child::run({"tar", "--sort=name", "--mtime=@0", "--owner=0",
                                    "--group=0", "--numeric-owner", "--mode=u=rwX,go=rX",
                                    "-C", folder.string(), "-czf", "-", "package"});
  if (!tar.wait().ok()) throw lab::Error("pack a package", tar.wait().err);
  fs::remove_all(folder);
  return tarball = tar.wait().out;
}

}  // namespace

LocalRegistry::LocalRegistry()
    : server_([this](const lab::http::Request& request, lab::http::Server::Reply reply) {
        reply(answer(request));
      }) {
  trace::actor("registry", trace::Actor::service);
}

std::string LocalRegistry::address() const {
  return "127.0.0.1:" + std::to_string(server_.port());
}

void LocalRegistry::publish(const std::string& name, const std::string& version,
                            Published published) {
  Release release{.version = version,
                  .tarball = "http://" + address() + "/" + name + "/-/" + name + "-" +
                             version + ".tgz",
                  .integrity = "",
                  .dependencies = std::move(published.dependencies),
                  .optional = std::move(published.optional),
                  .os = std::move(published.os)};
  const std::string tarball =
      tarball_of(lab09::description_of(name, release),
                 "module.exports = '" + name + "@" + version + "';");
  release.integrity = integrity_of(tarball);
  trace::instant("published " + name + " " + version, {.lane = "registry"});
  const std::lock_guard lock(mutex_);
  Known& known = packages_[name];
  known.releases[version] = release;
  known.tarballs[version] = tarball;
  if (published.tag_latest) known.latest = version;
}

void LocalRegistry::tamper(const std::string& name, const std::string& version) {
  const std::string evil =
      tarball_of(Json{{"name", name}, {"version", version}}, "stealSecrets();");
  trace::instant("tampered with " + name + " " + version, {.lane = "registry"});
  const std::lock_guard lock(mutex_);
  packages_.at(name).tarballs.at(version) = evil;
}

int LocalRegistry::downloads() const {
  const std::lock_guard lock(mutex_);
  return downloads_;
}

// GET /liba, and GET /liba/-/liba-1.0.0.tgz.
lab::http::Response LocalRegistry::answer(const lab::http::Request& request) {
  const std::lock_guard lock(mutex_);
  const std::string path = request.target.substr(1);
  const std::string name = path.substr(0, path.find('/'));
  const auto package = packages_.find(name);
  if (request.method != "GET" || package == packages_.end())
    return {.status = 404, .body = "{}", .content_type = "application/json"};
  const Known& known = package->second;
  if (path == name)
    return {.body = description_of(name, known), .content_type = "application/json"};
  for (const auto& [version, tarball] : known.tarballs) {
    if (path != name + "/-/" + name + "-" + version + ".tgz") continue;
    ++downloads_;
    return {.body = tarball, .content_type = "application/octet-stream"};
  }
  return {.status = 404, .body = "{}", .content_type = "application/json"};
}

std::string LocalRegistry::description_of(const std::string& name, const Known& known) {
  Json versions = Json::object();
  for (const auto& [version, release] : known.releases) {
    versions[version] = lab09::description_of(name, release);
    versions[version]["dist"] = {{"tarball", release.tarball},
                                 {"integrity", release.integrity}};
  }
  return Json{
      {"name", name}, {"dist-tags", {{"latest", known.latest}}}, {"versions", versions}}
      .dump();
}

}  // namespace lab09
