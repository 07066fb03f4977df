# Shows in the prompt which access you hold, and for how long.
# nu reads its start files before it runs them, so keep the hook in one of them, and write it anew after updating jit:
#   jit init nu | save -f ($nu.default-config-dir | path join autoload jit.nu)
#
# What `jit` prints is only ever kept in a variable and printed: it is never evaluated. A process starts only when the index
# of grants has changed or the time has come that was told last.

$env.JIT_PROMPT = ""
# Kept in one record that is no text, so that a shell started from this one does not inherit it.
$env.__jit = {
    executable: @executable@
    index: @index@
    place: @place@
    content: ""
    looked: 0
    next: 0
    since: []
    shown: ""
    process: $nu.pid
}

# Sets JIT_PROMPT from what is about to end, ends soon, is calm, waits.
def --env __jit_compose [texts: list<string>] {
    let plain = ($env.NO_COLOR? | default "" | is-not-empty) or ($env.TERM? | default "") == "dumb"
    let parts = ($texts | zip [red yellow green cyan] | where {|part| $part.0 | is-not-empty })
    $env.JIT_PROMPT = ($parts | each {|part| $part.0 } | str join "  ")
    let shown = ($parts | each {|part|
        if $plain { $part.0 } else { $"(ansi $part.1)($part.0)(ansi reset)" }
    } | str join "  ")
    $env.__jit.shown = if ($shown | is-empty) { "" } else { $"($shown) " }
}

# Asks jit, and believes only an answer of the form that is expected.
def --env __jit_ask [now: int] {
    $env.__jit.next = $now + 60
    let executable = $env.__jit.executable
    let since = $env.__jit.since
    let lines = (
        try {
            let answer = (null | ^$executable prompt --hook ...$since | complete)
            if $answer.exit_code == 0 { $answer.stdout | split row "\n" } else { [] }
        } catch { [] }
    )
    let first = ($lines | get 0? | default "")
    if $first !~ '^jit1 [0-9]{1,12} [0-9]{1,12}$' {
        __jit_compose []
        return
    }
    let told = ($first | split row " ")
    $env.__jit.since = ["--since" $told.1]
    $env.__jit.next = ($told.2 | into int)
    let clean = ($lines | each {|line| $line | str replace --all --regex '[[:cntrl:]]' "" })
    __jit_compose ($clean | skip 1 | first 4)
    for line in ($clean | skip 5 | first 8 | where {|line| $line | is-not-empty }) {
        print --stderr $"jit: ($line)"
    }
}

# Looks whether anything can have changed, without starting anything.
def --env __jit_hook [] {
    let index = $env.__jit.index
    # With the role of this shell's credentials: others may have come into it, or left it.
    let content = (try { open --raw $index | decode utf-8 } catch { "" }) + $" ($env.JIT_GRANT? | default '')"
    let now = ((date now | into int) // 1_000_000_000)
    let known = $env.__jit
    let due = $known.looked == 0 or $content != $known.content or $now < $known.looked or ($known.next > 0 and $now >= $known.next)
    if $due {
        $env.__jit.content = $content
        $env.__jit.looked = $now
        let status = $env.LAST_EXIT_CODE?
        __jit_ask $now
        $env.LAST_EXIT_CODE = ($status | default 0)
    }
}

if ($env.__jit_hooked? | default {} | get process? | default 0) != $nu.pid {
    $env.__jit_hooked = { process: $nu.pid, prompt: $env.PROMPT_COMMAND? }
    $env.config.hooks.pre_prompt = ($env.config.hooks.pre_prompt? | default [] | append {|| __jit_hook })
    if $env.__jit.place {
        $env.PROMPT_COMMAND = {||
            let prompt = $env.__jit_hooked.prompt
            let text = if ($prompt | describe) == "closure" { do $prompt } else { $prompt | default "" }
            $"($env.__jit.shown)($text)"
        }
    }
}
