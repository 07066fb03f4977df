# Shows in the prompt which access you hold, and for how long.
# At the end of ~/.config/fish/config.fish:  jit init fish | source
#
# What `jit` prints is only ever kept in a variable and printed: it is never evaluated. A process starts only when the index
# of grants has changed or the time has come that was told last. It is shown by fish_mode_prompt, which stands before
# fish_prompt: so yours stays as it is, with the status of the last command.

set -g __jit_executable @executable@
set -g __jit_index @index@
set -g __jit_place @place@
set -g __jit_content ''
set -g __jit_looked ''
set -g __jit_next 0
set -g __jit_since
set -g __jit_shown ''
set -g JIT_PROMPT ''

# Sets JIT_PROMPT from what is about to end, ends soon, is calm, waits.
function __jit_compose
    set -l colours red yellow green cyan
    set -l plain
    set -l shown
    for place in 1 2 3 4
        set -l text "$argv[$place]"
        test -n "$text"; or continue
        set plain $plain $text
        if test -z "$NO_COLOR"; and test "$TERM" != dumb
            set text (set_color $colours[$place])"$text"(set_color normal)
        end
        set shown $shown $text
    end
    set -g JIT_PROMPT (string join '  ' -- $plain)
    set -g __jit_shown (string join '  ' -- $shown)
    test -n "$__jit_shown"; and set -g __jit_shown "$__jit_shown "
    if test "$__jit_place" != yes
        set -gx JIT_PROMPT "$JIT_PROMPT"
    end
end

# Asks jit, and believes only an answer of the form that is expected.
function __jit_ask
    set -g __jit_next (math $argv[1] + 60)
    set -l since
    test -n "$__jit_since"; and set since --since $__jit_since
    if not type -q -- $__jit_executable
        __jit_compose
        return
    end
    set -l lines (command $__jit_executable prompt --hook $since </dev/null 2>/dev/null)
    if not string match -qr -- '^jit1 [0-9]{1,12} [0-9]{1,12}$' "$lines[1]"
        __jit_compose
        return
    end
    set -l told (string split ' ' -- $lines[1])
    set -g __jit_since $told[2]
    set -g __jit_next $told[3]
    set lines (string replace -ra -- '[[:cntrl:]]' '' $lines)
    for line in $lines[6..13]
        test -n "$line"; and echo "jit: $line" >&2
    end
    __jit_compose $lines[2..5]
end

# Looks whether anything can have changed, without starting anything.
function __jit_hook --on-event fish_prompt
    set -l content ''
    test -r $__jit_index; and set content (string collect <$__jit_index)
    # Other credentials came into this shell, or left it.
    set content "$content $JIT_GRANT"
    # The clock without a process: the age of a folder and when it was last changed. fish before 3.5 cannot tell.
    set -l now 0
    if builtin -q path
        set now (math (path mtime -- /) + (path mtime -R -- /))
    end
    set -l due no
    if test "$content" != "$__jit_content"; or test -z "$__jit_looked"
        set due yes
    else if test $now -eq 0
        test $__jit_next -gt 0; and set due yes
    else if test $now -lt $__jit_looked
        set due yes
    else if test $__jit_next -gt 0; and test $now -ge $__jit_next
        set due yes
    end
    if test $due = yes
        set -g __jit_content $content
        set -g __jit_looked $now
        __jit_ask $now
    end
end

if test "$__jit_place" = yes
    if not functions -q fish_mode_prompt
        function fish_mode_prompt
        end
    end
    if not functions fish_mode_prompt | string match -q -- '*__jit_shown*'
        functions -q __jit_mode_prompt; and functions -e __jit_mode_prompt
        functions -c fish_mode_prompt __jit_mode_prompt
        function fish_mode_prompt --description 'Shows which access you hold, then the mode'
            printf %s "$__jit_shown"
            __jit_mode_prompt
        end
    end
end
