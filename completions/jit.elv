
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
            cand whoami 'Show who you are to the broker, or to the cloud'
            cand roles 'List what you may ask for, who must agree, and how long'
            cand request 'Ask for a role, wait for the approval, and have the access appear'
            cand wait 'Go on waiting for a request, from any terminal'
            cand exec 'Run one command with the access, asking for it first if need be'
            cand shell 'Open a shell with the access, asking for it first if need be'
            cand env 'Write the access as text for a shell to evaluate'
            cand console 'Open the cloud''s web console with the access, asking for it first if need be'
            cand status 'Show my grants and requests'
            cand show 'Show one request, whole'
            cand inbox 'List requests that wait for my review, the oldest first'
            cand approve 'Approve a request after seeing what it opens, or an emergency after the fact'
            cand deny 'Deny a request; that is final'
            cand extend 'Ask for more time, without a break in what runs'
            cand end 'End my access, or take back what waits'
            cand revoke 'End somebody''s access'
            cand break-glass 'Take a role in an emergency; nobody is asked, everybody is told'
            cand credentials 'Print the credentials of active access, for programs'
            cand prompt 'Print what is active, for a shell prompt; nothing when nothing is'
            cand init 'Print the hook that shows what you hold in your shell''s prompt'
            cand demo 'Watch the whole round trip on this machine; no cloud needed'
            cand policy 'Write, check, test and compare access as code'
            cand audit 'Read the log of what happened'
            cand ci 'Decide and mint inside GitHub Actions, without a broker'
            cand serve 'Run your team''s broker'
            cand setup 'Wire up a laptop or a cloud'
            cand doctor 'Prove that every part works on this machine'
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
            cand --scope 'Only this piece of the role: less power, and often fewer approvals; `jit roles` lists them'
            cand --for 'For how long, like 30m, 1h or 1h30m; the role''s own duration when not said'
            cand --reason 'Why; reviewers and the audit log read it'
            cand --start 'Begin no sooner than this, like 2026-11-24T08:00:00Z'
            cand --color 'When to use colour'
            cand --no-scope 'The whole role, whatever .jit.toml suggests'
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
            cand --needs 'Ask for more time, or refuse to start, when the access ends sooner'
            cand --color 'When to use colour'
            cand --env 'Put the credentials into the environment, even if they end before the access does'
            cand --serve 'Stay as the parent and serve the credentials, even if they last'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;shell'= {
            cand --color 'When to use colour'
            cand --env 'Put the credentials into the environment, even if they end before the access does'
            cand --serve 'Stay as the parent and serve the credentials, even if they last'
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
        &'jit;console'= {
            cand --destination 'The service or the page of the console to open'
            cand --color 'When to use colour'
            cand --print 'Print the address instead of opening it'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;status'= {
            cand --color 'When to use colour'
            cand --all 'Show everybody''s access that you may revoke or audit'
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
            cand --scope 'Approve for no more than this scope of the role'
            cand --color 'When to use colour'
            cand -y 'Do not ask whether to go on'
            cand --yes 'Do not ask whether to go on'
            cand --json 'Write the request as JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;deny'= {
            cand --reason 'Why; the requester reads it. Asked on a terminal when not said'
            cand --color 'When to use colour'
            cand -y 'Do not ask whether to go on'
            cand --yes 'Do not ask whether to go on'
            cand --json 'Write the request as JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;extend'= {
            cand --for 'How much longer, like 30m or 1h; the role''s own duration when not said'
            cand --reason 'Why; what was said for the access itself when nothing is said here'
            cand --color 'When to use colour'
            cand --no-wait 'Do not wait for the approval'
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
            cand --person 'Revoke all that this person holds or waits for, by their name in the policy'
            cand --reason 'Why; the requester and the audit log read it. Asked on a terminal when not said'
            cand --color 'When to use colour'
            cand -y 'Do not ask whether to go on'
            cand --yes 'Do not ask whether to go on'
            cand --json 'Write the request as JSON; with --person, a list of them'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;break-glass'= {
            cand --reason 'What happened; everybody who is told, the reviewer and the audit log read it'
            cand --for 'For how long, like 15m; the role''s own duration, as far as the emergency way allows it, when not said'
            cand --color 'When to use colour'
            cand -y 'Do not ask whether to go on'
            cand --yes 'Do not ask whether to go on'
            cand --json 'Write the request as JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;credentials'= {
            cand --format 'What to print'
            cand --color 'When to use colour'
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
            cand test 'Hold a policy against the cases in its folder tests'
            cand explain 'Show what a policy decides, by which rule, and who could help'
            cand matrix 'Write who may ask for what: people by roles'
            cand diff 'Show who gains and who loses between two revisions of a policy'
            cand schema 'Write schemas of the files for editors'
            cand import 'Propose a first policy from what is there'
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
            cand --format 'How to write what was found'
            cand --color 'When to use colour'
            cand --json 'Write JSON; the same as --format json'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;policy;test'= {
            cand --format 'How to write what was found'
            cand --color 'When to use colour'
            cand --json 'Write JSON; the same as --format json'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;policy;explain'= {
            cand --action 'Which way'
            cand --scope 'For which piece of it only'
            cand --for 'For how long; as long as usual when left out'
            cand --at 'When; now when left out'
            cand --reason 'Why'
            cand --source-ip 'From which address'
            cand --fact 'A fact that is true of somebody, like oncall=ana; may be given several times'
            cand --review 'Somebody who approves; may be given several times'
            cand --folder 'The policy''s folder'
            cand --color 'When to use colour'
            cand --json 'Write JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;policy;matrix'= {
            cand --layout 'One line a person, or a paragraph a role'
            cand --color 'When to use colour'
            cand --json 'Write JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;policy;diff'= {
            cand --folder 'The policy''s folder in the repository'
            cand --format 'How to write what was found'
            cand --color 'When to use colour'
            cand --json 'Write JSON; the same as --format json'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;policy;schema'= {
            cand --output 'Write all of them into this folder'
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;policy;import'= {
            cand --output 'Write the files into this folder, which must not be there yet'
            cand --color 'When to use colour'
            cand --json 'Write JSON: each file''s text by its path'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand aws 'Propose permission sets and assignments, from a file of what the AWS CLI prints'
            cand profiles 'Propose the profiles in ~/.aws/config that assume roles'
            cand github 'Propose the members of a GitHub organisation, their numbers and published keys'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;policy;import;aws'= {
            cand --region 'The region of the proposed roles'
            cand --output 'Write the files into this folder, which must not be there yet'
            cand --color 'When to use colour'
            cand --json 'Write JSON: each file''s text by its path'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;policy;import;profiles'= {
            cand --region 'The region of roles whose profile names none'
            cand --output 'Write the files into this folder, which must not be there yet'
            cand --color 'When to use colour'
            cand --json 'Write JSON: each file''s text by its path'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;policy;import;github'= {
            cand --output 'Write the files into this folder, which must not be there yet'
            cand --color 'When to use colour'
            cand --json 'Write JSON: each file''s text by its path'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;policy;import;help'= {
            cand aws 'Propose permission sets and assignments, from a file of what the AWS CLI prints'
            cand profiles 'Propose the profiles in ~/.aws/config that assume roles'
            cand github 'Propose the members of a GitHub organisation, their numbers and published keys'
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
            cand check 'Check that a policy loads and makes sense'
            cand test 'Hold a policy against the cases in its folder tests'
            cand explain 'Show what a policy decides, by which rule, and who could help'
            cand matrix 'Write who may ask for what: people by roles'
            cand diff 'Show who gains and who loses between two revisions of a policy'
            cand schema 'Write schemas of the files for editors'
            cand import 'Propose a first policy from what is there'
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
            cand aws 'Propose permission sets and assignments, from a file of what the AWS CLI prints'
            cand profiles 'Propose the profiles in ~/.aws/config that assume roles'
            cand github 'Propose the members of a GitHub organisation, their numbers and published keys'
        }
        &'jit;policy;help;import;aws'= {
        }
        &'jit;policy;help;import;profiles'= {
        }
        &'jit;policy;help;import;github'= {
        }
        &'jit;policy;help;help'= {
        }
        &'jit;audit'= {
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand list 'List events, the newest last, once each is found to follow the one before'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;audit;list'= {
            cand --last 'How many of the newest ones'
            cand --after 'Only events after this number, and verified from there on'
            cand --color 'When to use colour'
            cand --all 'Everything'
            cand --json 'Write JSON, with the events as they are chained'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;audit;help'= {
            cand list 'List events, the newest last, once each is found to follow the one before'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;audit;help;list'= {
        }
        &'jit;audit;help;help'= {
        }
        &'jit;ci'= {
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand init 'Set up a repository so that it decides and mints'
            cand check 'Say on a pull request what it asks or changes'
            cand decide 'Verify a request and record what follows'
            cand mint 'Verify a request again, mint its credentials and seal them'
            cand deliver 'Write the sealed credentials into the file that is uploaded'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;ci;init'= {
            cand --repository 'The access repository'
            cand --owners 'Who owns the policy: people and teams as GitHub names them'
            cand --download 'Where the workflows fetch jit'
            cand --sha256 'The SHA-256 of that file'
            cand --log-writer 'Who alone may write the log: app:ID or team:ID'
            cand --key-file 'Where the log''s new private key is put, outside the repository'
            cand --color 'When to use colour'
            cand --apply 'Set everything at GitHub'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;ci;check'= {
            cand --color 'When to use colour'
            cand --print 'Only print the comment, do not put it on the pull request'
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
        &'jit;ci;deliver'= {
            cand --color 'When to use colour'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;ci;help'= {
            cand init 'Set up a repository so that it decides and mints'
            cand check 'Say on a pull request what it asks or changes'
            cand decide 'Verify a request and record what follows'
            cand mint 'Verify a request again, mint its credentials and seal them'
            cand deliver 'Write the sealed credentials into the file that is uploaded'
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
        &'jit;ci;help;deliver'= {
        }
        &'jit;ci;help;help'= {
        }
        &'jit;serve'= {
            cand --policy 'The policy: a folder (see `jit policy init`), or a repository and its branch, which is fetched each minute'
            cand --policy-accept 'A commit to begin with although the branch was rewritten, so that it does not contain the one in force before'
            cand --policy-hook-secret 'A file with the secret by which the forge signs its calls of /v1/hooks/policy; else JIT_POLICY_HOOK_SECRET'
            cand --listen 'Where to listen'
            cand --url 'The address that people and clouds use; http://LISTEN when not said'
            cand --data 'Where the database lives; in your state folder when not said'
            cand --keys 'Where the keys live; under the data when not said. Never back them up together'
            cand --accept-gap 'Go on without the events that an older database lacks: the event with which it ends. Ends every open request and session'
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
            cand aws 'Write AWS profiles that take their credentials from jit'
            cand aws-trust 'Print the trust policy to put on a role in AWS'
            cand import 'Propose direct roles from the profiles of AWS''s own files'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;setup;aws'= {
            cand --color 'When to use colour'
            cand --diff 'Print what would change, and change nothing; so does leaving out --write'
            cand --write 'Change the file'
            cand --remove 'Take the block out again'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jit;setup;aws-trust'= {
            cand --policy 'Read the role from this policy folder instead of asking the broker'
            cand --url 'The address that the broker will have'
            cand --part 'Which document, for a role that is reached through a hub (`via`)'
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
        &'jit;setup;help'= {
            cand aws 'Write AWS profiles that take their credentials from jit'
            cand aws-trust 'Print the trust policy to put on a role in AWS'
            cand import 'Propose direct roles from the profiles of AWS''s own files'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'jit;setup;help;aws'= {
        }
        &'jit;setup;help;aws-trust'= {
        }
        &'jit;setup;help;import'= {
        }
        &'jit;setup;help;help'= {
        }
        &'jit;doctor'= {
            cand --reach 'Connect to this port of this machine, and nothing else'
            cand --color 'When to use colour'
            cand --forbidden-path 'Try, without asking, whether your own cloud identity can assume the roles without jit'
            cand --json 'Write JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
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
            cand login 'Log in to your team''s broker or repository'
            cand logout 'End the session with the broker'
            cand whoami 'Show who you are to the broker, or to the cloud'
            cand roles 'List what you may ask for, who must agree, and how long'
            cand request 'Ask for a role, wait for the approval, and have the access appear'
            cand wait 'Go on waiting for a request, from any terminal'
            cand exec 'Run one command with the access, asking for it first if need be'
            cand shell 'Open a shell with the access, asking for it first if need be'
            cand env 'Write the access as text for a shell to evaluate'
            cand console 'Open the cloud''s web console with the access, asking for it first if need be'
            cand status 'Show my grants and requests'
            cand show 'Show one request, whole'
            cand inbox 'List requests that wait for my review, the oldest first'
            cand approve 'Approve a request after seeing what it opens, or an emergency after the fact'
            cand deny 'Deny a request; that is final'
            cand extend 'Ask for more time, without a break in what runs'
            cand end 'End my access, or take back what waits'
            cand revoke 'End somebody''s access'
            cand break-glass 'Take a role in an emergency; nobody is asked, everybody is told'
            cand credentials 'Print the credentials of active access, for programs'
            cand prompt 'Print what is active, for a shell prompt; nothing when nothing is'
            cand init 'Print the hook that shows what you hold in your shell''s prompt'
            cand demo 'Watch the whole round trip on this machine; no cloud needed'
            cand policy 'Write, check, test and compare access as code'
            cand audit 'Read the log of what happened'
            cand ci 'Decide and mint inside GitHub Actions, without a broker'
            cand serve 'Run your team''s broker'
            cand setup 'Wire up a laptop or a cloud'
            cand doctor 'Prove that every part works on this machine'
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
        &'jit;help;shell'= {
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
        &'jit;help;break-glass'= {
        }
        &'jit;help;credentials'= {
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
            cand test 'Hold a policy against the cases in its folder tests'
            cand explain 'Show what a policy decides, by which rule, and who could help'
            cand matrix 'Write who may ask for what: people by roles'
            cand diff 'Show who gains and who loses between two revisions of a policy'
            cand schema 'Write schemas of the files for editors'
            cand import 'Propose a first policy from what is there'
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
            cand aws 'Propose permission sets and assignments, from a file of what the AWS CLI prints'
            cand profiles 'Propose the profiles in ~/.aws/config that assume roles'
            cand github 'Propose the members of a GitHub organisation, their numbers and published keys'
        }
        &'jit;help;policy;import;aws'= {
        }
        &'jit;help;policy;import;profiles'= {
        }
        &'jit;help;policy;import;github'= {
        }
        &'jit;help;audit'= {
            cand list 'List events, the newest last, once each is found to follow the one before'
        }
        &'jit;help;audit;list'= {
        }
        &'jit;help;ci'= {
            cand init 'Set up a repository so that it decides and mints'
            cand check 'Say on a pull request what it asks or changes'
            cand decide 'Verify a request and record what follows'
            cand mint 'Verify a request again, mint its credentials and seal them'
            cand deliver 'Write the sealed credentials into the file that is uploaded'
        }
        &'jit;help;ci;init'= {
        }
        &'jit;help;ci;check'= {
        }
        &'jit;help;ci;decide'= {
        }
        &'jit;help;ci;mint'= {
        }
        &'jit;help;ci;deliver'= {
        }
        &'jit;help;serve'= {
        }
        &'jit;help;setup'= {
            cand aws 'Write AWS profiles that take their credentials from jit'
            cand aws-trust 'Print the trust policy to put on a role in AWS'
            cand import 'Propose direct roles from the profiles of AWS''s own files'
        }
        &'jit;help;setup;aws'= {
        }
        &'jit;help;setup;aws-trust'= {
        }
        &'jit;help;setup;import'= {
        }
        &'jit;help;doctor'= {
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
