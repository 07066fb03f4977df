# shellcheck shell=bash
# Shows in the prompt which access you hold, and for how long.
# At the end of ~/.bashrc:  eval "$(jit init bash)"
#
# What `jit` prints is only ever kept in a variable and shown through it: it is never evaluated. A process starts only when
# the index of grants has changed or the time has come that was told last. ${JIT_PROMPT-} may be put into PS1 by hand.

__jit_executable=@executable@
__jit_index=@index@
__jit_place=@place@
__jit_content=''
__jit_looked=''
__jit_next=0
__jit_since=''
__jit_offset=0
JIT_PROMPT=''

# Sets JIT_PROMPT from what is about to end, ends soon, is calm, waits.
__jit_compose() {
  \builtin local red='' yellow='' green='' cyan='' plain='' gap=''
  if [[ $__jit_place == yes && -z ${NO_COLOR-} && ${TERM-} != dumb ]]; then
    red=$'\001\e[31m\002' yellow=$'\001\e[33m\002' green=$'\001\e[32m\002' cyan=$'\001\e[36m\002' plain=$'\001\e[0m\002'
  fi
  JIT_PROMPT="${1:+$red$1$plain}"
  gap="${JIT_PROMPT:+  }"
  JIT_PROMPT="$JIT_PROMPT${2:+$gap$yellow$2$plain}"
  gap="${JIT_PROMPT:+  }"
  JIT_PROMPT="$JIT_PROMPT${3:+$gap$green$3$plain}"
  gap="${JIT_PROMPT:+  }"
  JIT_PROMPT="$JIT_PROMPT${4:+$gap$cyan$4$plain}"
  if [[ $__jit_place == yes ]]; then
    JIT_PROMPT="${JIT_PROMPT:+$JIT_PROMPT }"
  else
    \builtin export JIT_PROMPT
  fi
}

# Asks jit, and believes only an answer of the form that is expected.
__jit_ask() {
  \builtin local rest='' line='' at='' next='' count=0 since texts
  since=()
  texts=()
  __jit_next=$(($1 + 60))
  # A missing program is seen here: a handler of unknown commands would start another one.
  if [[ $__jit_executable == */* ]]; then
    [[ -x $__jit_executable ]] || { __jit_compose; return 0; }
  else
    \builtin type -P "$__jit_executable" >/dev/null 2>&1 || { __jit_compose; return 0; }
  fi
  if [[ -n $__jit_since ]]; then
    since=(--since "$__jit_since")
  fi
  rest="$(\builtin command "$__jit_executable" prompt --hook ${since[@]+"${since[@]}"} </dev/null 2>/dev/null)"$'\n\n\n\n\n\n'
  line=${rest%%$'\n'*}
  rest=${rest#*$'\n'}
  if [[ $line != 'jit1 '* ]]; then
    __jit_compose
    return 0
  fi
  line=${line#jit1 }
  at=${line%% *}
  next=${line#* }
  # Only digits may reach arithmetic, which would evaluate anything else.
  if [[ -z $at || -z $next || "$at$next" == *[!0-9]* || ${#at} -gt 12 || ${#next} -gt 12 ]]; then
    __jit_compose
    return 0
  fi
  while ((count < 12)); do
    line=${rest%%$'\n'*}
    rest=${rest#*$'\n'}
    texts[count]=${line//[[:cntrl:]]/}
    if ((count >= 4)); then
      [[ -n $line ]] || break
      \builtin printf 'jit: %s\n' "${texts[count]}" >&2
    fi
    count=$((count + 1))
  done
  __jit_since=$((10#$at))
  __jit_next=$((10#$next))
  if ((BASH_VERSINFO[0] < 5)); then
    __jit_offset=$((__jit_since - ${SECONDS:-0}))
    __jit_looked=$__jit_since
  fi
  __jit_compose "${texts[0]}" "${texts[1]}" "${texts[2]}" "${texts[3]}"
}

# Looks whether anything can have changed, without starting anything.
__jit_check() {
  \builtin local IFS=$' \t\n' content='' now=0
  if [[ -r $__jit_index ]]; then
    { IFS='' \builtin read -r -d '' content <"$__jit_index" || :; } 2>/dev/null
  fi
  # Other credentials came into this shell, or left it.
  content="$content ${JIT_GRANT-}"
  # bash 3 and 4 have no clock but the seconds of this shell.
  if ((BASH_VERSINFO[0] >= 5)); then
    now=${EPOCHSECONDS:-0}
  else
    now=$((${SECONDS:-0} + __jit_offset))
  fi
  if [[ -z $__jit_looked || $content != "$__jit_content" ]] ||
    ((now < __jit_looked || (__jit_next > 0 && now >= __jit_next))); then
    __jit_content=$content
    __jit_looked=$now
    __jit_ask "$now"
  fi
  if [[ $__jit_place == yes && ${PS1-} != *JIT_PROMPT* ]] && \builtin shopt -q promptvars; then
    # shellcheck disable=SC2016
    PS1='${JIT_PROMPT-}'"${PS1-}"
  fi
}

# Leaves the status of the last command as it was for the hooks after this one, unless that would end a shell under `set -e`.
__jit_hook() {
  # Quoted, as are all below: after `builtin` an assignment is a word like any other, and your IFS would split it.
  \builtin local "status=$?"
  __jit_check || :
  [[ $- != *e* ]] || status=0
  return "$status"
}

case "${PROMPT_COMMAND[*]-}" in
*__jit_hook*) ;;
'') PROMPT_COMMAND=__jit_hook ;;
*)
  if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)) &&
    [[ "$(\builtin declare -p PROMPT_COMMAND 2>/dev/null)" == 'declare -a'* ]]; then
    PROMPT_COMMAND+=(__jit_hook)
  else
    # Where only the first element of an array is run, this is that one.
    # shellcheck disable=SC2128,SC2178
    PROMPT_COMMAND="$PROMPT_COMMAND"$'\n'"__jit_hook"
  fi
  ;;
esac
