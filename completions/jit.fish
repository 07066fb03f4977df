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
complete -c jit -n "__fish_jit_needs_command" -f -a "login" -d 'Log in to your team\'s broker with your SSH key'
complete -c jit -n "__fish_jit_needs_command" -f -a "logout" -d 'End the session with the broker'
complete -c jit -n "__fish_jit_needs_command" -f -a "whoami" -d 'Show who you are to the broker, or to the cloud'
complete -c jit -n "__fish_jit_needs_command" -f -a "roles" -d 'List what you may ask for, who must agree, and how long'
complete -c jit -n "__fish_jit_needs_command" -f -a "request" -d 'Ask for a role, wait for the approval, and have the access appear'
complete -c jit -n "__fish_jit_needs_command" -f -a "wait" -d 'Go on waiting for a request, from any terminal'
complete -c jit -n "__fish_jit_needs_command" -f -a "exec" -d 'Run one command with the access, asking for it first if need be'
complete -c jit -n "__fish_jit_needs_command" -f -a "env" -d 'Write the access as text for a shell to evaluate'
complete -c jit -n "__fish_jit_needs_command" -f -a "status" -d 'Show my grants and requests'
complete -c jit -n "__fish_jit_needs_command" -f -a "show" -d 'Show one request, whole'
complete -c jit -n "__fish_jit_needs_command" -f -a "inbox" -d 'List requests that wait for my review, the oldest first'
complete -c jit -n "__fish_jit_needs_command" -f -a "approve" -d 'Approve a request after seeing what it opens'
complete -c jit -n "__fish_jit_needs_command" -f -a "deny" -d 'Deny a request; that is final'
complete -c jit -n "__fish_jit_needs_command" -f -a "end" -d 'End my access, or take back what waits'
complete -c jit -n "__fish_jit_needs_command" -f -a "revoke" -d 'End somebody\'s access'
complete -c jit -n "__fish_jit_needs_command" -f -a "prompt" -d 'Print what is active, for a shell prompt; nothing when nothing is'
complete -c jit -n "__fish_jit_needs_command" -f -a "init" -d 'Print the hook that shows what you hold in your shell\'s prompt'
complete -c jit -n "__fish_jit_needs_command" -f -a "demo" -d 'Watch the whole round trip on this machine; no cloud needed'
complete -c jit -n "__fish_jit_needs_command" -f -a "policy" -d 'Write and check access as code'
complete -c jit -n "__fish_jit_needs_command" -f -a "serve" -d 'Run your team\'s broker'
complete -c jit -n "__fish_jit_needs_command" -f -a "setup" -d 'Wire up a cloud'
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
complete -c jit -n "__fish_jit_using_subcommand request" -l for -d 'For how long, like 30m, 1h or 1h30m; the role\'s own duration when not said' -r
complete -c jit -n "__fish_jit_using_subcommand request" -l reason -d 'Why; reviewers and the audit log read it' -r
complete -c jit -n "__fish_jit_using_subcommand request" -l start -d 'Begin no sooner than this, like 2026-11-24T08:00:00Z' -r
complete -c jit -n "__fish_jit_using_subcommand request" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand request" -l no-wait -d 'Do not wait for the approval'
complete -c jit -n "__fish_jit_using_subcommand request" -s y -l yes -d 'Do not ask whether to go on'
complete -c jit -n "__fish_jit_using_subcommand request" -l json -d 'Write the request as JSON'
complete -c jit -n "__fish_jit_using_subcommand request" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand wait" -l timeout -d 'Give up after this long; the request stands' -r
complete -c jit -n "__fish_jit_using_subcommand wait" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand wait" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand exec" -l needs -d 'Refuse to start when the credentials end sooner' -r
complete -c jit -n "__fish_jit_using_subcommand exec" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand exec" -s h -l help -d 'Print help (see more with \'--help\')'
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
complete -c jit -n "__fish_jit_using_subcommand status" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
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
complete -c jit -n "__fish_jit_using_subcommand approve" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand approve" -s y -l yes -d 'Do not ask whether to go on'
complete -c jit -n "__fish_jit_using_subcommand approve" -l json -d 'Write the request as JSON'
complete -c jit -n "__fish_jit_using_subcommand approve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand deny" -l reason -d 'Why; the requester reads it' -r
complete -c jit -n "__fish_jit_using_subcommand deny" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand deny" -s y -l yes -d 'Do not ask whether to go on'
complete -c jit -n "__fish_jit_using_subcommand deny" -l json -d 'Write the request as JSON'
complete -c jit -n "__fish_jit_using_subcommand deny" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand end" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand end" -l json -d 'Write the request as JSON'
complete -c jit -n "__fish_jit_using_subcommand end" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand revoke" -l reason -d 'Why; the requester and the audit log read it' -r
complete -c jit -n "__fish_jit_using_subcommand revoke" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand revoke" -s y -l yes -d 'Do not ask whether to go on'
complete -c jit -n "__fish_jit_using_subcommand revoke" -l json -d 'Write the request as JSON'
complete -c jit -n "__fish_jit_using_subcommand revoke" -s h -l help -d 'Print help (see more with \'--help\')'
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
complete -c jit -n "__fish_jit_using_subcommand policy; and not __fish_seen_subcommand_from init check help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand policy; and not __fish_seen_subcommand_from init check help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand policy; and not __fish_seen_subcommand_from init check help" -f -a "init" -d 'Write a first policy with your own SSH key'
complete -c jit -n "__fish_jit_using_subcommand policy; and not __fish_seen_subcommand_from init check help" -f -a "check" -d 'Check that a policy loads and makes sense'
complete -c jit -n "__fish_jit_using_subcommand policy; and not __fish_seen_subcommand_from init check help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from init" -l as -d 'Your name in the policy' -r
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from init" -l key -d 'Your key: its file, or the fingerprint or comment that `ssh-add -l` shows' -r
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from init" -l role-arn -d 'The AWS role that the example opens' -r
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from init" -l region -d 'Its region' -r
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from init" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from check" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from check" -l json -d 'Write JSON'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "init" -d 'Write a first policy with your own SSH key'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "check" -d 'Check that a policy loads and makes sense'
complete -c jit -n "__fish_jit_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand serve" -l policy -d 'The policy\'s folder; see `jit policy init`' -r -F
complete -c jit -n "__fish_jit_using_subcommand serve" -l listen -d 'Where to listen' -r
complete -c jit -n "__fish_jit_using_subcommand serve" -l url -d 'The address that people and clouds use; http://LISTEN when not said' -r
complete -c jit -n "__fish_jit_using_subcommand serve" -l data -d 'Where the database lives; in your state folder when not said' -r -F
complete -c jit -n "__fish_jit_using_subcommand serve" -l keys -d 'Where the keys live; under the data when not said. Never back them up together' -r -F
complete -c jit -n "__fish_jit_using_subcommand serve" -l trusted-proxy -d 'A proxy whose X-Forwarded-For is believed; may be repeated' -r
complete -c jit -n "__fish_jit_using_subcommand serve" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand serve" -l behind-tls-proxy -d 'A proxy in front speaks TLS, so plain http beyond this machine is meant'
complete -c jit -n "__fish_jit_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand setup; and not __fish_seen_subcommand_from aws-trust help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand setup; and not __fish_seen_subcommand_from aws-trust help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand setup; and not __fish_seen_subcommand_from aws-trust help" -f -a "aws-trust" -d 'Print the trust policy to put on a role in AWS'
complete -c jit -n "__fish_jit_using_subcommand setup; and not __fish_seen_subcommand_from aws-trust help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from aws-trust" -l policy -d 'Read the role from this policy folder instead of asking the broker' -r -F
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from aws-trust" -l url -d 'The address that the broker will have' -r
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from aws-trust" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from aws-trust" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from help" -f -a "aws-trust" -d 'Print the trust policy to put on a role in AWS'
complete -c jit -n "__fish_jit_using_subcommand setup; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand completions" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand man" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also into a pipe'
never\t'Nowhere'"
complete -c jit -n "__fish_jit_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec env status show inbox approve deny end revoke prompt init demo policy serve setup completions man help" -f -a "login" -d 'Log in to your team\'s broker with your SSH key'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec env status show inbox approve deny end revoke prompt init demo policy serve setup completions man help" -f -a "logout" -d 'End the session with the broker'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec env status show inbox approve deny end revoke prompt init demo policy serve setup completions man help" -f -a "whoami" -d 'Show who you are to the broker, or to the cloud'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec env status show inbox approve deny end revoke prompt init demo policy serve setup completions man help" -f -a "roles" -d 'List what you may ask for, who must agree, and how long'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec env status show inbox approve deny end revoke prompt init demo policy serve setup completions man help" -f -a "request" -d 'Ask for a role, wait for the approval, and have the access appear'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec env status show inbox approve deny end revoke prompt init demo policy serve setup completions man help" -f -a "wait" -d 'Go on waiting for a request, from any terminal'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec env status show inbox approve deny end revoke prompt init demo policy serve setup completions man help" -f -a "exec" -d 'Run one command with the access, asking for it first if need be'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec env status show inbox approve deny end revoke prompt init demo policy serve setup completions man help" -f -a "env" -d 'Write the access as text for a shell to evaluate'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec env status show inbox approve deny end revoke prompt init demo policy serve setup completions man help" -f -a "status" -d 'Show my grants and requests'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec env status show inbox approve deny end revoke prompt init demo policy serve setup completions man help" -f -a "show" -d 'Show one request, whole'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec env status show inbox approve deny end revoke prompt init demo policy serve setup completions man help" -f -a "inbox" -d 'List requests that wait for my review, the oldest first'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec env status show inbox approve deny end revoke prompt init demo policy serve setup completions man help" -f -a "approve" -d 'Approve a request after seeing what it opens'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec env status show inbox approve deny end revoke prompt init demo policy serve setup completions man help" -f -a "deny" -d 'Deny a request; that is final'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec env status show inbox approve deny end revoke prompt init demo policy serve setup completions man help" -f -a "end" -d 'End my access, or take back what waits'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec env status show inbox approve deny end revoke prompt init demo policy serve setup completions man help" -f -a "revoke" -d 'End somebody\'s access'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec env status show inbox approve deny end revoke prompt init demo policy serve setup completions man help" -f -a "prompt" -d 'Print what is active, for a shell prompt; nothing when nothing is'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec env status show inbox approve deny end revoke prompt init demo policy serve setup completions man help" -f -a "init" -d 'Print the hook that shows what you hold in your shell\'s prompt'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec env status show inbox approve deny end revoke prompt init demo policy serve setup completions man help" -f -a "demo" -d 'Watch the whole round trip on this machine; no cloud needed'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec env status show inbox approve deny end revoke prompt init demo policy serve setup completions man help" -f -a "policy" -d 'Write and check access as code'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec env status show inbox approve deny end revoke prompt init demo policy serve setup completions man help" -f -a "serve" -d 'Run your team\'s broker'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec env status show inbox approve deny end revoke prompt init demo policy serve setup completions man help" -f -a "setup" -d 'Wire up a cloud'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec env status show inbox approve deny end revoke prompt init demo policy serve setup completions man help" -f -a "completions" -d 'Print the completion script of a shell'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec env status show inbox approve deny end revoke prompt init demo policy serve setup completions man help" -f -a "man" -d 'Print a manual page'
complete -c jit -n "__fish_jit_using_subcommand help; and not __fish_seen_subcommand_from login logout whoami roles request wait exec env status show inbox approve deny end revoke prompt init demo policy serve setup completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "init" -d 'Write a first policy with your own SSH key'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "check" -d 'Check that a policy loads and makes sense'
complete -c jit -n "__fish_jit_using_subcommand help; and __fish_seen_subcommand_from setup" -f -a "aws-trust" -d 'Print the trust policy to put on a role in AWS'
