#!/usr/bin/env bash
# .ci/run in a small tree with stand-ins: what it calls green, flickered and broken.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

mkdir .ci bin tests
cp "$root/.ci/run" .ci/run
git init -q .

# Three tests in each build; one passes only the third time. $BROKEN is a build with one that
# never does.
cat >CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(small NONE)
enable_testing()
add_test(NAME Suite.Passes COMMAND true)
add_test(NAME Labs/Suite.Flickers/05 COMMAND sh -c "echo >> tries; test $(wc -l < tries) = 3")
if(KIND STREQUAL "$ENV{BROKEN}")
  add_test(NAME Suite.Fails COMMAND false)
endif()
CMAKE
cat >lab <<'LAB'
#!/usr/bin/env bash
[[ $1 == test ]] || exit 0
preset=${2-release} preset=${preset#--}
cmake -G Ninja -S . -B build/$preset -DKIND=$preset >/dev/null
for test in {1..4000}; do echo "$test/4000 Test #$test: Many.Tests ......   Passed   30.00 sec"; done
exec ctest --test-dir build/$preset -j 2 --output-on-failure
LAB
cat >bin/cmake <<'CMAKE'
#!/bin/sh
case "$*" in
  *--preset* | *--build*) test -z "$UNCOMPILED" ;;
  *) PATH=$REAL_PATH exec cmake "$@" ;;
esac
CMAKE
printf '#!/bin/sh\n' | tee bin/clang-format bin/node >tests/mutations.sh
chmod +x lab bin/* tests/mutations.sh
export REAL_PATH=$PATH PATH=$folder/bin:$PATH BROKEN='' UNCOMPILED=''

expect() {  # expect CODE LINES: how the run ends, and its last lines
  local code=0 last
  rm -rf build
  CI=true bash .ci/run >output 2>&1 </dev/null || code=$?
  last=$(tail -n "$(wc -l <<<"$2")" output)
  ((code < 2)) || code=1  # CTest ends with 8
  [[ $last == "$2" && $code == "$1" ]] ||
    { cat output; printf 'FAILED: it ended with %d, and not with:\n%s\n' "$code" "$2"; exit 1; }
}

expect 0 "flickered: Labs/Suite.Flickers/05 (tests)
flickered: Labs/Suite.Flickers/05 (ASan and UBSan, no warning from clang++)
flickered: Labs/Suite.Flickers/05 (TSan)
100% tests passed, 0 tests failed out of 15"
BROKEN=asan expect 1 "broken: ASan and UBSan, no warning from clang++
flickered: Labs/Suite.Flickers/05 (tests)
flickered: Labs/Suite.Flickers/05 (ASan and UBSan, no warning from clang++)
91% tests passed, 1 tests failed out of 12"
UNCOMPILED=yes expect 1 "broken: no warning from g++
75% tests passed, 1 tests failed out of 4"
