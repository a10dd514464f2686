#include "installer.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "lab/core/error.hpp"
#include "lab/os/process.hpp"

namespace lab09 {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Is = Outcome::Is;
using Json = nlohmann::ordered_json;

namespace {

std::string read(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw lab::Error("read " + file.string(), "it is not there");
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write(const fs::path& file, std::string_view bytes) {
  std::ofstream stream(file, std::ios::binary);
  stream << bytes;
  if (!stream.flush()) throw lab::Error("write " + file.string(), "no room, or no right");
}

Dependencies dependencies_in(const Json& json, const char* key) {
  return json.contains(key) ? json.at(key).get<Dependencies>() : Dependencies();
}

lab::http::Client client_of(const std::string& address) {
  const auto colon = address.find(':');
  return {address.substr(0, colon),
          static_cast<std::uint16_t>(std::stoul(address.substr(colon + 1)))};
}

std::optional<std::string> installed_version(const fs::path& place) {
  std::error_code none;
  if (!fs::exists(place / "package.json", none)) return std::nullopt;
  const Json json = Json::parse(read(place / "package.json"), nullptr, false);
  return json.is_object() ? std::optional(json.value("version", "")) : std::nullopt;
}

}  // namespace

std::string_view to_string(Is is) {
  static constexpr std::string_view kNames[] = {
      "installed", "refused: drift",        "refused: tampered",
      "conflict",  "refused: wrong system", "not there"};
  return kNames[static_cast<std::size_t>(is)];
}

std::string integrity_of(std::string_view bytes) {
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (!EVP_Digest(bytes.data(), bytes.size(), hash, &size, EVP_sha512(), nullptr))
    throw lab::Error("hash by SHA-512", "libcrypto cannot");
  unsigned char text[2 * EVP_MAX_MD_SIZE];
  EVP_EncodeBlock(text, hash, static_cast<int>(size));
  return "sha512-" + std::string(reinterpret_cast<const char*>(text));
}

Installer::Installer(fs::path folder, std::string registry, std::string os)
    : folder_(std::move(folder)),
      registry_(std::move(registry)),
      os_(std::move(os)),
      http_(client_of(registry_)) {
}

Project Installer::project() const try {
  const Json json = Json::parse(read(folder_ / "package.json"));
  return {.name = json.at("name"),
          .version = json.value("version", "1.0.0"),
          .dependencies = dependencies_in(json, "dependencies"),
          .optional = dependencies_in(json, "optionalDependencies")};
} catch (const Json::exception& error) {
  throw lab::Error("read " + (folder_ / "package.json").string(), error.what());
}

std::optional<Lock> Installer::lock() const {
  if (!fs::exists(folder_ / "package-lock.json")) return std::nullopt;
  return Lock::parse(read(folder_ / "package-lock.json"));
}

void Installer::write_lock(const Lock& lock) const {
  write(folder_ / "package-lock.json", lock.str());
}

Outcome Installer::install() {
  const Registry registry = [&](const std::string& name) { return ask_registry(name); };
  auto resolved = resolve(project(), registry, lock().value_or(Lock{}));
  if (const auto* conflict = std::get_if<Conflict>(&resolved))
    return {Is::conflict, conflict->why};
  const Lock& lock = std::get<Lock>(resolved);
  const Outcome outcome = put(lock);
  if (outcome.ok()) write_lock(lock);
  return outcome;
}

// Step 6: npm ci. If package.json and the lockfile disagree, that is an error. What is in
// node_modules does not matter.
Outcome Installer::clean_install() {
  const auto locked = lock();
  if (!locked) return {Is::drifted, "there is no package-lock.json"};
  if (const auto why = drift(project(), *locked)) return {Is::drifted, *why};
  fs::remove_all(folder_ / "node_modules");
  return put(*locked);
}

Outcome Installer::update() {
  fs::remove(folder_ / "package-lock.json");
  fs::remove_all(folder_ / "node_modules");
  return install();
}

Outcome Installer::put(const Lock& lock) {
  for (const auto& [place, version] : tree_of(folder_)) {
    if (!lock.packages.contains(place)) fs::remove_all(folder_ / place);
  }
  for (const auto& [place, locked] : lock.packages) {  // a package before those in it
    const Release& release = locked.release;
    const bool fits = release.os.empty() || std::ranges::count(release.os, os_) > 0;
    if (!fits && locked.optional) continue;
    if (!fits) return {Is::wrong_system, place + " is not for " + os_};
    if (installed_version(folder_ / place) == release.version) continue;
    const Outcome outcome = put_one(place, release);
    if (!outcome.ok()) return outcome;
  }
  return {};
}

// Step 7: the hash is compared before a byte of the package is unpacked.
Outcome Installer::put_one(const std::string& place, const Release& release) {
  const auto at = release.tarball.find('/', std::string_view("http://").size());
  const auto bytes =
      at == std::string::npos ? std::nullopt : download(release.tarball.substr(at));
  if (!bytes) return {Is::not_there, "no " + release.tarball};
  const std::string integrity = integrity_of(*bytes);
  if (integrity != release.integrity) {
    return {Is::tampered, place + ": the lock has " + release.integrity.substr(0, 16) +
                              "..., the tarball " + integrity.substr(0, 16) + "..."};
  }
  const fs::path folder = folder_ / place;
  fs::remove_all(folder);  // files of another release; packages in it come after it
  fs::create_directories(folder);
  const fs::path tarball = folder / ".tarball";
  write(tarball, *bytes);
  lab::Child tar =
      lab::Child::run({"tar", "-xzf", tarball.string(), "-C", folder.string(),
                       "--strip-components=1", "--no-same-owner"});
  const bool unpacked = tar.wait().ok();
  fs::remove(tarball);
  if (!unpacked) throw lab::Error("unpack " + release.tarball, tar.wait().err);
  return {};
}

std::optional<std::string> Installer::download(const std::string& path) {
  const auto result = http_.request({.target = path}, 10s);
  const auto* response = std::get_if<lab::http::Response>(&result);
  if (!response)
    throw lab::Error("ask " + registry_,
                     std::get<lab::http::ClientError>(result).message);
  if (response->status != 200) return std::nullopt;
  return response->body;
}

std::optional<Package> Installer::ask_registry(const std::string& name) {
  const auto text = download("/" + name);
  if (!text) return std::nullopt;
  try {
    const Json json = Json::parse(*text);
    Package package{.latest = json.at("dist-tags").at("latest"), .releases = {}};
    for (const auto& [version, release] : json.at("versions").items()) {
      package.releases.push_back(
          {.version = version,
           .tarball = release.at("dist").at("tarball"),
           .integrity = release.at("dist").at("integrity"),
           .dependencies = dependencies_in(release, "dependencies"),
           .optional = dependencies_in(release, "optionalDependencies"),
           .os = release.value("os", std::vector<std::string>())});
    }
    return package;
  } catch (const Json::exception& error) {
    throw lab::Error("read what " + registry_ + " says of " + name, error.what());
  }
}

std::map<std::string, std::string> tree_of(const fs::path& folder) {
  std::map<std::string, std::string> tree;
  std::vector<std::string> todo{"node_modules"};
  while (!todo.empty()) {
    const std::string modules = todo.back();
    todo.pop_back();
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(folder / modules, none)) {
      const std::string place = modules + "/" + entry.path().filename().string();
      if (!entry.is_directory() || entry.path().filename().string().front() == '.')
        continue;
      tree[place] = installed_version(folder / place).value_or("?");
      todo.push_back(place + "/node_modules");
    }
  }
  return tree;
}

std::string hash_of_tree(const fs::path& folder) {
  std::map<std::string, std::string> files;
  std::error_code none;
  for (const auto& entry :
       fs::recursive_directory_iterator(folder / "node_modules", none)) {
    const std::string name = entry.path().lexically_relative(folder);
    if (entry.is_regular_file() && entry.path().filename() != ".package-lock.json")
      files[name] = integrity_of(read(entry.path()));
  }
  std::string all;
  for (const auto& [name, hash] : files) all += name + ' ' + hash + '\n';
  return integrity_of(all);
}

}  // namespace lab09
