//! Additions to clap's completion scripts, to complete roles, requests and reviews by name.

use clap_complete::Shell;

use super::arguments;
use super::complete::KINDS;

/// Adds to a script of clap. Scripts of shells without an addition stay unchanged.
pub fn add(shell: Shell, script: String) -> String {
    match shell {
        Shell::Bash => bash(&script),
        Shell::Zsh => zsh(&script),
        Shell::Fish => fish(script),
        _ => script,
    }
}

/// The available commands, each with the id of its first word and what that names.
fn named() -> Vec<(&'static str, String, &'static str)> {
    let command = arguments::command();
    let first = |name: &str| {
        let found = command.find_subcommand(name)?;
        found.get_positionals().next().map(|argument| argument.get_id().to_string())
    };
    KINDS.into_iter().filter_map(|(name, kind)| Some((name, first(name)?, kind))).collect()
}

/// The long flags of those commands that take a value for which no name is offered.
fn valued() -> Vec<String> {
    let command = arguments::command();
    let mut flags: Vec<String> = KINDS
        .iter()
        .filter_map(|(name, _)| command.find_subcommand(name))
        .flat_map(clap::Command::get_arguments)
        .chain(command.get_arguments())
        .filter(|argument| !argument.is_positional() && argument.get_action().takes_values())
        .filter(|argument| argument.get_long() != Some("scope"))
        .filter_map(|argument| Some(format!("--{}", argument.get_long()?)))
        .collect();
    flags.sort();
    flags.dedup();
    flags
}

fn bash(script: &str) -> String {
    let mut cases = String::new();
    for kind in ["roles", "grants", "requests", "reviews"] {
        let commands: Vec<&str> =
            named().into_iter().filter(|(.., of)| *of == kind).map(|(name, ..)| name).collect();
        cases.push_str(&format!("        {}) kind={kind} ;;\n", commands.join("|")));
    }
    let addition = format!(
        r#"# What a command has registered for itself, where bash-completion is not loaded.
_jit_own() {{
    local name="${{COMP_WORDS[$1]}}" count=$(( COMP_CWORD - $1 )) spec word
    local -a words=("${{COMP_WORDS[@]:$1}}")
    spec="$(complete -p -- "$name" 2>/dev/null)" || return 0
    local -a COMP_WORDS=("${{words[@]}}")
    local COMP_CWORD="$count" COMP_LINE="${{words[*]}}"
    local COMP_POINT="${{#COMP_LINE}}"
    if [[ $spec =~ \ -F\ ([^[:space:]\']+) ]]; then
        "${{BASH_REMATCH[1]}}" "$name" "${{words[count]}}" "${{words[count-1]}}"
    elif [[ $spec =~ \ -C\ \'([^\']+)\' ]]; then
        while IFS= read -r word; do
            COMPREPLY+=("$word")
        done < <(
            export COMP_LINE COMP_POINT
            command "${{BASH_REMATCH[1]}}" "$name" "${{words[count]}}" "${{words[count-1]}}" 2>/dev/null
        )
    fi
    return 0
}}

# After `--` stands a command: its own completion answers.
_jit_behind() {{
    local at="$1" word
    COMPREPLY=()
    if [[ $COMP_CWORD -gt $at && "$(complete -p -- "${{COMP_WORDS[at]}}" 2>/dev/null)" == *' -C '* ]]; then
        # bash-completion cannot ask a program.
        _jit_own "$at"
    elif declare -F _comp_command_offset >/dev/null; then
        _comp_command_offset "$at"
    elif declare -F _command_offset >/dev/null; then
        _command_offset "$at"
    elif [[ $COMP_CWORD -eq $at ]]; then
        while IFS= read -r word; do
            COMPREPLY+=("$word")
        done < <(compgen -c -- "${{COMP_WORDS[COMP_CWORD]}}" | sort -u)
    else
        _jit_own "$at"
    fi
    return 0
}}

# Names come from the index of this machine, without network; nothing that is printed is expanded.
_jit_named() {{
    local at
    if [[ ${{COMP_WORDS[1]}} == exec ]]; then
        for (( at = 2; at < COMP_CWORD; at++ )); do
            [[ ${{COMP_WORDS[at]}} == -- ]] || continue
            _jit_behind $(( at + 1 ))
            return 0
        done
    fi
    _jit "$@"
    local cur="${{COMP_WORDS[COMP_CWORD]}}" prev="${{COMP_WORDS[COMP_CWORD-1]}}" kind="" word
    # bash takes `--scope=x` apart at the sign.
    [[ $cur != = ]] || cur=""
    [[ $prev != = || $COMP_CWORD -lt 3 ]] || prev="${{COMP_WORDS[COMP_CWORD-2]}}"
    [[ $COMP_CWORD -ge 2 && $cur != -* ]] || return 0
    case "$prev" in
        --scope) kind=scopes ;;
        {}) return 0 ;;
    esac
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        [[ $word == -- ]] && return 0
    done
    [[ -n $kind ]] || case "${{COMP_WORDS[1]}}" in
{cases}        *) return 0 ;;
    esac
    [[ -n $cur && $prev != --scope ]] || COMPREPLY=()
    local -a typed=()
    [[ $kind != scopes ]] || typed=("${{COMP_WORDS[@]:2:COMP_CWORD-2}}")
    while IFS= read -r word; do
        [[ $word == "$cur"* ]] && COMPREPLY+=("$word")
    done < <(command jit complete "$kind" "${{typed[@]}}" 2>/dev/null)
    return 0
}}

"#,
        valued().join("|")
    );
    let registration = "if [[ \"${BASH_VERSINFO[0]}\" -eq 4";
    let (before, after) = script.split_at(script.rfind(registration).unwrap_or(script.len()));
    format!("{before}{addition}{}", after.replace("complete -F _jit ", "complete -F _jit_named "))
}

fn zsh(script: &str) -> String {
    let named = named();
    let mut text = String::with_capacity(script.len() + 512);
    let mut current = None;
    for line in script.lines() {
        if let Some(label) = line.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            current = named.iter().find(|(name, ..)| *name == label);
        }
        if let Some(before) = line.strip_suffix(":SCOPE:_default' \\") {
            text.push_str(&format!("{before}:SCOPE:_jit_scopes' \\\n"));
            continue;
        }
        // With two colons the typed roles would hide the flags and their values from the completer.
        let line = &line.replacen("'*::", "'*:", 1);
        let changed = current.and_then(|(_, id, kind)| {
            let word = line.strip_prefix('\'')?.trim_start_matches(['*', ':']);
            word.strip_prefix(id.as_str())?.strip_prefix(" -- ")?;
            Some(format!("{}:_jit_names {kind}' \\", line.strip_suffix(":_default' \\")?))
        });
        match changed {
            Some(changed) => text.push_str(&changed),
            None => text.push_str(line),
        }
        text.push('\n');
        if line == "_jit() {" {
            text.push_str("    _jit_behind && return 0\n");
        }
    }
    let addition = r#"# Names come from the index of this machine, without network; nothing that is printed is expanded.
(( $+functions[_jit_names] )) ||
_jit_names() {
    local -a names
    names=("${(@f)$(command jit complete "${argv[-1]}" 2>/dev/null)}")
    compadd "${(@)argv[1,-2]}" -a names
}
# After `--` stands a command: its own completion answers.
(( $+functions[_jit_behind] )) ||
_jit_behind() {
    local at="${words[(i)--]}"
    (( at < CURRENT && ${words[(i)exec]} < at )) || return 1
    shift $at words
    (( CURRENT -= at ))
    _normal
    return 0
}
(( $+functions[_jit_scopes] )) ||
_jit_scopes() {
    local -a names
    names=("${(@f)$(command jit complete scopes "${(@)words[1,CURRENT-1]}" 2>/dev/null)}")
    compadd "$@" -a names
}

"#;
    let registration = "if [ \"$funcstack[1]\" = \"_jit\" ]; then";
    let (before, after) = text.split_at(text.rfind(registration).unwrap_or(text.len()));
    format!("{before}{addition}{after}")
}

fn fish(mut script: String) -> String {
    script.push_str("# Names come from the index of this machine, without network.\n");
    for (name, _, kind) in named() {
        script.push_str(&format!(
            "complete -c jit -n \"__fish_jit_using_subcommand {name}; and not contains -- -- (commandline -opc)\" -f -a \
             \"(command jit complete {kind} 2>/dev/null)\"\n"
        ));
    }
    script.push_str(
        "# After `--` stands a command: its own completion answers.\n\
         function __fish_jit_behind\n    \
             set -l words (commandline -opc)\n    \
             set -l at (contains -i -- -- $words)\n    \
             or return\n    \
             set -e words[1..$at]\n    \
             set -l token (commandline -ct)\n    \
             complete -C (string join -- ' ' (string escape -- $words) \"$token\")\n\
         end\n\
         complete -c jit -n \"__fish_jit_using_subcommand exec; and contains -- -- (commandline -opc)\" -f -a \
         \"(__fish_jit_behind)\"\n",
    );
    for name in ["approve", "request"] {
        script.push_str(&format!(
            "complete -c jit -n \"__fish_jit_using_subcommand {name}\" -l scope -f -r -a \
             \"(command jit complete scopes (commandline -opc) 2>/dev/null)\"\n"
        ));
    }
    script
}
