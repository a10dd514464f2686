#!/usr/bin/env bash
# Breaks each concept on purpose, in a copy of the tree, and expects its tests to notice. A
# mutation that no test notices is a failure: of the tests.
#
#   tests/mutations.sh [--all | PART OF A FILE'S NAME]
#   tests/mutations.sh --random [--count N] [--seed S] FILE...
#
# The first form runs mutations that were thought of by a person. They are listed in
# tests/common, tests/runner and tests/labs/NN, in mutations.txt:
# file | what is changed (sed) | target | the test that must fail
#
# --all runs all of them, and if all are noticed it writes tests/mutations.record, to be
# committed. Without it two kinds are run. First come those that may have gone blind since the
# record was committed: the file that they break has changed, or anything in the folder of
# their list. Then comes a tenth of the others; the next commit runs the next tenth. Once
# all is built, it starts none of that tenth after 2 minutes and none at all after 10, and says
# what it left. A test that may have gone blind is asked at once; one that went blind although
# neither it nor the file that it tests has changed is found after ten commits at the latest.
#
# --random plants N mutations (15) in each of the named sources, drawn by the seed (1): another
# operator, a negated condition, a constant that is off by one, a statement or a break that is
# missing. It prints how many the unit tests noticed, of those that compile, and the others as
# diff lines, and fails if a file has less than 85 of 100. A lab's files are judged by the
# lab's unit tests; for other files mutations.txt says it. A mutant that changes nothing
# anybody could notice is named there too, with the reason, by the line that it leaves:
# tests | FILES | PROGRAM[:FILTER] ...
# equivalent | file | why nobody can notice it | the mutated line
set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/.."

readonly record=tests/mutations.record shares=10
readonly share_until=120 all_until=600  # seconds
all= random=
case ${1-} in
  --all) all=yes && shift ;;
  --random) random=yes && shift ;;
  -h | --help) sed -n '2,/^set /{ /^set /d; s/^# \{0,1\}//p }' tests/mutations.sh && exit ;;
  -*) echo "tests/mutations.sh --help" >&2 && exit 2 ;;
esac
readonly part=${1-} workers=$(nproc)

copies=$(mktemp -d)
trap 'rm -rf "$copies"' EXIT

trim() {  # trim TEXT: the text without the blanks around it, in $trimmed
  trimmed=${1#"${1%%[![:space:]]*}"}
  trimmed=${trimmed%"${trimmed##*[![:space:]]}"}
}

# A mutation is an index into these.
files=() changes=() targets=() filters=() lists=()
read_lists() {
  local list file change target filter rest
  for list in tests/{common,runner}/mutations.txt tests/labs/*/mutations.txt; do
    while IFS='|' read -r file change target filter rest; do
      trim "$file"
      case $trimmed in '' | tests | equivalent) continue ;; esac  # of --random
      if [[ ! ${filter// /} || $rest ]]; then
        echo "$list: a line needs four fields, and no | inside one: $file|$change" >&2 && exit 2
      fi
      files+=("$trimmed")
      trim "$change" && changes+=("$trimmed")
      trim "$target" && targets+=("$trimmed")
      trim "$filter" && filters+=("$trimmed")
      lists+=("${list%/*}")
    done <"$list"
  done
}

# Marks in $changed the files and folders that differ from the commit of the record; fails if
# nobody can tell, as in a shallow clone.
declare -A changed=()
note_changes() {
  local base file
  [[ $(git rev-parse --is-shallow-repository) == false ]] || return
  base=$(git log -1 --format=%H -- "$record")
  [[ $base ]] || return
  while read -r file; do
    changed[$file]=yes changed[${file%/*}]=yes
  done < <(git diff --name-only "$base" && git ls-files --others --exclude-standard)
}

# What to run: one line "WHY INDEX" each, in the order in which it is wanted.
selection() {
  local i turn known=yes
  note_changes || known=
  turn=$(($(git rev-list --count HEAD) % shares))
  for ((i = 0; i < ${#files[@]}; i++)); do
    if [[ $part ]]; then
      [[ ${files[i]} != *"$part"* ]] || echo "named $i"
    elif [[ $all ]]; then
      echo "named $i"
    elif [[ ! $known || ${changed[${files[i]}]-} || ${changed[${lists[i]}]-} ]]; then
      echo "changed $i"
    elif ((i % shares == turn)); then
      echo "share $i"
    fi
  done | sort --stable --key=1,1
}

late() {  # late WHY: is it too late to begin one?
  case $1 in
    named) return 1 ;;
    changed) ((SECONDS - built > all_until)) ;;
    share) ((SECONDS - built > share_until)) ;;
  esac
}

# The tree, configured for a build at -O0. The build does not list a program's tests after it is
# linked: nobody asks CTest here.
make_copy() {  # make_copy FOLDER
  local file
  mkdir "$1"
  git ls-files -z --cached --others --exclude-standard |
    while IFS= read -r -d '' file; do [[ ! -e $file ]] || printf '%s\0' "$file"; done |
    tar --null -cf - -T - | tar -xf - -C "$1"
  cmake -S "$1" -B "$1/build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_CXX_FLAGS_RELEASE=-O0 -DCMAKE_GTEST_DISCOVER_TESTS_DISCOVERY_MODE=PRE_TEST \
    >"$1/log" 2>&1 || { cat "$1/log" >&2; return 1; }
}

passes() {  # passes COPY TARGET FILTER: its tests, of which there must be one at least
  timeout 30 "$1/build/tests/$2" --gtest_filter="$3" >"$1/log" 2>&1 &&
    ! grep -q '^\[==========\] 0 tests' "$1/log"
}

# The same while nothing is broken: the program may still be that of the last mutation. A test
# that flickers has a second chance; CTest reports it where it is seen.
unbroken() {
  cmake --build "$1/build" --target "$2" >"$1/log" 2>&1 && { passes "$@" || passes "$@"; }
}

# Breaks one file of the copy, builds what tests it, and puts the file back.
mutate() {  # mutate COPY INDEX
  local copy=$1 file=${files[$2]} change=${changes[$2]} target=${targets[$2]} end began=$SECONDS
  cp "$copy/$file" "$copy/original"
  sed -i "$change" "$copy/$file"
  if cmp -s "$copy/$file" "$copy/original"; then
    end="NOTHING TO CHANGE"
  elif ! cmake --build "$copy/build" --target "$target" >"$copy/log" 2>&1; then
    tail -n 20 "$copy/log" >&2
    end="DOES NOT COMPILE"
  elif passes "$copy" "$target" "${filters[$2]}" && passes "$copy" "$target" "${filters[$2]}"; then
    end="SURVIVED"  # twice: some tests draw at random
  else
    end="noticed"
  fi
  cp "$copy/original" "$copy/$file"
  printf '%-17s %3d s  %s: %s\n' "$end" $((SECONDS - began)) "$file" "$change"
}

# The next target of the queue that no worker has taken, in $target.
take() {
  {
    flock 9
    target=$(head -n 1 "$copies/queue")
    tail -n +2 "$copies/queue" >"$copies/rest"
    cat "$copies/rest" >"$copies/queue"
  } 9<"$copies/queue"
  [[ $target ]]
}

# All mutations of a target, one after the other. They prove something only if the tests pass
# while nothing is broken.
work() {  # work COPY
  local target why i
  local -A sound
  while take; do
    sound=()
    while read -r why i; do
      [[ ${targets[i]} == "$target" ]] || continue
      if late "$why"; then
        printf '%-17s %5s  %s: %s\n' "left, no time" "" "${files[i]}" "${changes[i]}"
      elif [[ ${sound[${filters[i]}]-} ]] || unbroken "$1" "$target" "${filters[i]}"; then
        sound[${filters[i]}]=yes
        mutate "$1" "$i"
      else
        tail -n 20 "$1/log" >&2
        printf '%-17s %5s  %s: %s\n' "FAILS UNBROKEN" "" "${files[i]}" "${changes[i]}"
      fi
    done <"$copies/selected"
  done
}

if [[ $random ]]; then
  command -v node >/dev/null || { echo "--random needs Node.js: ./lab setup node" >&2 && exit 77; }
  chmod 711 "$copies"  # a server that may not run as root has its folder in there
  for ((i = 0; i < workers; i++)); do make_copy "$copies/$i" & done
  wait
  node tests/mutations/random.mjs --copies "$copies" "$@" || exit
  exit
fi

read_lists
selection >"$copies/selected"
selected=$(wc -l <"$copies/selected")
printf '%d of %d mutations: %d whose file or test has changed since %s, %d of the others\n' \
  "$selected" "${#files[@]}" "$(grep -c ^changed "$copies/selected" || true)" \
  "$(git log -1 --format='%cs (%h)' -- "$record" | grep . || echo 'the first commit')" \
  "$(grep -vc ^changed "$copies/selected" || true)"
((selected > 0)) || { echo "nothing to do"; exit; }

# Each target once, in the order of its first mutation.
while read -r _ i; do echo "${targets[i]}"; done <"$copies/selected" | awk '!seen[$0]++' \
  >"$copies/queue"

# The first copy is built by all cores; the others then find it all in the compiler's cache.
for ((i = 0; i < workers; i++)); do make_copy "$copies/$i" & done
wait
mapfile -t wanted <"$copies/queue"
cmake --build "$copies/0/build" --target "${wanted[@]}" >"$copies/log" 2>&1 ||
  { tail -n 40 "$copies/log" >&2; exit 1; }
readonly built=$SECONDS
echo "built after $built s"

# One copy for each core: a mutation is one compiler and one test, and keeps one core busy.
for ((i = 0; i < workers; i++)); do work "$copies/$i" & done | tee "$copies/ends"
killed=$(grep -c ^noticed "$copies/ends" || true)
left=$(grep -c ^left "$copies/ends" || true)
echo "$killed noticed, $((selected - killed - left)) not, $left left for want of time, in $SECONDS s"
grep -v -e ^noticed -e ^left "$copies/ends" || true  # once more, where one looks
((killed > 0 && killed + left == selected)) || exit 1
if [[ $all && $killed == "${#files[@]}" ]]; then
  printf '# When tests/mutations.sh --all last saw every mutation noticed; it wrote this.\n%s: %d of %d\n' \
    "$(date -u +%F)" "$killed" "${#files[@]}" >"$record"
  echo "wrote $record: commit it"
fi
