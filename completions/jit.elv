
use builtin;
use str;

set edit:completion:arg-completer[jit] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'jit'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'jit'= {
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand login 'Log in to your team''s broker with your SSH key'
            cand logout 'End the session with the broker'
            cand whoami 'Show who you are to the broker, or to the cloud'
            cand roles 'List what you may ask for, who must agree, and how long'
            cand request 'Ask for a role, wait for the approval, and have the access appear'
            cand wait 'Go on waiting for a request, from any terminal'
            cand exec 'Run one command with the access, asking for it first if need be'
            cand env 'Write the access as text for a shell to evaluate'
            cand status 'Show my grants and requests'
            cand show 'Show one request, whole'
            cand inbox 'List requests that wait for my review, the oldest first'
            cand approve 'Approve a request after seeing what it opens'
            cand deny 'Deny a request; that is final'
            cand end 'End my access, or take back what waits'
            cand revoke 'End somebody''s access'
            cand prompt 'Print what is active, for a shell prompt; nothing when nothing is'
            cand init 'Print the hook that shows what you hold in your shell''s prompt'
            cand demo 'Watch the whole round trip on this machine; no cloud needed'
            cand policy 'Write and check access as code'
            cand serve 'Run your team''s broker'
            cand setup 'Wire up a cloud'
            cand completions 'Print the completion script of a shell'
            cand man 'Print a manual page'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;login'= {
            cand --as 'Your name in the policy'
            cand --key 'Your key: its file, or the fingerprint or comment that `ssh-add -l` shows'
            cand --keychain 'Where credentials rest: os, keyutils, file or none'
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;logout'= {
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;whoami'= {
            cand --color 'When to use colour'
            cand --cloud 'Ask the cloud who the credentials in the environment belong to'
            cand --json 'Write JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;roles'= {
            cand --color 'When to use colour'
            cand --json 'Write JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;request'= {
            cand --for 'For how long, like 30m, 1h or 1h30m; the role''s own duration when not said'
            cand --reason 'Why; reviewers and the audit log read it'
            cand --start 'Begin no sooner than this, like 2026-11-24T08:00:00Z'
            cand --color 'When to use colour'
            cand --no-wait 'Do not wait for the approval'
            cand -y 'Do not ask whether to go on'
            cand --yes 'Do not ask whether to go on'
            cand --json 'Write the request as JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;wait'= {
            cand --timeout 'Give up after this long; the request stands'
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;exec'= {
            cand --needs 'Refuse to start when the credentials end sooner'
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;env'= {
            cand --shell 'Whose syntax to write; by SHELL when not named'
            cand --color 'When to use colour'
            cand --unset 'Take the access out of the shell again'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;status'= {
            cand --color 'When to use colour'
            cand --verify 'Ask the cloud who each set of credentials belongs to'
            cand --json 'Write JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;show'= {
            cand --color 'When to use colour'
            cand --json 'Write JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;inbox'= {
            cand --color 'When to use colour'
            cand --json 'Write JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;approve'= {
            cand --comment 'What you say about it'
            cand --for 'Approve for at most this long'
            cand --color 'When to use colour'
            cand -y 'Do not ask whether to go on'
            cand --yes 'Do not ask whether to go on'
            cand --json 'Write the request as JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;deny'= {
            cand --reason 'Why; the requester reads it'
            cand --color 'When to use colour'
            cand -y 'Do not ask whether to go on'
            cand --yes 'Do not ask whether to go on'
            cand --json 'Write the request as JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;end'= {
            cand --color 'When to use colour'
            cand --json 'Write the request as JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;revoke'= {
            cand --reason 'Why; the requester and the audit log read it'
            cand --color 'When to use colour'
            cand -y 'Do not ask whether to go on'
            cand --yes 'Do not ask whether to go on'
            cand --json 'Write the request as JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;prompt'= {
            cand --format 'What to write for each; {role}, {account} and {left} are filled in'
            cand --shell 'Escape for the prompt of this shell'
            cand --since 'When the hook last asked, in seconds since 1970'
            cand --color 'When to use colour'
            cand --json 'Write everything that is active as JSON'
            cand --hook 'Answer the hook of `jit init`'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;init'= {
            cand --color 'When to use colour'
            cand --variable 'Only keep the exported variable JIT_PROMPT, for a prompt that you put together yourself'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;demo'= {
            cand --color 'When to use colour'
            cand --shell 'Leave both people''s terminals ready to play in'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;policy'= {
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand init 'Write a first policy with your own SSH key'
            cand check 'Check that a policy loads and makes sense'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;policy;init'= {
            cand --as 'Your name in the policy'
            cand --key 'Your key: its file, or the fingerprint or comment that `ssh-add -l` shows'
            cand --role-arn 'The AWS role that the example opens'
            cand --region 'Its region'
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;policy;check'= {
            cand --color 'When to use colour'
            cand --json 'Write JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;policy;help'= {
            cand init 'Write a first policy with your own SSH key'
            cand check 'Check that a policy loads and makes sense'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;policy;help;init'= {
        }
        &'jit;policy;help;check'= {
        }
        &'jit;policy;help;help'= {
        }
        &'jit;serve'= {
            cand --policy 'The policy''s folder; see `jit policy init`'
            cand --listen 'Where to listen'
            cand --url 'The address that people and clouds use; http://LISTEN when not said'
            cand --data 'Where the database lives; in your state folder when not said'
            cand --keys 'Where the keys live; under the data when not said. Never back them up together'
            cand --trusted-proxy 'A proxy whose X-Forwarded-For is believed; may be repeated'
            cand --color 'When to use colour'
            cand --behind-tls-proxy 'A proxy in front speaks TLS, so plain http beyond this machine is meant'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;setup'= {
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand aws-trust 'Print the trust policy to put on a role in AWS'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;setup;aws-trust'= {
            cand --policy 'Read the role from this policy folder instead of asking the broker'
            cand --url 'The address that the broker will have'
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;setup;help'= {
            cand aws-trust 'Print the trust policy to put on a role in AWS'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;setup;help;aws-trust'= {
        }
        &'jit;setup;help;help'= {
        }
        &'jit;completions'= {
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;man'= {
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;help'= {
            cand login 'Log in to your team''s broker with your SSH key'
            cand logout 'End the session with the broker'
            cand whoami 'Show who you are to the broker, or to the cloud'
            cand roles 'List what you may ask for, who must agree, and how long'
            cand request 'Ask for a role, wait for the approval, and have the access appear'
            cand wait 'Go on waiting for a request, from any terminal'
            cand exec 'Run one command with the access, asking for it first if need be'
            cand env 'Write the access as text for a shell to evaluate'
            cand status 'Show my grants and requests'
            cand show 'Show one request, whole'
            cand inbox 'List requests that wait for my review, the oldest first'
            cand approve 'Approve a request after seeing what it opens'
            cand deny 'Deny a request; that is final'
            cand end 'End my access, or take back what waits'
            cand revoke 'End somebody''s access'
            cand prompt 'Print what is active, for a shell prompt; nothing when nothing is'
            cand init 'Print the hook that shows what you hold in your shell''s prompt'
            cand demo 'Watch the whole round trip on this machine; no cloud needed'
            cand policy 'Write and check access as code'
            cand serve 'Run your team''s broker'
            cand setup 'Wire up a cloud'
            cand completions 'Print the completion script of a shell'
            cand man 'Print a manual page'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;help;login'= {
        }
        &'jit;help;logout'= {
        }
        &'jit;help;whoami'= {
        }
        &'jit;help;roles'= {
        }
        &'jit;help;request'= {
        }
        &'jit;help;wait'= {
        }
        &'jit;help;exec'= {
        }
        &'jit;help;env'= {
        }
        &'jit;help;status'= {
        }
        &'jit;help;show'= {
        }
        &'jit;help;inbox'= {
        }
        &'jit;help;approve'= {
        }
        &'jit;help;deny'= {
        }
        &'jit;help;end'= {
        }
        &'jit;help;revoke'= {
        }
        &'jit;help;prompt'= {
        }
        &'jit;help;init'= {
        }
        &'jit;help;demo'= {
        }
        &'jit;help;policy'= {
            cand init 'Write a first policy with your own SSH key'
            cand check 'Check that a policy loads and makes sense'
        }
        &'jit;help;policy;init'= {
        }
        &'jit;help;policy;check'= {
        }
        &'jit;help;serve'= {
        }
        &'jit;help;setup'= {
            cand aws-trust 'Print the trust policy to put on a role in AWS'
        }
        &'jit;help;setup;aws-trust'= {
        }
        &'jit;help;completions'= {
        }
        &'jit;help;man'= {
        }
        &'jit;help;help'= {
        }
    ]
    $completions[$command]
}
