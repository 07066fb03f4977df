
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
            cand login 'Log in to your team''s broker or repository'
            cand logout 'End the session with the broker'
            cand lock 'End your session here and remove credentials until you log in'
            cand whoami 'Show your identity at the broker or in the cloud'
            cand key 'List, add, confirm and drop the keys that sign-ins enrolled'
            cand agent 'Give a coding agent an identity of its own'
            cand roles 'List the roles that you may request, who approves, and how long'
            cand request 'Ask for a role, wait for approval, get the credentials'
            cand wait 'Continue waiting for a request, from any terminal'
            cand env 'Print the credentials as variables for a shell'
            cand console 'Open the web console with a role; requests it first if needed'
            cand status 'Show your grants and requests'
            cand show 'Show one request in full'
            cand inbox 'List the requests that you may review, the oldest first'
            cand approve 'Approve a request, or confirm emergency access afterwards'
            cand deny 'Deny a request; this is final'
            cand extend 'Ask for more time; running commands continue'
            cand end 'End your access, or cancel your request'
            cand revoke 'End another person''s access'
            cand web 'Sign a browser in on the broker''s approval page'
            cand break-glass 'Take a role without approval in an emergency; everybody is told'
            cand audit 'Read the audit log'
            cand report 'Report who had what access when, and who agreed'
            cand serve 'Run your team''s broker'
            cand setup 'Set up profiles, contexts, agents, trust or the issuer'
            cand exec 'Run one command with a role; requests it first if needed'
            cand shell 'Open a shell with a role; requests it first if needed'
            cand credentials 'Print the credentials of an active role, for programs'
            cand demo 'Watch the whole round trip on this machine; no cloud needed'
            cand policy 'Write, check, test and compare access as code'
            cand ci 'Decide and issue credentials in GitHub Actions, without a broker'
            cand doctor 'Check that jit is set up correctly'
            cand man 'Show a manual page'
            cand mcp 'Serve tools to a coding agent: ask for roles, wait, run commands'
            cand version 'Show which build of jit this is, and whether a release has it'
            cand prompt 'Print active access for a shell prompt (empty if none)'
            cand hook 'Tell a coding agent''s client which commands need a role'
            cand init 'Print the hook that shows your access in the shell''s prompt'
            cand config 'Show and change your settings'
            cand learn 'Propose a narrower scope from what a role''s sessions did'
            cand completions 'Print the completion script of a shell'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;login'= {
            cand --as 'Your name in the policy'
            cand --key 'Your key: its file, or the fingerprint or comment that `ssh-add -l` shows'
            cand --keychain 'Where to store sessions, keys and credentials: os, keyutils, file or none'
            cand --credentials 'Where to keep credentials: kernel (Linux forgets them when they expire) or keychain'
            cand --color 'When to use colour'
            cand --ssh 'Sign with your own SSH key, also where you sign in at an identity provider'
            cand --device 'Sign in at the identity provider with a code, on any machine'
            cand --no-browser 'Print the identity provider''s address only, and open no browser'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;logout'= {
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;lock'= {
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;whoami'= {
            cand --color 'When to use colour'
            cand --cloud 'Ask the cloud which identity the credentials in the environment have'
            cand --json 'Write JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;key'= {
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand list 'List your enrolled keys, and those that you may vouch for'
            cand add 'Enrol a key that signs elsewhere, such as a passkey, by signing in with your account'
            cand confirm 'Confirm an enrolled key of yours, with the key of your login'
            cand vouch 'Vouch that an enrolled key is another person''s'
            cand drop 'Drop an enrolled key of yours, with its sessions'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;key;list'= {
            cand --color 'When to use colour'
            cand --json 'Write JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;key;add'= {
            cand --color 'When to use colour'
            cand --device 'Sign in with a code, on any machine'
            cand --no-browser 'Print the address of the sign-in only, and open no browser'
            cand --json 'Write the key as JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;key;confirm'= {
            cand --color 'When to use colour'
            cand --json 'Write the key as JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;key;vouch'= {
            cand --color 'When to use colour'
            cand -y 'Skip the question; the key must be named then'
            cand --yes 'Skip the question; the key must be named then'
            cand --json 'Write the key as JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;key;drop'= {
            cand --color 'When to use colour'
            cand -y 'Skip the question'
            cand --yes 'Skip the question'
            cand --json 'Write the key as JSON, as it was'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;key;help'= {
            cand list 'List your enrolled keys, and those that you may vouch for'
            cand add 'Enrol a key that signs elsewhere, such as a passkey, by signing in with your account'
            cand confirm 'Confirm an enrolled key of yours, with the key of your login'
            cand vouch 'Vouch that an enrolled key is another person''s'
            cand drop 'Drop an enrolled key of yours, with its sessions'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;key;help;list'= {
        }
        &'jit;key;help;add'= {
        }
        &'jit;key;help;confirm'= {
        }
        &'jit;key;help;vouch'= {
        }
        &'jit;key;help;drop'= {
        }
        &'jit;key;help;help'= {
        }
        &'jit;agent'= {
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand init 'Make an agent''s key, keep it in the keychain, and print its block for people.toml'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;agent;init'= {
            cand --of 'Its owner''s name in the policy; default: the name that you are logged in with'
            cand --color 'When to use colour'
            cand --json 'Write JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;agent;help'= {
            cand init 'Make an agent''s key, keep it in the keychain, and print its block for people.toml'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;agent;help;init'= {
        }
        &'jit;agent;help;help'= {
        }
        &'jit;roles'= {
            cand --color 'When to use colour'
            cand --json 'Write JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;request'= {
            cand --scope 'Ask for this scope of the role only; `jit roles` lists scopes'
            cand --for 'For how long, like 30m, 1h or 1h30m; default: the role''s duration'
            cand --reason 'Why; shown to reviewers and in the audit log'
            cand --start 'Start no earlier than this, like 2026-11-24T08:00:00Z'
            cand --file 'A file that belongs to the command: a plan, a script; it may not change'
            cand --plan 'The JSON of the plan that the command applies (`terraform show -json`); reviewers are shown it'
            cand --color 'When to use colour'
            cand --no-scope 'Ask for the whole role, even if .jit.toml suggests a scope'
            cand --no-wait 'Do not wait for the approval'
            cand --bell 'Ring the terminal''s bell when it is decided, even if the settings say no'
            cand -y 'Skip the question'
            cand --yes 'Skip the question'
            cand --json 'Write the request as JSON'
            cand --command 'Ask for exactly the command after `--`, once'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;wait'= {
            cand --timeout 'Stop waiting after this long; the request stays'
            cand --color 'When to use colour'
            cand --bell 'Ring the terminal''s bell when it is decided, even if the settings say no'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;env'= {
            cand --shell 'The shell''s syntax; default: by SHELL'
            cand --color 'When to use colour'
            cand --unset 'Remove the variables from the shell again'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;console'= {
            cand --destination 'The service or the page to open'
            cand --color 'When to use colour'
            cand --print 'Print the address instead of opening it'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;status'= {
            cand --color 'When to use colour'
            cand --all 'Show everybody''s access that you may revoke or audit'
            cand --verify 'Ask the cloud which identity the credentials have'
            cand --json 'Write JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;show'= {
            cand --plan 'The JSON of the plan that the command applies, to be shown; refused unless it is the one that was signed'
            cand --color 'When to use colour'
            cand --json 'Write JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;inbox'= {
            cand --color 'When to use colour'
            cand --list 'Print the list once, also on a terminal'
            cand --json 'Write JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;approve'= {
            cand --comment 'A comment for the requester and the audit log'
            cand --for 'Approve for at most this long'
            cand --scope 'Approve for no more than this scope of the role'
            cand --plan 'The JSON of the plan that the command applies, to be shown; refused unless it is the one that was signed'
            cand --color 'When to use colour'
            cand -y 'Skip the question'
            cand --yes 'Skip the question'
            cand --json 'Write the request as JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;deny'= {
            cand --reason 'Why; the requester reads it. Without it, jit asks on a terminal'
            cand --color 'When to use colour'
            cand -y 'Skip the question'
            cand --yes 'Skip the question'
            cand --json 'Write the request as JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;extend'= {
            cand --for 'How much longer, like 30m or 1h; default: the role''s duration'
            cand --reason 'Why; default: the reason of the access itself'
            cand --color 'When to use colour'
            cand --no-wait 'Do not wait for the approval'
            cand -y 'Skip the question'
            cand --yes 'Skip the question'
            cand --json 'Write the request as JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;end'= {
            cand --color 'When to use colour'
            cand --wait 'Wait until the end is recorded, and say how it ended'
            cand --json 'Write the request as JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;revoke'= {
            cand --person 'Revoke all that this person holds or waits for, by their name in the policy'
            cand --reason 'Why; shown to the requester and in the audit log. Without it, jit asks on a terminal'
            cand --color 'When to use colour'
            cand -y 'Skip the question'
            cand --yes 'Skip the question'
            cand --json 'Write the request as JSON; with --person, a list of them'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;web'= {
            cand --color 'When to use colour'
            cand --no-open 'Open no browser; type the address yourself'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;break-glass'= {
            cand --reason 'What happened; the notices, the reviewer and the audit log show it'
            cand --for 'For how long, like 15m; default: the role''s duration, within the limit for emergencies'
            cand --color 'When to use colour'
            cand -y 'Skip the question'
            cand --yes 'Skip the question'
            cand --json 'Write the request as JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;audit'= {
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand list 'List the events of the audit log, the newest last'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;audit;list'= {
            cand --person 'Only events that this person caused, or that are about their requests or their agents'''
            cand --role 'Only events about requests for this role'
            cand --since 'Only events since then: how long ago (2d, 3h), a day (2026-11-24) or a time'
            cand --last 'How many of the newest events to show [default: 50]'
            cand --after 'Only events after this number; the chain is checked from there on'
            cand --color 'When to use colour'
            cand --all 'Show all events'
            cand --json 'Write JSON, with each event as it is chained'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;audit;help'= {
            cand list 'List the events of the audit log, the newest last'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;audit;help;list'= {
        }
        &'jit;audit;help;help'= {
        }
        &'jit;report'= {
            cand --since 'Only since then: how long ago (30d), a day (2026-11-24) or a time'
            cand --until 'Only until then; a day is meant to its end'
            cand --role 'Only requests for this role'
            cand --person 'Only requests that this person made or reviewed'
            cand --log 'Read an exported log instead of the authority''s'
            cand --policy 'Compare with this policy: roles nobody used, people who left, and who could approve alone'
            cand --kept 'Refuse a log without this hash, which an earlier report named'
            cand --color 'When to use colour'
            cand --csv 'Write CSV, one line a request'
            cand --json 'Write JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;serve'= {
            cand --config 'A settings file in TOML, with a key for each flag; flags overrule it'
            cand --policy 'The policy: a folder, or a git repository and branch, fetched every minute'
            cand --policy-accept 'Accept this commit although the branch was rewritten'
            cand --policy-hook-secret 'A file with the secret of the webhook /v1/hooks/policy; default: JIT_POLICY_HOOK_SECRET'
            cand --events-token 'A file with the token of a transmitter of security events (CAEP); default: JIT_EVENTS_TOKEN'
            cand --scim-token 'A file with the token of a SCIM client; default: JIT_SCIM_TOKEN'
            cand --url 'The address that people use; default: http://LISTEN'
            cand --issuer 'The address at which another web host serves the issuer''s documents to clouds; default: the broker''s'
            cand --issuer-dir 'Keep those documents fresh in this folder, for that web host'
            cand --listen 'Where to listen; default: 127.0.0.1:8765'
            cand --behind-tls-proxy 'A proxy in front speaks TLS, so plain http is allowed beyond this machine'
            cand --trusted-proxy 'Trust X-Forwarded-For of this proxy; may be repeated'
            cand --kubernetes 'The file with the broker''s own token for an API server of Kubernetes; may be repeated'
            cand --web 'Serve the approval page under /web, where reviewers approve with a passkey'
            cand --data 'The database''s folder; default: in your state folder'
            cand --keys 'The keys'' folder; default: DATA/keys. Never back up keys and data together'
            cand --accept-gap 'Accept a database that lacks events, by the event with which it ends. Ends every open request and session'
            cand --log-format 'The form of the log: lines for people, or one JSON object a line; default: text'
            cand --metrics 'Serve /metrics in the OpenMetrics format at this address of its own; default: nowhere'
            cand --metrics-reachable 'Other machines may read the metrics, which have no password'
            cand --sandbox 'Also run the cloud that the policy''s sandbox roles open; it is on this machine and opens nothing real'
            cand --color 'When to use colour'
            cand --check 'Check the settings and the policy''s folder, and do not start'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;setup'= {
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand agents 'Let a coding agent''s client ask jit before it runs a command'
            cand aws 'Write AWS profiles that take their credentials from jit'
            cand aws-trust 'Print the trust policy for a role in AWS'
            cand import 'Propose direct roles from your AWS profiles'
            cand issuer 'Write the issuer''s documents for a web host that clouds reach'
            cand kubernetes 'Write contexts for kubectl that take their tokens from jit'
            cand trust 'Print what a role''s place must be told'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;setup;agents'= {
            cand --color 'When to use colour'
            cand --write 'Change the files'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;setup;aws'= {
            cand --color 'When to use colour'
            cand --diff 'Print the change only; this is the default'
            cand --write 'Change the file'
            cand --remove 'Remove the block'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;setup;aws-trust'= {
            cand --policy 'Read the role from this policy folder, not from the broker'
            cand --url 'The broker''s future address, which is also its issuer'
            cand --issuer 'The issuer''s address; default: the issuer that the broker names'
            cand --principal 'The broker''s own AWS identity, for a role with `by = "broker"`: an ARN, or `here` on the broker''s machine'
            cand --part 'The document to print, for a role behind a hub (`via`) or with `by = "broker"`'
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;setup;import'= {
            cand --color 'When to use colour'
            cand --write 'Add the roles to config.toml'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;setup;issuer'= {
            cand --issuer 'The issuer''s address; default: the issuer of the broker'
            cand --url 'Fetch from the broker at this address'
            cand --config 'Read the keys of the broker with this settings file'
            cand --keys 'Read the keys in this key folder of a broker'
            cand --data 'Read the keys in this data folder of a broker'
            cand --color 'When to use colour'
            cand --print-keys 'Print the key set, as Google takes it for a provider with uploaded keys'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;setup;kubernetes'= {
            cand --color 'When to use colour'
            cand --write 'Change the file'
            cand --remove 'Remove the file'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;setup;trust'= {
            cand --policy 'Read the role from this policy folder, not from the broker'
            cand --url 'The broker''s future address, which is also its issuer'
            cand --issuer 'The issuer''s address; default: the issuer that the broker names'
            cand --principal 'The broker''s own AWS identity, for a role with `by = "broker"`: an ARN, or `here` on the broker''s machine'
            cand --jwks 'Upload this key set, so that Google Cloud need not reach the issuer: a file, or `broker` for the broker''s'
            cand --format 'The form'
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;setup;help'= {
            cand agents 'Let a coding agent''s client ask jit before it runs a command'
            cand aws 'Write AWS profiles that take their credentials from jit'
            cand aws-trust 'Print the trust policy for a role in AWS'
            cand import 'Propose direct roles from your AWS profiles'
            cand issuer 'Write the issuer''s documents for a web host that clouds reach'
            cand kubernetes 'Write contexts for kubectl that take their tokens from jit'
            cand trust 'Print what a role''s place must be told'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;setup;help;agents'= {
        }
        &'jit;setup;help;aws'= {
        }
        &'jit;setup;help;aws-trust'= {
        }
        &'jit;setup;help;import'= {
        }
        &'jit;setup;help;issuer'= {
        }
        &'jit;setup;help;kubernetes'= {
        }
        &'jit;setup;help;trust'= {
        }
        &'jit;setup;help;help'= {
        }
        &'jit;exec'= {
            cand --needs 'Extend access that ends sooner, or do not start'
            cand --file 'A file that belongs to the command of --bind: a plan, a script'
            cand --plan 'The JSON of the plan that the command of --bind applies; reviewers are shown it'
            cand --color 'When to use colour'
            cand --env 'Put the credentials into the environment, even if they expire before the access'
            cand --serve 'Stay as the parent and serve the credentials, even if that is not needed'
            cand --metadata 'Serve the token of a Google Cloud role as a metadata server, too'
            cand --bell 'Ring the terminal''s bell when a request is decided, even if the settings say no'
            cand --bind 'Run only with access that was approved for exactly this command; asks for it'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;shell'= {
            cand --color 'When to use colour'
            cand --env 'Put the credentials into the environment, even if they expire before the access'
            cand --serve 'Stay as the parent and serve the credentials, even if that is not needed'
            cand --metadata 'Serve the token of a Google Cloud role as a metadata server, too'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;credentials'= {
            cand --format 'The format'
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;demo'= {
            cand --color 'When to use colour'
            cand --shell 'Play both people yourself'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;policy'= {
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand init 'Write a first policy with your own SSH key'
            cand check 'Check a policy for errors'
            cand test 'Run the policy''s tests'
            cand explain 'Show what a policy decides, by which rule, and who could help'
            cand matrix 'Show which people may request which roles'
            cand diff 'Show who gains and who loses between two revisions of a policy'
            cand schema 'Print the schemas of policy files and of the broker''s settings, for editors'
            cand import 'Propose a first policy from AWS or GitHub'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;policy;init'= {
            cand --as 'Your name in the policy'
            cand --key 'Your key: its file, or the fingerprint or comment that `ssh-add -l` shows'
            cand --role-arn 'The AWS role that the example opens; then no role opens the sandbox'
            cand --region 'Its region'
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;policy;check'= {
            cand --policy 'The policy''s folder'
            cand --format 'The output format'
            cand --color 'When to use colour'
            cand --json 'Write JSON; the same as --format json'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;policy;test'= {
            cand --policy 'The policy''s folder'
            cand --format 'The output format'
            cand --color 'When to use colour'
            cand --json 'Write JSON; the same as --format json'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;policy;explain'= {
            cand --action 'The kind of request'
            cand --scope 'Only this scope of the role'
            cand --for 'For how long; default: the role''s duration'
            cand --at 'At this time; default: now'
            cand --reason 'The reason'
            cand --source-ip 'The address that the request comes from'
            cand --fact 'A fact, like oncall=ana; may be repeated'
            cand --review 'A person who approves; may be repeated'
            cand --policy 'The policy''s folder'
            cand --color 'When to use colour'
            cand --json 'Write JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;policy;matrix'= {
            cand --policy 'The policy''s folder'
            cand --layout 'The layout; default: a grid where it fits, else a list'
            cand --color 'When to use colour'
            cand --json 'Write JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;policy;diff'= {
            cand --policy 'The policy''s folder in the repository'
            cand --format 'The output format'
            cand --color 'When to use colour'
            cand --json 'Write JSON; the same as --format json'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;policy;schema'= {
            cand --output 'Write all schemas into this folder'
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;policy;import'= {
            cand --output 'Write the files into this new folder'
            cand --color 'When to use colour'
            cand --json 'Write JSON: each file''s text by its path'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand aws 'Propose roles from permission sets and assignments that the AWS CLI printed'
            cand profiles 'Propose roles from the profiles in ~/.aws/config'
            cand github 'Propose the members of a GitHub organisation, with ids and published keys'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;policy;import;aws'= {
            cand --region 'The region of the proposed roles'
            cand --output 'Write the files into this new folder'
            cand --color 'When to use colour'
            cand --json 'Write JSON: each file''s text by its path'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;policy;import;profiles'= {
            cand --region 'The region, if the profile has none'
            cand --output 'Write the files into this new folder'
            cand --color 'When to use colour'
            cand --json 'Write JSON: each file''s text by its path'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;policy;import;github'= {
            cand --output 'Write the files into this new folder'
            cand --color 'When to use colour'
            cand --json 'Write JSON: each file''s text by its path'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;policy;import;help'= {
            cand aws 'Propose roles from permission sets and assignments that the AWS CLI printed'
            cand profiles 'Propose roles from the profiles in ~/.aws/config'
            cand github 'Propose the members of a GitHub organisation, with ids and published keys'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;policy;import;help;aws'= {
        }
        &'jit;policy;import;help;profiles'= {
        }
        &'jit;policy;import;help;github'= {
        }
        &'jit;policy;import;help;help'= {
        }
        &'jit;policy;help'= {
            cand init 'Write a first policy with your own SSH key'
            cand check 'Check a policy for errors'
            cand test 'Run the policy''s tests'
            cand explain 'Show what a policy decides, by which rule, and who could help'
            cand matrix 'Show which people may request which roles'
            cand diff 'Show who gains and who loses between two revisions of a policy'
            cand schema 'Print the schemas of policy files and of the broker''s settings, for editors'
            cand import 'Propose a first policy from AWS or GitHub'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;policy;help;init'= {
        }
        &'jit;policy;help;check'= {
        }
        &'jit;policy;help;test'= {
        }
        &'jit;policy;help;explain'= {
        }
        &'jit;policy;help;matrix'= {
        }
        &'jit;policy;help;diff'= {
        }
        &'jit;policy;help;schema'= {
        }
        &'jit;policy;help;import'= {
            cand aws 'Propose roles from permission sets and assignments that the AWS CLI printed'
            cand profiles 'Propose roles from the profiles in ~/.aws/config'
            cand github 'Propose the members of a GitHub organisation, with ids and published keys'
        }
        &'jit;policy;help;import;aws'= {
        }
        &'jit;policy;help;import;profiles'= {
        }
        &'jit;policy;help;import;github'= {
        }
        &'jit;policy;help;help'= {
        }
        &'jit;ci'= {
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand init 'Set up a repository on GitHub that decides and issues credentials'
            cand check 'Comment on a pull request what it requests or changes'
            cand decide 'Verify a request and record the decision'
            cand mint 'Verify a request again, get its credentials, seal them and print them'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;ci;init'= {
            cand --repository 'The access repository'
            cand --owners 'The owners of the policy: people and teams on GitHub'
            cand --download 'The address from which the workflows download jit'
            cand --sha256 'The SHA-256 of that file; without it, jit fetches the file once and says it'
            cand --log-writer 'The only writer of the log, instead of a new GitHub App: app:ID or team:ID'
            cand --key-file 'A file for the log''s new private key, instead of the secret at GitHub'
            cand --color 'When to use colour'
            cand --apply 'Set the repository up at GitHub'
            cand -y 'Agree to what would change'
            cand --yes 'Agree to what would change'
            cand --new-log-key 'Give the log another key; the old one still verifies what it signed'
            cand --no-browser 'Only print the address of the page that makes the app'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;ci;check'= {
            cand --color 'When to use colour'
            cand --print 'Only print the comment'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;ci;decide'= {
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;ci;mint'= {
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;ci;help'= {
            cand init 'Set up a repository on GitHub that decides and issues credentials'
            cand check 'Comment on a pull request what it requests or changes'
            cand decide 'Verify a request and record the decision'
            cand mint 'Verify a request again, get its credentials, seal them and print them'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;ci;help;init'= {
        }
        &'jit;ci;help;check'= {
        }
        &'jit;ci;help;decide'= {
        }
        &'jit;ci;help;mint'= {
        }
        &'jit;ci;help;help'= {
        }
        &'jit;doctor'= {
            cand --reach 'Connect to this port of this machine, and nothing else'
            cand --color 'When to use colour'
            cand --forbidden-path 'Test, without a question, whether your own AWS identity can assume the roles, and read Google''s providers with your gcloud'
            cand --json 'Write JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;man'= {
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;mcp'= {
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;version'= {
            cand --verify 'Compare this program with a release''s list of checksums, or with another build'
            cand --color 'When to use colour'
            cand --check 'Ask GitHub whether a newer release is published'
            cand --json 'Write JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;prompt'= {
            cand --format 'The text for each role; {role}, {account} and {left} are filled in'
            cand --shell 'Escape for the prompt of this shell'
            cand --since 'When the hook last asked, in seconds since 1970'
            cand --color 'When to use colour'
            cand --json 'Write all active access as JSON'
            cand --hook 'Answer the hook of `jit init`'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;hook'= {
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;init'= {
            cand --color 'When to use colour'
            cand --variable 'Only set the exported variable JIT_PROMPT, for a prompt of your own'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;config'= {
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand path 'Print where your config.toml is'
            cand get 'Show settings, their values and where they come from'
            cand set 'Set one setting in your config.toml'
            cand unset 'Take one setting out of your config.toml'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;config;path'= {
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;config;get'= {
            cand --color 'When to use colour'
            cand --json 'Write JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;config;set'= {
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;config;unset'= {
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;config;help'= {
            cand path 'Print where your config.toml is'
            cand get 'Show settings, their values and where they come from'
            cand set 'Set one setting in your config.toml'
            cand unset 'Take one setting out of your config.toml'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;config;help;path'= {
        }
        &'jit;config;help;get'= {
        }
        &'jit;config;help;set'= {
        }
        &'jit;config;help;unset'= {
        }
        &'jit;config;help;help'= {
        }
        &'jit;learn'= {
            cand --cloudtrail 'An export of CloudTrail, or a folder of exports'
            cand --scope 'The name of the proposed scope'
            cand --approval 'The scope''s rule of approval; default: the role''s'
            cand --policy 'The policy''s folder'
            cand --color 'When to use colour'
            cand --json 'Write JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;completions'= {
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;help'= {
            cand login 'Log in to your team''s broker or repository'
            cand logout 'End the session with the broker'
            cand lock 'End your session here and remove credentials until you log in'
            cand whoami 'Show your identity at the broker or in the cloud'
            cand key 'List, add, confirm and drop the keys that sign-ins enrolled'
            cand agent 'Give a coding agent an identity of its own'
            cand roles 'List the roles that you may request, who approves, and how long'
            cand request 'Ask for a role, wait for approval, get the credentials'
            cand wait 'Continue waiting for a request, from any terminal'
            cand env 'Print the credentials as variables for a shell'
            cand console 'Open the web console with a role; requests it first if needed'
            cand status 'Show your grants and requests'
            cand show 'Show one request in full'
            cand inbox 'List the requests that you may review, the oldest first'
            cand approve 'Approve a request, or confirm emergency access afterwards'
            cand deny 'Deny a request; this is final'
            cand extend 'Ask for more time; running commands continue'
            cand end 'End your access, or cancel your request'
            cand revoke 'End another person''s access'
            cand web 'Sign a browser in on the broker''s approval page'
            cand break-glass 'Take a role without approval in an emergency; everybody is told'
            cand audit 'Read the audit log'
            cand report 'Report who had what access when, and who agreed'
            cand serve 'Run your team''s broker'
            cand setup 'Set up profiles, contexts, agents, trust or the issuer'
            cand exec 'Run one command with a role; requests it first if needed'
            cand shell 'Open a shell with a role; requests it first if needed'
            cand credentials 'Print the credentials of an active role, for programs'
            cand demo 'Watch the whole round trip on this machine; no cloud needed'
            cand policy 'Write, check, test and compare access as code'
            cand ci 'Decide and issue credentials in GitHub Actions, without a broker'
            cand doctor 'Check that jit is set up correctly'
            cand man 'Show a manual page'
            cand mcp 'Serve tools to a coding agent: ask for roles, wait, run commands'
            cand version 'Show which build of jit this is, and whether a release has it'
            cand prompt 'Print active access for a shell prompt (empty if none)'
            cand hook 'Tell a coding agent''s client which commands need a role'
            cand init 'Print the hook that shows your access in the shell''s prompt'
            cand config 'Show and change your settings'
            cand learn 'Propose a narrower scope from what a role''s sessions did'
            cand completions 'Print the completion script of a shell'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;help;login'= {
        }
        &'jit;help;logout'= {
        }
        &'jit;help;lock'= {
        }
        &'jit;help;whoami'= {
        }
        &'jit;help;key'= {
            cand list 'List your enrolled keys, and those that you may vouch for'
            cand add 'Enrol a key that signs elsewhere, such as a passkey, by signing in with your account'
            cand confirm 'Confirm an enrolled key of yours, with the key of your login'
            cand vouch 'Vouch that an enrolled key is another person''s'
            cand drop 'Drop an enrolled key of yours, with its sessions'
        }
        &'jit;help;key;list'= {
        }
        &'jit;help;key;add'= {
        }
        &'jit;help;key;confirm'= {
        }
        &'jit;help;key;vouch'= {
        }
        &'jit;help;key;drop'= {
        }
        &'jit;help;agent'= {
            cand init 'Make an agent''s key, keep it in the keychain, and print its block for people.toml'
        }
        &'jit;help;agent;init'= {
        }
        &'jit;help;roles'= {
        }
        &'jit;help;request'= {
        }
        &'jit;help;wait'= {
        }
        &'jit;help;env'= {
        }
        &'jit;help;console'= {
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
        &'jit;help;extend'= {
        }
        &'jit;help;end'= {
        }
        &'jit;help;revoke'= {
        }
        &'jit;help;web'= {
        }
        &'jit;help;break-glass'= {
        }
        &'jit;help;audit'= {
            cand list 'List the events of the audit log, the newest last'
        }
        &'jit;help;audit;list'= {
        }
        &'jit;help;report'= {
        }
        &'jit;help;serve'= {
        }
        &'jit;help;setup'= {
            cand agents 'Let a coding agent''s client ask jit before it runs a command'
            cand aws 'Write AWS profiles that take their credentials from jit'
            cand aws-trust 'Print the trust policy for a role in AWS'
            cand import 'Propose direct roles from your AWS profiles'
            cand issuer 'Write the issuer''s documents for a web host that clouds reach'
            cand kubernetes 'Write contexts for kubectl that take their tokens from jit'
            cand trust 'Print what a role''s place must be told'
        }
        &'jit;help;setup;agents'= {
        }
        &'jit;help;setup;aws'= {
        }
        &'jit;help;setup;aws-trust'= {
        }
        &'jit;help;setup;import'= {
        }
        &'jit;help;setup;issuer'= {
        }
        &'jit;help;setup;kubernetes'= {
        }
        &'jit;help;setup;trust'= {
        }
        &'jit;help;exec'= {
        }
        &'jit;help;shell'= {
        }
        &'jit;help;credentials'= {
        }
        &'jit;help;demo'= {
        }
        &'jit;help;policy'= {
            cand init 'Write a first policy with your own SSH key'
            cand check 'Check a policy for errors'
            cand test 'Run the policy''s tests'
            cand explain 'Show what a policy decides, by which rule, and who could help'
            cand matrix 'Show which people may request which roles'
            cand diff 'Show who gains and who loses between two revisions of a policy'
            cand schema 'Print the schemas of policy files and of the broker''s settings, for editors'
            cand import 'Propose a first policy from AWS or GitHub'
        }
        &'jit;help;policy;init'= {
        }
        &'jit;help;policy;check'= {
        }
        &'jit;help;policy;test'= {
        }
        &'jit;help;policy;explain'= {
        }
        &'jit;help;policy;matrix'= {
        }
        &'jit;help;policy;diff'= {
        }
        &'jit;help;policy;schema'= {
        }
        &'jit;help;policy;import'= {
            cand aws 'Propose roles from permission sets and assignments that the AWS CLI printed'
            cand profiles 'Propose roles from the profiles in ~/.aws/config'
            cand github 'Propose the members of a GitHub organisation, with ids and published keys'
        }
        &'jit;help;policy;import;aws'= {
        }
        &'jit;help;policy;import;profiles'= {
        }
        &'jit;help;policy;import;github'= {
        }
        &'jit;help;ci'= {
            cand init 'Set up a repository on GitHub that decides and issues credentials'
            cand check 'Comment on a pull request what it requests or changes'
            cand decide 'Verify a request and record the decision'
            cand mint 'Verify a request again, get its credentials, seal them and print them'
        }
        &'jit;help;ci;init'= {
        }
        &'jit;help;ci;check'= {
        }
        &'jit;help;ci;decide'= {
        }
        &'jit;help;ci;mint'= {
        }
        &'jit;help;doctor'= {
        }
        &'jit;help;man'= {
        }
        &'jit;help;mcp'= {
        }
        &'jit;help;version'= {
        }
        &'jit;help;prompt'= {
        }
        &'jit;help;hook'= {
        }
        &'jit;help;init'= {
        }
        &'jit;help;config'= {
            cand path 'Print where your config.toml is'
            cand get 'Show settings, their values and where they come from'
            cand set 'Set one setting in your config.toml'
            cand unset 'Take one setting out of your config.toml'
        }
        &'jit;help;config;path'= {
        }
        &'jit;help;config;get'= {
        }
        &'jit;help;config;set'= {
        }
        &'jit;help;config;unset'= {
        }
        &'jit;help;learn'= {
        }
        &'jit;help;completions'= {
        }
        &'jit;help;help'= {
        }
    ]
    $completions[$command]
}
