#include "completion.hpp"

#include <fmt/format.h>

namespace runner {

namespace {

constexpr std::string_view kScript =
    R"(# bash completion for ./lab: source <(./lab completion bash)
_underloop() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} verb=${{COMP_WORDS[1]-}} offered=
  local labs='{0}'
  if ((COMP_CWORD == 1)); then
    offered='run verify walk watch drill bench services studio test setup build doctor completion --no-install --help'
  else
    case $verb in
      run | watch)
        offered=$labs
        ((COMP_CWORD == 2)) || offered='--quick --json --trace --live --times --scene --help'
        ;;
      build) offered=$labs ;;
      verify) offered="$labs --json --md" ;;
      walk) offered="$labs --check" ;;
      drill) offered='--all --section --lab --list --reset --check' ;;
      bench) offered="$labs --" ;;
      test) offered='--fast --asan --tsan' ;;
      setup) offered='all uv boost redis postgres test bench node clang' ;;
      services) offered='up env down' ;;
      studio) offered='--port --open --listen' ;;
      completion) offered=bash ;;
    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$offered" -- "$word")
}}
complete -o default -F _underloop lab ./lab
)";

}  // namespace

int completion(const Catalog& catalog, const std::string& shell) {
  if (shell != "bash") throw Usage("completion is there for bash only");
  std::string names;
  for (const Lab& lab : catalog.labs()) {
    names += fmt::format("{}{} {}", names.empty() ? "" : " ", lab.typed(), lab.name());
  }
  fmt::print(kScript, names);
  return 0;
}

}  // namespace runner
