#include "studio_pages.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "lab/error.hpp"
#include "steps.hpp"

namespace runner {

namespace {

using Page = StudioPages::Page;

Page with_safety(Page page) {
  page.headers.insert(
      page.headers.end(),
      {{"Content-Security-Policy",
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: "
        "blob:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"},
       {"X-Content-Type-Options", "nosniff"},
       {"Referrer-Policy", "no-referrer"},
       {"Cross-Origin-Opener-Policy", "same-origin"},
       {"Cross-Origin-Resource-Policy", "same-origin"},
       {"Cache-Control", "no-store"}});
  return page;
}

Page as_json(const Json& json, int status = 200) {
  return {status, json.dump(-1, ' ', false, Json::error_handler_t::replace),
          "application/json"};
}

Page refuse(int status, const std::string& why) {
  return as_json({{"error", why}}, status);
}

Page plain(std::optional<std::string> text) {
  if (!text) return refuse(404, "there is no such file");
  return {200, std::move(*text), "text/plain; charset=utf-8"};
}

// In the time that it takes to look at all of both.
bool same(std::string_view a, std::string_view b) {
  unsigned char differ = a.size() != b.size();
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    differ = static_cast<unsigned char>(differ | (a[i] ^ b[i]));
  }
  return differ == 0;
}

std::string type_of(const std::filesystem::path& file) {
  static const std::map<std::string, std::string> types = {
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".svg", "image/svg+xml"},
      {".json", "application/json"},
      {".woff2", "font/woff2"},
      {".png", "image/png"},
      {".map", "application/json"}};
  const auto found = types.find(file.extension());
  return found == types.end() ? "application/octet-stream" : found->second;
}

int hex_digit(char byte) {
  const std::string_view digits = "0123456789abcdef";
  return static_cast<int>(digits.find(static_cast<char>(byte | 0x20)));
}

// %2F in a query; what is not hexadecimal stands for itself.
std::string decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
        hex_digit(text[i + 2]) >= 0) {
      result += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

Json about(const Lab& lab, const Place& place) {
  return {{"number", lab.number},          {"folder", lab.folder},
          {"question", lab.question},      {"section", lab.section},
          {"common", lab.common},          {"hard", lab.hard},
          {"written", lab.written(place)}, {"claims", lab.claims}};
}

}  // namespace

std::string fresh_token() {
  std::array<unsigned char, 16> bytes{};
  lab::check_errno(getrandom(bytes.data(), bytes.size(), 0), "make a token");
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

void StudioPages::serve_as(const std::string& address, std::uint16_t port) {
  for (const std::string& name :
       {address, std::string("127.0.0.1"), std::string("localhost")}) {
    hosts_.push_back(fmt::format("{}:{}", name, port));
  }
  cookie_ = fmt::format("underloop_{}", port);  // cookies do not know about ports
}

bool StudioPages::from_us(const Request& request) const {
  return std::ranges::find(hosts_, request.host) != hosts_.end() &&
         (request.origin.empty() || request.origin == "http://" + request.host);
}

bool StudioPages::has_cookie(const std::string& cookie) const {
  std::string_view rest = cookie;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    std::string_view one = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    while (one.starts_with(' ')) one.remove_prefix(1);
    if (one.starts_with(cookie_ + "=") && same(one.substr(cookie_.size() + 1), token_)) {
      return true;
    }
  }
  return false;
}

std::optional<Page> StudioPages::gate(const Request& request) {
  if (!from_us(request)) return with_safety(refuse(403, "not from here"));
  if (request.method != "GET") return with_safety(refuse(405, "GET only"));
  if (!request.upgrade && request.target.starts_with("/?token=") &&
      same(request.target.substr(8), token_)) {
    return with_safety(enter());
  }
  if (!has_cookie(request.cookie)) {
    return with_safety(refuse(401, "open the address that ./lab studio printed"));
  }
  if (request.upgrade) return std::nullopt;
  return with_safety(answer(request));
}

Page StudioPages::enter() const {
  return {
      303,
      "",
      "text/plain",
      {{"Location", "/"},
       {"Set-Cookie", cookie_ + "=" + token_ + "; HttpOnly; SameSite=Strict; Path=/"}}};
}

Page StudioPages::answer(const Request& request) try {
  const std::string path = request.target;
  if (path.starts_with("/api/")) return api(path.substr(5));
  return file(path, request.accept_encoding.find("gzip") != std::string::npos);
} catch (const std::exception& error) {
  return refuse(500, error.what());
}

Page StudioPages::file(const std::string& path, bool gzip) const {
  const std::string bare = path.substr(0, path.find_first_of("?#"));
  const std::filesystem::path name = bare == "/" ? "index.html" : bare.substr(1);
  // One folder without subfolders: a name with a slash or a leading dot is none of it.
  const std::string text = name;
  if (text.empty() || text[0] == '.' || text.find_first_of("/\\%") != text.npos) {
    return refuse(404, "there is no such page");
  }
  if (gzip) {
    if (auto packed = read_text(web_ / (text + ".gz"))) {
      return {200, std::move(*packed), type_of(name), {{"Content-Encoding", "gzip"}}};
    }
  }
  auto body = read_text(web_ / name);
  if (!body) return refuse(404, "there is no such page");
  return {200, std::move(*body), type_of(name)};
}

Page StudioPages::api(const std::string& path) {
  if (path == "health") return as_json({{"ok", true}, {"runs", store_.size()}});
  if (path == "catalog") return catalog();
  if (path == "runs") return runs();
  if (path.starts_with("runs/")) return run(path.substr(5));
  if (path == "ledger") return ledger();
  if (path.starts_with("source?path=")) {
    return plain(shown_source(place_, decoded(path.substr(12))));
  }
  if (!path.starts_with("lab/")) return refuse(404, "there is no such answer");
  const std::string number = path.substr(4, path.find('/', 4) - 4);
  const auto& labs = catalog_.labs();
  const auto found = std::ranges::find(labs, number, &Lab::number);
  if (found == labs.end()) return refuse(404, "there is no such lab");
  const std::string rest = path.substr(4 + number.size());
  if (rest.empty()) return lab(*found);
  const std::string name = rest.starts_with("/file/") ? decoded(rest.substr(6)) : "";
  const auto files = shown_files(place_, *found);
  if (std::ranges::find(files, name) == files.end()) {
    return refuse(404, "there is no such file");
  }
  return plain(shown_source(place_, "labs/" + found->folder + "/" + name));
}

Page StudioPages::catalog() const {
  std::map<std::string, const RunCard*> last;
  for (const RunCard* card : store_.newest_first()) last.emplace(card->lab, card);
  Json labs = Json::array();
  for (const Lab& one : catalog_.labs()) {
    Json json = about(one, place_);
    const auto run = last.find(one.number);
    json["proven"] = nullptr;
    json["due"] = nullptr;
    json["last_run"] = nullptr;
    if (run != last.end()) {
      json["last_run"] = run->second->id;
      json["proven"] = std::ranges::count_if(
          run->second->ledger, [](const Json& claim) { return claim["holds"] == true; });
    }
    labs.push_back(std::move(json));
  }
  return as_json({{"labs", labs}});
}

Page StudioPages::lab(const Lab& lab) {
  Json steps = Json::array();
  const auto sources = lab.written(place_) ? sources_of(place_.root, lab.source(place_))
                                           : std::vector<SourceFile>{};
  for (const Step& step : read_steps(sources).steps) {
    const std::string name = std::filesystem::path(step.file).filename();
    const auto lines = static_cast<int>(step.code.size());
    steps.push_back({{"number", step.number},
                     {"text", step.text},
                     {"file", name},
                     {"line", step.line},
                     {"until", std::max(step.line, step.code_line + lines - 1)}});
  }
  return as_json({{"lab", about(lab, place_)},
                  {"describe", facts_.describe(lab)},
                  {"readme", read_text(lab.source(place_) / "README.md").value_or("")},
                  {"files", shown_files(place_, lab)},
                  {"steps", steps}});
}

Page StudioPages::runs() const {
  Json runs = Json::array();
  for (const RunCard* card : store_.newest_first()) runs.push_back(card->json());
  return as_json({{"runs", runs}});
}

Page StudioPages::run(std::string_view id) const {
  const RunCard* card = store_.find(id);
  if (!card) return refuse(404, "there is no such run");
  std::string text = read_text(store_.events(*card)).value_or("");
  text.resize(text.rfind('\n') + 1);  // of a killed studio, the last line may be half
  return {200, std::move(text), "application/x-ndjson"};
}

Page StudioPages::ledger() const {
  Json entries = Json::array();
  std::set<std::string> seen;
  for (const RunCard* card : store_.newest_first()) {
    for (const Json& claim : card->ledger) {
      if (!seen.insert(claim["id"]).second) continue;
      Json entry = {{"lab", card->lab}};
      entry.update(claim);
      entry["run"] = card->id;
      entry["when"] = card->began;
      entries.push_back(std::move(entry));
    }
  }
  return as_json({{"entries", entries}});
}

}  // namespace runner
