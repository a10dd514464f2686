#!/usr/bin/env bash
# The studio's page: tests/studio_page.sh check | (browser | sheets | rehearse | book) BUILD
#
#   check     its types, the tests of its arithmetic, and that it builds
#   browser   every page in a real Chromium, on the studio of that build folder
#   sheets    every sheet in a real Chromium, printed
#   rehearse  a mock interview, and a plan over several days, in a real Chromium
#   book      every page of ./lab book in a real Chromium, from disk and without a network
#
# What is missing is told, with 77; in CI that is a failure.
set -euo pipefail
web=$(cd "$(dirname -- "${BASH_SOURCE[0]}")/../web" && pwd)

missing() {
  echo "$1" >&2
  [[ ! ${CI-} ]] || exit 1
  exit 77
}

command -v npm >/dev/null || missing "the studio's page needs Node: apt install nodejs npm"
[[ -d $web/node_modules ]] || missing "the page's packages are not there: npm ci --prefix web"
case ${1-} in
  check)
    for script in check test build; do npm run --silent "$script" --prefix "$web"; done
    ;;
  browser | sheets | rehearse)
    command -v chromium >/dev/null || missing "there is no browser: apt install chromium"
    [[ -x $2/runner/studio && -x $2/runner/underloop ]] || missing "the studio is not built: ./lab build"
    [[ $1 == browser ]] && script=e2e || script=e2e:$1
    STUDIO_PROGRAM=$2/runner/studio UNDERLOOP_BUILD=$2 npm run --silent "$script" --prefix "$web"
    ;;
  book)
    command -v chromium >/dev/null || missing "there is no browser: apt install chromium"
    [[ -x $2/runner/underloop ]] || missing "./lab's program is not built: ./lab build"
    RUNNER_PROGRAM=$2/runner/underloop UNDERLOOP_BUILD=$2 npm run --silent e2e:book --prefix "$web"
    ;;
  *) echo "tests/studio_page.sh check | (browser | sheets | rehearse | book) BUILD" >&2 && exit 2 ;;
esac
