
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'jit' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'jit'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'jit' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('login', 'login', [CompletionResultType]::ParameterValue, 'Log in to your team''s broker with your SSH key')
            [CompletionResult]::new('logout', 'logout', [CompletionResultType]::ParameterValue, 'End the session with the broker')
            [CompletionResult]::new('whoami', 'whoami', [CompletionResultType]::ParameterValue, 'Show who you are to the broker, or to the cloud')
            [CompletionResult]::new('roles', 'roles', [CompletionResultType]::ParameterValue, 'List what you may ask for, who must agree, and how long')
            [CompletionResult]::new('request', 'request', [CompletionResultType]::ParameterValue, 'Ask for a role, wait for the approval, and have the access appear')
            [CompletionResult]::new('wait', 'wait', [CompletionResultType]::ParameterValue, 'Go on waiting for a request, from any terminal')
            [CompletionResult]::new('exec', 'exec', [CompletionResultType]::ParameterValue, 'Run one command with the access, asking for it first if need be')
            [CompletionResult]::new('env', 'env', [CompletionResultType]::ParameterValue, 'Write the access as text for a shell to evaluate')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show my grants and requests')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one request, whole')
            [CompletionResult]::new('inbox', 'inbox', [CompletionResultType]::ParameterValue, 'List requests that wait for my review, the oldest first')
            [CompletionResult]::new('approve', 'approve', [CompletionResultType]::ParameterValue, 'Approve a request after seeing what it opens')
            [CompletionResult]::new('deny', 'deny', [CompletionResultType]::ParameterValue, 'Deny a request; that is final')
            [CompletionResult]::new('end', 'end', [CompletionResultType]::ParameterValue, 'End my access, or take back what waits')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'End somebody''s access')
            [CompletionResult]::new('prompt', 'prompt', [CompletionResultType]::ParameterValue, 'Print what is active, for a shell prompt; nothing when nothing is')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Print the hook that shows what you hold in your shell''s prompt')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Watch the whole round trip on this machine; no cloud needed')
            [CompletionResult]::new('policy', 'policy', [CompletionResultType]::ParameterValue, 'Write and check access as code')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run your team''s broker')
            [CompletionResult]::new('setup', 'setup', [CompletionResultType]::ParameterValue, 'Wire up a cloud')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script of a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print a manual page')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;login' {
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'Your name in the policy')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Your key: its file, or the fingerprint or comment that `ssh-add -l` shows')
            [CompletionResult]::new('--keychain', '--keychain', [CompletionResultType]::ParameterName, 'Where credentials rest: os, keyutils, file or none')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;logout' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;whoami' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--cloud', '--cloud', [CompletionResultType]::ParameterName, 'Ask the cloud who the credentials in the environment belong to')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;roles' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;request' {
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'For how long, like 30m, 1h or 1h30m; the role''s own duration when not said')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why; reviewers and the audit log read it')
            [CompletionResult]::new('--start', '--start', [CompletionResultType]::ParameterName, 'Begin no sooner than this, like 2026-11-24T08:00:00Z')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--no-wait', '--no-wait', [CompletionResultType]::ParameterName, 'Do not wait for the approval')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask whether to go on')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask whether to go on')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write the request as JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;wait' {
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long; the request stands')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;exec' {
            [CompletionResult]::new('--needs', '--needs', [CompletionResultType]::ParameterName, 'Refuse to start when the credentials end sooner')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;env' {
            [CompletionResult]::new('--shell', '--shell', [CompletionResultType]::ParameterName, 'Whose syntax to write; by SHELL when not named')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--unset', '--unset', [CompletionResultType]::ParameterName, 'Take the access out of the shell again')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;status' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--verify', '--verify', [CompletionResultType]::ParameterName, 'Ask the cloud who each set of credentials belongs to')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;show' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;inbox' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;approve' {
            [CompletionResult]::new('--comment', '--comment', [CompletionResultType]::ParameterName, 'What you say about it')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'Approve for at most this long')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask whether to go on')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask whether to go on')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write the request as JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;deny' {
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why; the requester reads it')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask whether to go on')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask whether to go on')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write the request as JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;end' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write the request as JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;revoke' {
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why; the requester and the audit log read it')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask whether to go on')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask whether to go on')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write the request as JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;prompt' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'What to write for each; {role}, {account} and {left} are filled in')
            [CompletionResult]::new('--shell', '--shell', [CompletionResultType]::ParameterName, 'Escape for the prompt of this shell')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'When the hook last asked, in seconds since 1970')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write everything that is active as JSON')
            [CompletionResult]::new('--hook', '--hook', [CompletionResultType]::ParameterName, 'Answer the hook of `jit init`')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;init' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--variable', '--variable', [CompletionResultType]::ParameterName, 'Only keep the exported variable JIT_PROMPT, for a prompt that you put together yourself')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;demo' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--shell', '--shell', [CompletionResultType]::ParameterName, 'Leave both people''s terminals ready to play in')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;policy' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a first policy with your own SSH key')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check that a policy loads and makes sense')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;policy;init' {
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'Your name in the policy')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Your key: its file, or the fingerprint or comment that `ssh-add -l` shows')
            [CompletionResult]::new('--role-arn', '--role-arn', [CompletionResultType]::ParameterName, 'The AWS role that the example opens')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'Its region')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;policy;check' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;policy;help' {
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a first policy with your own SSH key')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check that a policy loads and makes sense')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;policy;help;init' {
            break
        }
        'jit;policy;help;check' {
            break
        }
        'jit;policy;help;help' {
            break
        }
        'jit;serve' {
            [CompletionResult]::new('--policy', '--policy', [CompletionResultType]::ParameterName, 'The policy''s folder; see `jit policy init`')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Where to listen')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The address that people and clouds use; http://LISTEN when not said')
            [CompletionResult]::new('--data', '--data', [CompletionResultType]::ParameterName, 'Where the database lives; in your state folder when not said')
            [CompletionResult]::new('--keys', '--keys', [CompletionResultType]::ParameterName, 'Where the keys live; under the data when not said. Never back them up together')
            [CompletionResult]::new('--trusted-proxy', '--trusted-proxy', [CompletionResultType]::ParameterName, 'A proxy whose X-Forwarded-For is believed; may be repeated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--behind-tls-proxy', '--behind-tls-proxy', [CompletionResultType]::ParameterName, 'A proxy in front speaks TLS, so plain http beyond this machine is meant')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;setup' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('aws-trust', 'aws-trust', [CompletionResultType]::ParameterValue, 'Print the trust policy to put on a role in AWS')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;setup;aws-trust' {
            [CompletionResult]::new('--policy', '--policy', [CompletionResultType]::ParameterName, 'Read the role from this policy folder instead of asking the broker')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The address that the broker will have')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;setup;help' {
            [CompletionResult]::new('aws-trust', 'aws-trust', [CompletionResultType]::ParameterValue, 'Print the trust policy to put on a role in AWS')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;setup;help;aws-trust' {
            break
        }
        'jit;setup;help;help' {
            break
        }
        'jit;completions' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;man' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;help' {
            [CompletionResult]::new('login', 'login', [CompletionResultType]::ParameterValue, 'Log in to your team''s broker with your SSH key')
            [CompletionResult]::new('logout', 'logout', [CompletionResultType]::ParameterValue, 'End the session with the broker')
            [CompletionResult]::new('whoami', 'whoami', [CompletionResultType]::ParameterValue, 'Show who you are to the broker, or to the cloud')
            [CompletionResult]::new('roles', 'roles', [CompletionResultType]::ParameterValue, 'List what you may ask for, who must agree, and how long')
            [CompletionResult]::new('request', 'request', [CompletionResultType]::ParameterValue, 'Ask for a role, wait for the approval, and have the access appear')
            [CompletionResult]::new('wait', 'wait', [CompletionResultType]::ParameterValue, 'Go on waiting for a request, from any terminal')
            [CompletionResult]::new('exec', 'exec', [CompletionResultType]::ParameterValue, 'Run one command with the access, asking for it first if need be')
            [CompletionResult]::new('env', 'env', [CompletionResultType]::ParameterValue, 'Write the access as text for a shell to evaluate')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show my grants and requests')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one request, whole')
            [CompletionResult]::new('inbox', 'inbox', [CompletionResultType]::ParameterValue, 'List requests that wait for my review, the oldest first')
            [CompletionResult]::new('approve', 'approve', [CompletionResultType]::ParameterValue, 'Approve a request after seeing what it opens')
            [CompletionResult]::new('deny', 'deny', [CompletionResultType]::ParameterValue, 'Deny a request; that is final')
            [CompletionResult]::new('end', 'end', [CompletionResultType]::ParameterValue, 'End my access, or take back what waits')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'End somebody''s access')
            [CompletionResult]::new('prompt', 'prompt', [CompletionResultType]::ParameterValue, 'Print what is active, for a shell prompt; nothing when nothing is')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Print the hook that shows what you hold in your shell''s prompt')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Watch the whole round trip on this machine; no cloud needed')
            [CompletionResult]::new('policy', 'policy', [CompletionResultType]::ParameterValue, 'Write and check access as code')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run your team''s broker')
            [CompletionResult]::new('setup', 'setup', [CompletionResultType]::ParameterValue, 'Wire up a cloud')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script of a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print a manual page')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;help;login' {
            break
        }
        'jit;help;logout' {
            break
        }
        'jit;help;whoami' {
            break
        }
        'jit;help;roles' {
            break
        }
        'jit;help;request' {
            break
        }
        'jit;help;wait' {
            break
        }
        'jit;help;exec' {
            break
        }
        'jit;help;env' {
            break
        }
        'jit;help;status' {
            break
        }
        'jit;help;show' {
            break
        }
        'jit;help;inbox' {
            break
        }
        'jit;help;approve' {
            break
        }
        'jit;help;deny' {
            break
        }
        'jit;help;end' {
            break
        }
        'jit;help;revoke' {
            break
        }
        'jit;help;prompt' {
            break
        }
        'jit;help;init' {
            break
        }
        'jit;help;demo' {
            break
        }
        'jit;help;policy' {
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a first policy with your own SSH key')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check that a policy loads and makes sense')
            break
        }
        'jit;help;policy;init' {
            break
        }
        'jit;help;policy;check' {
            break
        }
        'jit;help;serve' {
            break
        }
        'jit;help;setup' {
            [CompletionResult]::new('aws-trust', 'aws-trust', [CompletionResultType]::ParameterValue, 'Print the trust policy to put on a role in AWS')
            break
        }
        'jit;help;setup;aws-trust' {
            break
        }
        'jit;help;completions' {
            break
        }
        'jit;help;man' {
            break
        }
        'jit;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
