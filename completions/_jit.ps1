
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
            [CompletionResult]::new('lock', 'lock', [CompletionResultType]::ParameterValue, 'End your session here and remove credentials until you log in')
            [CompletionResult]::new('whoami', 'whoami', [CompletionResultType]::ParameterValue, 'Show your identity at the broker or in the cloud')
            [CompletionResult]::new('key', 'key', [CompletionResultType]::ParameterValue, 'List, add, confirm and drop the keys that sign-ins enrolled')
            [CompletionResult]::new('agent', 'agent', [CompletionResultType]::ParameterValue, 'Give a coding agent an identity of its own')
            [CompletionResult]::new('roles', 'roles', [CompletionResultType]::ParameterValue, 'List the roles that you may request, who approves, and how long')
            [CompletionResult]::new('request', 'request', [CompletionResultType]::ParameterValue, 'Ask for a role, wait for approval, get the credentials')
            [CompletionResult]::new('wait', 'wait', [CompletionResultType]::ParameterValue, 'Continue waiting for a request, from any terminal')
            [CompletionResult]::new('env', 'env', [CompletionResultType]::ParameterValue, 'Print the credentials as variables for a shell')
            [CompletionResult]::new('console', 'console', [CompletionResultType]::ParameterValue, 'Open the web console with a role; requests it first if needed')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show your grants and requests')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one request in full')
            [CompletionResult]::new('inbox', 'inbox', [CompletionResultType]::ParameterValue, 'List the requests that you may review, the oldest first')
            [CompletionResult]::new('approve', 'approve', [CompletionResultType]::ParameterValue, 'Approve a request, or confirm emergency access afterwards')
            [CompletionResult]::new('deny', 'deny', [CompletionResultType]::ParameterValue, 'Deny a request; this is final')
            [CompletionResult]::new('extend', 'extend', [CompletionResultType]::ParameterValue, 'Ask for more time; running commands continue')
            [CompletionResult]::new('end', 'end', [CompletionResultType]::ParameterValue, 'End your access, or cancel your request')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'End another person''s access')
            [CompletionResult]::new('web', 'web', [CompletionResultType]::ParameterValue, 'Sign a browser in on the broker''s approval page')
            [CompletionResult]::new('break-glass', 'break-glass', [CompletionResultType]::ParameterValue, 'Take a role without approval in an emergency; everybody is told')
            [CompletionResult]::new('audit', 'audit', [CompletionResultType]::ParameterValue, 'Read the audit log')
            [CompletionResult]::new('report', 'report', [CompletionResultType]::ParameterValue, 'Report who had what access when, and who agreed')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run your team''s broker')
            [CompletionResult]::new('setup', 'setup', [CompletionResultType]::ParameterValue, 'Set up profiles, contexts, agents, trust or the issuer')
            [CompletionResult]::new('exec', 'exec', [CompletionResultType]::ParameterValue, 'Run one command with a role; requests it first if needed')
            [CompletionResult]::new('shell', 'shell', [CompletionResultType]::ParameterValue, 'Open a shell with a role; requests it first if needed')
            [CompletionResult]::new('credentials', 'credentials', [CompletionResultType]::ParameterValue, 'Print the credentials of an active role, for programs')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Watch the whole round trip on this machine; no cloud needed')
            [CompletionResult]::new('policy', 'policy', [CompletionResultType]::ParameterValue, 'Write, check, test and compare access as code')
            [CompletionResult]::new('ci', 'ci', [CompletionResultType]::ParameterValue, 'Decide and issue credentials in GitHub Actions, without a broker')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Check that jit is set up correctly')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Show a manual page')
            [CompletionResult]::new('mcp', 'mcp', [CompletionResultType]::ParameterValue, 'Serve tools to a coding agent: ask for roles, wait, run commands')
            [CompletionResult]::new('version', 'version', [CompletionResultType]::ParameterValue, 'Show which build of jit this is, and whether a release has it')
            [CompletionResult]::new('prompt', 'prompt', [CompletionResultType]::ParameterValue, 'Print active access for a shell prompt (empty if none)')
            [CompletionResult]::new('hook', 'hook', [CompletionResultType]::ParameterValue, 'Tell a coding agent''s client which commands need a role')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Print the hook that shows your access in the shell''s prompt')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Show and change your settings')
            [CompletionResult]::new('learn', 'learn', [CompletionResultType]::ParameterValue, 'Propose a narrower scope from what a role''s sessions did')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script of a shell')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;login' {
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'Your name in the policy')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Your key: its file, or the fingerprint or comment that `ssh-add -l` shows')
            [CompletionResult]::new('--keychain', '--keychain', [CompletionResultType]::ParameterName, 'Where to store sessions, keys and credentials: os, keyutils, file or none')
            [CompletionResult]::new('--credentials', '--credentials', [CompletionResultType]::ParameterName, 'Where to keep credentials: kernel (Linux forgets them when they expire) or keychain')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--ssh', '--ssh', [CompletionResultType]::ParameterName, 'Sign with your own SSH key, also where you sign in at an identity provider')
            [CompletionResult]::new('--device', '--device', [CompletionResultType]::ParameterName, 'Sign in at the identity provider with a code, on any machine')
            [CompletionResult]::new('--no-browser', '--no-browser', [CompletionResultType]::ParameterName, 'Print the identity provider''s address only, and open no browser')
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
        'jit;lock' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;whoami' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--cloud', '--cloud', [CompletionResultType]::ParameterName, 'Ask the cloud which identity the credentials in the environment have')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;key' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List your enrolled keys, and those that you may vouch for')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Enrol a key that signs elsewhere, such as a passkey, by signing in with your account')
            [CompletionResult]::new('confirm', 'confirm', [CompletionResultType]::ParameterValue, 'Confirm an enrolled key of yours, with the key of your login')
            [CompletionResult]::new('vouch', 'vouch', [CompletionResultType]::ParameterValue, 'Vouch that an enrolled key is another person''s')
            [CompletionResult]::new('drop', 'drop', [CompletionResultType]::ParameterValue, 'Drop an enrolled key of yours, with its sessions')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;key;list' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;key;add' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--device', '--device', [CompletionResultType]::ParameterName, 'Sign in with a code, on any machine')
            [CompletionResult]::new('--no-browser', '--no-browser', [CompletionResultType]::ParameterName, 'Print the address of the sign-in only, and open no browser')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write the key as JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;key;confirm' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write the key as JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;key;vouch' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Skip the question; the key must be named then')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Skip the question; the key must be named then')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write the key as JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;key;drop' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Skip the question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Skip the question')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write the key as JSON, as it was')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;key;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List your enrolled keys, and those that you may vouch for')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Enrol a key that signs elsewhere, such as a passkey, by signing in with your account')
            [CompletionResult]::new('confirm', 'confirm', [CompletionResultType]::ParameterValue, 'Confirm an enrolled key of yours, with the key of your login')
            [CompletionResult]::new('vouch', 'vouch', [CompletionResultType]::ParameterValue, 'Vouch that an enrolled key is another person''s')
            [CompletionResult]::new('drop', 'drop', [CompletionResultType]::ParameterValue, 'Drop an enrolled key of yours, with its sessions')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;key;help;list' {
            break
        }
        'jit;key;help;add' {
            break
        }
        'jit;key;help;confirm' {
            break
        }
        'jit;key;help;vouch' {
            break
        }
        'jit;key;help;drop' {
            break
        }
        'jit;key;help;help' {
            break
        }
        'jit;agent' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Make an agent''s key, keep it in the keychain, and print its block for people.toml')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;agent;init' {
            [CompletionResult]::new('--of', '--of', [CompletionResultType]::ParameterName, 'Its owner''s name in the policy; default: the name that you are logged in with')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;agent;help' {
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Make an agent''s key, keep it in the keychain, and print its block for people.toml')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;agent;help;init' {
            break
        }
        'jit;agent;help;help' {
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
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Ask for this scope of the role only; `jit roles` lists scopes')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'For how long, like 30m, 1h or 1h30m; default: the role''s duration')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why; shown to reviewers and in the audit log')
            [CompletionResult]::new('--start', '--start', [CompletionResultType]::ParameterName, 'Start no earlier than this, like 2026-11-24T08:00:00Z')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'A file that belongs to the command: a plan, a script; it may not change')
            [CompletionResult]::new('--plan', '--plan', [CompletionResultType]::ParameterName, 'The JSON of the plan that the command applies (`terraform show -json`); reviewers are shown it')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--no-scope', '--no-scope', [CompletionResultType]::ParameterName, 'Ask for the whole role, even if .jit.toml suggests a scope')
            [CompletionResult]::new('--no-wait', '--no-wait', [CompletionResultType]::ParameterName, 'Do not wait for the approval')
            [CompletionResult]::new('--bell', '--bell', [CompletionResultType]::ParameterName, 'Ring the terminal''s bell when it is decided, even if the settings say no')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Skip the question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Skip the question')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write the request as JSON')
            [CompletionResult]::new('--command', '--command', [CompletionResultType]::ParameterName, 'Ask for exactly the command after `--`, once')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;wait' {
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Stop waiting after this long; the request stays')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--bell', '--bell', [CompletionResultType]::ParameterName, 'Ring the terminal''s bell when it is decided, even if the settings say no')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;env' {
            [CompletionResult]::new('--shell', '--shell', [CompletionResultType]::ParameterName, 'The shell''s syntax; default: by SHELL')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--unset', '--unset', [CompletionResultType]::ParameterName, 'Remove the variables from the shell again')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;console' {
            [CompletionResult]::new('--destination', '--destination', [CompletionResultType]::ParameterName, 'The service or the page to open')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--print', '--print', [CompletionResultType]::ParameterName, 'Print the address instead of opening it')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;status' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Show everybody''s access that you may revoke or audit')
            [CompletionResult]::new('--verify', '--verify', [CompletionResultType]::ParameterName, 'Ask the cloud which identity the credentials have')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;show' {
            [CompletionResult]::new('--plan', '--plan', [CompletionResultType]::ParameterName, 'The JSON of the plan that the command applies, to be shown; refused unless it is the one that was signed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;inbox' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'Print the list once, also on a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;approve' {
            [CompletionResult]::new('--comment', '--comment', [CompletionResultType]::ParameterName, 'A comment for the requester and the audit log')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'Approve for at most this long')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Approve for no more than this scope of the role')
            [CompletionResult]::new('--plan', '--plan', [CompletionResultType]::ParameterName, 'The JSON of the plan that the command applies, to be shown; refused unless it is the one that was signed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Skip the question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Skip the question')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write the request as JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;deny' {
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why; the requester reads it. Without it, jit asks on a terminal')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Skip the question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Skip the question')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write the request as JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;extend' {
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'How much longer, like 30m or 1h; default: the role''s duration')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why; default: the reason of the access itself')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--no-wait', '--no-wait', [CompletionResultType]::ParameterName, 'Do not wait for the approval')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Skip the question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Skip the question')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write the request as JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;end' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait until the end is recorded, and say how it ended')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write the request as JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;revoke' {
            [CompletionResult]::new('--person', '--person', [CompletionResultType]::ParameterName, 'Revoke all that this person holds or waits for, by their name in the policy')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why; shown to the requester and in the audit log. Without it, jit asks on a terminal')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Skip the question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Skip the question')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write the request as JSON; with --person, a list of them')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;web' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--no-open', '--no-open', [CompletionResultType]::ParameterName, 'Open no browser; type the address yourself')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;break-glass' {
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'What happened; the notices, the reviewer and the audit log show it')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'For how long, like 15m; default: the role''s duration, within the limit for emergencies')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Skip the question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Skip the question')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write the request as JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;audit' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the events of the audit log, the newest last')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;audit;list' {
            [CompletionResult]::new('--person', '--person', [CompletionResultType]::ParameterName, 'Only events that this person caused, or that are about their requests or their agents''')
            [CompletionResult]::new('--role', '--role', [CompletionResultType]::ParameterName, 'Only events about requests for this role')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only events since then: how long ago (2d, 3h), a day (2026-11-24) or a time')
            [CompletionResult]::new('--last', '--last', [CompletionResultType]::ParameterName, 'How many of the newest events to show [default: 50]')
            [CompletionResult]::new('--after', '--after', [CompletionResultType]::ParameterName, 'Only events after this number; the chain is checked from there on')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Show all events')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON, with each event as it is chained')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;audit;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the events of the audit log, the newest last')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;audit;help;list' {
            break
        }
        'jit;audit;help;help' {
            break
        }
        'jit;report' {
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only since then: how long ago (30d), a day (2026-11-24) or a time')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Only until then; a day is meant to its end')
            [CompletionResult]::new('--role', '--role', [CompletionResultType]::ParameterName, 'Only requests for this role')
            [CompletionResult]::new('--person', '--person', [CompletionResultType]::ParameterName, 'Only requests that this person made or reviewed')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Read an exported log instead of the authority''s')
            [CompletionResult]::new('--policy', '--policy', [CompletionResultType]::ParameterName, 'Compare with this policy: roles nobody used, people who left, and who could approve alone')
            [CompletionResult]::new('--kept', '--kept', [CompletionResultType]::ParameterName, 'Refuse a log without this hash, which an earlier report named')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--csv', '--csv', [CompletionResultType]::ParameterName, 'Write CSV, one line a request')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;serve' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'A settings file in TOML, with a key for each flag; flags overrule it')
            [CompletionResult]::new('--policy', '--policy', [CompletionResultType]::ParameterName, 'The policy: a folder, or a git repository and branch, fetched every minute')
            [CompletionResult]::new('--policy-accept', '--policy-accept', [CompletionResultType]::ParameterName, 'Accept this commit although the branch was rewritten')
            [CompletionResult]::new('--policy-hook-secret', '--policy-hook-secret', [CompletionResultType]::ParameterName, 'A file with the secret of the webhook /v1/hooks/policy; default: JIT_POLICY_HOOK_SECRET')
            [CompletionResult]::new('--events-token', '--events-token', [CompletionResultType]::ParameterName, 'A file with the token of a transmitter of security events (CAEP); default: JIT_EVENTS_TOKEN')
            [CompletionResult]::new('--scim-token', '--scim-token', [CompletionResultType]::ParameterName, 'A file with the token of a SCIM client; default: JIT_SCIM_TOKEN')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The address that people use; default: http://LISTEN')
            [CompletionResult]::new('--issuer', '--issuer', [CompletionResultType]::ParameterName, 'The address at which another web host serves the issuer''s documents to clouds; default: the broker''s')
            [CompletionResult]::new('--issuer-dir', '--issuer-dir', [CompletionResultType]::ParameterName, 'Keep those documents fresh in this folder, for that web host')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Where to listen; default: 127.0.0.1:8765')
            [CompletionResult]::new('--behind-tls-proxy', '--behind-tls-proxy', [CompletionResultType]::ParameterName, 'A proxy in front speaks TLS, so plain http is allowed beyond this machine')
            [CompletionResult]::new('--trusted-proxy', '--trusted-proxy', [CompletionResultType]::ParameterName, 'Trust X-Forwarded-For of this proxy; may be repeated')
            [CompletionResult]::new('--kubernetes', '--kubernetes', [CompletionResultType]::ParameterName, 'The file with the broker''s own token for an API server of Kubernetes; may be repeated')
            [CompletionResult]::new('--web', '--web', [CompletionResultType]::ParameterName, 'Serve the approval page under /web, where reviewers approve with a passkey')
            [CompletionResult]::new('--data', '--data', [CompletionResultType]::ParameterName, 'The database''s folder; default: in your state folder')
            [CompletionResult]::new('--keys', '--keys', [CompletionResultType]::ParameterName, 'The keys'' folder; default: DATA/keys. Never back up keys and data together')
            [CompletionResult]::new('--accept-gap', '--accept-gap', [CompletionResultType]::ParameterName, 'Accept a database that lacks events, by the event with which it ends. Ends every open request and session')
            [CompletionResult]::new('--log-format', '--log-format', [CompletionResultType]::ParameterName, 'The form of the log: lines for people, or one JSON object a line; default: text')
            [CompletionResult]::new('--metrics', '--metrics', [CompletionResultType]::ParameterName, 'Serve /metrics in the OpenMetrics format at this address of its own; default: nowhere')
            [CompletionResult]::new('--metrics-reachable', '--metrics-reachable', [CompletionResultType]::ParameterName, 'Other machines may read the metrics, which have no password')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Also run the cloud that the policy''s sandbox roles open; it is on this machine and opens nothing real')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--check', '--check', [CompletionResultType]::ParameterName, 'Check the settings and the policy''s folder, and do not start')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;setup' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('agents', 'agents', [CompletionResultType]::ParameterValue, 'Let a coding agent''s client ask jit before it runs a command')
            [CompletionResult]::new('aws', 'aws', [CompletionResultType]::ParameterValue, 'Write AWS profiles that take their credentials from jit')
            [CompletionResult]::new('aws-trust', 'aws-trust', [CompletionResultType]::ParameterValue, 'Print the trust policy for a role in AWS')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Propose direct roles from your AWS profiles')
            [CompletionResult]::new('issuer', 'issuer', [CompletionResultType]::ParameterValue, 'Write the issuer''s documents for a web host that clouds reach')
            [CompletionResult]::new('kubernetes', 'kubernetes', [CompletionResultType]::ParameterValue, 'Write contexts for kubectl that take their tokens from jit')
            [CompletionResult]::new('trust', 'trust', [CompletionResultType]::ParameterValue, 'Print what a role''s place must be told')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;setup;agents' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--write', '--write', [CompletionResultType]::ParameterName, 'Change the files')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;setup;aws' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--diff', '--diff', [CompletionResultType]::ParameterName, 'Print the change only; this is the default')
            [CompletionResult]::new('--write', '--write', [CompletionResultType]::ParameterName, 'Change the file')
            [CompletionResult]::new('--remove', '--remove', [CompletionResultType]::ParameterName, 'Remove the block')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;setup;aws-trust' {
            [CompletionResult]::new('--policy', '--policy', [CompletionResultType]::ParameterName, 'Read the role from this policy folder, not from the broker')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The broker''s future address, which is also its issuer')
            [CompletionResult]::new('--issuer', '--issuer', [CompletionResultType]::ParameterName, 'The issuer''s address; default: the issuer that the broker names')
            [CompletionResult]::new('--principal', '--principal', [CompletionResultType]::ParameterName, 'The broker''s own AWS identity, for a role with `by = "broker"`: an ARN, or `here` on the broker''s machine')
            [CompletionResult]::new('--part', '--part', [CompletionResultType]::ParameterName, 'The document to print, for a role behind a hub (`via`) or with `by = "broker"`')
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
        'jit;setup;issuer' {
            [CompletionResult]::new('--issuer', '--issuer', [CompletionResultType]::ParameterName, 'The issuer''s address; default: the issuer of the broker')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Fetch from the broker at this address')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read the keys of the broker with this settings file')
            [CompletionResult]::new('--keys', '--keys', [CompletionResultType]::ParameterName, 'Read the keys in this key folder of a broker')
            [CompletionResult]::new('--data', '--data', [CompletionResultType]::ParameterName, 'Read the keys in this data folder of a broker')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--print-keys', '--print-keys', [CompletionResultType]::ParameterName, 'Print the key set, as Google takes it for a provider with uploaded keys')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;setup;kubernetes' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--write', '--write', [CompletionResultType]::ParameterName, 'Change the file')
            [CompletionResult]::new('--remove', '--remove', [CompletionResultType]::ParameterName, 'Remove the file')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;setup;trust' {
            [CompletionResult]::new('--policy', '--policy', [CompletionResultType]::ParameterName, 'Read the role from this policy folder, not from the broker')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The broker''s future address, which is also its issuer')
            [CompletionResult]::new('--issuer', '--issuer', [CompletionResultType]::ParameterName, 'The issuer''s address; default: the issuer that the broker names')
            [CompletionResult]::new('--principal', '--principal', [CompletionResultType]::ParameterName, 'The broker''s own AWS identity, for a role with `by = "broker"`: an ARN, or `here` on the broker''s machine')
            [CompletionResult]::new('--jwks', '--jwks', [CompletionResultType]::ParameterName, 'Upload this key set, so that Google Cloud need not reach the issuer: a file, or `broker` for the broker''s')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;setup;help' {
            [CompletionResult]::new('agents', 'agents', [CompletionResultType]::ParameterValue, 'Let a coding agent''s client ask jit before it runs a command')
            [CompletionResult]::new('aws', 'aws', [CompletionResultType]::ParameterValue, 'Write AWS profiles that take their credentials from jit')
            [CompletionResult]::new('aws-trust', 'aws-trust', [CompletionResultType]::ParameterValue, 'Print the trust policy for a role in AWS')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Propose direct roles from your AWS profiles')
            [CompletionResult]::new('issuer', 'issuer', [CompletionResultType]::ParameterValue, 'Write the issuer''s documents for a web host that clouds reach')
            [CompletionResult]::new('kubernetes', 'kubernetes', [CompletionResultType]::ParameterValue, 'Write contexts for kubectl that take their tokens from jit')
            [CompletionResult]::new('trust', 'trust', [CompletionResultType]::ParameterValue, 'Print what a role''s place must be told')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;setup;help;agents' {
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
        'jit;setup;help;issuer' {
            break
        }
        'jit;setup;help;kubernetes' {
            break
        }
        'jit;setup;help;trust' {
            break
        }
        'jit;setup;help;help' {
            break
        }
        'jit;exec' {
            [CompletionResult]::new('--needs', '--needs', [CompletionResultType]::ParameterName, 'Extend access that ends sooner, or do not start')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'A file that belongs to the command of --bind: a plan, a script')
            [CompletionResult]::new('--plan', '--plan', [CompletionResultType]::ParameterName, 'The JSON of the plan that the command of --bind applies; reviewers are shown it')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Put the credentials into the environment, even if they expire before the access')
            [CompletionResult]::new('--serve', '--serve', [CompletionResultType]::ParameterName, 'Stay as the parent and serve the credentials, even if that is not needed')
            [CompletionResult]::new('--metadata', '--metadata', [CompletionResultType]::ParameterName, 'Serve the token of a Google Cloud role as a metadata server, too')
            [CompletionResult]::new('--bell', '--bell', [CompletionResultType]::ParameterName, 'Ring the terminal''s bell when a request is decided, even if the settings say no')
            [CompletionResult]::new('--bind', '--bind', [CompletionResultType]::ParameterName, 'Run only with access that was approved for exactly this command; asks for it')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;shell' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Put the credentials into the environment, even if they expire before the access')
            [CompletionResult]::new('--serve', '--serve', [CompletionResultType]::ParameterName, 'Stay as the parent and serve the credentials, even if that is not needed')
            [CompletionResult]::new('--metadata', '--metadata', [CompletionResultType]::ParameterName, 'Serve the token of a Google Cloud role as a metadata server, too')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;credentials' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The format')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;demo' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--shell', '--shell', [CompletionResultType]::ParameterName, 'Play both people yourself')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;policy' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a first policy with your own SSH key')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check a policy for errors')
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Run the policy''s tests')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Show what a policy decides, by which rule, and who could help')
            [CompletionResult]::new('matrix', 'matrix', [CompletionResultType]::ParameterValue, 'Show which people may request which roles')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Show who gains and who loses between two revisions of a policy')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'Print the schemas of policy files and of the broker''s settings, for editors')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Propose a first policy from AWS or GitHub')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;policy;init' {
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'Your name in the policy')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Your key: its file, or the fingerprint or comment that `ssh-add -l` shows')
            [CompletionResult]::new('--role-arn', '--role-arn', [CompletionResultType]::ParameterName, 'The AWS role that the example opens; then no role opens the sandbox')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'Its region')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;policy;check' {
            [CompletionResult]::new('--policy', '--policy', [CompletionResultType]::ParameterName, 'The policy''s folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The output format')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON; the same as --format json')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;policy;test' {
            [CompletionResult]::new('--policy', '--policy', [CompletionResultType]::ParameterName, 'The policy''s folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The output format')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON; the same as --format json')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;policy;explain' {
            [CompletionResult]::new('--action', '--action', [CompletionResultType]::ParameterName, 'The kind of request')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Only this scope of the role')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'For how long; default: the role''s duration')
            [CompletionResult]::new('--at', '--at', [CompletionResultType]::ParameterName, 'At this time; default: now')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'The reason')
            [CompletionResult]::new('--source-ip', '--source-ip', [CompletionResultType]::ParameterName, 'The address that the request comes from')
            [CompletionResult]::new('--fact', '--fact', [CompletionResultType]::ParameterName, 'A fact, like oncall=ana; may be repeated')
            [CompletionResult]::new('--review', '--review', [CompletionResultType]::ParameterName, 'A person who approves; may be repeated')
            [CompletionResult]::new('--policy', '--policy', [CompletionResultType]::ParameterName, 'The policy''s folder')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;policy;matrix' {
            [CompletionResult]::new('--policy', '--policy', [CompletionResultType]::ParameterName, 'The policy''s folder')
            [CompletionResult]::new('--layout', '--layout', [CompletionResultType]::ParameterName, 'The layout; default: a grid where it fits, else a list')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;policy;diff' {
            [CompletionResult]::new('--policy', '--policy', [CompletionResultType]::ParameterName, 'The policy''s folder in the repository')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The output format')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON; the same as --format json')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;policy;schema' {
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write all schemas into this folder')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;policy;import' {
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the files into this new folder')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON: each file''s text by its path')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('aws', 'aws', [CompletionResultType]::ParameterValue, 'Propose roles from permission sets and assignments that the AWS CLI printed')
            [CompletionResult]::new('profiles', 'profiles', [CompletionResultType]::ParameterValue, 'Propose roles from the profiles in ~/.aws/config')
            [CompletionResult]::new('github', 'github', [CompletionResultType]::ParameterValue, 'Propose the members of a GitHub organisation, with ids and published keys')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;policy;import;aws' {
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'The region of the proposed roles')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the files into this new folder')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON: each file''s text by its path')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;policy;import;profiles' {
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'The region, if the profile has none')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the files into this new folder')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON: each file''s text by its path')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;policy;import;github' {
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the files into this new folder')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON: each file''s text by its path')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;policy;import;help' {
            [CompletionResult]::new('aws', 'aws', [CompletionResultType]::ParameterValue, 'Propose roles from permission sets and assignments that the AWS CLI printed')
            [CompletionResult]::new('profiles', 'profiles', [CompletionResultType]::ParameterValue, 'Propose roles from the profiles in ~/.aws/config')
            [CompletionResult]::new('github', 'github', [CompletionResultType]::ParameterValue, 'Propose the members of a GitHub organisation, with ids and published keys')
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
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check a policy for errors')
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Run the policy''s tests')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Show what a policy decides, by which rule, and who could help')
            [CompletionResult]::new('matrix', 'matrix', [CompletionResultType]::ParameterValue, 'Show which people may request which roles')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Show who gains and who loses between two revisions of a policy')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'Print the schemas of policy files and of the broker''s settings, for editors')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Propose a first policy from AWS or GitHub')
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
            [CompletionResult]::new('aws', 'aws', [CompletionResultType]::ParameterValue, 'Propose roles from permission sets and assignments that the AWS CLI printed')
            [CompletionResult]::new('profiles', 'profiles', [CompletionResultType]::ParameterValue, 'Propose roles from the profiles in ~/.aws/config')
            [CompletionResult]::new('github', 'github', [CompletionResultType]::ParameterValue, 'Propose the members of a GitHub organisation, with ids and published keys')
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
        'jit;ci' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Set up a repository on GitHub that decides and issues credentials')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Comment on a pull request what it requests or changes')
            [CompletionResult]::new('decide', 'decide', [CompletionResultType]::ParameterValue, 'Verify a request and record the decision')
            [CompletionResult]::new('mint', 'mint', [CompletionResultType]::ParameterValue, 'Verify a request again, get its credentials, seal them and print them')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;ci;init' {
            [CompletionResult]::new('--repository', '--repository', [CompletionResultType]::ParameterName, 'The access repository')
            [CompletionResult]::new('--owners', '--owners', [CompletionResultType]::ParameterName, 'The owners of the policy: people and teams on GitHub')
            [CompletionResult]::new('--download', '--download', [CompletionResultType]::ParameterName, 'The address from which the workflows download jit')
            [CompletionResult]::new('--sha256', '--sha256', [CompletionResultType]::ParameterName, 'The SHA-256 of that file; without it, jit fetches the file once and says it')
            [CompletionResult]::new('--log-writer', '--log-writer', [CompletionResultType]::ParameterName, 'The only writer of the log, instead of a new GitHub App: app:ID or team:ID')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'A file for the log''s new private key, instead of the secret at GitHub')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--apply', '--apply', [CompletionResultType]::ParameterName, 'Set the repository up at GitHub')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Agree to what would change')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to what would change')
            [CompletionResult]::new('--new-log-key', '--new-log-key', [CompletionResultType]::ParameterName, 'Give the log another key; the old one still verifies what it signed')
            [CompletionResult]::new('--no-browser', '--no-browser', [CompletionResultType]::ParameterName, 'Only print the address of the page that makes the app')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;ci;check' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--print', '--print', [CompletionResultType]::ParameterName, 'Only print the comment')
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
        'jit;ci;help' {
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Set up a repository on GitHub that decides and issues credentials')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Comment on a pull request what it requests or changes')
            [CompletionResult]::new('decide', 'decide', [CompletionResultType]::ParameterValue, 'Verify a request and record the decision')
            [CompletionResult]::new('mint', 'mint', [CompletionResultType]::ParameterValue, 'Verify a request again, get its credentials, seal them and print them')
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
        'jit;ci;help;help' {
            break
        }
        'jit;doctor' {
            [CompletionResult]::new('--reach', '--reach', [CompletionResultType]::ParameterName, 'Connect to this port of this machine, and nothing else')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--forbidden-path', '--forbidden-path', [CompletionResultType]::ParameterName, 'Test, without a question, whether your own AWS identity can assume the roles, and read Google''s providers with your gcloud')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON')
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
        'jit;mcp' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;version' {
            [CompletionResult]::new('--verify', '--verify', [CompletionResultType]::ParameterName, 'Compare this program with a release''s list of checksums, or with another build')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--check', '--check', [CompletionResultType]::ParameterName, 'Ask GitHub whether a newer release is published')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;prompt' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The text for each role; {role}, {account} and {left} are filled in')
            [CompletionResult]::new('--shell', '--shell', [CompletionResultType]::ParameterName, 'Escape for the prompt of this shell')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'When the hook last asked, in seconds since 1970')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write all active access as JSON')
            [CompletionResult]::new('--hook', '--hook', [CompletionResultType]::ParameterName, 'Answer the hook of `jit init`')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;hook' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;init' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--variable', '--variable', [CompletionResultType]::ParameterName, 'Only set the exported variable JIT_PROMPT, for a prompt of your own')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;config' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('path', 'path', [CompletionResultType]::ParameterValue, 'Print where your config.toml is')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Show settings, their values and where they come from')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Set one setting in your config.toml')
            [CompletionResult]::new('unset', 'unset', [CompletionResultType]::ParameterValue, 'Take one setting out of your config.toml')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;config;path' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;config;get' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;config;set' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;config;unset' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jit;config;help' {
            [CompletionResult]::new('path', 'path', [CompletionResultType]::ParameterValue, 'Print where your config.toml is')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Show settings, their values and where they come from')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Set one setting in your config.toml')
            [CompletionResult]::new('unset', 'unset', [CompletionResultType]::ParameterValue, 'Take one setting out of your config.toml')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;config;help;path' {
            break
        }
        'jit;config;help;get' {
            break
        }
        'jit;config;help;set' {
            break
        }
        'jit;config;help;unset' {
            break
        }
        'jit;config;help;help' {
            break
        }
        'jit;learn' {
            [CompletionResult]::new('--cloudtrail', '--cloudtrail', [CompletionResultType]::ParameterName, 'An export of CloudTrail, or a folder of exports')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'The name of the proposed scope')
            [CompletionResult]::new('--approval', '--approval', [CompletionResultType]::ParameterName, 'The scope''s rule of approval; default: the role''s')
            [CompletionResult]::new('--policy', '--policy', [CompletionResultType]::ParameterName, 'The policy''s folder')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
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
        'jit;help' {
            [CompletionResult]::new('login', 'login', [CompletionResultType]::ParameterValue, 'Log in to your team''s broker or repository')
            [CompletionResult]::new('logout', 'logout', [CompletionResultType]::ParameterValue, 'End the session with the broker')
            [CompletionResult]::new('lock', 'lock', [CompletionResultType]::ParameterValue, 'End your session here and remove credentials until you log in')
            [CompletionResult]::new('whoami', 'whoami', [CompletionResultType]::ParameterValue, 'Show your identity at the broker or in the cloud')
            [CompletionResult]::new('key', 'key', [CompletionResultType]::ParameterValue, 'List, add, confirm and drop the keys that sign-ins enrolled')
            [CompletionResult]::new('agent', 'agent', [CompletionResultType]::ParameterValue, 'Give a coding agent an identity of its own')
            [CompletionResult]::new('roles', 'roles', [CompletionResultType]::ParameterValue, 'List the roles that you may request, who approves, and how long')
            [CompletionResult]::new('request', 'request', [CompletionResultType]::ParameterValue, 'Ask for a role, wait for approval, get the credentials')
            [CompletionResult]::new('wait', 'wait', [CompletionResultType]::ParameterValue, 'Continue waiting for a request, from any terminal')
            [CompletionResult]::new('env', 'env', [CompletionResultType]::ParameterValue, 'Print the credentials as variables for a shell')
            [CompletionResult]::new('console', 'console', [CompletionResultType]::ParameterValue, 'Open the web console with a role; requests it first if needed')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show your grants and requests')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one request in full')
            [CompletionResult]::new('inbox', 'inbox', [CompletionResultType]::ParameterValue, 'List the requests that you may review, the oldest first')
            [CompletionResult]::new('approve', 'approve', [CompletionResultType]::ParameterValue, 'Approve a request, or confirm emergency access afterwards')
            [CompletionResult]::new('deny', 'deny', [CompletionResultType]::ParameterValue, 'Deny a request; this is final')
            [CompletionResult]::new('extend', 'extend', [CompletionResultType]::ParameterValue, 'Ask for more time; running commands continue')
            [CompletionResult]::new('end', 'end', [CompletionResultType]::ParameterValue, 'End your access, or cancel your request')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'End another person''s access')
            [CompletionResult]::new('web', 'web', [CompletionResultType]::ParameterValue, 'Sign a browser in on the broker''s approval page')
            [CompletionResult]::new('break-glass', 'break-glass', [CompletionResultType]::ParameterValue, 'Take a role without approval in an emergency; everybody is told')
            [CompletionResult]::new('audit', 'audit', [CompletionResultType]::ParameterValue, 'Read the audit log')
            [CompletionResult]::new('report', 'report', [CompletionResultType]::ParameterValue, 'Report who had what access when, and who agreed')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run your team''s broker')
            [CompletionResult]::new('setup', 'setup', [CompletionResultType]::ParameterValue, 'Set up profiles, contexts, agents, trust or the issuer')
            [CompletionResult]::new('exec', 'exec', [CompletionResultType]::ParameterValue, 'Run one command with a role; requests it first if needed')
            [CompletionResult]::new('shell', 'shell', [CompletionResultType]::ParameterValue, 'Open a shell with a role; requests it first if needed')
            [CompletionResult]::new('credentials', 'credentials', [CompletionResultType]::ParameterValue, 'Print the credentials of an active role, for programs')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Watch the whole round trip on this machine; no cloud needed')
            [CompletionResult]::new('policy', 'policy', [CompletionResultType]::ParameterValue, 'Write, check, test and compare access as code')
            [CompletionResult]::new('ci', 'ci', [CompletionResultType]::ParameterValue, 'Decide and issue credentials in GitHub Actions, without a broker')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Check that jit is set up correctly')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Show a manual page')
            [CompletionResult]::new('mcp', 'mcp', [CompletionResultType]::ParameterValue, 'Serve tools to a coding agent: ask for roles, wait, run commands')
            [CompletionResult]::new('version', 'version', [CompletionResultType]::ParameterValue, 'Show which build of jit this is, and whether a release has it')
            [CompletionResult]::new('prompt', 'prompt', [CompletionResultType]::ParameterValue, 'Print active access for a shell prompt (empty if none)')
            [CompletionResult]::new('hook', 'hook', [CompletionResultType]::ParameterValue, 'Tell a coding agent''s client which commands need a role')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Print the hook that shows your access in the shell''s prompt')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Show and change your settings')
            [CompletionResult]::new('learn', 'learn', [CompletionResultType]::ParameterValue, 'Propose a narrower scope from what a role''s sessions did')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script of a shell')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'jit;help;login' {
            break
        }
        'jit;help;logout' {
            break
        }
        'jit;help;lock' {
            break
        }
        'jit;help;whoami' {
            break
        }
        'jit;help;key' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List your enrolled keys, and those that you may vouch for')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Enrol a key that signs elsewhere, such as a passkey, by signing in with your account')
            [CompletionResult]::new('confirm', 'confirm', [CompletionResultType]::ParameterValue, 'Confirm an enrolled key of yours, with the key of your login')
            [CompletionResult]::new('vouch', 'vouch', [CompletionResultType]::ParameterValue, 'Vouch that an enrolled key is another person''s')
            [CompletionResult]::new('drop', 'drop', [CompletionResultType]::ParameterValue, 'Drop an enrolled key of yours, with its sessions')
            break
        }
        'jit;help;key;list' {
            break
        }
        'jit;help;key;add' {
            break
        }
        'jit;help;key;confirm' {
            break
        }
        'jit;help;key;vouch' {
            break
        }
        'jit;help;key;drop' {
            break
        }
        'jit;help;agent' {
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Make an agent''s key, keep it in the keychain, and print its block for people.toml')
            break
        }
        'jit;help;agent;init' {
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
        'jit;help;web' {
            break
        }
        'jit;help;break-glass' {
            break
        }
        'jit;help;audit' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the events of the audit log, the newest last')
            break
        }
        'jit;help;audit;list' {
            break
        }
        'jit;help;report' {
            break
        }
        'jit;help;serve' {
            break
        }
        'jit;help;setup' {
            [CompletionResult]::new('agents', 'agents', [CompletionResultType]::ParameterValue, 'Let a coding agent''s client ask jit before it runs a command')
            [CompletionResult]::new('aws', 'aws', [CompletionResultType]::ParameterValue, 'Write AWS profiles that take their credentials from jit')
            [CompletionResult]::new('aws-trust', 'aws-trust', [CompletionResultType]::ParameterValue, 'Print the trust policy for a role in AWS')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Propose direct roles from your AWS profiles')
            [CompletionResult]::new('issuer', 'issuer', [CompletionResultType]::ParameterValue, 'Write the issuer''s documents for a web host that clouds reach')
            [CompletionResult]::new('kubernetes', 'kubernetes', [CompletionResultType]::ParameterValue, 'Write contexts for kubectl that take their tokens from jit')
            [CompletionResult]::new('trust', 'trust', [CompletionResultType]::ParameterValue, 'Print what a role''s place must be told')
            break
        }
        'jit;help;setup;agents' {
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
        'jit;help;setup;issuer' {
            break
        }
        'jit;help;setup;kubernetes' {
            break
        }
        'jit;help;setup;trust' {
            break
        }
        'jit;help;exec' {
            break
        }
        'jit;help;shell' {
            break
        }
        'jit;help;credentials' {
            break
        }
        'jit;help;demo' {
            break
        }
        'jit;help;policy' {
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a first policy with your own SSH key')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check a policy for errors')
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Run the policy''s tests')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Show what a policy decides, by which rule, and who could help')
            [CompletionResult]::new('matrix', 'matrix', [CompletionResultType]::ParameterValue, 'Show which people may request which roles')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Show who gains and who loses between two revisions of a policy')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'Print the schemas of policy files and of the broker''s settings, for editors')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Propose a first policy from AWS or GitHub')
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
            [CompletionResult]::new('aws', 'aws', [CompletionResultType]::ParameterValue, 'Propose roles from permission sets and assignments that the AWS CLI printed')
            [CompletionResult]::new('profiles', 'profiles', [CompletionResultType]::ParameterValue, 'Propose roles from the profiles in ~/.aws/config')
            [CompletionResult]::new('github', 'github', [CompletionResultType]::ParameterValue, 'Propose the members of a GitHub organisation, with ids and published keys')
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
        'jit;help;ci' {
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Set up a repository on GitHub that decides and issues credentials')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Comment on a pull request what it requests or changes')
            [CompletionResult]::new('decide', 'decide', [CompletionResultType]::ParameterValue, 'Verify a request and record the decision')
            [CompletionResult]::new('mint', 'mint', [CompletionResultType]::ParameterValue, 'Verify a request again, get its credentials, seal them and print them')
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
        'jit;help;doctor' {
            break
        }
        'jit;help;man' {
            break
        }
        'jit;help;mcp' {
            break
        }
        'jit;help;version' {
            break
        }
        'jit;help;prompt' {
            break
        }
        'jit;help;hook' {
            break
        }
        'jit;help;init' {
            break
        }
        'jit;help;config' {
            [CompletionResult]::new('path', 'path', [CompletionResultType]::ParameterValue, 'Print where your config.toml is')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Show settings, their values and where they come from')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Set one setting in your config.toml')
            [CompletionResult]::new('unset', 'unset', [CompletionResultType]::ParameterValue, 'Take one setting out of your config.toml')
            break
        }
        'jit;help;config;path' {
            break
        }
        'jit;help;config;get' {
            break
        }
        'jit;help;config;set' {
            break
        }
        'jit;help;config;unset' {
            break
        }
        'jit;help;learn' {
            break
        }
        'jit;help;completions' {
            break
        }
        'jit;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
