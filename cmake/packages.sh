# shellcheck shell=bash disable=SC2154,SC2034  # ./lab has root, needs, install, installed
# packages.sh: which packages are missing, and installing them. Sourced by ./lab.

# Calls FUNCTION NEED PURPOSE PACKAGE PROOF for each package in packages.txt.
each_package() {
  local need purpose packages package
  while IFS='|' read -r need purpose packages; do
    [[ $need != \#* && $packages ]] || continue
    read -r purpose <<<"$purpose"
    for package in $packages; do
      "$1" "${need// /}" "$purpose" "${package%:*}" "${package##*:}"
    done
  done <"$root/cmake/packages.txt"
}

there() {
  case $1 in
    include/* | lib/* | sbin/*) [[ -e /usr/$1 || -e /usr/local/$1 ]] ;;
    *) type -P "$1" >/dev/null ;;
  esac
}

note_missing() {
  if [[ " ${needs[*]} " == *" $1 "* ]] && ! there "$4"; then missing+=("$3"); fi
}

# Sets `installable` to those of the names that apt could install now. That it knows a name
# is not enough: Debian 13 knows libboost1.81-dev, and has no candidate for it.
find_installable() {
  local line name=
  installable=' '
  while IFS= read -r line; do
    case $line in
      '  Candidate: (none)') ;;
      '  Candidate: '*) installable+="$name " ;;
      [!\ ]*:) name=${line%:} ;;
    esac
  done < <(LC_ALL=C apt-cache policy "$@" 2>/dev/null)
}

# From `missing` to `names`: of a/b/c the first that apt can install. False if there is one
# of which it can install none.
name_packages() {
  local package name found all_found=0 installable
  names=()
  find_installable ${missing[*]//\// }
  for package in "${missing[@]}"; do
    found=
    for name in ${package//\// }; do
      if [[ ! $found && $installable == *" $name "* ]]; then found=$name; fi
    done
    [[ $found ]] || all_found=1
    names+=("${found:-${package%%/*}}")
  done
  return $all_found
}

as_root() { if ((EUID == 0)); then "$@"; else sudo "$@"; fi; }
update_lists() { quietly "reading the package lists" as_root apt-get -q update; }

# Nothing of the user's is ever removed for ours: then apt stops, and says why.
install_names() {
  quietly "installing ${#names[@]} packages" as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -y -q --no-remove --no-install-recommends install "${names[@]}"
}

# need_packages WHO: installs what is missing of `needs`, or says what that would be.
need_packages() {
  local missing=() names=()
  each_package note_missing
  ((${#missing[@]})) || return 0
  type -P apt-get >/dev/null ||
    fail 77 "$1 needs ${missing[*]}; there is no apt-get here, so install them your way"
  name_packages || [[ $install == no ]] || { update_lists && name_packages; } || true
  local line="sudo apt-get install --no-install-recommends ${names[*]}"
  if [[ $install == no ]]; then
    say "$1 needs packages that are not installed. This installs them:"
    printf '%s\n' "$line"
    exit 77
  fi
  ((EUID == 0)) || type -P sudo >/dev/null ||
    fail 77 "$1 needs packages, and there is no sudo. As root: ${line#sudo }"
  say "$1 needs packages that are not installed. Doing it now: $line"
  # Here, where a password can be asked for without anything written over it.
  ((EUID == 0)) || sudo -n true 2>/dev/null || sudo -v || true
  # A list may be older than its mirror: once more with a new one.
  install_names 2>/dev/null || { update_lists && name_packages && install_names; } ||
    fail 77 "that did not work (above). Once this does, type the same again: $line"
  installed=yes
}

# Adds a lab to `labs_of`, by need: "1 5".
note_needs() {
  local need list
  read -ra list <<<"${7//[\",]/ }"
  for need in "${list[@]}"; do labs_of[$need]+=" ${1#0}"; done
}

# as_ranges 1 2 3 7: "1-3 7"
as_ranges() {
  local first=${1-} last=${1-} each text=
  for each in "${@:2}" ''; do
    ((each != last + 1)) || { last=$each && continue; }
    text+="${text:+ }$first"
    ((last == first)) || text+="-$last"
    first=$each last=$each
  done
  printf %s "$text"
}

# Two needs may have a package in common.
note_package() {
  asked+=(${3//\// })
  labs_with[$3]+=" ${labs_of[$1]-}"
}

doctor_line() {
  local name shown=${3%%/*} version=installed cost=$2 room
  [[ ${labs_with[$3]-} != told ]] || return 0
  [[ $cost ]] || cost="labs $(as_ranges $(printf '%s\n' ${labs_with[$3]} | sort -nu))"
  labs_with[$3]=told
  [[ ! $cost =~ ^labs\ [0-9]+$ ]] || cost=${cost/labs/lab}
  if there "$4"; then
    for name in ${3//\// }; do
      [[ ! ${versions[$name]-} ]] || { shown=$name version=${versions[$name]} && break; }
    done
  fi
  # A long name takes from the version's room, and the third column stays one.
  room=$((${#shown} > 22 ? 42 - ${#shown} : 20))
  if there "$4"; then
    printf '  %-22s %-*.*s %s\n' "$shown" "$room" "$room" "$version" "$cost"
  else
    printf '  %-22s %s%-*s%s %s\n' "$shown" "$red" "$room" MISSING "$plain" "$cost"
    [[ " ${missing[*]} " == *" $1 "* ]] || missing+=("$1")
    [[ $cost == *optional* ]] || status=77
  fi
}

# A table of all packages, and the line that installs the missing ones. It must answer at
# once: so dpkg is asked one time, and apt, which can take seconds to look whether it has a
# package by this name, is left to `./lab setup`.
doctor() {
  local missing=() asked=() status=0 name version bold dim cyan red plain
  local -A versions=() labs_of=() labs_with=()
  styles
  each_lab note_needs
  each_package note_package
  while read -r name version; do
    [[ ! $version ]] || versions[$name]=$version
  done < <(dpkg-query -W -f '${Package} ${Version}\n' "${asked[@]}" 2>/dev/null)
  printf '%s  %-22s %-20s %s%s\n' "$bold" package version 'who needs it' "$plain"
  each_package doctor_line
  if ((${#missing[@]})); then
    printf '\nThis installs what is missing (with --no-install, it only says how):\n'
    printf '  %s./lab setup %s%s\n' "$cyan" "${missing[*]}" "$plain"
  else
    printf '\nEverything is installed.\n'
  fi
  exit "$status"
}
