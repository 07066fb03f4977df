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

complete -c jit -n "__fish_jit_needs_command" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_needs_command" -s V -l version -d 'Print version'
complete -c jit -n "__fish_jit_needs_command" -f -a "login" -d 'Log in to your team\'s broker or repository'
complete -c jit -n "__fish_jit_needs_command" -f -a "logout" -d 'End the session with the broker'
complete -c jit -n "__fish_jit_needs_command" -f -a "whoami" -d 'Show who you are to the broker, or to the cloud'
complete -c jit -n "__fish_jit_needs_command" -f -a "roles" -d 'List what you may ask for, who must agree, and how long'
complete -c jit -n "__fish_jit_needs_command" -f -a "request" -d 'Ask for a role, wait for the approval, and have the access appear'
complete -c jit -n "__fish_jit_needs_command" -f -a "wait" -d 'Go on waiting for a request, from any terminal'
complete -c jit -n "__fish_jit_needs_command" -f -a "exec" -d 'Run one command with the access, asking for it first if need be'
complete -c jit -n "__fish_jit_needs_command" -f -a "shell" -d 'Open a shell with the access, asking for it first if need be'
complete -c jit -n "__fish_jit_needs_command" -f -a "env" -d 'Write the access as text for a shell to evaluate'
complete -c jit -n "__fish_jit_needs_command" -f -a "console" -d 'Open the cloud\'s web console with the access, asking for it first if need be'
complete -c jit -n "__fish_jit_needs_command" -f -a "status" -d 'Show my grants and requests'
complete -c jit -n "__fish_jit_needs_command" -f -a "show" -d 'Show one request, whole'
complete -c jit -n "__fish_jit_needs_command" -f -a "inbox" -d 'List requests that wait for my review, the oldest first'
complete -c jit -n "__fish_jit_needs_command" -f -a "approve" -d 'Approve a request after seeing what it opens, or an emergency after the fact'
complete -c jit -n "__fish_jit_needs_command" -f -a "deny" -d 'Deny a request; that is final'
complete -c jit -n "__fish_jit_needs_command" -f -a "extend" -d 'Ask for more time, without a break in what runs'
complete -c jit -n "__fish_jit_needs_command" -f -a "end" -d 'End my access, or take back what waits'
complete -c jit -n "__fish_jit_needs_command" -f -a "revoke" -d 'End somebody\'s access'
complete -c jit -n "__fish_jit_needs_command" -f -a "break-glass" -d 'Take a role in an emergency; nobody is asked, everybody is told'
complete -c jit -n "__fish_jit_needs_command" -f -a "credentials" -d 'Print the credentials of active access, for programs'
complete -c jit -n "__fish_jit_needs_command" -f -a "prompt" -d 'Print what is active, for a shell prompt; nothing when nothing is'
complete -c jit -n "__fish_jit_needs_command" -f -a "init" -d 'Print the hook that shows what you hold in your shell\'s prompt'
complete -c jit -n "__fish_jit_needs_command" -f -a "demo" -d 'Watch the whole round trip on this machine; no cloud needed'
complete -c jit -n "__fish_jit_needs_command" -f -a "policy" -d 'Write, check, test and compare access as code'
complete -c jit -n "__fish_jit_needs_command" -f -a "audit" -d 'Read the log of what happened'
complete -c jit -n "__fish_jit_needs_command" -f -a "ci" -d 'Decide and mint inside GitHub Actions, without a broker'
complete -c jit -n "__fish_jit_needs_command" -f -a "serve" -d 'Run your team\'s broker'
complete -c jit -n "__fish_jit_needs_command" -f -a "setup" -d 'Wire up a laptop or a cloud'
complete -c jit -n "__fish_jit_needs_command" -f -a "doctor" -d 'Prove that every part works on this machine'
complete -c jit -n "__fish_jit_needs_command" -f -a "completions" -d 'Print the completion script of a shell'
complete -c jit -n "__fish_jit_needs_command" -f -a "man" -d 'Print a manual page'
complete -c jit -n "__fish_jit_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand login" -l as -d 'Your name in the policy' -r
complete -c jit -n "__fish_jit_using_subcommand login" -l key -d 'Your key: its file, or the fingerprint or comment that `ssh-add -l` shows' -r
complete -c jit -n "__fish_jit_using_subcommand login" -l keychain -d 'Where credentials rest: os, keyutils, file or none' -r
complete -c jit -n "__fish_jit_using_subcommand login" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand login" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand logout" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand logout" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand whoami" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand whoami" -l cloud -d 'Ask the cloud who the credentials in the environment belong to'
complete -c jit -n "__fish_jit_using_subcommand whoami" -l json -d 'Write JSON'
complete -c jit -n "__fish_jit_using_subcommand whoami" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand roles" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand roles" -l json -d 'Write JSON'
complete -c jit -n "__fish_jit_using_subcommand roles" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand request" -l scope -d 'Only this piece of the role: less power, and often fewer approvals; `jit roles` lists them' -r
complete -c jit -n "__fish_jit_using_subcommand request" -l for -d 'For how long, like 30m, 1h or 1h30m; the role\'s own duration when not said' -r
complete -c jit -n "__fish_jit_using_subcommand request" -l reason -d 'Why; reviewers and the audit log read it' -r
complete -c jit -n "__fish_jit_using_subcommand request" -l start -d 'Begin no sooner than this, like 2026-11-24T08:00:00Z' -r
complete -c jit -n "__fish_jit_using_subcommand request" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand request" -l no-scope -d 'The whole role, whatever .jit.toml suggests'
complete -c jit -n "__fish_jit_using_subcommand request" -l no-wait -d 'Do not wait for the approval'
complete -c jit -n "__fish_jit_using_subcommand request" -s y -l yes -d 'Do not ask whether to go on'
complete -c jit -n "__fish_jit_using_subcommand request" -l json -d 'Write the request as JSON'
complete -c jit -n "__fish_jit_using_subcommand request" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand wait" -l timeout -d 'Give up after this long; the request stands' -r
complete -c jit -n "__fish_jit_using_subcommand wait" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand wait" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand exec" -l needs -d 'Ask for more time, or refuse to start, when the access ends sooner' -r
complete -c jit -n "__fish_jit_using_subcommand exec" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand exec" -l env -d 'Put the credentials into the environment, even if they end before the access does'
complete -c jit -n "__fish_jit_using_subcommand exec" -l serve -d 'Stay as the parent and serve the credentials, even if they last'
complete -c jit -n "__fish_jit_using_subcommand exec" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand shell" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand shell" -l env -d 'Put the credentials into the environment, even if they end before the access does'
complete -c jit -n "__fish_jit_using_subcommand shell" -l serve -d 'Stay as the parent and serve the credentials, even if they last'
complete -c jit -n "__fish_jit_using_subcommand shell" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand env" -l shell -d 'Whose syntax to write; by SHELL when not named' -r -f -a "bash\t'bash, and every POSIX shell'
zsh\t'zsh'
fish\t'fish'
powershell\t'PowerShell'
nu\t'nu, as JSON for `from json | load-env`'"
complete -c jit -n "__fish_jit_using_subcommand env" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand env" -l unset -d 'Take the access out of the shell again'
complete -c jit -n "__fish_jit_using_subcommand env" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand console" -l destination -d 'The service or the page of the console to open' -r
complete -c jit -n "__fish_jit_using_subcommand console" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand console" -l print -d 'Print the address instead of opening it'
complete -c jit -n "__fish_jit_using_subcommand console" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand status" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand status" -l all -d 'Show everybody\'s access that you may revoke or audit'
complete -c jit -n "__fish_jit_using_subcommand status" -l verify -d 'Ask the cloud who each set of credentials belongs to'
complete -c jit -n "__fish_jit_using_subcommand status" -l json -d 'Write JSON'
complete -c jit -n "__fish_jit_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand show" -l json -d 'Write JSON'
complete -c jit -n "__fish_jit_using_subcommand show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand inbox" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand inbox" -l json -d 'Write JSON'
complete -c jit -n "__fish_jit_using_subcommand inbox" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand approve" -l comment -d 'What you say about it' -r
complete -c jit -n "__fish_jit_using_subcommand approve" -l for -d 'Approve for at most this long' -r
complete -c jit -n "__fish_jit_using_subcommand approve" -l scope -d 'Approve for no more than this scope of the role' -r
complete -c jit -n "__fish_jit_using_subcommand approve" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand approve" -s y -l yes -d 'Do not ask whether to go on'
complete -c jit -n "__fish_jit_using_subcommand approve" -l json -d 'Write the request as JSON'
complete -c jit -n "__fish_jit_using_subcommand approve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand deny" -l reason -d 'Why; the requester reads it. Asked on a terminal when not said' -r
complete -c jit -n "__fish_jit_using_subcommand deny" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand deny" -s y -l yes -d 'Do not ask whether to go on'
complete -c jit -n "__fish_jit_using_subcommand deny" -l json -d 'Write the request as JSON'
complete -c jit -n "__fish_jit_using_subcommand deny" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand extend" -l for -d 'How much longer, like 30m or 1h; the role\'s own duration when not said' -r
complete -c jit -n "__fish_jit_using_subcommand extend" -l reason -d 'Why; what was said for the access itself when nothing is said here' -r
complete -c jit -n "__fish_jit_using_subcommand extend" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand extend" -l no-wait -d 'Do not wait for the approval'
complete -c jit -n "__fish_jit_using_subcommand extend" -s y -l yes -d 'Do not ask whether to go on'
complete -c jit -n "__fish_jit_using_subcommand extend" -l json -d 'Write the request as JSON'
complete -c jit -n "__fish_jit_using_subcommand extend" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand end" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand end" -l json -d 'Write the request as JSON'
complete -c jit -n "__fish_jit_using_subcommand end" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand revoke" -l person -d 'Revoke all that this person holds or waits for, by their name in the policy' -r
complete -c jit -n "__fish_jit_using_subcommand revoke" -l reason -d 'Why; the requester and the audit log read it. Asked on a terminal when not said' -r
complete -c jit -n "__fish_jit_using_subcommand revoke" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand revoke" -s y -l yes -d 'Do not ask whether to go on'
complete -c jit -n "__fish_jit_using_subcommand revoke" -l json -d 'Write the request as JSON; with --person, a list of them'
complete -c jit -n "__fish_jit_using_subcommand revoke" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand break-glass" -l reason -d 'What happened; everybody who is told, the reviewer and the audit log read it' -r
complete -c jit -n "__fish_jit_using_subcommand break-glass" -l for -d 'For how long, like 15m; the role\'s own duration, as far as the emergency way allows it, when not said' -r
complete -c jit -n "__fish_jit_using_subcommand break-glass" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand break-glass" -s y -l yes -d 'Do not ask whether to go on'
complete -c jit -n "__fish_jit_using_subcommand break-glass" -l json -d 'Write the request as JSON'
complete -c jit -n "__fish_jit_using_subcommand break-glass" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand credentials" -l format -d 'What to print' -r -f -a "aws\t'What `credential_process` of the AWS tools reads'
json\t'The same and more, under jit\'s own names'"
complete -c jit -n "__fish_jit_using_subcommand credentials" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand credentials" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand prompt" -l format -d 'What to write for each; {role}, {account} and {left} are filled in' -r
complete -c jit -n "__fish_jit_using_subcommand prompt" -l shell -d 'Escape for the prompt of this shell' -r -f -a "plain\t'No escaping'
bash\t'bash'
zsh\t'zsh'
fish\t'fish'
powershell\t'PowerShell'
nu\t'nu'"
complete -c jit -n "__fish_jit_using_subcommand prompt" -l since -d 'When the hook last asked, in seconds since 1970' -r
complete -c jit -n "__fish_jit_using_subcommand prompt" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand prompt" -l json -d 'Write everything that is active as JSON'
complete -c jit -n "__fish_jit_using_subcommand prompt" -l hook -d 'Answer the hook of `jit init`'
complete -c jit -n "__fish_jit_using_subcommand prompt" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand init" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand init" -l variable -d 'Only keep the exported variable JIT_PROMPT, for a prompt that you put together yourself'
complete -c jit -n "__fish_jit_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand demo" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand demo" -l shell -d 'Leave both people\'s terminals ready to play in'
complete -c jit -n "__fish_jit_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand policy; and not __fish_seen_subcommand_from init check test explain matrix diff schema import help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand policy; and not __fish_seen_subcommand_from init check test explain matrix diff schema import help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand policy; and not __fish_seen_subcommand_from init check test explain matrix diff schema import help" -f -a "init" -d 'Write a first policy with your own SSH key'
complete -c jit -n "__fish_jit_using_subcommand policy; and not __fish_seen_subcommand_from init check test explain matrix diff schema import help" -f -a "check" -d 'Check that a policy loads and makes sense'
complete -c jit -n "__fish_jit_using_subcommand policy; and not __fish_seen_subcommand_from init check test explain matrix diff schema import help" -f -a "test" -d 'Hold a policy against the cases in its folder tests'
complete -c jit -n "__fish_jit_using_subcommand policy; and not __fish_seen_subcommand_from init check test explain matrix diff schema import help" -f -a "explain" -d 'Show what a policy decides, by which rule, and who could help'
complete -c jit -n "__fish_jit_using_subcommand policy; and not __fish_seen_subcommand_from init check test explain matrix diff schema import help" -f -a "matrix" -d 'Write who may ask for what: people by roles'
complete -c jit -n "__fish_jit_using_subcommand policy; and not __fish_seen_subcommand_from init check test explain matrix diff schema import help" -f -a "diff" -d 'Show who gains and who loses between two revisions of a policy'
complete -c jit -n "__fish_jit_using_subcommand policy; and not __fish_seen_subcommand_from init check test explain matrix diff schema import help" -f -a "schema" -d 'Write schemas of the files for editors'
complete -c jit -n "__fish_jit_using_subcommand policy; and not __fish_seen_subcommand_from init check test explain matrix diff schema import help" -f -a "import" -d 'Propose a first policy from what is there'
complete -c jit -n "__fish_jit_using_subcommand policy; and not __fish_seen_subcommand_from init check test explain matrix diff schema import help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from init" -l as -d 'Your name in the policy' -r
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from init" -l key -d 'Your key: its file, or the fingerprint or comment that `ssh-add -l` shows' -r
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from init" -l role-arn -d 'The AWS role that the example opens' -r
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from init" -l region -d 'Its region' -r
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from init" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from check" -l format -d 'How to write what was found' -r -f -a "human\t'For people'
json\t'For programs'
github\t'Notes on the changed lines of a pull request'
sarif\t'SARIF 2.1.0, for code scanning'"
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from check" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from check" -l json -d 'Write JSON; the same as --format json'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from test" -l format -d 'How to write what was found' -r -f -a "human\t'For people'
json\t'For programs'
github\t'For GitHub: notes on the changed lines, or a pull-request comment'"
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from test" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from test" -l json -d 'Write JSON; the same as --format json'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from explain" -l action -d 'Which way' -r -f -a "request\t'Asking for the role'
extend\t'Asking for more time'
break-glass\t'The emergency way'"
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from explain" -l scope -d 'For which piece of it only' -r
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from explain" -l for -d 'For how long; as long as usual when left out' -r
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from explain" -l at -d 'When; now when left out' -r
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from explain" -l reason -d 'Why' -r
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from explain" -l source-ip -d 'From which address' -r
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from explain" -l fact -d 'A fact that is true of somebody, like oncall=ana; may be given several times' -r
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from explain" -l review -d 'Somebody who approves; may be given several times' -r
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from explain" -l folder -d 'The policy\'s folder' -r -F
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from explain" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from explain" -l json -d 'Write JSON'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from matrix" -l layout -d 'One line a person, or a paragraph a role' -r -f -a "grid\t'One line a person, one column a role'
list\t'A paragraph a role, then the groups'"
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from matrix" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from matrix" -l json -d 'Write JSON'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from matrix" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from diff" -l folder -d 'The policy\'s folder in the repository' -r
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from diff" -l format -d 'How to write what was found' -r -f -a "human\t'For people'
json\t'For programs'
github\t'For GitHub: notes on the changed lines, or a pull-request comment'"
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from diff" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from diff" -l json -d 'Write JSON; the same as --format json'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from schema" -l output -d 'Write all of them into this folder' -r -F
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from schema" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from import" -l output -d 'Write the files into this folder, which must not be there yet' -r -F
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from import" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from import" -l json -d 'Write JSON: each file\'s text by its path'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from import" -f -a "aws" -d 'Propose permission sets and assignments, from a file of what the AWS CLI prints'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from import" -f -a "profiles" -d 'Propose the profiles in ~/.aws/config that assume roles'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from import" -f -a "github" -d 'Propose the members of a GitHub organisation, their numbers and published keys'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from import" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "init" -d 'Write a first policy with your own SSH key'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "check" -d 'Check that a policy loads and makes sense'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "test" -d 'Hold a policy against the cases in its folder tests'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "explain" -d 'Show what a policy decides, by which rule, and who could help'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "matrix" -d 'Write who may ask for what: people by roles'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "diff" -d 'Show who gains and who loses between two revisions of a policy'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "schema" -d 'Write schemas of the files for editors'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "import" -d 'Propose a first policy from what is there'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand audit; and not __fish_seen_subcommand_from list help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand audit; and not __fish_seen_subcommand_from list help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand audit; and not __fish_seen_subcommand_from list help" -f -a "list" -d 'List events, the newest last, once each is found to follow the one before'
complete -c jit -n "__fish_jit_using_subcommand audit; and not __fish_seen_subcommand_from list help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand audit; and __fish_seen_subcommand_from list" -l last -d 'How many of the newest ones' -r
complete -c jit -n "__fish_jit_using_subcommand audit; and __fish_seen_subcommand_from list" -l after -d 'Only events after this number, and verified from there on' -r
complete -c jit -n "__fish_jit_using_subcommand audit; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand audit; and __fish_seen_subcommand_from list" -l all -d 'Everything'
complete -c jit -n "__fish_jit_using_subcommand audit; and __fish_seen_subcommand_from list" -l json -d 'Write JSON, with the events as they are chained'
complete -c jit -n "__fish_jit_using_subcommand audit; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "list" -d 'List events, the newest last, once each is found to follow the one before'
complete -c jit -n "__fish_jit_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand ci; and not __fish_seen_subcommand_from init check decide mint deliver help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand ci; and not __fish_seen_subcommand_from init check decide mint deliver help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand ci; and not __fish_seen_subcommand_from init check decide mint deliver help" -f -a "init" -d 'Set up a repository so that it decides and mints'
complete -c jit -n "__fish_jit_using_subcommand ci; and not __fish_seen_subcommand_from init check decide mint deliver help" -f -a "check" -d 'Say on a pull request what it asks or changes'
complete -c jit -n "__fish_jit_using_subcommand ci; and not __fish_seen_subcommand_from init check decide mint deliver help" -f -a "decide" -d 'Verify a request and record what follows'
complete -c jit -n "__fish_jit_using_subcommand ci; and not __fish_seen_subcommand_from init check decide mint deliver help" -f -a "mint" -d 'Verify a request again, mint its credentials and seal them'
complete -c jit -n "__fish_jit_using_subcommand ci; and not __fish_seen_subcommand_from init check decide mint deliver help" -f -a "deliver" -d 'Write the sealed credentials into the file that is uploaded'
complete -c jit -n "__fish_jit_using_subcommand ci; and not __fish_seen_subcommand_from init check decide mint deliver help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from init" -l repository -d 'The access repository' -r
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from init" -l owners -d 'Who owns the policy: people and teams as GitHub names them' -r
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from init" -l download -d 'Where the workflows fetch jit' -r
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from init" -l sha256 -d 'The SHA-256 of that file' -r
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from init" -l log-writer -d 'Who alone may write the log: app:ID or team:ID' -r
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from init" -l key-file -d 'Where the log\'s new private key is put, outside the repository' -r -F
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from init" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from init" -l apply -d 'Set everything at GitHub'
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from check" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from check" -l print -d 'Only print the comment, do not put it on the pull request'
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from decide" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from decide" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from mint" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from mint" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from deliver" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from deliver" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from help" -f -a "init" -d 'Set up a repository so that it decides and mints'
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from help" -f -a "check" -d 'Say on a pull request what it asks or changes'
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from help" -f -a "decide" -d 'Verify a request and record what follows'
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from help" -f -a "mint" -d 'Verify a request again, mint its credentials and seal them'
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from help" -f -a "deliver" -d 'Write the sealed credentials into the file that is uploaded'
complete -c jit -n "__fish_jit_using_subcommand ci; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand serve" -l policy -d 'The policy: a folder (see `jit policy init`), or a repository and its branch, which is fetched each minute' -r
complete -c jit -n "__fish_jit_using_subcommand serve" -l policy-accept -d 'A commit to begin with although the branch was rewritten, so that it does not contain the one in force before' -r
complete -c jit -n "__fish_jit_using_subcommand serve" -l policy-hook-secret -d 'A file with the secret by which the forge signs its calls of /v1/hooks/policy; else JIT_POLICY_HOOK_SECRET' -r -F
complete -c jit -n "__fish_jit_using_subcommand serve" -l listen -d 'Where to listen' -r
complete -c jit -n "__fish_jit_using_subcommand serve" -l url -d 'The address that people and clouds use; http://LISTEN when not said' -r
complete -c jit -n "__fish_jit_using_subcommand serve" -l data -d 'Where the database lives; in your state folder when not said' -r -F
complete -c jit -n "__fish_jit_using_subcommand serve" -l keys -d 'Where the keys live; under the data when not said. Never back them up together' -r -F
complete -c jit -n "__fish_jit_using_subcommand serve" -l accept-gap -d 'Go on without the events that an older database lacks: the event with which it ends. Ends every open request and session' -r
complete -c jit -n "__fish_jit_using_subcommand serve" -l trusted-proxy -d 'A proxy whose X-Forwarded-For is believed; may be repeated' -r
complete -c jit -n "__fish_jit_using_subcommand serve" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand serve" -l behind-tls-proxy -d 'A proxy in front speaks TLS, so plain http beyond this machine is meant'
complete -c jit -n "__fish_jit_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand setup; and not __fish_seen_subcommand_from aws aws-trust import help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand setup; and not __fish_seen_subcommand_from aws aws-trust import help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand setup; and not __fish_seen_subcommand_from aws aws-trust import help" -f -a "aws" -d 'Write AWS profiles that take their credentials from jit'
complete -c jit -n "__fish_jit_using_subcommand setup; and not __fish_seen_subcommand_from aws aws-trust import help" -f -a "aws-trust" -d 'Print the trust policy to put on a role in AWS'
complete -c jit -n "__fish_jit_using_subcommand setup; and not __fish_seen_subcommand_from aws aws-trust import help" -f -a "import" -d 'Propose direct roles from the profiles of AWS\'s own files'
complete -c jit -n "__fish_jit_using_subcommand setup; and not __fish_seen_subcommand_from aws aws-trust import help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from aws" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from aws" -l diff -d 'Print what would change, and change nothing; so does leaving out --write'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from aws" -l write -d 'Change the file'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from aws" -l remove -d 'Take the block out again'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from aws" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from aws-trust" -l policy -d 'Read the role from this policy folder instead of asking the broker' -r -F
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from aws-trust" -l url -d 'The address that the broker will have' -r
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from aws-trust" -l part -d 'Which document, for a role that is reached through a hub (`via`)' -r -f -a "target\t'The role\'s own trust policy'
hub\t'The hub\'s trust policy'
hub-permissions\t'What the hub may do'"
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from aws-trust" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from aws-trust" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from import" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from import" -l write -d 'Add the roles to config.toml'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from help" -f -a "aws" -d 'Write AWS profiles that take their credentials from jit'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from help" -f -a "aws-trust" -d 'Print the trust policy to put on a role in AWS'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from help" -f -a "import" -d 'Propose direct roles from the profiles of AWS\'s own files'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand doctor" -l reach -d 'Connect to this port of this machine, and nothing else' -r
complete -c jit -n "__fish_jit_using_subcommand doctor" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand doctor" -l forbidden-path -d 'Try, without asking, whether your own cloud identity can assume the roles without jit'
complete -c jit -n "__fish_jit_using_subcommand doctor" -l json -d 'Write JSON'
complete -c jit -n "__fish_jit_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand completions" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand man" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "login" -d 'Log in to your team\'s broker or repository'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "logout" -d 'End the session with the broker'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "whoami" -d 'Show who you are to the broker, or to the cloud'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "roles" -d 'List what you may ask for, who must agree, and how long'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "request" -d 'Ask for a role, wait for the approval, and have the access appear'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "wait" -d 'Go on waiting for a request, from any terminal'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "exec" -d 'Run one command with the access, asking for it first if need be'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "shell" -d 'Open a shell with the access, asking for it first if need be'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "env" -d 'Write the access as text for a shell to evaluate'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "console" -d 'Open the cloud\'s web console with the access, asking for it first if need be'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "status" -d 'Show my grants and requests'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "show" -d 'Show one request, whole'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "inbox" -d 'List requests that wait for my review, the oldest first'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "approve" -d 'Approve a request after seeing what it opens, or an emergency after the fact'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "deny" -d 'Deny a request; that is final'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "extend" -d 'Ask for more time, without a break in what runs'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "end" -d 'End my access, or take back what waits'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "revoke" -d 'End somebody\'s access'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "break-glass" -d 'Take a role in an emergency; nobody is asked, everybody is told'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "credentials" -d 'Print the credentials of active access, for programs'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "prompt" -d 'Print what is active, for a shell prompt; nothing when nothing is'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "init" -d 'Print the hook that shows what you hold in your shell\'s prompt'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "demo" -d 'Watch the whole round trip on this machine; no cloud needed'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "policy" -d 'Write, check, test and compare access as code'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "audit" -d 'Read the log of what happened'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "ci" -d 'Decide and mint inside GitHub Actions, without a broker'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "serve" -d 'Run your team\'s broker'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "setup" -d 'Wire up a laptop or a cloud'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "doctor" -d 'Prove that every part works on this machine'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "completions" -d 'Print the completion script of a shell'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "man" -d 'Print a manual page'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec shell env console status show inbox approve deny extend end revoke break-glass credentials prompt init demo policy audit ci serve setup doctor completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "init" -d 'Write a first policy with your own SSH key'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "check" -d 'Check that a policy loads and makes sense'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "test" -d 'Hold a policy against the cases in its folder tests'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "explain" -d 'Show what a policy decides, by which rule, and who could help'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "matrix" -d 'Write who may ask for what: people by roles'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "diff" -d 'Show who gains and who loses between two revisions of a policy'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "schema" -d 'Write schemas of the files for editors'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "import" -d 'Propose a first policy from what is there'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "list" -d 'List events, the newest last, once each is found to follow the one before'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from ci" -f -a "init" -d 'Set up a repository so that it decides and mints'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from ci" -f -a "check" -d 'Say on a pull request what it asks or changes'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from ci" -f -a "decide" -d 'Verify a request and record what follows'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from ci" -f -a "mint" -d 'Verify a request again, mint its credentials and seal them'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from ci" -f -a "deliver" -d 'Write the sealed credentials into the file that is uploaded'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from setup" -f -a "aws" -d 'Write AWS profiles that take their credentials from jit'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from setup" -f -a "aws-trust" -d 'Print the trust policy to put on a role in AWS'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from setup" -f -a "import" -d 'Propose direct roles from the profiles of AWS\'s own files'
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
complete -c jit -n "__fish_jit_using_subcommand approve" -l scope -f -r -a "(command jit complete scopes (commandline -opc) 2>/dev/null)"
complete -c jit -n "__fish_jit_using_subcommand request" -l scope -f -r -a "(command jit complete scopes (commandline -opc) 2>/dev/null)"
