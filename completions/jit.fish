# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_jit_global_optspecs
    string join \n color= h/help V/version
end

function __fish_jit_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_jit_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_jit_using_subcommand
    set -l cmd (__fish_jit_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c jit -n "__fish_jit_needs_command" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_needs_command" -s V -l version -d 'Print version'
complete -c jit -n "__fish_jit_needs_command" -f -a "login" -d 'Log in to your team\'s broker or repository'
complete -c jit -n "__fish_jit_needs_command" -f -a "logout" -d 'End the session with the broker'
complete -c jit -n "__fish_jit_needs_command" -f -a "lock" -d 'End your session here and remove credentials until you log in'
complete -c jit -n "__fish_jit_needs_command" -f -a "whoami" -d 'Show your identity at the broker or in the cloud'
complete -c jit -n "__fish_jit_needs_command" -f -a "key" -d 'List, add, confirm and drop the keys that sign-ins enrolled'
complete -c jit -n "__fish_jit_needs_command" -f -a "agent" -d 'Give a coding agent an identity of its own'
complete -c jit -n "__fish_jit_needs_command" -f -a "roles" -d 'List the roles that you may request, who approves, and how long'
complete -c jit -n "__fish_jit_needs_command" -f -a "request" -d 'Ask for a role, wait for approval, get the credentials'
complete -c jit -n "__fish_jit_needs_command" -f -a "wait" -d 'Continue waiting for a request, from any terminal'
complete -c jit -n "__fish_jit_needs_command" -f -a "env" -d 'Print the credentials as variables for a shell'
complete -c jit -n "__fish_jit_needs_command" -f -a "console" -d 'Open the web console with a role; requests it first if needed'
complete -c jit -n "__fish_jit_needs_command" -f -a "status" -d 'Show your grants and requests'
complete -c jit -n "__fish_jit_needs_command" -f -a "show" -d 'Show one request in full'
complete -c jit -n "__fish_jit_needs_command" -f -a "inbox" -d 'List the requests that you may review, the oldest first'
complete -c jit -n "__fish_jit_needs_command" -f -a "approve" -d 'Approve a request, or confirm emergency access afterwards'
complete -c jit -n "__fish_jit_needs_command" -f -a "deny" -d 'Deny a request; this is final'
complete -c jit -n "__fish_jit_needs_command" -f -a "extend" -d 'Ask for more time; running commands continue'
complete -c jit -n "__fish_jit_needs_command" -f -a "end" -d 'End your access, or cancel your request'
complete -c jit -n "__fish_jit_needs_command" -f -a "revoke" -d 'End another person\'s access'
complete -c jit -n "__fish_jit_needs_command" -f -a "web" -d 'Sign a browser in on the broker\'s approval page'
complete -c jit -n "__fish_jit_needs_command" -f -a "break-glass" -d 'Take a role without approval in an emergency; everybody is told'
complete -c jit -n "__fish_jit_needs_command" -f -a "audit" -d 'Read the audit log'
complete -c jit -n "__fish_jit_needs_command" -f -a "report" -d 'Report who had what access when, and who agreed'
complete -c jit -n "__fish_jit_needs_command" -f -a "serve" -d 'Run your team\'s broker'
complete -c jit -n "__fish_jit_needs_command" -f -a "setup" -d 'Set up profiles, contexts, agents, trust or the issuer'
complete -c jit -n "__fish_jit_needs_command" -f -a "exec" -d 'Run one command with a role; requests it first if needed'
complete -c jit -n "__fish_jit_needs_command" -f -a "shell" -d 'Open a shell with a role; requests it first if needed'
complete -c jit -n "__fish_jit_needs_command" -f -a "credentials" -d 'Print the credentials of an active role, for programs'
complete -c jit -n "__fish_jit_needs_command" -f -a "demo" -d 'Watch the whole round trip on this machine; no cloud needed'
complete -c jit -n "__fish_jit_needs_command" -f -a "policy" -d 'Write, check, test and compare access as code'
complete -c jit -n "__fish_jit_needs_command" -f -a "ci" -d 'Decide and issue credentials in GitHub Actions, without a broker'
complete -c jit -n "__fish_jit_needs_command" -f -a "doctor" -d 'Check that jit is set up correctly'
complete -c jit -n "__fish_jit_needs_command" -f -a "man" -d 'Show a manual page'
complete -c jit -n "__fish_jit_needs_command" -f -a "mcp" -d 'Serve tools to a coding agent: ask for roles, wait, run commands'
complete -c jit -n "__fish_jit_needs_command" -f -a "version" -d 'Show which build of jit this is, and whether a release has it'
complete -c jit -n "__fish_jit_needs_command" -f -a "prompt" -d 'Print active access for a shell prompt (empty if none)'
complete -c jit -n "__fish_jit_needs_command" -f -a "hook" -d 'Tell a coding agent\'s client which commands need a role'
complete -c jit -n "__fish_jit_needs_command" -f -a "init" -d 'Print the hook that shows your access in the shell\'s prompt'
complete -c jit -n "__fish_jit_needs_command" -f -a "config" -d 'Show and change your settings'
complete -c jit -n "__fish_jit_needs_command" -f -a "learn" -d 'Propose a narrower scope from what a role\'s sessions did'
complete -c jit -n "__fish_jit_needs_command" -f -a "completions" -d 'Print the completion script of a shell'
complete -c jit -n "__fish_jit_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand login" -l as -d 'Your name in the policy' -r
complete -c jit -n "__fish_jit_using_subcommand login" -l key -d 'Your key: its file, or the fingerprint or comment that `ssh-add -l` shows' -r
complete -c jit -n "__fish_jit_using_subcommand login" -l keychain -d 'Where to store sessions, keys and credentials: os, keyutils, file or none' -r
complete -c jit -n "__fish_jit_using_subcommand login" -l credentials -d 'Where to keep credentials: kernel (Linux forgets them when they expire) or keychain' -r
complete -c jit -n "__fish_jit_using_subcommand login" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand login" -l ssh -d 'Sign with your own SSH key, also where you sign in at an identity provider'
complete -c jit -n "__fish_jit_using_subcommand login" -l device -d 'Sign in at the identity provider with a code, on any machine'
complete -c jit -n "__fish_jit_using_subcommand login" -l no-browser -d 'Print the identity provider\'s address only, and open no browser'
complete -c jit -n "__fish_jit_using_subcommand login" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand logout" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand logout" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand lock" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand lock" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand whoami" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand whoami" -l cloud -d 'Ask the cloud which identity the credentials in the environment have'
complete -c jit -n "__fish_jit_using_subcommand whoami" -l json -d 'Write JSON'
complete -c jit -n "__fish_jit_using_subcommand whoami" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand key; and not __fish_seen_subcommand_from list add confirm vouch drop help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand key; and not __fish_seen_subcommand_from list add confirm vouch drop help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand key; and not __fish_seen_subcommand_from list add confirm vouch drop help" -f -a "list" -d 'List your enrolled keys, and those that you may vouch for'
complete -c jit -n "__fish_jit_using_subcommand key; and not __fish_seen_subcommand_from list add confirm vouch drop help" -f -a "add" -d 'Enrol a key that signs elsewhere, such as a passkey, by signing in with your account'
complete -c jit -n "__fish_jit_using_subcommand key; and not __fish_seen_subcommand_from list add confirm vouch drop help" -f -a "confirm" -d 'Confirm an enrolled key of yours, with the key of your login'
complete -c jit -n "__fish_jit_using_subcommand key; and not __fish_seen_subcommand_from list add confirm vouch drop help" -f -a "vouch" -d 'Vouch that an enrolled key is another person\'s'
complete -c jit -n "__fish_jit_using_subcommand key; and not __fish_seen_subcommand_from list add confirm vouch drop help" -f -a "drop" -d 'Drop an enrolled key of yours, with its sessions'
complete -c jit -n "__fish_jit_using_subcommand key; and not __fish_seen_subcommand_from list add confirm vouch drop help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand key; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand key; and __fish_seen_subcommand_from list" -l json -d 'Write JSON'
complete -c jit -n "__fish_jit_using_subcommand key; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand key; and __fish_seen_subcommand_from add" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand key; and __fish_seen_subcommand_from add" -l device -d 'Sign in with a code, on any machine'
complete -c jit -n "__fish_jit_using_subcommand key; and __fish_seen_subcommand_from add" -l no-browser -d 'Print the address of the sign-in only, and open no browser'
complete -c jit -n "__fish_jit_using_subcommand key; and __fish_seen_subcommand_from add" -l json -d 'Write the key as JSON'
complete -c jit -n "__fish_jit_using_subcommand key; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand key; and __fish_seen_subcommand_from confirm" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand key; and __fish_seen_subcommand_from confirm" -l json -d 'Write the key as JSON'
complete -c jit -n "__fish_jit_using_subcommand key; and __fish_seen_subcommand_from confirm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand key; and __fish_seen_subcommand_from vouch" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand key; and __fish_seen_subcommand_from vouch" -s y -l yes -d 'Skip the question; the key must be named then'
complete -c jit -n "__fish_jit_using_subcommand key; and __fish_seen_subcommand_from vouch" -l json -d 'Write the key as JSON'
complete -c jit -n "__fish_jit_using_subcommand key; and __fish_seen_subcommand_from vouch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand key; and __fish_seen_subcommand_from drop" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand key; and __fish_seen_subcommand_from drop" -s y -l yes -d 'Skip the question'
complete -c jit -n "__fish_jit_using_subcommand key; and __fish_seen_subcommand_from drop" -l json -d 'Write the key as JSON, as it was'
complete -c jit -n "__fish_jit_using_subcommand key; and __fish_seen_subcommand_from drop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "list" -d 'List your enrolled keys, and those that you may vouch for'
complete -c jit -n "__fish_jit_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "add" -d 'Enrol a key that signs elsewhere, such as a passkey, by signing in with your account'
complete -c jit -n "__fish_jit_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "confirm" -d 'Confirm an enrolled key of yours, with the key of your login'
complete -c jit -n "__fish_jit_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "vouch" -d 'Vouch that an enrolled key is another person\'s'
complete -c jit -n "__fish_jit_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "drop" -d 'Drop an enrolled key of yours, with its sessions'
complete -c jit -n "__fish_jit_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand agent; and not __fish_seen_subcommand_from init help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand agent; and not __fish_seen_subcommand_from init help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand agent; and not __fish_seen_subcommand_from init help" -f -a "init" -d 'Make an agent\'s key, keep it in the keychain, and print its block for people.toml'
complete -c jit -n "__fish_jit_using_subcommand agent; and not __fish_seen_subcommand_from init help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand agent; and __fish_seen_subcommand_from init" -l of -d 'Its owner\'s name in the policy; default: the name that you are logged in with' -r
complete -c jit -n "__fish_jit_using_subcommand agent; and __fish_seen_subcommand_from init" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand agent; and __fish_seen_subcommand_from init" -l json -d 'Write JSON'
complete -c jit -n "__fish_jit_using_subcommand agent; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand agent; and __fish_seen_subcommand_from help" -f -a "init" -d 'Make an agent\'s key, keep it in the keychain, and print its block for people.toml'
complete -c jit -n "__fish_jit_using_subcommand agent; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand roles" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand roles" -l json -d 'Write JSON'
complete -c jit -n "__fish_jit_using_subcommand roles" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand request" -l scope -d 'Ask for this scope of the role only; `jit roles` lists scopes' -r
complete -c jit -n "__fish_jit_using_subcommand request" -l for -d 'For how long, like 30m, 1h or 1h30m; default: the role\'s duration' -r
complete -c jit -n "__fish_jit_using_subcommand request" -l reason -d 'Why; shown to reviewers and in the audit log' -r
complete -c jit -n "__fish_jit_using_subcommand request" -l start -d 'Start no earlier than this, like 2026-11-24T08:00:00Z' -r
complete -c jit -n "__fish_jit_using_subcommand request" -l file -d 'A file that belongs to the command: a plan, a script; it may not change' -r
complete -c jit -n "__fish_jit_using_subcommand request" -l plan -d 'The JSON of the plan that the command applies (`terraform show -json`); reviewers are shown it' -r
complete -c jit -n "__fish_jit_using_subcommand request" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand request" -l no-scope -d 'Ask for the whole role, even if .jit.toml suggests a scope'
complete -c jit -n "__fish_jit_using_subcommand request" -l no-wait -d 'Do not wait for the approval'
complete -c jit -n "__fish_jit_using_subcommand request" -l bell -d 'Ring the terminal\'s bell when it is decided, even if the settings say no'
complete -c jit -n "__fish_jit_using_subcommand request" -s y -l yes -d 'Skip the question'
complete -c jit -n "__fish_jit_using_subcommand request" -l json -d 'Write the request as JSON'
complete -c jit -n "__fish_jit_using_subcommand request" -l command -d 'Ask for exactly the command after `--`, once'
complete -c jit -n "__fish_jit_using_subcommand request" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand wait" -l timeout -d 'Stop waiting after this long; the request stays' -r
complete -c jit -n "__fish_jit_using_subcommand wait" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand wait" -l bell -d 'Ring the terminal\'s bell when it is decided, even if the settings say no'
complete -c jit -n "__fish_jit_using_subcommand wait" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand env" -l shell -d 'The shell\'s syntax; default: by SHELL' -r -f -a "bash\t'bash, and every POSIX shell'
zsh\t'zsh'
fish\t'fish'
powershell\t'PowerShell'
nu\t'nu, as JSON for `from json | load-env`'"
complete -c jit -n "__fish_jit_using_subcommand env" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand env" -l unset -d 'Remove the variables from the shell again'
complete -c jit -n "__fish_jit_using_subcommand env" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand console" -l destination -d 'The service or the page to open' -r
complete -c jit -n "__fish_jit_using_subcommand console" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand console" -l print -d 'Print the address instead of opening it'
complete -c jit -n "__fish_jit_using_subcommand console" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand status" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand status" -l all -d 'Show everybody\'s access that you may revoke or audit'
complete -c jit -n "__fish_jit_using_subcommand status" -l verify -d 'Ask the cloud which identity the credentials have'
complete -c jit -n "__fish_jit_using_subcommand status" -l json -d 'Write JSON'
complete -c jit -n "__fish_jit_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand show" -l plan -d 'The JSON of the plan that the command applies, to be shown; refused unless it is the one that was signed' -r
complete -c jit -n "__fish_jit_using_subcommand show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand show" -l json -d 'Write JSON'
complete -c jit -n "__fish_jit_using_subcommand show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand inbox" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand inbox" -l list -d 'Print the list once, also on a terminal'
complete -c jit -n "__fish_jit_using_subcommand inbox" -l json -d 'Write JSON'
complete -c jit -n "__fish_jit_using_subcommand inbox" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand approve" -l comment -d 'A comment for the requester and the audit log' -r
complete -c jit -n "__fish_jit_using_subcommand approve" -l for -d 'Approve for at most this long' -r
complete -c jit -n "__fish_jit_using_subcommand approve" -l scope -d 'Approve for no more than this scope of the role' -r
complete -c jit -n "__fish_jit_using_subcommand approve" -l plan -d 'The JSON of the plan that the command applies, to be shown; refused unless it is the one that was signed' -r
complete -c jit -n "__fish_jit_using_subcommand approve" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand approve" -s y -l yes -d 'Skip the question'
complete -c jit -n "__fish_jit_using_subcommand approve" -l json -d 'Write the request as JSON'
complete -c jit -n "__fish_jit_using_subcommand approve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand deny" -l reason -d 'Why; the requester reads it. Without it, jit asks on a terminal' -r
complete -c jit -n "__fish_jit_using_subcommand deny" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand deny" -s y -l yes -d 'Skip the question'
complete -c jit -n "__fish_jit_using_subcommand deny" -l json -d 'Write the request as JSON'
complete -c jit -n "__fish_jit_using_subcommand deny" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand extend" -l for -d 'How much longer, like 30m or 1h; default: the role\'s duration' -r
complete -c jit -n "__fish_jit_using_subcommand extend" -l reason -d 'Why; default: the reason of the access itself' -r
complete -c jit -n "__fish_jit_using_subcommand extend" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand extend" -l no-wait -d 'Do not wait for the approval'
complete -c jit -n "__fish_jit_using_subcommand extend" -s y -l yes -d 'Skip the question'
complete -c jit -n "__fish_jit_using_subcommand extend" -l json -d 'Write the request as JSON'
complete -c jit -n "__fish_jit_using_subcommand extend" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand end" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand end" -l wait -d 'Wait until the end is recorded, and say how it ended'
complete -c jit -n "__fish_jit_using_subcommand end" -l json -d 'Write the request as JSON'
complete -c jit -n "__fish_jit_using_subcommand end" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand revoke" -l person -d 'Revoke all that this person holds or waits for, by their name in the policy' -r
complete -c jit -n "__fish_jit_using_subcommand revoke" -l reason -d 'Why; shown to the requester and in the audit log. Without it, jit asks on a terminal' -r
complete -c jit -n "__fish_jit_using_subcommand revoke" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand revoke" -s y -l yes -d 'Skip the question'
complete -c jit -n "__fish_jit_using_subcommand revoke" -l json -d 'Write the request as JSON; with --person, a list of them'
complete -c jit -n "__fish_jit_using_subcommand revoke" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand web" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand web" -l no-open -d 'Open no browser; type the address yourself'
complete -c jit -n "__fish_jit_using_subcommand web" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand break-glass" -l reason -d 'What happened; the notices, the reviewer and the audit log show it' -r
complete -c jit -n "__fish_jit_using_subcommand break-glass" -l for -d 'For how long, like 15m; default: the role\'s duration, within the limit for emergencies' -r
complete -c jit -n "__fish_jit_using_subcommand break-glass" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand break-glass" -s y -l yes -d 'Skip the question'
complete -c jit -n "__fish_jit_using_subcommand break-glass" -l json -d 'Write the request as JSON'
complete -c jit -n "__fish_jit_using_subcommand break-glass" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand audit; and not __fish_seen_subcommand_from list help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand audit; and not __fish_seen_subcommand_from list help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand audit; and not __fish_seen_subcommand_from list help" -f -a "list" -d 'List the events of the audit log, the newest last'
complete -c jit -n "__fish_jit_using_subcommand audit; and not __fish_seen_subcommand_from list help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand audit; and __fish_seen_subcommand_from list" -l person -d 'Only events that this person caused, or that are about their requests or their agents\'' -r
complete -c jit -n "__fish_jit_using_subcommand audit; and __fish_seen_subcommand_from list" -l role -d 'Only events about requests for this role' -r
complete -c jit -n "__fish_jit_using_subcommand audit; and __fish_seen_subcommand_from list" -l since -d 'Only events since then: how long ago (2d, 3h), a day (2026-11-24) or a time' -r
complete -c jit -n "__fish_jit_using_subcommand audit; and __fish_seen_subcommand_from list" -l last -d 'How many of the newest events to show [default: 50]' -r
complete -c jit -n "__fish_jit_using_subcommand audit; and __fish_seen_subcommand_from list" -l after -d 'Only events after this number; the chain is checked from there on' -r
complete -c jit -n "__fish_jit_using_subcommand audit; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand audit; and __fish_seen_subcommand_from list" -l all -d 'Show all events'
complete -c jit -n "__fish_jit_using_subcommand audit; and __fish_seen_subcommand_from list" -l json -d 'Write JSON, with each event as it is chained'
complete -c jit -n "__fish_jit_using_subcommand audit; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the events of the audit log, the newest last'
complete -c jit -n "__fish_jit_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand report" -l since -d 'Only since then: how long ago (30d), a day (2026-11-24) or a time' -r
complete -c jit -n "__fish_jit_using_subcommand report" -l until -d 'Only until then; a day is meant to its end' -r
complete -c jit -n "__fish_jit_using_subcommand report" -l role -d 'Only requests for this role' -r
complete -c jit -n "__fish_jit_using_subcommand report" -l person -d 'Only requests that this person made or reviewed' -r
complete -c jit -n "__fish_jit_using_subcommand report" -l log -d 'Read an exported log instead of the authority\'s' -r -F
complete -c jit -n "__fish_jit_using_subcommand report" -l policy -d 'Compare with this policy: roles nobody used, people who left, and who could approve alone' -r -F
complete -c jit -n "__fish_jit_using_subcommand report" -l kept -d 'Refuse a log without this hash, which an earlier report named' -r
complete -c jit -n "__fish_jit_using_subcommand report" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand report" -l csv -d 'Write CSV, one line a request'
complete -c jit -n "__fish_jit_using_subcommand report" -l json -d 'Write JSON'
complete -c jit -n "__fish_jit_using_subcommand report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand serve" -l config -d 'A settings file in TOML, with a key for each flag; flags overrule it' -r -F
complete -c jit -n "__fish_jit_using_subcommand serve" -l policy -d 'The policy: a folder, or a git repository and branch, fetched every minute' -r
complete -c jit -n "__fish_jit_using_subcommand serve" -l policy-accept -d 'Accept this commit although the branch was rewritten' -r
complete -c jit -n "__fish_jit_using_subcommand serve" -l policy-hook-secret -d 'A file with the secret of the webhook /v1/hooks/policy; default: JIT_POLICY_HOOK_SECRET' -r -F
complete -c jit -n "__fish_jit_using_subcommand serve" -l events-token -d 'A file with the token of a transmitter of security events (CAEP); default: JIT_EVENTS_TOKEN' -r -F
complete -c jit -n "__fish_jit_using_subcommand serve" -l scim-token -d 'A file with the token of a SCIM client; default: JIT_SCIM_TOKEN' -r -F
complete -c jit -n "__fish_jit_using_subcommand serve" -l url -d 'The address that people use; default: http://LISTEN' -r
complete -c jit -n "__fish_jit_using_subcommand serve" -l issuer -d 'The address at which another web host serves the issuer\'s documents to clouds; default: the broker\'s' -r
complete -c jit -n "__fish_jit_using_subcommand serve" -l issuer-dir -d 'Keep those documents fresh in this folder, for that web host' -r -F
complete -c jit -n "__fish_jit_using_subcommand serve" -l listen -d 'Where to listen; default: 127.0.0.1:8765' -r
complete -c jit -n "__fish_jit_using_subcommand serve" -l behind-tls-proxy -d 'A proxy in front speaks TLS, so plain http is allowed beyond this machine' -r -f -a "true\t''
false\t''"
complete -c jit -n "__fish_jit_using_subcommand serve" -l trusted-proxy -d 'Trust X-Forwarded-For of this proxy; may be repeated' -r
complete -c jit -n "__fish_jit_using_subcommand serve" -l kubernetes -d 'The file with the broker\'s own token for an API server of Kubernetes; may be repeated' -r
complete -c jit -n "__fish_jit_using_subcommand serve" -l web -d 'Serve the approval page under /web, where reviewers approve with a passkey' -r -f -a "true\t''
false\t''"
complete -c jit -n "__fish_jit_using_subcommand serve" -l data -d 'The database\'s folder; default: in your state folder' -r -F
complete -c jit -n "__fish_jit_using_subcommand serve" -l keys -d 'The keys\' folder; default: DATA/keys. Never back up keys and data together' -r -F
complete -c jit -n "__fish_jit_using_subcommand serve" -l accept-gap -d 'Accept a database that lacks events, by the event with which it ends. Ends every open request and session' -r
complete -c jit -n "__fish_jit_using_subcommand serve" -l log-format -d 'The form of the log: lines for people, or one JSON object a line; default: text' -r -f -a "text\t'Lines for people'
json\t'One JSON object a line, for programs'"
complete -c jit -n "__fish_jit_using_subcommand serve" -l metrics -d 'Serve /metrics in the OpenMetrics format at this address of its own; default: nowhere' -r
complete -c jit -n "__fish_jit_using_subcommand serve" -l metrics-reachable -d 'Other machines may read the metrics, which have no password' -r -f -a "true\t''
false\t''"
complete -c jit -n "__fish_jit_using_subcommand serve" -l sandbox -d 'Also run the cloud that the policy\'s sandbox roles open; it is on this machine and opens nothing real' -r -f -a "true\t''
false\t''"
complete -c jit -n "__fish_jit_using_subcommand serve" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand serve" -l check -d 'Check the settings and the policy\'s folder, and do not start'
complete -c jit -n "__fish_jit_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand setup; and not __fish_seen_subcommand_from agents aws aws-trust import issuer kubernetes trust help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand setup; and not __fish_seen_subcommand_from agents aws aws-trust import issuer kubernetes trust help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand setup; and not __fish_seen_subcommand_from agents aws aws-trust import issuer kubernetes trust help" -f -a "agents" -d 'Let a coding agent\'s client ask jit before it runs a command'
complete -c jit -n "__fish_jit_using_subcommand setup; and not __fish_seen_subcommand_from agents aws aws-trust import issuer kubernetes trust help" -f -a "aws" -d 'Write AWS profiles that take their credentials from jit'
complete -c jit -n "__fish_jit_using_subcommand setup; and not __fish_seen_subcommand_from agents aws aws-trust import issuer kubernetes trust help" -f -a "aws-trust" -d 'Print the trust policy for a role in AWS'
complete -c jit -n "__fish_jit_using_subcommand setup; and not __fish_seen_subcommand_from agents aws aws-trust import issuer kubernetes trust help" -f -a "import" -d 'Propose direct roles from your AWS profiles'
complete -c jit -n "__fish_jit_using_subcommand setup; and not __fish_seen_subcommand_from agents aws aws-trust import issuer kubernetes trust help" -f -a "issuer" -d 'Write the issuer\'s documents for a web host that clouds reach'
complete -c jit -n "__fish_jit_using_subcommand setup; and not __fish_seen_subcommand_from agents aws aws-trust import issuer kubernetes trust help" -f -a "kubernetes" -d 'Write contexts for kubectl that take their tokens from jit'
complete -c jit -n "__fish_jit_using_subcommand setup; and not __fish_seen_subcommand_from agents aws aws-trust import issuer kubernetes trust help" -f -a "trust" -d 'Print what a role\'s place must be told'
complete -c jit -n "__fish_jit_using_subcommand setup; and not __fish_seen_subcommand_from agents aws aws-trust import issuer kubernetes trust help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from agents" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from agents" -l write -d 'Change the files'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from agents" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from aws" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from aws" -l diff -d 'Print the change only; this is the default'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from aws" -l write -d 'Change the file'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from aws" -l remove -d 'Remove the block'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from aws" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from aws-trust" -l policy -d 'Read the role from this policy folder, not from the broker' -r -F
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from aws-trust" -l url -d 'The broker\'s future address, which is also its issuer' -r
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from aws-trust" -l issuer -d 'The issuer\'s address; default: the issuer that the broker names' -r
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from aws-trust" -l principal -d 'The broker\'s own AWS identity, for a role with `by = "broker"`: an ARN, or `here` on the broker\'s machine' -r
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from aws-trust" -l part -d 'The document to print, for a role behind a hub (`via`) or with `by = "broker"`' -r -f -a "target\t'The role\'s own trust policy'
hub\t'The hub\'s trust policy'
hub-permissions\t'The hub\'s permissions'
broker-permissions\t'The permissions of the broker\'s own identity'"
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from aws-trust" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from aws-trust" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from import" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from import" -l write -d 'Add the roles to config.toml'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from issuer" -l issuer -d 'The issuer\'s address; default: the issuer of the broker' -r
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from issuer" -l url -d 'Fetch from the broker at this address' -r
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from issuer" -l config -d 'Read the keys of the broker with this settings file' -r -F
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from issuer" -l keys -d 'Read the keys in this key folder of a broker' -r -F
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from issuer" -l data -d 'Read the keys in this data folder of a broker' -r -F
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from issuer" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from issuer" -l print-keys -d 'Print the key set, as Google takes it for a provider with uploaded keys'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from issuer" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from kubernetes" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from kubernetes" -l write -d 'Change the file'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from kubernetes" -l remove -d 'Remove the file'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from kubernetes" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from trust" -l policy -d 'Read the role from this policy folder, not from the broker' -r -F
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from trust" -l url -d 'The broker\'s future address, which is also its issuer' -r
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from trust" -l issuer -d 'The issuer\'s address; default: the issuer that the broker names' -r
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from trust" -l principal -d 'The broker\'s own AWS identity, for a role with `by = "broker"`: an ARN, or `here` on the broker\'s machine' -r
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from trust" -l jwks -d 'Upload this key set, so that Google Cloud need not reach the issuer: a file, or `broker` for the broker\'s' -r
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from trust" -l format -d 'The form' -r -f -a "text\t'Commands, or a document'
terraform\t'Terraform\'s configuration, for every place but a token\'s'"
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from trust" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from trust" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from help" -f -a "agents" -d 'Let a coding agent\'s client ask jit before it runs a command'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from help" -f -a "aws" -d 'Write AWS profiles that take their credentials from jit'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from help" -f -a "aws-trust" -d 'Print the trust policy for a role in AWS'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from help" -f -a "import" -d 'Propose direct roles from your AWS profiles'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from help" -f -a "issuer" -d 'Write the issuer\'s documents for a web host that clouds reach'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from help" -f -a "kubernetes" -d 'Write contexts for kubectl that take their tokens from jit'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from help" -f -a "trust" -d 'Print what a role\'s place must be told'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand exec" -l needs -d 'Extend access that ends sooner, or do not start' -r
complete -c jit -n "__fish_jit_using_subcommand exec" -l file -d 'A file that belongs to the command of --bind: a plan, a script' -r
complete -c jit -n "__fish_jit_using_subcommand exec" -l plan -d 'The JSON of the plan that the command of --bind applies; reviewers are shown it' -r
complete -c jit -n "__fish_jit_using_subcommand exec" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand exec" -l env -d 'Put the credentials into the environment, even if they expire before the access'
complete -c jit -n "__fish_jit_using_subcommand exec" -l serve -d 'Stay as the parent and serve the credentials, even if that is not needed'
complete -c jit -n "__fish_jit_using_subcommand exec" -l metadata -d 'Serve the token of a Google Cloud role as a metadata server, too'
complete -c jit -n "__fish_jit_using_subcommand exec" -l bell -d 'Ring the terminal\'s bell when a request is decided, even if the settings say no'
complete -c jit -n "__fish_jit_using_subcommand exec" -l bind -d 'Run only with access that was approved for exactly this command; asks for it'
complete -c jit -n "__fish_jit_using_subcommand exec" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand shell" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand shell" -l env -d 'Put the credentials into the environment, even if they expire before the access'
complete -c jit -n "__fish_jit_using_subcommand shell" -l serve -d 'Stay as the parent and serve the credentials, even if that is not needed'
complete -c jit -n "__fish_jit_using_subcommand shell" -l metadata -d 'Serve the token of a Google Cloud role as a metadata server, too'
complete -c jit -n "__fish_jit_using_subcommand shell" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand credentials" -l format -d 'The format' -r -f -a "aws\t'As `credential_process` of the AWS tools expects it'
json\t'The same and more, under jit\'s own names'
kubernetes\t'For an exec plugin of Kubernetes: an ExecCredential'
token\t'The token alone, of a role whose credentials are one'"
complete -c jit -n "__fish_jit_using_subcommand credentials" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand credentials" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand demo" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand demo" -l shell -d 'Play both people yourself'
complete -c jit -n "__fish_jit_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand policy; and not __fish_seen_subcommand_from init check test explain matrix diff schema import help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand policy; and not __fish_seen_subcommand_from init check test explain matrix diff schema import help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand policy; and not __fish_seen_subcommand_from init check test explain matrix diff schema import help" -f -a "init" -d 'Write a first policy with your own SSH key'
complete -c jit -n "__fish_jit_using_subcommand policy; and not __fish_seen_subcommand_from init check test explain matrix diff schema import help" -f -a "check" -d 'Check a policy for errors'
complete -c jit -n "__fish_jit_using_subcommand policy; and not __fish_seen_subcommand_from init check test explain matrix diff schema import help" -f -a "test" -d 'Run the policy\'s tests'
complete -c jit -n "__fish_jit_using_subcommand policy; and not __fish_seen_subcommand_from init check test explain matrix diff schema import help" -f -a "explain" -d 'Show what a policy decides, by which rule, and who could help'
complete -c jit -n "__fish_jit_using_subcommand policy; and not __fish_seen_subcommand_from init check test explain matrix diff schema import help" -f -a "matrix" -d 'Show which people may request which roles'
complete -c jit -n "__fish_jit_using_subcommand policy; and not __fish_seen_subcommand_from init check test explain matrix diff schema import help" -f -a "diff" -d 'Show who gains and who loses between two revisions of a policy'
complete -c jit -n "__fish_jit_using_subcommand policy; and not __fish_seen_subcommand_from init check test explain matrix diff schema import help" -f -a "schema" -d 'Print the schemas of policy files and of the broker\'s settings, for editors'
complete -c jit -n "__fish_jit_using_subcommand policy; and not __fish_seen_subcommand_from init check test explain matrix diff schema import help" -f -a "import" -d 'Propose a first policy from AWS or GitHub'
complete -c jit -n "__fish_jit_using_subcommand policy; and not __fish_seen_subcommand_from init check test explain matrix diff schema import help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from init" -l as -d 'Your name in the policy' -r
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from init" -l key -d 'Your key: its file, or the fingerprint or comment that `ssh-add -l` shows' -r
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from init" -l role-arn -d 'The AWS role that the example opens; then no role opens the sandbox' -r
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from init" -l region -d 'Its region' -r
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from init" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from check" -l policy -d 'The policy\'s folder' -r -F
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from check" -l format -d 'The output format' -r -f -a "human\t'For people'
json\t'For programs'
github\t'Annotations on the changed lines of a pull request'
sarif\t'SARIF 2.1.0, for code scanning'"
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from check" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from check" -l json -d 'Write JSON; the same as --format json'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from test" -l policy -d 'The policy\'s folder' -r -F
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from test" -l format -d 'The output format' -r -f -a "human\t'For people'
json\t'For programs'
github\t'For GitHub: notes on the changed lines, or a pull-request comment'"
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from test" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from test" -l json -d 'Write JSON; the same as --format json'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from explain" -l action -d 'The kind of request' -r -f -a "request\t'Asking for the role'
extend\t'Asking for more time'
break-glass\t'Emergency access'"
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from explain" -l scope -d 'Only this scope of the role' -r
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from explain" -l for -d 'For how long; default: the role\'s duration' -r
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from explain" -l at -d 'At this time; default: now' -r
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from explain" -l reason -d 'The reason' -r
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from explain" -l source-ip -d 'The address that the request comes from' -r
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from explain" -l fact -d 'A fact, like oncall=ana; may be repeated' -r
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from explain" -l review -d 'A person who approves; may be repeated' -r
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from explain" -l policy -d 'The policy\'s folder' -r -F
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from explain" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from explain" -l json -d 'Write JSON'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from matrix" -l policy -d 'The policy\'s folder' -r -F
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from matrix" -l layout -d 'The layout; default: a grid where it fits, else a list' -r -f -a "grid\t'One line per person, one column per role'
list\t'A paragraph per role, then the groups'"
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from matrix" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from matrix" -l json -d 'Write JSON'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from matrix" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from diff" -l policy -d 'The policy\'s folder in the repository' -r
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from diff" -l format -d 'The output format' -r -f -a "human\t'For people'
json\t'For programs'
github\t'For GitHub: notes on the changed lines, or a pull-request comment'"
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from diff" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from diff" -l json -d 'Write JSON; the same as --format json'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from schema" -l output -d 'Write all schemas into this folder' -r -F
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from schema" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from import" -l output -d 'Write the files into this new folder' -r -F
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from import" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from import" -l json -d 'Write JSON: each file\'s text by its path'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from import" -f -a "aws" -d 'Propose roles from permission sets and assignments that the AWS CLI printed'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from import" -f -a "profiles" -d 'Propose roles from the profiles in ~/.aws/config'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from import" -f -a "github" -d 'Propose the members of a GitHub organisation, with ids and published keys'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from import" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "init" -d 'Write a first policy with your own SSH key'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "check" -d 'Check a policy for errors'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "test" -d 'Run the policy\'s tests'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "explain" -d 'Show what a policy decides, by which rule, and who could help'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "matrix" -d 'Show which people may request which roles'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "diff" -d 'Show who gains and who loses between two revisions of a policy'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "schema" -d 'Print the schemas of policy files and of the broker\'s settings, for editors'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "import" -d 'Propose a first policy from AWS or GitHub'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand ci; and not __fish_seen_subcommand_from init check decide mint help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand ci; and not __fish_seen_subcommand_from init check decide mint help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand ci; and not __fish_seen_subcommand_from init check decide mint help" -f -a "init" -d 'Set up a repository on GitHub that decides and issues credentials'
complete -c jit -n "__fish_jit_using_subcommand ci; and not __fish_seen_subcommand_from init check decide mint help" -f -a "check" -d 'Comment on a pull request what it requests or changes'
complete -c jit -n "__fish_jit_using_subcommand ci; and not __fish_seen_subcommand_from init check decide mint help" -f -a "decide" -d 'Verify a request and record the decision'
complete -c jit -n "__fish_jit_using_subcommand ci; and not __fish_seen_subcommand_from init check decide mint help" -f -a "mint" -d 'Verify a request again, get its credentials, seal them and print them'
complete -c jit -n "__fish_jit_using_subcommand ci; and not __fish_seen_subcommand_from init check decide mint help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from init" -l repository -d 'The access repository' -r
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from init" -l owners -d 'The owners of the policy: people and teams on GitHub' -r
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from init" -l download -d 'The address from which the workflows download jit' -r
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from init" -l sha256 -d 'The SHA-256 of that file; without it, jit fetches the file once and says it' -r
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from init" -l log-writer -d 'The only writer of the log, instead of a new GitHub App: app:ID or team:ID' -r
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from init" -l key-file -d 'A file for the log\'s new private key, instead of the secret at GitHub' -r -F
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from init" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from init" -l apply -d 'Set the repository up at GitHub'
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from init" -s y -l yes -d 'Agree to what would change'
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from init" -l new-log-key -d 'Give the log another key; the old one still verifies what it signed'
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from init" -l no-browser -d 'Only print the address of the page that makes the app'
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from check" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from check" -l print -d 'Only print the comment'
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from decide" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from decide" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from mint" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from mint" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from help" -f -a "init" -d 'Set up a repository on GitHub that decides and issues credentials'
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from help" -f -a "check" -d 'Comment on a pull request what it requests or changes'
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from help" -f -a "decide" -d 'Verify a request and record the decision'
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from help" -f -a "mint" -d 'Verify a request again, get its credentials, seal them and print them'
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand doctor" -l reach -d 'Connect to this port of this machine, and nothing else' -r
complete -c jit -n "__fish_jit_using_subcommand doctor" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand doctor" -l forbidden-path -d 'Test, without a question, whether your own AWS identity can assume the roles, and read Google\'s providers with your gcloud'
complete -c jit -n "__fish_jit_using_subcommand doctor" -l json -d 'Write JSON'
complete -c jit -n "__fish_jit_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand man" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand mcp" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand mcp" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand version" -l verify -d 'Compare this program with a release\'s list of checksums, or with another build' -r -F
complete -c jit -n "__fish_jit_using_subcommand version" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand version" -l check -d 'Ask GitHub whether a newer release is published'
complete -c jit -n "__fish_jit_using_subcommand version" -l json -d 'Write JSON'
complete -c jit -n "__fish_jit_using_subcommand version" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand prompt" -l format -d 'The text for each role; {role}, {account} and {left} are filled in' -r
complete -c jit -n "__fish_jit_using_subcommand prompt" -l shell -d 'Escape for the prompt of this shell' -r -f -a "plain\t'No escaping'
bash\t'bash'
zsh\t'zsh'
fish\t'fish'
powershell\t'PowerShell'
nu\t'nu'"
complete -c jit -n "__fish_jit_using_subcommand prompt" -l since -d 'When the hook last asked, in seconds since 1970' -r
complete -c jit -n "__fish_jit_using_subcommand prompt" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand prompt" -l json -d 'Write all active access as JSON'
complete -c jit -n "__fish_jit_using_subcommand prompt" -l hook -d 'Answer the hook of `jit init`'
complete -c jit -n "__fish_jit_using_subcommand prompt" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand hook" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand hook" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand init" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand init" -l variable -d 'Only set the exported variable JIT_PROMPT, for a prompt of your own'
complete -c jit -n "__fish_jit_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand config; and not __fish_seen_subcommand_from path get set unset help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand config; and not __fish_seen_subcommand_from path get set unset help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand config; and not __fish_seen_subcommand_from path get set unset help" -f -a "path" -d 'Print where your config.toml is'
complete -c jit -n "__fish_jit_using_subcommand config; and not __fish_seen_subcommand_from path get set unset help" -f -a "get" -d 'Show settings, their values and where they come from'
complete -c jit -n "__fish_jit_using_subcommand config; and not __fish_seen_subcommand_from path get set unset help" -f -a "set" -d 'Set one setting in your config.toml'
complete -c jit -n "__fish_jit_using_subcommand config; and not __fish_seen_subcommand_from path get set unset help" -f -a "unset" -d 'Take one setting out of your config.toml'
complete -c jit -n "__fish_jit_using_subcommand config; and not __fish_seen_subcommand_from path get set unset help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand config; and __fish_seen_subcommand_from path" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand config; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand config; and __fish_seen_subcommand_from get" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand config; and __fish_seen_subcommand_from get" -l json -d 'Write JSON'
complete -c jit -n "__fish_jit_using_subcommand config; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand config; and __fish_seen_subcommand_from set" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand config; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand config; and __fish_seen_subcommand_from unset" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand config; and __fish_seen_subcommand_from unset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "path" -d 'Print where your config.toml is'
complete -c jit -n "__fish_jit_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "get" -d 'Show settings, their values and where they come from'
complete -c jit -n "__fish_jit_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "set" -d 'Set one setting in your config.toml'
complete -c jit -n "__fish_jit_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "unset" -d 'Take one setting out of your config.toml'
complete -c jit -n "__fish_jit_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand learn" -l cloudtrail -d 'An export of CloudTrail, or a folder of exports' -r -F
complete -c jit -n "__fish_jit_using_subcommand learn" -l scope -d 'The name of the proposed scope' -r
complete -c jit -n "__fish_jit_using_subcommand learn" -l approval -d 'The scope\'s rule of approval; default: the role\'s' -r
complete -c jit -n "__fish_jit_using_subcommand learn" -l policy -d 'The policy\'s folder' -r -F
complete -c jit -n "__fish_jit_using_subcommand learn" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand learn" -l json -d 'Write JSON'
complete -c jit -n "__fish_jit_using_subcommand learn" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand completions" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "login" -d 'Log in to your team\'s broker or repository'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "logout" -d 'End the session with the broker'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "lock" -d 'End your session here and remove credentials until you log in'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "whoami" -d 'Show your identity at the broker or in the cloud'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "key" -d 'List, add, confirm and drop the keys that sign-ins enrolled'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "agent" -d 'Give a coding agent an identity of its own'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "roles" -d 'List the roles that you may request, who approves, and how long'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "request" -d 'Ask for a role, wait for approval, get the credentials'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "wait" -d 'Continue waiting for a request, from any terminal'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "env" -d 'Print the credentials as variables for a shell'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "console" -d 'Open the web console with a role; requests it first if needed'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "status" -d 'Show your grants and requests'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "show" -d 'Show one request in full'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "inbox" -d 'List the requests that you may review, the oldest first'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "approve" -d 'Approve a request, or confirm emergency access afterwards'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "deny" -d 'Deny a request; this is final'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "extend" -d 'Ask for more time; running commands continue'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "end" -d 'End your access, or cancel your request'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "revoke" -d 'End another person\'s access'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "web" -d 'Sign a browser in on the broker\'s approval page'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "break-glass" -d 'Take a role without approval in an emergency; everybody is told'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "audit" -d 'Read the audit log'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "report" -d 'Report who had what access when, and who agreed'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "serve" -d 'Run your team\'s broker'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "setup" -d 'Set up profiles, contexts, agents, trust or the issuer'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "exec" -d 'Run one command with a role; requests it first if needed'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "shell" -d 'Open a shell with a role; requests it first if needed'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "credentials" -d 'Print the credentials of an active role, for programs'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "demo" -d 'Watch the whole round trip on this machine; no cloud needed'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "policy" -d 'Write, check, test and compare access as code'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "ci" -d 'Decide and issue credentials in GitHub Actions, without a broker'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "doctor" -d 'Check that jit is set up correctly'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "man" -d 'Show a manual page'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "mcp" -d 'Serve tools to a coding agent: ask for roles, wait, run commands'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "version" -d 'Show which build of jit this is, and whether a release has it'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "prompt" -d 'Print active access for a shell prompt (empty if none)'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "hook" -d 'Tell a coding agent\'s client which commands need a role'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "init" -d 'Print the hook that shows your access in the shell\'s prompt'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "config" -d 'Show and change your settings'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "learn" -d 'Propose a narrower scope from what a role\'s sessions did'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "completions" -d 'Print the completion script of a shell'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout lock whoami key agent roles request wait env console status show inbox approve deny extend end revoke web break-glass audit report serve setup exec shell credentials demo policy ci doctor man mcp version prompt hook init config learn completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "list" -d 'List your enrolled keys, and those that you may vouch for'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "add" -d 'Enrol a key that signs elsewhere, such as a passkey, by signing in with your account'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "confirm" -d 'Confirm an enrolled key of yours, with the key of your login'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "vouch" -d 'Vouch that an enrolled key is another person\'s'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "drop" -d 'Drop an enrolled key of yours, with its sessions'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from agent" -f -a "init" -d 'Make an agent\'s key, keep it in the keychain, and print its block for people.toml'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "list" -d 'List the events of the audit log, the newest last'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from setup" -f -a "agents" -d 'Let a coding agent\'s client ask jit before it runs a command'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from setup" -f -a "aws" -d 'Write AWS profiles that take their credentials from jit'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from setup" -f -a "aws-trust" -d 'Print the trust policy for a role in AWS'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from setup" -f -a "import" -d 'Propose direct roles from your AWS profiles'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from setup" -f -a "issuer" -d 'Write the issuer\'s documents for a web host that clouds reach'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from setup" -f -a "kubernetes" -d 'Write contexts for kubectl that take their tokens from jit'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from setup" -f -a "trust" -d 'Print what a role\'s place must be told'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "init" -d 'Write a first policy with your own SSH key'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "check" -d 'Check a policy for errors'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "test" -d 'Run the policy\'s tests'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "explain" -d 'Show what a policy decides, by which rule, and who could help'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "matrix" -d 'Show which people may request which roles'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "diff" -d 'Show who gains and who loses between two revisions of a policy'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "schema" -d 'Print the schemas of policy files and of the broker\'s settings, for editors'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "import" -d 'Propose a first policy from AWS or GitHub'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from ci" -f -a "init" -d 'Set up a repository on GitHub that decides and issues credentials'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from ci" -f -a "check" -d 'Comment on a pull request what it requests or changes'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from ci" -f -a "decide" -d 'Verify a request and record the decision'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from ci" -f -a "mint" -d 'Verify a request again, get its credentials, seal them and print them'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "path" -d 'Print where your config.toml is'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "get" -d 'Show settings, their values and where they come from'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "set" -d 'Set one setting in your config.toml'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "unset" -d 'Take one setting out of your config.toml'
# Names come from the index of this machine, without network.
complete -c jit -n "__fish_jit_using_subcommand approve; and not contains -- -- (commandline -opc)" -f -a "(command jit complete reviews 2>/dev/null)"
complete -c jit -n "__fish_jit_using_subcommand break-glass; and not contains -- -- (commandline -opc)" -f -a "(command jit complete roles 2>/dev/null)"
complete -c jit -n "__fish_jit_using_subcommand console; and not contains -- -- (commandline -opc)" -f -a "(command jit complete roles 2>/dev/null)"
complete -c jit -n "__fish_jit_using_subcommand credentials; and not contains -- -- (commandline -opc)" -f -a "(command jit complete roles 2>/dev/null)"
complete -c jit -n "__fish_jit_using_subcommand deny; and not contains -- -- (commandline -opc)" -f -a "(command jit complete reviews 2>/dev/null)"
complete -c jit -n "__fish_jit_using_subcommand end; and not contains -- -- (commandline -opc)" -f -a "(command jit complete requests 2>/dev/null)"
complete -c jit -n "__fish_jit_using_subcommand env; and not contains -- -- (commandline -opc)" -f -a "(command jit complete grants 2>/dev/null)"
complete -c jit -n "__fish_jit_using_subcommand exec; and not contains -- -- (commandline -opc)" -f -a "(command jit complete roles 2>/dev/null)"
complete -c jit -n "__fish_jit_using_subcommand extend; and not contains -- -- (commandline -opc)" -f -a "(command jit complete requests 2>/dev/null)"
complete -c jit -n "__fish_jit_using_subcommand request; and not contains -- -- (commandline -opc)" -f -a "(command jit complete roles 2>/dev/null)"
complete -c jit -n "__fish_jit_using_subcommand roles; and not contains -- -- (commandline -opc)" -f -a "(command jit complete roles 2>/dev/null)"
complete -c jit -n "__fish_jit_using_subcommand shell; and not contains -- -- (commandline -opc)" -f -a "(command jit complete roles 2>/dev/null)"
complete -c jit -n "__fish_jit_using_subcommand show; and not contains -- -- (commandline -opc)" -f -a "(command jit complete requests 2>/dev/null)"
complete -c jit -n "__fish_jit_using_subcommand wait; and not contains -- -- (commandline -opc)" -f -a "(command jit complete requests 2>/dev/null)"
# After `--` stands a command: its own completion answers.
function __fish_jit_behind
    set -l words (commandline -opc)
    set -l at (contains -i -- -- $words)
    or return
    set -e words[1..$at]
    set -l token (commandline -ct)
    complete -C (string join -- ' ' (string escape -- $words) "$token")
end
complete -c jit -n "__fish_jit_using_subcommand exec; and contains -- -- (commandline -opc)" -f -a "(__fish_jit_behind)"
complete -c jit -n "__fish_jit_using_subcommand approve" -l scope -f -r -a "(command jit complete scopes (commandline -opc) 2>/dev/null)"
complete -c jit -n "__fish_jit_using_subcommand request" -l scope -f -r -a "(command jit complete scopes (commandline -opc) 2>/dev/null)"
