
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
            [CompletionResult]::new('login', 'login', [CompletionResultType]::ParameterValue, 'Log in to your team''s broker or repository')
            [CompletionResult]::new('logout', 'logout', [CompletionResultType]::ParameterValue, 'End the session with the broker')
            [CompletionResult]::new('whoami', 'whoami', [CompletionResultType]::ParameterValue, 'Show who you are to the broker, or to the cloud')
            [CompletionResult]::new('roles', 'roles', [CompletionResultType]::ParameterValue, 'List what you may ask for, who must agree, and how long')
            [CompletionResult]::new('request', 'request', [CompletionResultType]::ParameterValue, 'Ask for a role, wait for the approval, and have the access appear')
            [CompletionResult]::new('wait', 'wait', [CompletionResultType]::ParameterValue, 'Go on waiting for a request, from any terminal')
            [CompletionResult]::new('exec', 'exec', [CompletionResultType]::ParameterValue, 'Run one command with the access, asking for it first if need be')
            [CompletionResult]::new('shell', 'shell', [CompletionResultType]::ParameterValue, 'Open a shell with the access, asking for it first if need be')
            [CompletionResult]::new('env', 'env', [CompletionResultType]::ParameterValue, 'Write the access as text for a shell to evaluate')
            [CompletionResult]::new('console', 'console', [CompletionResultType]::ParameterValue, 'Open the cloud''s web console with the access, asking for it first if need be')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show my grants and requests')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one request, whole')
            [CompletionResult]::new('inbox', 'inbox', [CompletionResultType]::ParameterValue, 'List requests that wait for my review, the oldest first')
            [CompletionResult]::new('approve', 'approve', [CompletionResultType]::ParameterValue, 'Approve a request after seeing what it opens, or an emergency after the fact')
            [CompletionResult]::new('deny', 'deny', [CompletionResultType]::ParameterValue, 'Deny a request; that is final')
            [CompletionResult]::new('extend', 'extend', [CompletionResultType]::ParameterValue, 'Ask for more time, without a break in what runs')
            [CompletionResult]::new('end', 'end', [CompletionResultType]::ParameterValue, 'End my access, or take back what waits')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'End somebody''s access')
            [CompletionResult]::new('break-glass', 'break-glass', [CompletionResultType]::ParameterValue, 'Take a role in an emergency; nobody is asked, everybody is told')
            [CompletionResult]::new('credentials', 'credentials', [CompletionResultType]::ParameterValue, 'Print the credentials of active access, for programs')
            [CompletionResult]::new('prompt', 'prompt', [CompletionResultType]::ParameterValue, 'Print what is active, for a shell prompt; nothing when nothing is')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Print the hook that shows what you hold in your shell''s prompt')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Watch the whole round trip on this machine; no cloud needed')
            [CompletionResult]::new('policy', 'policy', [CompletionResultType]::ParameterValue, 'Write, check, test and compare access as code')
            [CompletionResult]::new('audit', 'audit', [CompletionResultType]::ParameterValue, 'Read the log of what happened')
            [CompletionResult]::new('ci', 'ci', [CompletionResultType]::ParameterValue, 'Decide and mint inside GitHub Actions, without a broker')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run your team''s broker')
            [CompletionResult]::new('setup', 'setup', [CompletionResultType]::ParameterValue, 'Wire up a laptop or a cloud')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Prove that every part works on this machine')
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
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Only this piece of the role: less power, and often fewer approvals; `jit roles` lists them')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'For how long, like 30m, 1h or 1h30m; the role''s own duration when not said')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why; reviewers and the audit log read it')
            [CompletionResult]::new('--start', '--start', [CompletionResultType]::ParameterName, 'Begin no sooner than this, like 2026-11-24T08:00:00Z')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--no-scope', '--no-scope', [CompletionResultType]::ParameterName, 'The whole role, whatever .jit.toml suggests')
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
            [CompletionResult]::new('--needs', '--needs', [CompletionResultType]::ParameterName, 'Ask for more time, or refuse to start, when the access ends sooner')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Put the credentials into the environment, even if they end before the access does')
            [CompletionResult]::new('--serve', '--serve', [CompletionResultType]::ParameterName, 'Stay as the parent and serve the credentials, even if they last')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;shell' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Put the credentials into the environment, even if they end before the access does')
            [CompletionResult]::new('--serve', '--serve', [CompletionResultType]::ParameterName, 'Stay as the parent and serve the credentials, even if they last')
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
        'jit;console' {
            [CompletionResult]::new('--destination', '--destination', [CompletionResultType]::ParameterName, 'The service or the page of the console to open')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--print', '--print', [CompletionResultType]::ParameterName, 'Print the address instead of opening it')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;status' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Show everybody''s access that you may revoke or audit')
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
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Approve for no more than this scope of the role')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask whether to go on')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask whether to go on')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write the request as JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;deny' {
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why; the requester reads it. Asked on a terminal when not said')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask whether to go on')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask whether to go on')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write the request as JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;extend' {
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'How much longer, like 30m or 1h; the role''s own duration when not said')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why; what was said for the access itself when nothing is said here')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--no-wait', '--no-wait', [CompletionResultType]::ParameterName, 'Do not wait for the approval')
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
            [CompletionResult]::new('--person', '--person', [CompletionResultType]::ParameterName, 'Revoke all that this person holds or waits for, by their name in the policy')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why; the requester and the audit log read it. Asked on a terminal when not said')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask whether to go on')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask whether to go on')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write the request as JSON; with --person, a list of them')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;break-glass' {
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'What happened; everybody who is told, the reviewer and the audit log read it')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'For how long, like 15m; the role''s own duration, as far as the emergency way allows it, when not said')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask whether to go on')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask whether to go on')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write the request as JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;credentials' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'What to print')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
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
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Hold a policy against the cases in its folder tests')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Show what a policy decides, by which rule, and who could help')
            [CompletionResult]::new('matrix', 'matrix', [CompletionResultType]::ParameterValue, 'Write who may ask for what: people by roles')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Show who gains and who loses between two revisions of a policy')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'Write schemas of the files for editors')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Propose a first policy from what is there')
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
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to write what was found')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON; the same as --format json')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;policy;test' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to write what was found')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON; the same as --format json')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;policy;explain' {
            [CompletionResult]::new('--action', '--action', [CompletionResultType]::ParameterName, 'Which way')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'For which piece of it only')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'For how long; as long as usual when left out')
            [CompletionResult]::new('--at', '--at', [CompletionResultType]::ParameterName, 'When; now when left out')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why')
            [CompletionResult]::new('--source-ip', '--source-ip', [CompletionResultType]::ParameterName, 'From which address')
            [CompletionResult]::new('--fact', '--fact', [CompletionResultType]::ParameterName, 'A fact that is true of somebody, like oncall=ana; may be given several times')
            [CompletionResult]::new('--review', '--review', [CompletionResultType]::ParameterName, 'Somebody who approves; may be given several times')
            [CompletionResult]::new('--folder', '--folder', [CompletionResultType]::ParameterName, 'The policy''s folder')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;policy;matrix' {
            [CompletionResult]::new('--layout', '--layout', [CompletionResultType]::ParameterName, 'One line a person, or a paragraph a role')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;policy;diff' {
            [CompletionResult]::new('--folder', '--folder', [CompletionResultType]::ParameterName, 'The policy''s folder in the repository')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to write what was found')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON; the same as --format json')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;policy;schema' {
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write all of them into this folder')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;policy;import' {
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the files into this folder, which must not be there yet')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON: each file''s text by its path')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('aws', 'aws', [CompletionResultType]::ParameterValue, 'Propose permission sets and assignments, from a file of what the AWS CLI prints')
            [CompletionResult]::new('profiles', 'profiles', [CompletionResultType]::ParameterValue, 'Propose the profiles in ~/.aws/config that assume roles')
            [CompletionResult]::new('github', 'github', [CompletionResultType]::ParameterValue, 'Propose the members of a GitHub organisation, their numbers and published keys')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;policy;import;aws' {
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'The region of the proposed roles')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the files into this folder, which must not be there yet')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON: each file''s text by its path')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;policy;import;profiles' {
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'The region of roles whose profile names none')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the files into this folder, which must not be there yet')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON: each file''s text by its path')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;policy;import;github' {
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the files into this folder, which must not be there yet')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON: each file''s text by its path')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;policy;import;help' {
            [CompletionResult]::new('aws', 'aws', [CompletionResultType]::ParameterValue, 'Propose permission sets and assignments, from a file of what the AWS CLI prints')
            [CompletionResult]::new('profiles', 'profiles', [CompletionResultType]::ParameterValue, 'Propose the profiles in ~/.aws/config that assume roles')
            [CompletionResult]::new('github', 'github', [CompletionResultType]::ParameterValue, 'Propose the members of a GitHub organisation, their numbers and published keys')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;policy;import;help;aws' {
            break
        }
        'jit;policy;import;help;profiles' {
            break
        }
        'jit;policy;import;help;github' {
            break
        }
        'jit;policy;import;help;help' {
            break
        }
        'jit;policy;help' {
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a first policy with your own SSH key')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check that a policy loads and makes sense')
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Hold a policy against the cases in its folder tests')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Show what a policy decides, by which rule, and who could help')
            [CompletionResult]::new('matrix', 'matrix', [CompletionResultType]::ParameterValue, 'Write who may ask for what: people by roles')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Show who gains and who loses between two revisions of a policy')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'Write schemas of the files for editors')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Propose a first policy from what is there')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;policy;help;init' {
            break
        }
        'jit;policy;help;check' {
            break
        }
        'jit;policy;help;test' {
            break
        }
        'jit;policy;help;explain' {
            break
        }
        'jit;policy;help;matrix' {
            break
        }
        'jit;policy;help;diff' {
            break
        }
        'jit;policy;help;schema' {
            break
        }
        'jit;policy;help;import' {
            [CompletionResult]::new('aws', 'aws', [CompletionResultType]::ParameterValue, 'Propose permission sets and assignments, from a file of what the AWS CLI prints')
            [CompletionResult]::new('profiles', 'profiles', [CompletionResultType]::ParameterValue, 'Propose the profiles in ~/.aws/config that assume roles')
            [CompletionResult]::new('github', 'github', [CompletionResultType]::ParameterValue, 'Propose the members of a GitHub organisation, their numbers and published keys')
            break
        }
        'jit;policy;help;import;aws' {
            break
        }
        'jit;policy;help;import;profiles' {
            break
        }
        'jit;policy;help;import;github' {
            break
        }
        'jit;policy;help;help' {
            break
        }
        'jit;audit' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List events, the newest last, once each is found to follow the one before')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;audit;list' {
            [CompletionResult]::new('--last', '--last', [CompletionResultType]::ParameterName, 'How many of the newest ones')
            [CompletionResult]::new('--after', '--after', [CompletionResultType]::ParameterName, 'Only events after this number, and verified from there on')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Everything')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON, with the events as they are chained')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;audit;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List events, the newest last, once each is found to follow the one before')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;audit;help;list' {
            break
        }
        'jit;audit;help;help' {
            break
        }
        'jit;ci' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Set up a repository so that it decides and mints')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Say on a pull request what it asks or changes')
            [CompletionResult]::new('decide', 'decide', [CompletionResultType]::ParameterValue, 'Verify a request and record what follows')
            [CompletionResult]::new('mint', 'mint', [CompletionResultType]::ParameterValue, 'Verify a request again, mint its credentials and seal them')
            [CompletionResult]::new('deliver', 'deliver', [CompletionResultType]::ParameterValue, 'Write the sealed credentials into the file that is uploaded')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;ci;init' {
            [CompletionResult]::new('--repository', '--repository', [CompletionResultType]::ParameterName, 'The access repository')
            [CompletionResult]::new('--owners', '--owners', [CompletionResultType]::ParameterName, 'Who owns the policy: people and teams as GitHub names them')
            [CompletionResult]::new('--download', '--download', [CompletionResultType]::ParameterName, 'Where the workflows fetch jit')
            [CompletionResult]::new('--sha256', '--sha256', [CompletionResultType]::ParameterName, 'The SHA-256 of that file')
            [CompletionResult]::new('--log-writer', '--log-writer', [CompletionResultType]::ParameterName, 'Who alone may write the log: app:ID or team:ID')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'Where the log''s new private key is put, outside the repository')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--apply', '--apply', [CompletionResultType]::ParameterName, 'Set everything at GitHub')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;ci;check' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--print', '--print', [CompletionResultType]::ParameterName, 'Only print the comment, do not put it on the pull request')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;ci;decide' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;ci;mint' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;ci;deliver' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;ci;help' {
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Set up a repository so that it decides and mints')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Say on a pull request what it asks or changes')
            [CompletionResult]::new('decide', 'decide', [CompletionResultType]::ParameterValue, 'Verify a request and record what follows')
            [CompletionResult]::new('mint', 'mint', [CompletionResultType]::ParameterValue, 'Verify a request again, mint its credentials and seal them')
            [CompletionResult]::new('deliver', 'deliver', [CompletionResultType]::ParameterValue, 'Write the sealed credentials into the file that is uploaded')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;ci;help;init' {
            break
        }
        'jit;ci;help;check' {
            break
        }
        'jit;ci;help;decide' {
            break
        }
        'jit;ci;help;mint' {
            break
        }
        'jit;ci;help;deliver' {
            break
        }
        'jit;ci;help;help' {
            break
        }
        'jit;serve' {
            [CompletionResult]::new('--policy', '--policy', [CompletionResultType]::ParameterName, 'The policy: a folder (see `jit policy init`), or a repository and its branch, which is fetched each minute')
            [CompletionResult]::new('--policy-accept', '--policy-accept', [CompletionResultType]::ParameterName, 'A commit to begin with although the branch was rewritten, so that it does not contain the one in force before')
            [CompletionResult]::new('--policy-hook-secret', '--policy-hook-secret', [CompletionResultType]::ParameterName, 'A file with the secret by which the forge signs its calls of /v1/hooks/policy; else JIT_POLICY_HOOK_SECRET')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Where to listen')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The address that people and clouds use; http://LISTEN when not said')
            [CompletionResult]::new('--data', '--data', [CompletionResultType]::ParameterName, 'Where the database lives; in your state folder when not said')
            [CompletionResult]::new('--keys', '--keys', [CompletionResultType]::ParameterName, 'Where the keys live; under the data when not said. Never back them up together')
            [CompletionResult]::new('--accept-gap', '--accept-gap', [CompletionResultType]::ParameterName, 'Go on without the events that an older database lacks: the event with which it ends. Ends every open request and session')
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
            [CompletionResult]::new('aws', 'aws', [CompletionResultType]::ParameterValue, 'Write AWS profiles that take their credentials from jit')
            [CompletionResult]::new('aws-trust', 'aws-trust', [CompletionResultType]::ParameterValue, 'Print the trust policy to put on a role in AWS')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Propose direct roles from the profiles of AWS''s own files')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;setup;aws' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--diff', '--diff', [CompletionResultType]::ParameterName, 'Print what would change, and change nothing; so does leaving out --write')
            [CompletionResult]::new('--write', '--write', [CompletionResultType]::ParameterName, 'Change the file')
            [CompletionResult]::new('--remove', '--remove', [CompletionResultType]::ParameterName, 'Take the block out again')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;setup;aws-trust' {
            [CompletionResult]::new('--policy', '--policy', [CompletionResultType]::ParameterName, 'Read the role from this policy folder instead of asking the broker')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The address that the broker will have')
            [CompletionResult]::new('--part', '--part', [CompletionResultType]::ParameterName, 'Which document, for a role that is reached through a hub (`via`)')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;setup;import' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--write', '--write', [CompletionResultType]::ParameterName, 'Add the roles to config.toml')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;setup;help' {
            [CompletionResult]::new('aws', 'aws', [CompletionResultType]::ParameterValue, 'Write AWS profiles that take their credentials from jit')
            [CompletionResult]::new('aws-trust', 'aws-trust', [CompletionResultType]::ParameterValue, 'Print the trust policy to put on a role in AWS')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Propose direct roles from the profiles of AWS''s own files')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;setup;help;aws' {
            break
        }
        'jit;setup;help;aws-trust' {
            break
        }
        'jit;setup;help;import' {
            break
        }
        'jit;setup;help;help' {
            break
        }
        'jit;doctor' {
            [CompletionResult]::new('--reach', '--reach', [CompletionResultType]::ParameterName, 'Connect to this port of this machine, and nothing else')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--forbidden-path', '--forbidden-path', [CompletionResultType]::ParameterName, 'Try, without asking, whether your own cloud identity can assume the roles without jit')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
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
            [CompletionResult]::new('login', 'login', [CompletionResultType]::ParameterValue, 'Log in to your team''s broker or repository')
            [CompletionResult]::new('logout', 'logout', [CompletionResultType]::ParameterValue, 'End the session with the broker')
            [CompletionResult]::new('whoami', 'whoami', [CompletionResultType]::ParameterValue, 'Show who you are to the broker, or to the cloud')
            [CompletionResult]::new('roles', 'roles', [CompletionResultType]::ParameterValue, 'List what you may ask for, who must agree, and how long')
            [CompletionResult]::new('request', 'request', [CompletionResultType]::ParameterValue, 'Ask for a role, wait for the approval, and have the access appear')
            [CompletionResult]::new('wait', 'wait', [CompletionResultType]::ParameterValue, 'Go on waiting for a request, from any terminal')
            [CompletionResult]::new('exec', 'exec', [CompletionResultType]::ParameterValue, 'Run one command with the access, asking for it first if need be')
            [CompletionResult]::new('shell', 'shell', [CompletionResultType]::ParameterValue, 'Open a shell with the access, asking for it first if need be')
            [CompletionResult]::new('env', 'env', [CompletionResultType]::ParameterValue, 'Write the access as text for a shell to evaluate')
            [CompletionResult]::new('console', 'console', [CompletionResultType]::ParameterValue, 'Open the cloud''s web console with the access, asking for it first if need be')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show my grants and requests')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one request, whole')
            [CompletionResult]::new('inbox', 'inbox', [CompletionResultType]::ParameterValue, 'List requests that wait for my review, the oldest first')
            [CompletionResult]::new('approve', 'approve', [CompletionResultType]::ParameterValue, 'Approve a request after seeing what it opens, or an emergency after the fact')
            [CompletionResult]::new('deny', 'deny', [CompletionResultType]::ParameterValue, 'Deny a request; that is final')
            [CompletionResult]::new('extend', 'extend', [CompletionResultType]::ParameterValue, 'Ask for more time, without a break in what runs')
            [CompletionResult]::new('end', 'end', [CompletionResultType]::ParameterValue, 'End my access, or take back what waits')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'End somebody''s access')
            [CompletionResult]::new('break-glass', 'break-glass', [CompletionResultType]::ParameterValue, 'Take a role in an emergency; nobody is asked, everybody is told')
            [CompletionResult]::new('credentials', 'credentials', [CompletionResultType]::ParameterValue, 'Print the credentials of active access, for programs')
            [CompletionResult]::new('prompt', 'prompt', [CompletionResultType]::ParameterValue, 'Print what is active, for a shell prompt; nothing when nothing is')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Print the hook that shows what you hold in your shell''s prompt')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Watch the whole round trip on this machine; no cloud needed')
            [CompletionResult]::new('policy', 'policy', [CompletionResultType]::ParameterValue, 'Write, check, test and compare access as code')
            [CompletionResult]::new('audit', 'audit', [CompletionResultType]::ParameterValue, 'Read the log of what happened')
            [CompletionResult]::new('ci', 'ci', [CompletionResultType]::ParameterValue, 'Decide and mint inside GitHub Actions, without a broker')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run your team''s broker')
            [CompletionResult]::new('setup', 'setup', [CompletionResultType]::ParameterValue, 'Wire up a laptop or a cloud')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Prove that every part works on this machine')
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
        'jit;help;shell' {
            break
        }
        'jit;help;env' {
            break
        }
        'jit;help;console' {
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
        'jit;help;extend' {
            break
        }
        'jit;help;end' {
            break
        }
        'jit;help;revoke' {
            break
        }
        'jit;help;break-glass' {
            break
        }
        'jit;help;credentials' {
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
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Hold a policy against the cases in its folder tests')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Show what a policy decides, by which rule, and who could help')
            [CompletionResult]::new('matrix', 'matrix', [CompletionResultType]::ParameterValue, 'Write who may ask for what: people by roles')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Show who gains and who loses between two revisions of a policy')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'Write schemas of the files for editors')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Propose a first policy from what is there')
            break
        }
        'jit;help;policy;init' {
            break
        }
        'jit;help;policy;check' {
            break
        }
        'jit;help;policy;test' {
            break
        }
        'jit;help;policy;explain' {
            break
        }
        'jit;help;policy;matrix' {
            break
        }
        'jit;help;policy;diff' {
            break
        }
        'jit;help;policy;schema' {
            break
        }
        'jit;help;policy;import' {
            [CompletionResult]::new('aws', 'aws', [CompletionResultType]::ParameterValue, 'Propose permission sets and assignments, from a file of what the AWS CLI prints')
            [CompletionResult]::new('profiles', 'profiles', [CompletionResultType]::ParameterValue, 'Propose the profiles in ~/.aws/config that assume roles')
            [CompletionResult]::new('github', 'github', [CompletionResultType]::ParameterValue, 'Propose the members of a GitHub organisation, their numbers and published keys')
            break
        }
        'jit;help;policy;import;aws' {
            break
        }
        'jit;help;policy;import;profiles' {
            break
        }
        'jit;help;policy;import;github' {
            break
        }
        'jit;help;audit' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List events, the newest last, once each is found to follow the one before')
            break
        }
        'jit;help;audit;list' {
            break
        }
        'jit;help;ci' {
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Set up a repository so that it decides and mints')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Say on a pull request what it asks or changes')
            [CompletionResult]::new('decide', 'decide', [CompletionResultType]::ParameterValue, 'Verify a request and record what follows')
            [CompletionResult]::new('mint', 'mint', [CompletionResultType]::ParameterValue, 'Verify a request again, mint its credentials and seal them')
            [CompletionResult]::new('deliver', 'deliver', [CompletionResultType]::ParameterValue, 'Write the sealed credentials into the file that is uploaded')
            break
        }
        'jit;help;ci;init' {
            break
        }
        'jit;help;ci;check' {
            break
        }
        'jit;help;ci;decide' {
            break
        }
        'jit;help;ci;mint' {
            break
        }
        'jit;help;ci;deliver' {
            break
        }
        'jit;help;serve' {
            break
        }
        'jit;help;setup' {
            [CompletionResult]::new('aws', 'aws', [CompletionResultType]::ParameterValue, 'Write AWS profiles that take their credentials from jit')
            [CompletionResult]::new('aws-trust', 'aws-trust', [CompletionResultType]::ParameterValue, 'Print the trust policy to put on a role in AWS')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Propose direct roles from the profiles of AWS''s own files')
            break
        }
        'jit;help;setup;aws' {
            break
        }
        'jit;help;setup;aws-trust' {
            break
        }
        'jit;help;setup;import' {
            break
        }
        'jit;help;doctor' {
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
