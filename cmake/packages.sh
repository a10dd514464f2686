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
    include/* | lib/*) [[ -e /usr/$1 || -e /usr/local/$1 ]] ;;
    *) type -P "$1" >/dev/null ;;
  esac
}

note_missing() {
  if [[ " ${needs[*]} " == *" $1 "* ]] && ! there "$4"; then missing+=("$3"); fi
}

# From `missing` to `names`: of a/b/c the first that apt knows. False if it knows none.
name_packages() {
  local package name known all_known=0
  names=()
  for package in "${missing[@]}"; do
    known=
    for name in ${package//\// }; do
      if [[ ! $known ]] && apt-cache show "$name" >/dev/null 2>&1; then known=$name; fi
    done
    [[ $known ]] || all_known=1
    names+=("${known:-${package%%/*}}")
  done
  return $all_known
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

# The labs that have this need: "1 5".
labs_that_need() {
  sed -n "s/.*\"number\": \"0*\([0-9]*\)\".*\"needs\": \[[^]]*\"$1\".*/\1/p" \
    "$root/labs/catalog.json" | paste -sd ' '
}

doctor_line() {
  local version
  local cost=$2
  [[ $cost ]] || cost="labs $(labs_that_need "$1")"
  if there "$4"; then
    IFS=/ read -ra names <<<"$3"
    version=$(dpkg-query -W -f '${Version} ' "${names[@]}" 2>/dev/null) || true
    read -r version _ <<<"$version"
    printf '  %-22s %-24s %s\n' "${3%%/*}" "${version:-there}" "$cost"
  else
    printf '  %-22s %-24s %s\n' "${3%%/*}" "MISSING" "$cost"
    missing+=("$3")
    [[ $cost == *optional* ]] || status=77
  fi
}

# A table of all packages, and the line that installs the missing ones.
doctor() {
  local missing=() names=() status=0
  printf '  %-22s %-24s %s\n' package version 'who needs it'
  each_package doctor_line
  if ((${#missing[@]})); then
    name_packages || true
    printf '\nThis installs what is missing:\n  sudo apt-get install %s%s\n' \
      '--no-install-recommends ' "${names[*]}"
  else
    printf '\nEverything is there.\n'
  fi
  exit "$status"
}
