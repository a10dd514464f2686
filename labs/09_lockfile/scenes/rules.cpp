// rules.cpp: what npm ci refuses, and which release npm takes when it may choose.
#include <fmt/format.h>

#include <fstream>
#include <tuple>

#include "installer.hpp"
#include "scenes/scenes.hpp"
#include "world/projects.hpp"

namespace lab09 {

namespace fs = std::filesystem;
using lab::Picture;
using lab::Story;

namespace {

std::string version_in(const fs::path& folder, const std::string& name) {
  const auto tree = tree_of(folder);
  const auto found = tree.find("node_modules/" + name);
  return found == tree.end() ? "none" : found->second;
}

bool code_contains(const fs::path& folder, std::string_view word) {
  std::ifstream file(folder / "node_modules/libb/index.js");
  const std::string code{std::istreambuf_iterator<char>(file), {}};
  return code.find(word) != code.npos;
}

void add_stray(const fs::path& folder) {
  fs::create_directories(folder / "node_modules/stray");
  std::ofstream(folder / "node_modules/stray/package.json") << R"({"version": "9.9.9"})";
}

void edit_by_hand(const fs::path& folder) {
  std::ofstream(folder / "node_modules/libb/index.js") << "debugger;\n";
}

}  // namespace

void ci(Story& story, const Knobs&) {
  story.say(
      "Four things go wrong between the commit and the build. npm ci should undo the "
      "first two and refuse the other two.");
  story.picture(Picture::tree, {"Who notices what went wrong"});
  LocalRegistry registry;
  publish_day_one(registry);
  const auto folder = new_project("ci", shop());
  Installer npm(folder, registry.address());
  const bool installed = npm.install().ok();
  const Lock lock = npm.lock().value();
  lab::Table table{"What each command does", {"case", "npm install", "npm ci"}, {}};

  edit_by_hand(folder);
  const bool install_ran = npm.install().ok();
  const bool install_kept_edit = code_contains(folder, "debugger");
  add_stray(folder);
  const bool ci_ran = npm.clean_install().ok();
  const bool ci_restored = !code_contains(folder, "debugger");
  const bool stray_gone = version_in(folder, "stray") == "none";
  table.rows.push_back({"an edited file", install_kept_edit ? "kept" : "restored",
                        ci_restored ? "restored" : "kept"});
  add_stray(folder);
  const bool pruned = npm.install().ok() && version_in(folder, "stray") == "none";
  table.rows.push_back(
      {"a stray package", pruned ? "removed" : "kept", stray_gone ? "removed" : "kept"});

  registry.publish("liba", "2.0.0", {.dependencies = {{"libb", "^1.0.0"}}});
  Project changed = shop();
  changed.dependencies["liba"] = "^2.0.0";
  Installer drifted(new_project("drift", changed, lock), registry.address());
  const Outcome drift_ci = drifted.clean_install();
  const bool rewritten =
      drifted.install().ok() && drifted.lock().value().str() != lock.str();
  table.rows.push_back({"only package.json changed",
                        rewritten ? "rewrites the lockfile" : "keeps the lockfile",
                        std::string(to_string(drift_ci.is))});

  registry.tamper("libb", "1.0.0");
  Installer tampered(new_project("tampered", shop(), lock), registry.address());
  const Outcome tampered_install = tampered.install();
  const Outcome tampered_ci = tampered.clean_install();
  // The control: who resolves anew, and believes what is downloaded.
  Installer believer(new_project("believer", shop(), lock), registry.address());
  const auto evil = believer.download("/libb/-/libb-1.0.0.tgz").value_or("");
  const std::string believed = integrity_of(evil);
  const bool control_differs =
      !evil.empty() &&
      believed != lock.packages.at("node_modules/libb").release.integrity;
  table.rows.push_back({"the tarball was replaced",
                        std::string(to_string(tampered_install.is)),
                        std::string(to_string(tampered_ci.is))});
  story.table(table);
  lab::Table grid{
      "Who notices what went wrong", {"command", "what went wrong", "light"}, {}};
  for (const auto& [what, install, clean] :
       {std::tuple{"edited file", !install_kept_edit, ci_restored},
        {"stray package", pruned, stray_gone},
        {"changed package.json", !rewritten, !drift_ci.ok()},
        {"replaced tarball", !tampered_install.ok(), !tampered_ci.ok()}}) {
    grid.rows.push_back({what, "", ""});
    grid.rows.push_back(
        {fmt::format("{}: npm install", what), what, install ? "noticed" : "missed"});
    grid.rows.push_back(
        {fmt::format("{}: npm ci", what), what, clean ? "noticed" : "missed"});
  }
  story.table(grid);

  story.claim("09.5",
              installed && install_ran && ci_ran && ci_restored && install_kept_edit &&
                  stray_gone && drift_ci.is == Outcome::Is::drifted && rewritten &&
                  tampered_ci.is == Outcome::Is::tampered && control_differs,
              "npm ci restored the edited file, removed the stray package, and refused "
              "the rest: \"{}\", and {} with another hash. Control: npm install kept the "
              "edit and rewrote the lockfile",
              drift_ci.why, "libb 1.0.0");
  story.nuance("09.5",
               "The hash protects a version that you have locked. It does not stop a "
               "malicious new version that you lock yourself.");
  story.takeaway("npm install may change the lockfile. npm ci obeys it or fails.");
}

void choices(Story& story, const Knobs&) {
  story.say(
      "Without a lockfile, npm chooses the version. It should prefer the release that is "
      "tagged latest, even if the range allows a higher one.");
  story.picture(Picture::tree, {"What npm takes"});
  LocalRegistry registry;
  publish_day_one(registry);
  registry.publish("tagged", "1.0.0");
  registry.publish("tagged", "1.1.0");
  registry.publish("tagged", "1.2.0", {.tag_latest = false});
  lab::Table table{"What was chosen", {"case", "result"}, {}};

  const auto tagged =
      new_project("tagged", {.name = "app", .dependencies = {{"tagged", "^1.0.0"}}});
  (void)Installer(tagged, registry.address()).install();
  table.rows.push_back({"^1.0.0, latest is 1.1.0", version_in(tagged, "tagged")});
  const auto above_tag =
      new_project("above", {.name = "app", .dependencies = {{"tagged", ">1.1.0"}}});
  (void)Installer(above_tag, registry.address()).install();
  table.rows.push_back({">1.1.0, latest is 1.1.0", version_in(above_tag, "tagged")});

  const auto library = new_project("update", shop());
  Installer npm(library, registry.address());
  (void)npm.install();
  registry.publish("libb", "1.5.0");
  (void)npm.install();
  table.rows.push_back({"install, after libb 1.5.0", version_in(library, "libb")});
  (void)npm.update();
  table.rows.push_back({"update, after libb 1.5.0", version_in(library, "libb")});
  // liba's authors had locked libb 1.0.0 for themselves. That lock is not published.
  const auto consumer =
      new_project("consumer", {.name = "app", .dependencies = {{"liba", "1.0.0"}}});
  (void)Installer(consumer, registry.address()).install();
  table.rows.push_back({"a user of liba 1.0.0 gets libb", version_in(consumer, "libb")});

  const auto impossible =
      new_project("conflict", {.name = "app", .dependencies = {{"libb", "^9.0.0"}}});
  table.rows.push_back(
      {"libb ^9.0.0", Installer(impossible, registry.address()).install().why});
  story.table(table);
  lab::Table grid{"What npm takes", {"result", "case", "light"}, {}};
  for (const auto& row : table.rows) {
    const std::string asked = row[0] + ":";
    grid.rows.push_back({asked, "", ""});
    grid.rows.push_back(
        {asked + " " + row[1], asked, &row == &table.rows.back() ? "refused" : "taken"});
  }
  story.table(grid);
  story.takeaway(
      "A library's lockfile is for its authors. Its users resolve the ranges again and "
      "have a lockfile of their own.");
}

}  // namespace lab09
