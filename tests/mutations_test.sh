#!/usr/bin/env bash
# tests/mutations.sh in a small tree with a stand-in for CMake: which mutations it runs, and
# what it thinks of them.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/tree" && cd "$folder/tree"

# A program "one" passes if one.txt says "good". The filter Fails.* fails, Nothing.* is none.
mkdir -p bin tests/common tests/runner tests/labs/{01,02}
cat >bin/cmake <<'CMAKE'
#!/usr/bin/env bash
[[ $1 != -S ]] || exec mkdir -p "$4/tests"
for target in "${@:4}"; do
  ! grep -qs BROKEN "$2/../$target.txt" "$2/../src/$target.cpp" || exit 1
  cat >"$2/tests/$target" <<PROGRAM
#!/usr/bin/env bash
[[ \$1 != *Fails* ]] || exit 1
[[ \$1 != *Nothing* ]] || { echo '[==========] 0 tests from 0 test suites ran.'; exit; }
[[ ! -e $2/../$target.judge ]] || exec bash $2/../$target.judge $2/../src/$target.cpp
grep -q good $2/../$target.txt
PROGRAM
  chmod +x "$2/tests/$target"
done
CMAKE
chmod +x bin/cmake
export PATH=$PWD/bin:$PATH
cp -r "$root"/tests/mutations{,.sh} tests/
for name in one two three; do printf 'good\nwords\n' >$name.txt; done
echo 'one.txt | s/good/bad/ | one | A.*' | tee tests/common/mutations.txt >tests/runner/mutations.txt
echo 'two.txt | s/good/bad/ | two | A.*' >tests/labs/01/mutations.txt
echo 'three.txt | s/good/bad/ | three | A.*' >tests/labs/02/mutations.txt

git init -q . && git config user.name test && git config user.email test@localhost
commit() { git add -A && git commit -q --allow-empty -m "$1"; }

expect() {  # expect CODE PATTERN ARGS...: how it ends, and what it says
  local code=0
  tests/mutations.sh "${@:3}" >../output 2>&1 || code=$?
  [[ $code == "$1" ]] && grep -qE "$2" ../output ||
    { cat ../output; printf 'FAILED: it ended with %d, or does not say: %s\n' "$code" "$2"; exit 1; }
}

# Without a record all have changed; then only what was touched, and a tenth of the others.
commit "a tree"
expect 0 '^4 of 4 mutations: 4 whose file'
expect 0 '^wrote tests/mutations.record' --all
commit "the record"
expect 0 'mutations: 0 whose file'
echo more >>two.txt && commit "a file"
expect 0 'mutations: 1 whose file'
echo more >tests/labs/02/a_test.cpp
expect 0 'mutations: 2 whose file'
for i in {1..10}; do  # each is some turn's
  commit "another" && tests/mutations.sh
done >../turns 2>&1
for file in one two three; do grep -q "^noticed .* $file.txt" ../turns; done
expect 0 '^1 noticed, 0 not' two

# A line with a | inside a field, or without a filter, is not passed over in silence.
cp tests/labs/01/mutations.txt ../whole
for line in 'two.txt | s/a || b/a/ | two | A.*' 'two.txt | s/good/bad/ | two'; do
  echo "$line" >tests/labs/01/mutations.txt
  expect 2 'tests/labs/01/mutations.txt: a line needs four fields'
done
cp ../whole tests/labs/01/mutations.txt

# What is wrong with a mutation is told, and nothing is recorded.
rm tests/mutations.record
cat >tests/common/mutations.txt <<'LIST'
one.txt | s/words/other/ | one | A.*
one.txt | s/none/other/  | one | A.*
one.txt | s/good/BROKEN/ | one | A.*
one.txt | s/good/bad/    | one | Fails.*
one.txt | s/good/bad/    | one | Nothing.*
LIST
expect 1 '^3 noticed, 5 not' --all
for wrong in 'SURVIVED .*words' 'NOTHING TO CHANGE .*none' 'DOES NOT COMPILE .*BROKEN' 'FAILS UNBROKEN'; do
  grep -q "^$wrong" ../output
done
[[ ! -e tests/mutations.record ]]

# --- random mutations: all of these few are drawn ---
command -v node >/dev/null || { echo "the random mutations need node: skipped"; exit; }
mkdir src
cat >src/sum.cpp <<'CPP'
// a < b in a comment is left alone, and so are the next two lines.
#include "a < b"
static_assert(1 < 2);
std::vector<int> sum(int a, int b) {
  const int least = min(a, b);
  if (ready) note("a < b");
  while (least < a) {
    log::info("it goes on");
    break;
  }
  return {least + b};
}
CPP
cat >tests/common/mutations.txt <<'LIST'
one.txt | s/good/bad/ | one | A.*
tests | src/*.cpp | sum
LIST
random() { expect "$1" "$2" --random --count 50 "${@:3}" src/sum.cpp; }

# The tests see everything: each mutant is noticed. Six kinds, and nothing in the text.
cp src/sum.cpp whole
echo "cmp -s \$1 $PWD/whole" >sum.judge
random 0 '^src/sum.cpp +7/7 +100 %$'
for mutant in 'if \(!\(ready\)\)' '/\* note\("a < b"\); \*/;' 'while \(!\(least < a\)\)' \
  'while \(least <= a\)' 'while \(least >= a\)' '/\* break; \*/;' 'least - b' ; do
  grep -qE "^noticed +[0-9]+ s  src/sum.cpp:[0-9]+: .*$mutant" ../output ||
    { cat ../output; echo "FAILED: no mutant $mutant"; exit 1; }
done
cmp src/sum.cpp whole

# They see the loop only: the others are shown as diff lines, and a score under 85 fails. What
# is named as equivalent, and what does not compile, does not count.
echo 'grep -q "while (least < a) {" $1 && grep -q "  break;" $1' >sum.judge
random 1 '^src/sum.cpp +4/7 +57 %  below 85$'
grep -qxF -e '-return {least + b};' ../output && grep -qxF -e '+return {least - b};' ../output
echo 'equivalent | src/sum.cpp | nobody reads it | return {least - b};' >>tests/common/mutations.txt
random 1 '^src/sum.cpp +4/6 '
echo 'tests | other.cpp | sum' >tests/common/mutations.txt
random 2 'no list .* says which tests judge src/sum.cpp'
echo 'tests | src/*.cpp | sum' >tests/common/mutations.txt

# The same seed draws the same; tests that fail unbroken prove nothing; one that hangs is seen.
draw() {  # draw SEED: the mutants, whatever is thought of them
  tests/mutations.sh --random --count 3 --seed "$1" src/sum.cpp 2>&1 |
    sed -nE 's/^(noticed|UNNOTICED).*(sum.cpp:[0-9]+: .*)/\2/p' | sort
}
[[ $(draw 1 | wc -l) == 3 ]]
[[ $(draw 1) == "$(draw 1)" && $(draw 1) != "$(draw 2)" ]]
echo false >sum.judge
random 1 'sum fails while nothing is broken'
echo 'grep -q "while (least < a) {" $1 || sleep 1000' >sum.judge
random 1 '^noticed, late .*least <= a'
expect 2 'there is no file' --random none.cpp
expect 2 '^tests/mutations.sh --random' --random
