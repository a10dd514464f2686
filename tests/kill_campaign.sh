#!/usr/bin/env bash
# Kills labs at random moments, the hard way, and expects that nothing of them is left: no
# process after a few seconds, and no folder after one clean run.
#
#   tests/kill_campaign.sh N [LAB]     N kills, of all labs that are built or of one (19)
#   SEED=7 tests/kill_campaign.sh N    the same labs and moments once more
#
# Run it as root and as a plain user: as root, PostgreSQL runs as a user of its own.
set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/.."

kills=${1:?how many kills?}
build=${UNDERLOOP_BUILD:-build/release}
labs=("$build"/labs/${2:-[0-9][0-9]}_*)
[[ -x ${labs[0]} ]] || { echo "no such lab is built in $build"; exit 77; }
seed=${SEED:-$RANDOM}
RANDOM=$seed

folder=$(mktemp -d)
left=0

# Processes of a run are known by two signs. Each inherits the writing end of a pipe, which
# is at its end once nobody has it; that shows a process that has changed its environment,
# as PostgreSQL's do. The guards close what they inherit, and are seen by their environment.
pipe=$folder/pipe
mkfifo "$pipe"
by_environment() { grep -lzsx "TMPDIR=$folder" /proc/[0-9]*/environ | cut -d / -f 3; }
by_pipe() { find /proc/[0-9]*/fd -lname "$pipe" | cut -d / -f 3; }
all() { { by_environment; by_pipe; } 2>/dev/null | grep -vx $$ | sort -un; }

gone_within() {  # gone_within SECONDS
  local end=$((SECONDS + $1)) status=0
  read -r -t "$1" -u 8 || status=$?  # over 128: nobody closed it in time
  ((status <= 128)) || return 1
  while [[ $(by_environment) ]]; do
    ((SECONDS < end)) || return 1
    sleep 0.02
  done
}

# The process that the user started is always killed: in one of three cases alone, in one
# with another process of its run, in one with its process group.
kill_some_of() {  # kill_some_of PID
  local others
  case $((RANDOM % 3)) in
    1) mapfile -t others < <(by_environment)
       kill -KILL "${others[RANDOM % (${#others[@]} + 1)]:-$1}" ;;
    2) kill -KILL -- "-$1" ;;
  esac
  kill -KILL "$1"
}

finish() {
  all | xargs -r kill -KILL || true
  rm -rf "$folder"
}
trap finish EXIT

campaign() {
  local i lab moment
  for ((i = 1; i <= kills; i++)); do
    lab=${labs[RANDOM % ${#labs[@]}]}
    moment=$(printf '0.%03d' $((RANDOM % 900)))
    TMPDIR=$folder setsid "$lab" --quick </dev/null >/dev/null 2>&1 9>"$pipe" &
    exec 8<"$pipe"
    sleep "$moment"
    kill_some_of $! || true
    wait $! || true
    gone_within 10 && continue
    left=$((left + 1))
    exec 8<&-
    echo "kill $i, ${lab##*/} after $moment s, has left:"
    all | xargs -r ps -o pid=,ppid=,user=,args= -p || true
    all | xargs -r kill -KILL || true
  done
  exec 8<&-
}
campaign 2>/dev/null  # bash would report each kill

any=("$build"/labs/[0-9][0-9]_*)
TMPDIR=$folder "${any[0]}" --quick >/dev/null 2>&1 </dev/null || true
folders=$(find "$folder" -mindepth 2 -maxdepth 2 | wc -l)
echo "$kills kills (seed $seed): $left left a process; after a clean run, $folders folders are left"
((left == 0 && folders == 0))
