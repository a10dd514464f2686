#!/usr/bin/env bash
# Runs every lab that is built N times, beside a process that keeps a core busy, and lists what
# did not hold, by claim. A claim that holds only on a quiet machine shows itself here.
#
#   tests/soak.sh N [LAB ...]        LAB is a number; without one, all of them
#
# It goes round the labs N times, so that it has something to say whenever it is stopped
# (Ctrl-C). Exit codes: 0 all claims held in all rounds, 1 one did not, 2 wrong usage.
set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/.."

readonly rounds=${1-} deadline=120  # seconds for one run
[[ $rounds =~ ^[1-9][0-9]*$ ]] || { echo "tests/soak.sh N [LAB ...]" >&2 && exit 2; }
shift

labs=()
for program in build/release/labs/[0-9][0-9]_*; do
  [[ -f $program && -x $program ]] || continue
  number=${program##*/} number=${number%%_*}
  [[ $# == 0 || " $* " == *" $number "* || " $* " == *" ${number#0} "* ]] || continue
  labs+=("$program")
done
((${#labs[@]})) || { echo "no such lab is built in build/release: ./lab build" >&2 && exit 2; }

failures=$(mktemp)
done_rounds=0
bash -c 'while :; do :; done' &
busy=$!

finish() {
  local status=$? runs=$((done_rounds * ${#labs[@]}))
  kill "$busy" 2>/dev/null || true
  printf '\n%d rounds of %d labs, %d s\n' "$done_rounds" "${#labs[@]}" "$SECONDS"
  if [[ -s $failures ]]; then
    echo "did not hold, how often, and the last evidence:"
    # One line a failure: "CLAIM<tab>EVIDENCE".
    awk -F '\t' '{ times[$1]++; evidence[$1] = $2 }
      END { for (claim in times) printf "  %-12s %3d  %s\n", claim, times[claim], evidence[claim] }' \
      "$failures" | sort
    ((status)) || status=1
  elif ((status == 0)); then
    echo "every claim held in each of $runs runs"
  fi
  rm -f "$failures"
  trap - EXIT
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The claims of one run that did not hold, from its trace.
failed_claims() {
  sed -nE '/"cat":"claim"/ { /"holds":false/ s/.*"id":"([^"]*)".*"evidence":"(([^"\\]|\\.)*)".*/\1\t\2/p }'
}

output=$(mktemp)
for ((round = 1; round <= rounds; round++)); do
  for program in "${labs[@]}"; do
    name=${program##*/} code=0
    timeout "$deadline" "$program" --quick --json >"$output" 2>"$output.err" </dev/null || code=$?
    failed=$(failed_claims <"$output")
    if ((code == 124)); then
      failed="$name"$'\t'"was not done after $deadline s"
    elif ((code != 0 && code != 77)) && [[ ! $failed ]]; then
      failed="$name"$'\t'"ended with $code: $(tail -n 1 "$output.err")"
    fi
    [[ ! $failed ]] || printf '%s\n' "$failed" | tee -a "$failures" | sed "s/^/round $round: /"
  done
  done_rounds=$round
  [[ ! -t 2 ]] || printf '\rround %d of %d after %d s' "$round" "$rounds" "$SECONDS" >&2
done
rm -f "$output" "$output.err"
