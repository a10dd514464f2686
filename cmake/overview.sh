# shellcheck shell=bash disable=SC2154  # ./lab has root
# overview.sh: what ./lab says by itself, before anything is built: the list of the labs,
# the help, the shell's completion. Sourced by ./lab.

# Sets bold, dim, cyan, ... to what the terminal understands, or to nothing.
styles() {
  bold='' dim='' red='' yellow='' cyan='' plain=''
  [[ -t 1 && ! ${NO_COLOR-} && ${TERM-} != dumb ]] || return 0
  bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' yellow=$'\e[33m' cyan=$'\e[36m' plain=$'\e[0m'
}

# Sets `width`: the columns of the terminal, else $COLUMNS, else 80; at least 40.
measure_width() {
  local _
  [[ ! -t 1 ]] || read -r _ width < <(stty size <&1 2>/dev/null) || true
  [[ $width =~ ^[1-9][0-9]*$ ]] || width=${COLUMNS-}
  [[ $width =~ ^[1-9][0-9]{0,3}$ ]] || width=80
  ((width >= 40)) || width=40
}

# wrap WIDTH TEXT: the text as `lines`, broken at spaces.
wrap() {
  local word line=
  lines=()
  for word in $2; do
    if [[ $line ]] && ((${#line} + 1 + ${#word} > $1)); then
      lines+=("$line")
      line=
    fi
    line+=${line:+ }$word
  done
  lines+=("$line")
}

# Sets `asked` and `hard`: how often a question is asked, and how hard it is.
rate() {
  case $1 in
    "very common") asked=●●● ;;
    common) asked=●●○ ;;
    *) asked=●○○ ;;
  esac
  case $2 in
    hard) hard=▮▮▮ ;;
    easy) hard=▮▯▯ ;;
    *) hard=▮▮▯ ;;
  esac
}

# print_lab NUMBER FOLDER QUESTION SECTION COMMON HARD
print_lab() {
  local mark=· style=$dim lines number=${1#0} name=${2#*_} line asked hard
  if [[ -f $root/labs/$2/main.cpp ]]; then mark=▸ style=$bold; fi
  [[ $progress != *" run $1"* ]] || mark=✔
  if [[ $4 != "$section" ]]; then
    section=$4
    line="$section: ${ran[$section]:-0} of ${all[$section]} run"
    if ((beside)); then
      printf '\n%s%-*s%s  %sasked hard%s\n' "$bold" $((room + indent)) "$line" "$plain" \
        "$dim" "$plain"
    else
      wrap "$width" "$line"
      printf '\n'
      for line in "${lines[@]}"; do printf '%s%s%s\n' "$bold" "$line" "$plain"; done
    fi
  fi
  rate "$5" "$6"
  wrap "$room" "$3"
  printf '  %s%s %2s %-*s%s' "$style" "$mark" "$number" $((names + 2)) "$name" "$plain"
  if ((!beside)); then
    printf ' %s  %s\n' "$asked" "$hard"
    for line in "${lines[@]}"; do printf '%*s%s\n' "$indent" '' "$line"; done
    return
  fi
  [[ $mark == ▸ ]] && style= || style=$dim
  printf '%s%-*s%s  %s%s   %s%s\n' "$style" "$room" "${lines[0]}" "$plain" \
    "$yellow" "$asked" "$hard" "$plain"
  for line in "${lines[@]:1}"; do
    printf '%*s%s%s%s\n' "$indent" '' "$style" "$line" "$plain"
  done
}

next_step() { printf '  %s%-18s%s%s\n' "$cyan" "$1" "$plain" "$2"; }

# What a person sees who types ./lab and nothing else.
overview() {
  local bold dim red yellow cyan plain section='' width=0 names=0 indent room beside=1
  local numbers=() first='' written=0 progress=''
  local kept=${XDG_DATA_HOME:-${HOME-}/.local/share}/underloop/progress
  local -A all=() ran=()
  styles
  [[ ! -r $kept ]] || progress=$(<"$kept")
  measure_width
  note_lab() {
    numbers+=("$1") all[$4]=$((${all[$4]:-0} + 1))
    [[ $progress != *" run $1"* ]] || ran[$4]=$((${ran[$4]:-0} + 1))
    ((${#2} - 3 <= names)) || names=$((${#2} - 3))
    [[ -f $root/labs/$2/main.cpp ]] || return 0
    first=${first:-${1#0}} written=$((written + 1))
  }
  each_lab note_lab
  indent=$((names + 9)) room=$((width - names - 9 - 13))
  if ((room < 24)); then beside=0 indent=7 room=$((width - 7)); fi
  wrap "$width" "Underloop: thirty questions of a senior backend interview that you can run.\
 Each question is a small C++ program, its lab. A lab shows the concept live, proves each\
 sentence of a good answer by measuring it, and reads like whiteboard code."
  lines[0]=$bold${lines[0]/:/$plain:}
  printf '%s\n' "${lines[@]}"
  each_lab print_lab
  printf '\n%s  ▸ ready: %d of %d   ✔ you ran it   ●●● asked very often   ▮▮▮ hard   ▮▯▯ easy%s\n' \
    "$dim" "$written" "${#numbers[@]}" "$plain"
  printf '\n%sNext%s\n' "$bold" "$plain"
  [[ ! $first ]] || {
    next_step "./lab run $first" "see it, and its claims proven"
    next_step "./lab walk $first" "read its code, step by step"
  }
  next_step "./lab verify" "prove every claim of every lab"
  next_step "./lab drill" "predict, then see; what you miss comes back"
  next_step "./lab mock" "answer aloud, against the clock"
  next_step "./lab plan" "what to do today, until the interview"
  next_step "./lab studio" "the same in a browser"
  next_step "./lab doctor" "what is installed, and what is missing"
  next_step "./lab --help" "the other verbs"
}

verbs() { sed -n 's/^= \([a-z]*\).*/\1/p' "$root/cmake/verbs.txt"; }
is_verb() { grep -q "^= $1\( \|\$\)" "$root/cmake/verbs.txt" && [[ $1 != *[!a-z]* ]]; }

# All verbs, each with its summary.
print_help() {
  local bold dim red yellow cyan plain line verb=
  styles
  printf '%sUnderloop%s: thirty questions of a senior backend interview that you can run.\n' \
    "$bold" "$plain"
  printf '\n%s./lab%s lists them. %s./lab VERB%s does something with them:\n\n' \
    "$cyan" "$plain" "$cyan" "$plain"
  while IFS= read -r line; do
    if [[ $line == '= '* ]]; then
      verb=${line#= }
    elif [[ $verb ]]; then
      printf '  %s%-21s%s%s\n' "$cyan" "$verb" "$plain" "$line"
      verb=
    fi
  done <"$root/cmake/verbs.txt"
  printf '\n%s./lab VERB --help%s says more about a verb.\n' "$cyan" "$plain"
  printf 'With %s--no-install%s, nothing is installed: it prints the line that would.\n' \
    "$cyan" "$plain"
}

# print_verb VERB: all that there is to say about one.
print_verb() {
  local bold dim red yellow cyan plain line inside=
  styles
  while IFS= read -r line; do
    case $line in
      "= $1" | "= $1 "*) inside=yes; printf '%s./lab %s%s\n' "$bold" "${line#= }" "$plain" ;;
      '= '*) inside= ;;
      *) [[ ! $inside ]] || printf '%s\n' "$line" ;;
    esac
  done <"$root/cmake/verbs.txt"
  [[ $1 != setup ]] || printf '  NEED is one of: all %s\n' "$(known_needs)"
}

# flags_of VERB: what may follow it, in one line.
flags_of() {
  sed -n "/^= $1\( \|\$\)/,/^= /s/^  \(--[a-z]*\).*/\1/p" "$root/cmake/verbs.txt" | paste -sd ' '
}

# The completion for bash, with the labs and the flags as they are now.
print_completion() {
  local labs='' verb offered
  [[ ${1-} == bash ]] || fail 2 "completion is there for bash only: ./lab completion bash"
  name_lab() { labs+="${labs:+ }${1#0} ${2#*_}"; }
  each_lab name_lab
  printf '%s\n' '# bash completion for ./lab: source <(./lab completion bash)' \
    '_underloop() {' '  local word=${COMP_WORDS[COMP_CWORD]} offered=' \
    "  local labs='$labs'" '  if ((COMP_CWORD == 1)); then' \
    "    offered='$(verbs | paste -sd ' ') --no-install --help'" \
    '  else' '    case ${COMP_WORDS[1]-} in'
  for verb in $(verbs); do
    offered="$(flags_of "$verb") --help"
    case $verb in
      run | watch | verify | bench | walk | build | sheet) offered="\$labs $offered" ;;
      services) offered="up env down $offered" ;;
      setup) offered="all $(known_needs) $offered" ;;
      completion) offered="bash $offered" ;;
      help) offered=$(verbs | paste -sd ' ') ;;
    esac
    printf '      %s) offered="%s" ;;\n' "$verb" "$offered"
  done
  printf '%s\n' '    esac' '  fi' \
    '  mapfile -t COMPREPLY < <(compgen -W "$offered" -- "$word")' '}' \
    'complete -o default -F _underloop lab ./lab'
}
