#include "book/book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>

#include "core/read_text.hpp"
#include "lab/core/error.hpp"
#include "runner/fake_place.hpp"

namespace runner {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::Not;

// All that could end the element, the script or the string that it stands in.
const std::string kHostile =
    "</script><!--<script>\u2028\u2029\"'\\`${x} ]]> \x01\n \xff\xfe \xc3( end";
// As a browser reads it.
const std::string kRead =
    "</script><!--<script>\u2028\u2029\"'\\`${x} ]]> \x01\n \ufffd\ufffd \ufffd( end";

const PageAssets kAssets = {"let a='</script>',b=/</,c='<!--',d='</SCRIPT >'",
                            "a{content:'</style>'}"};

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; ++at) ++found;
  return found;
}

std::string between(const std::string& text, const std::string& from,
                    const std::string& to) {
  const std::size_t begin = text.find(from) + from.size();
  return text.substr(begin, text.find(to, begin) - begin);
}

Json told_in(const std::string& page) {
  return Json::parse(between(page, R"(id="underloop">)", "</script>"));
}

// What such a script leaves for the page.
Json answers_in(const std::string& script) {
  const std::string begin =
      "self.underloopAnswers=Object.assign(self.underloopAnswers||{},";
  EXPECT_TRUE(script.starts_with(begin) && script.ends_with(");\n")) << script;
  return Json::parse(script.substr(begin.size(), script.size() - begin.size() - 3));
}

TEST(OfflinePage, KeepsHostileTextInsideItsElement) {
  const OfflinePage page{.route = "lab/05",
                         .title = R"(5 < 6 & "so" </title>)",
                         .about = kHostile,
                         .recorded = 17};
  const std::string html = whole_page(page, {{"/api/runs/05-1-0", kHostile}}, kAssets);
  EXPECT_EQ(count(html, "</script>"), 2) << "the data, and the page's own code";
  EXPECT_EQ(count(html, "<script"), 2);
  EXPECT_EQ(count(html, "</style>"), 1);
  EXPECT_THAT(html, Not(HasSubstr("<!--")));
  EXPECT_THAT(html, Not(HasSubstr("</SCRIPT")));
  EXPECT_THAT(between(html, R"(id="underloop">)", "</script>"), Not(HasSubstr("\u2028")));
  EXPECT_THAT(html, HasSubstr("<title>5 &lt; 6 &amp; &quot;so&quot; &lt;/title&gt;</"));
  EXPECT_THAT(html, HasSubstr(R"(b=/</,)")) << "that is a regular expression";
  const Json told = told_in(html);
  EXPECT_EQ(told["answers"]["/api/runs/05-1-0"], kRead);
  EXPECT_EQ(told["page"], "lab/05");
  EXPECT_EQ(told["recorded"], 17);
  EXPECT_EQ(told["book"], false);
}

TEST(OfflinePage, IsUtf8WhateverItIsMadeOf) {
  const OfflinePage page{.route = "lab/05", .title = kHostile, .about = kHostile};
  for (const std::string& html :
       {whole_page(page, {{"/api/lab/05", kHostile}}, kAssets), linked_page(page, {})})
    EXPECT_NO_THROW(static_cast<void>(Json(html).dump())) << "invalid UTF-8";
}

TEST(OfflinePage, HandsAnswersOverInAScriptOfTheirOwn) {
  const std::string script = answers_script({{"/api/lab/05", kHostile}, {"b", "</"}});
  EXPECT_THAT(script, Not(HasSubstr("<")));
  EXPECT_THAT(script, Not(HasSubstr("\u2029")));
  const Json answers = answers_in(script);
  EXPECT_EQ(answers["/api/lab/05"], kRead);
  EXPECT_EQ(answers["b"], "</");
}

TEST(OfflinePage, LoadsClassicScriptsBesideItAndTheAnswersFirst) {
  const std::string html =
      linked_page({.route = "lab/05", .title = "Five"}, {"data/all.js", "data/05.js"});
  EXPECT_THAT(html, Not(HasSubstr("module")));
  EXPECT_LT(html.find("data/all.js"), html.find("data/05.js"));
  EXPECT_LT(html.find("data/05.js"), html.find("book.js"));
  EXPECT_EQ(told_in(html)["book"], true);
}

TEST(BookFiles, HaveANameForEachRoute) {
  EXPECT_EQ(file_of_route(""), "index.html");
  EXPECT_EQ(file_of_route("ledger"), "ledger.html");
  EXPECT_EQ(file_of_route("lab/05"), "05.html");
  EXPECT_EQ(file_of_route("sheet/05"), "sheet-05.html");
}

class BookTest : public testing::Test {
 protected:
  BookTest() {
    place_.write("labs/05_second_thing/README.md",
                 "# 05\n\n## The answer in 30 seconds\n\nIt depends. Ask why.\n");
    place_.write("labs/05_second_thing/second_thing.cpp", "int a;\n");
    place_.write("common/src/loop.cpp", "int loop;\n");
    place_.write("secret.cpp", "int secret;\n");
    place_.lab("05",
               "echo '{\"watch\": \"Watch it.\", \"scenes\": [], \"knobs\": []}'\n");
  }

  void sample(const std::string& text) const {
    place_.write("build/samples/05.ndjson", text);
  }

  RecordedLab recorded(const std::string& number = "05") const {
    LabFacts facts(place_.place());
    return recorded_lab(*place_.catalog().find(number), place_.place(), facts);
  }

  BookFiles files(Json bench = {{"results", Json::array()},
                                {"benches", Json::array()}}) const {
    return book_files({recorded("01"), recorded("05")}, std::move(bench), kAssets);
  }

  fs::path site() const { return place_.place().root / "site"; }

  // All that is there, by its path.
  std::vector<std::string> tree() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(place_.place().root)) {
      const std::string name = entry.path().lexically_relative(place_.place().root);
      if (name.find("site") != name.npos) names.push_back(name);
    }
    return names;
  }

  FakePlace place_;
};

TEST_F(BookTest, TakesARunAsItIsAndCountsWhatItProves) {
  const std::string source =
      R"({"name":"x","ts":3000,"args":{"src":"common/src/loop.cpp:7"}})";
  const std::string elsewhere = R"({"name":"y","ts":"no","src":"secret.cpp:1"})";
  sample(claim_line("05.1", true) + "\n" + "not an event\n" + source + "\n[1]\n" +
         elsewhere + "\n" + claim_line("05.2", false) + "\n" + end_line(2, 1));
  const RecordedLab lab = recorded();
  ASSERT_TRUE(lab.run);
  EXPECT_EQ(lab.run->claims, 2);
  EXPECT_EQ(lab.proven(), 1);
  EXPECT_EQ(lab.run->exit, 1);
  EXPECT_EQ(lab.run->ms, 2);
  EXPECT_EQ(lab.events.at("/api/runs/" + lab.run->id),
            claim_line("05.1", true) + "\n" + source + "\n" + elsewhere + "\n" +
                claim_line("05.2", false) + "\n" + end_line(2, 1) + "\n");
  EXPECT_THAT(lab.shared_code, Contains(Key("/api/source?path=common/src/loop.cpp")));
  EXPECT_THAT(lab.code,
              Contains(Key("/api/source?path=labs/05_second_thing/second_thing.cpp")));
  EXPECT_THAT(lab.code, Not(Contains(Key(HasSubstr("secret")))));
  EXPECT_EQ(lab.page.spoken, "It depends. Ask why.");
  EXPECT_EQ(Json::parse(lab.facts.at("/api/lab/05"))["describe"]["watch"], "Watch it.");
}

TEST_F(BookTest, KeepsALineThatIsNotUtf8AsABrowserWouldReadIt) {
  sample("{\"name\":\"\xff\",\"ts\":1}\n");
  const RecordedLab lab = recorded();
  ASSERT_TRUE(lab.run);
  EXPECT_EQ(lab.events.begin()->second, "{\"name\":\"\ufffd\",\"ts\":1}\n");
}

TEST_F(BookTest, HasALabWithoutARunToo) {
  for (const char* text : {"", "\n\n", "nothing that is an event\n"}) {
    sample(text);
    EXPECT_FALSE(recorded().run) << text;
  }
  const BookFiles all = files();
  EXPECT_THAT(all, Contains(Key("05.html")));
  EXPECT_THAT(all, Not(Contains(Key("data/05-run.js"))));
  EXPECT_THAT(all.at("05.html"), Not(HasSubstr("05-run.js")));
  const Json shared = answers_in(all.at("data/all.js"));
  EXPECT_EQ(Json::parse(shared["/api/catalog"].get<std::string>())["labs"].size(), 2);
  EXPECT_THAT(Json::parse(shared["/api/runs"].get<std::string>())["runs"], IsEmpty());
}

TEST_F(BookTest, EveryScriptThatAPageNamesIsThere) {
  sample(claim_line("05.1", true) + "\n" + end_line(1));
  const BookFiles all = files();
  EXPECT_THAT(all, Contains(Key("index.html")));
  for (const auto& [name, html] : all) {
    if (!name.ends_with(".html")) continue;
    for (std::size_t at = 0; (at = html.find(" src=\"", at)) != html.npos; ++at)
      EXPECT_THAT(all, Contains(Key(between(html.substr(at), " src=\"", "\"")))) << name;
  }
}

TEST_F(BookTest, DoesNotTellTheNameOfTheMachine) {
  const BookFiles all = files(
      {{"results", Json::array()},
       {"benches",
        {{{"name", "05_a"},
          {"when", 1},
          {"context",
           {{"host_name", "my-laptop"}, {"executable", "/home/ann/a"}, {"num_cpus", 2}}},
          {"benchmarks", Json::array()}}}}});
  const std::string& script = all.at("data/bench.js");
  EXPECT_THAT(script, HasSubstr("num_cpus"));
  EXPECT_THAT(script, Not(HasSubstr("laptop")));
  EXPECT_THAT(script, Not(HasSubstr("ann")));
}

TEST_F(BookTest, OneFileShowsALabAndNeedsNothingElse) {
  sample(claim_line("05.1", true) + "\n" + end_line(1));
  const std::string html = whole_lab_page(recorded(), "sheet", kAssets);
  EXPECT_THAT(html, Not(HasSubstr(" src=\"")));
  const Json told = told_in(html);
  EXPECT_EQ(told["page"], "sheet/05");
  EXPECT_THAT(html, HasSubstr("05. What then?"));
  const Json runs = Json::parse(told["answers"]["/api/runs"].get<std::string>());
  EXPECT_TRUE(
      told["answers"].contains("/api/runs/" + runs["runs"][0]["run"].get<std::string>()));
}

// --- its place on the disk

TEST_F(BookTest, ReplacesABookAndNothingElse) {
  publish_book(site(), {{"index.html", "one"}, {"data/old.js", "old"}});
  publish_book(site(), {{"index.html", "two"}});
  EXPECT_EQ(read_text(site() / "index.html"), "two");
  EXPECT_FALSE(exists(site() / "data"));

  place_.write("site/CNAME", "mine");
  EXPECT_THROW(publish_book(site(), {{"index.html", "three"}}), Usage);
  EXPECT_THROW(check_book_folder(site()), Usage);
  EXPECT_EQ(read_text(site() / "index.html"), "two");
  EXPECT_EQ(read_text(site() / "CNAME"), "mine");
  EXPECT_THAT(tree(), Not(Contains(HasSubstr("unfinished"))));
}

TEST_F(BookTest, RefusesWhatIsNoBook) {
  place_.write("mine/thesis.txt", "ten years");
  fs::create_directories(place_.place().root / "empty");
  place_.write("file", "text");
  place_.write("other/book.json", R"({"schema": "somebody's"})");
  fs::create_symlink("nowhere", place_.place().root / "link");
  for (const char* name : {"mine", "mine/", "empty", "file", "other", "link", "."}) {
    EXPECT_THROW(check_book_folder(place_.place().root / name), Usage) << name;
    EXPECT_THROW(publish_book(place_.place().root / name, {{"a", "b"}}), Usage) << name;
  }
  EXPECT_EQ(read_text(place_.place().root / "mine/thesis.txt"), "ten years");
}

TEST_F(BookTest, WhereItCannotBeWrittenTheOldOneStays) {
  publish_book(site(), {{"index.html", "one"}});
  EXPECT_THROW(publish_book(site(), {{"index.html", "two"}, {std::string(300, 'x'), ""}}),
               lab::Error);
  EXPECT_EQ(read_text(site() / "index.html"), "one");
  EXPECT_THAT(tree(), Not(Contains(HasSubstr("unfinished"))));
}

TEST_F(BookTest, StoppedWhileItWritesItLeavesNothing) {
  const pid_t child = fork();
  if (child == 0) {
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigprocmask(SIG_BLOCK, &stop, nullptr);
    raise(SIGTERM);
    publish_book(site(), {{"index.html", "one"}, {"ledger.html", "two"}});
    sigprocmask(SIG_UNBLOCK, &stop, nullptr);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
  EXPECT_THAT(tree(), IsEmpty());
}

TEST_F(BookTest, WhatAKilledOneLeftIsCleared) {
  place_.write(".site.unfinished/data/05.js", "half");
  publish_book(site(), {{"index.html", "one"}});
  EXPECT_THAT(tree(),
              testing::UnorderedElementsAre("site", "site/index.html", "site/book.json"));
}

}  // namespace
}  // namespace runner
