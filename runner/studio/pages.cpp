#include "studio/pages.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>

#include "core/read_text.hpp"
#include "lab/core/error.hpp"
#include "lab/os/descriptor.hpp"

namespace runner {

namespace {

using Page = StudioPages::Page;

Page with_safety(Page page) {
  page.headers.insert(
      page.headers.end(),
      {{"Content-Security-Policy",
        "default-src 'self'; img-src 'self' data: blob:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; object-src 'none'"},
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

// Who has no cookie of this studio: a page for a person, JSON for a page.
Page stranger(const std::string& target, const std::string& host) {
  if (target.starts_with("/api/")) {
    return refuse(401, "open the address that ./lab studio printed");
  }
  // `host` is one of our own names: others were refused before.
  return {401,
          fmt::format(R"(<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Underloop: not let in yet</title>
<h1>The studio does not know this browser yet</h1>
<p>It lets in only who has its token, so that no other page and no other user of this machine
can run programs here.</p>
<ol><li>Look at the terminal in which <code>./lab studio</code> runs. It printed an address such
as <code>http://{}/?token=…</code></li>
<li>Open that address in this browser. The token stays the same when the studio is started
again, so you need it once.</li></ol>
<p>Is the terminal gone? Start <code>./lab studio</code> again: it prints the address.</p>
)",
                      host),
          "text/html; charset=utf-8"};
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
  const std::string_view digits = "0123456789abcdef0123456789ABCDEF";
  const std::size_t place = digits.find(byte);
  return place == digits.npos ? -1 : static_cast<int>(place % 16);
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

}  // namespace

std::string kept_token(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "token";
  const auto is_digit = [](char byte) { return hex_digit(byte) >= 0; };
  struct stat status {};
  // Only one that nobody else could read.
  if (lstat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
      (status.st_mode & 077) == 0 && status.st_uid == geteuid()) {
    const std::string known = read_text(file).value_or("");
    if (known.size() == 32 && std::ranges::all_of(known, is_digit)) return known;
  }
  const std::string token = fresh_token();
  const std::string next = file.string() + ".new";
  std::filesystem::create_directories(folder);
  std::filesystem::remove(next);
  const lab::Descriptor out(
      open(next.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  lab::check_errno(out.get(), "write " + next);
  lab::check_errno(write(out.get(), token.data(), token.size()), "write " + next);
  std::filesystem::rename(next, file);
  return token;
}

std::string fresh_token() {
  std::array<unsigned char, 16> bytes{};
  lab::check_errno(getrandom(bytes.data(), bytes.size(), 0), "make a token");
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

void StudioPages::serve_as(const std::vector<std::string>& names, std::uint16_t port) {
  for (const std::string& name : names) {
    hosts_.push_back(fmt::format("{}:{}", name, port));
    if (port == 80) hosts_.push_back(name);  // which browsers then leave out
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
    return with_safety(stranger(request.target, request.host));
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

Page StudioPages::answer(const Request& request) const try {
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

Page StudioPages::api(const std::string& path) const {
  if (path == "health") return as_json({{"ok", true}, {"runs", store_.size()}});
  if (path == "catalog") return as_json(answers_.catalog());
  if (path == "runs") return as_json(answers_.runs());
  if (path.starts_with("runs/")) return run(path.substr(5));
  if (path == "ledger") return as_json(answers_.ledger());
  if (path == "bench") return as_json(answers_.bench());
  if (path == "drill") return as_json(answers_.drill());
  if (path == "mock") return as_json(answers_.mock());
  if (path == "plan") return as_json(answers_.plan());
  if (path.starts_with("lab/")) return of_lab(path.substr(4));
  if (path.starts_with("sample/")) return sample(path.substr(7));
  if (path.starts_with("source?path=")) {
    return plain(shown_source(place_, decoded(path.substr(12))));
  }
  return refuse(404, "there is no such answer");
}

// 05, or 05/file/main.cpp
Page StudioPages::of_lab(const std::string& path) const {
  const std::string number = path.substr(0, path.find('/'));
  const std::string rest = path.substr(number.size());
  const auto& labs = catalog_.labs();
  const auto lab = std::ranges::find(labs, number, &Lab::number);
  if (lab == labs.end()) return refuse(404, "there is no such lab");
  if (rest.empty()) return as_json(answers_.lab(*lab));
  const std::string name = rest.starts_with("/file/") ? decoded(rest.substr(6)) : "";
  const auto files = shown_files(place_, *lab);
  if (std::ranges::find(files, name) == files.end()) {
    return refuse(404, "there is no such file");
  }
  return plain(shown_source(place_, "labs/" + lab->folder + "/" + name));
}

// What the build recorded of a lab.
Page StudioPages::sample(const std::string& number) const {
  const auto& labs = catalog_.labs();
  if (std::ranges::find(labs, number, &Lab::number) == labs.end()) {
    return refuse(404, "there is no such lab");
  }
  auto text = read_text(sample_of(place_, number));
  if (!text || text->empty()) return refuse(404, "the build recorded no run of this lab");
  return {200, std::move(*text), "application/x-ndjson"};
}

Page StudioPages::run(std::string_view id) const {
  const RunCard* card = store_.find(id);
  if (!card) return refuse(404, "there is no such run");
  std::string text = read_text(store_.events(*card)).value_or("");
  text.resize(text.rfind('\n') + 1);  // of a live run, the last line may be half there
  return {200, std::move(text), "application/x-ndjson"};
}

}  // namespace runner
