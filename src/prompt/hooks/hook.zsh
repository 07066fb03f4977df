# Shows in the prompt which access you hold, and for how long.
# At the end of ~/.zshrc:  eval "$(jit init zsh)"
#
# What `jit` prints is never evaluated: every character that could act in a prompt is taken out or doubled. A process starts
# only when the index of grants has changed or the time has come that was told last. With PROMPT_SUBST, ${JIT_PROMPT} may be
# put into PROMPT or RPROMPT by hand. It all runs under options of its own, whatever yours are: see `emulate` in zshbuiltins.

typeset -g __jit_executable=@executable@ __jit_index=@index@ __jit_place=@place@
typeset -g __jit_stamp="" __jit_since="" JIT_PROMPT=""
typeset -gi __jit_looked=0 __jit_next=0
zmodload zsh/datetime 2>/dev/null
zmodload -F zsh/stat b:zstat 2>/dev/null

# Sets JIT_PROMPT from what is about to end, ends soon, is calm, waits.
function __jit_compose() {
  local -a parts=() colours=(red yellow green cyan)
  local -i place
  for place in 1 2 3 4; do
    [[ -n ${argv[place]-} ]] || continue
    if [[ $__jit_place == yes && -z ${NO_COLOR-} && ${TERM-} != dumb ]]; then
      parts+=("%F{${colours[place]}}${argv[place]//\%/%%}%f")
    elif [[ $__jit_place == yes ]]; then
      parts+=("${argv[place]//\%/%%}")
    else
      parts+=("${argv[place]}")
    fi
  done
  JIT_PROMPT="${(j:  :)parts}"
  if [[ $__jit_place == yes ]]; then
    JIT_PROMPT="${JIT_PROMPT:+$JIT_PROMPT }"
  else
    export JIT_PROMPT
  fi
}

# Asks jit, and believes only an answer of the form that is expected.
function __jit_ask() {
  local -a lines=() since=()
  local line=""
  __jit_next=$(( $1 + 60 ))
  # A missing program is seen here: a handler of unknown commands would start another one.
  if [[ $__jit_executable == */* ]]; then
    [[ -x $__jit_executable ]] || { __jit_compose; return }
  else
    (( $+commands[$__jit_executable] )) || { __jit_compose; return }
  fi
  [[ -z $__jit_since ]] || since=(--since $__jit_since)
  lines=("${(@f)$(command $__jit_executable prompt --hook $since </dev/null 2>/dev/null)}")
  # Only digits may reach arithmetic, which would evaluate anything else.
  if [[ ${lines[1]-} != (#b)"jit1 "([0-9](#c1,12))" "([0-9](#c1,12)) ]]; then
    __jit_compose
    return
  fi
  __jit_since=${match[1]}
  __jit_next=${match[2]}
  # Without these a prompt can neither expand nor end a conditional: see EXPANSION OF PROMPT SEQUENCES in zshmisc.
  lines=("${(@)lines//[[:cntrl:]\\\$\`!|()\{\}]/}")
  for line in "${(@)lines[6,13]}"; do
    [[ -n $line ]] && print -r -u2 -- "jit: $line"
  done
  __jit_compose "${lines[2]-}" "${lines[3]-}" "${lines[4]-}" "${lines[5]-}"
}

# Looks whether anything can have changed, without starting anything.
function __jit_hook() {
  local -a file=() match=() mbegin=() mend=()
  local stamp="none"
  local -i now=${EPOCHSECONDS:-0}
  if zstat -A file -F "%s.%9." -- $__jit_index 2>/dev/null; then
    stamp="$file[2] $file[8] $file[10] $file[11]"
  fi
  # Other credentials came into this shell, or left it.
  stamp+=" ${JIT_GRANT-}"
  if [[ $stamp != $__jit_stamp ]] || (( now < __jit_looked || (__jit_next > 0 && now >= __jit_next) )); then
    __jit_stamp=$stamp
    __jit_looked=$now
    __jit_ask $now
  fi
  [[ $__jit_place == yes ]] || return 0
  # The text stands in the true branch of a conditional whose false branch names it: so it is found again, and taken out of a
  # prompt that something else, like a virtual environment, kept and put back.
  local bare=${PROMPT//"%(0l|"[^|]#"|jit)"/}
  if [[ -n $JIT_PROMPT && $bare${RPROMPT-} != *JIT_PROMPT* ]]; then
    bare="%(0l|$JIT_PROMPT|jit)$bare"
  fi
  [[ $PROMPT == $bare ]] || PROMPT=$bare
  return 0
}

typeset -ga precmd_functions
precmd_functions=("${(@)precmd_functions:#__jit_hook}" __jit_hook)
