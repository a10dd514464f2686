#!/usr/bin/env bash
# Proves on a machine that has nothing yet (a chroot made by debootstrap) that a clone,
# `./lab run 1` and `./lab test` are all that must be typed: as root, and as a plain user
# with sudo. What is tested is HEAD; it needs root, debootstrap and a mirror.
#
#   tests/fresh_machine.sh [--quick | --image] [--as root|user] [--suite bookworm]
#                          [--cache FOLDER] [--keep]
#
# --quick leaves ./lab test out; --image takes the Dockerfile's steps instead, then runs a
# lab as its user. --cache keeps what was compiled in FOLDER, so that the next such machine
# has it; the first compilation is measured with an empty cache either way. Exit 77: it
# cannot be tried here.
set -euo pipefail

repository=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
suite=bookworm
who=(root user)
mode=
keep=
cache=
while (($#)); do
  case $1 in
    --quick) mode=quick ;;
    --image) mode=image who=(root) ;;
    --keep) keep=yes ;;
    --as) who=("$2") && shift ;;
    --suite) suite=$2 && shift ;;
    --cache) mkdir -p "$2" && cache=$(realpath "$2") && shift ;;
    *) echo "fresh_machine: what is $1?" >&2 && exit 2 ;;
  esac
  shift
done

absent() { echo "fresh_machine: skipped: $*" >&2; exit 77; }
((EUID == 0)) || absent "it must run as root"
for tool in debootstrap unshare git; do
  type -P "$tool" >/dev/null || absent "there is no $tool (apt-get install debootstrap git)"
done
unshare --mount --pid --fork true 2>/dev/null || absent "namespaces are not allowed here"

folder=$(mktemp -d /var/tmp/underloop-fresh-XXXXXX)
# Nothing is mounted outside the namespaces, so there is nothing to unmount here.
[[ $keep ]] || trap 'rm -rf --one-file-system "$folder"' EXIT

mirror() {  # the one that this machine uses itself
  { grep -hoE '^(URIs: *|deb (\[[^]]*\] )?)https?://[^ ]+' /etc/apt/sources.list \
    /etc/apt/sources.list.d/*.{list,sources} 2>/dev/null || true; } |
    grep -oE 'https?://.*/(debian|ubuntu)/?$' | head -n 1 | grep . ||
    absent "no mirror is named in /etc/apt"
}

make_base() {
  local base=$folder/base components=main
  [[ $(mirror) != *ubuntu* ]] || components=main,universe
  echo "== debootstrap $suite from $(mirror)"
  debootstrap --variant=minbase --include=ca-certificates,git,sudo --components="$components" \
    "$suite" "$base" "$(mirror)" >"$folder/debootstrap.log" 2>&1 ||
    { tail -n 5 "$folder/debootstrap.log" >&2; absent "debootstrap failed"; }
  cp /etc/resolv.conf "$base/etc/resolv.conf"
  apt-config dump Acquire | grep -E 'Proxy|Retries|Verify|CaInfo' \
    >"$base/etc/apt/apt.conf.d/90host" || true
  cp -r /usr/local/share/ca-certificates/. "$base/usr/local/share/ca-certificates/" 2>/dev/null || true
  chroot "$base" update-ca-certificates >/dev/null 2>&1 || true
  chroot "$base" useradd --create-home --shell /bin/bash user
  echo 'user ALL=(ALL) NOPASSWD: ALL' >"$base/etc/sudoers.d/user"
}

# What a person types, with a clock beside it.
cat >"$folder/typed.sh" <<'TYPED'
set -euo pipefail
cd
timed() {  # timed WHAT COMMAND...: also when its first line came
  local what=$1 began=$EPOCHREALTIME first='' line
  shift
  while IFS= read -r line; do
    [[ $first || ! $line ]] || first=$(seconds_since "$began")
    printf '%s\n' "$line" >>"$HOME/output"
  done < <("$@" 2>>"$HOME/errors")
  wait "$!" || { tail -n 40 "$HOME/output" "$HOME/errors"; echo "FAILED: $what"; exit 1; }
  printf '   %-46s %7s s, first line after %7s s\n' "$what" "$(seconds_since "$began")" "$first"
}
seconds_since() {
  local since=$((${EPOCHREALTIME/./} - ${1/./}))
  printf '%d.%02d' $((since / 1000000)) $((since / 10000 % 100))
}
# The Dockerfile as Docker would take it, as far as it goes here.
image_steps() {
  local word rest user=root place=/ options source target
  while read -r -u 3 word rest; do
    case $word in
      USER) user=$rest ;;
      WORKDIR) place=$rest ;;
      RUN) timed "$user: $rest" su "$user" -s /bin/sh -c "cd $place && $rest" ;;
      COPY)
        read -r options source target <<<"$rest"
        mkdir -p "$target" && cp -a "$source/." "$target" && rm -rf "$target/.git"
        chown -R "${options#--chown=}" "$target"
        ;;
    esac
  done 3<Dockerfile
  timed "$user: ./lab run 1 --quick" su "$user" -c "cd $place && ./lab run 1 --quick"
}
if [[ -d /srv/cache ]]; then export CCACHE_DIR=/srv/cache CCACHE_UMASK=000; fi
git clone -q /srv/underloop.git underloop
cd underloop
if [[ ${1-} == image ]]; then image_steps; exit; fi
timed "a fresh machine: ./lab" ./lab
timed "./lab --help" ./lab --help
timed "./lab doctor" bash -c './lab doctor || (($? == 77))'
timed "./lab run 1 --quick" ./lab run 1 --quick
timed "again" ./lab run 1 --quick
if [[ ${1-} != quick ]]; then
  timed "./lab test" ./lab test
  grep 'tests passed' "$HOME/output" | tail -n 1
fi
cd && git clone -q /srv/underloop.git another && cd another
timed "a fresh clone: ./lab run 1" ./lab run 1 --quick
rm -rf build && export CCACHE_DIR=$HOME/empty
timed "the same with an empty compiler cache" ./lab run 1 --quick
tail -n 1 "$HOME/output"
TYPED

# Runs in the namespaces: a /dev of its own, never the host's.
cat >"$folder/enter.sh" <<'ENTER'
set -euo pipefail
root=$1 user=$2 mode=$3 cache=$4
mount --make-rprivate /
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for node in null:3 zero:5 full:7 random:8 urandom:9; do
  mknod -m 666 "$root/dev/${node%:*}" c 1 "${node#*:}"
done
mknod -m 666 "$root/dev/tty" c 5 0
mkdir "$root/dev/shm" "$root/dev/pts"
chmod 1777 "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
if [[ $cache ]]; then
  mkdir "$root/srv/cache"
  chmod -R a+rwX "$cache"
  mount --bind "$cache" "$root/srv/cache"
fi
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  LANG=C.UTF-8 chroot "$root" su -l "$user" -s /bin/bash -c "bash /srv/typed.sh $mode"
ENTER

make_base
for user in "${who[@]}"; do
  root=$folder/$user
  cp -a "$folder/base" "$root"
  git clone -q --bare "$repository" "$root/srv/underloop.git"
  cp "$folder/typed.sh" "$root/srv/"
  chroot "$root" chown -R "$user:" /srv/underloop.git
  echo "== as $user, $(git -C "$repository" log -1 --format='%h %s')"
  unshare --mount --pid --fork --kill-child bash "$folder/enter.sh" "$root" "$user" \
    "$mode" "$cache" || { echo "fresh_machine: failed as $user" >&2; exit 1; }
  [[ $keep ]] || rm -rf --one-file-system "$root"
done
echo "== both commands work on a fresh $suite, as ${who[*]}"
