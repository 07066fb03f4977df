module completions {

  def "nu-complete jit color" [] {
    [ "auto" "always" "never" ]
  }

  # Just-in-time cloud access: request a role, get approval, use it until it expires
  export extern jit [
    --color: string@"nu-complete jit color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  def "nu-complete jit login color" [] {
    [ "auto" "always" "never" ]
  }

  # Log in to your team's broker or repository
  export extern "jit login" [
    --as: string              # Your name in the policy
    --key: string             # Your key: its file, or the fingerprint or comment that `ssh-add -l` shows
    --ssh                     # Sign with your own SSH key, also where you sign in at an identity provider
    --device                  # Sign in at the identity provider with a code, on any machine
    --no-browser              # Print the identity provider's address only, and open no browser
    --keychain: string        # Where to store sessions, keys and credentials: os, keyutils, file or none
    --credentials: string     # Where to keep credentials: kernel (Linux forgets them when they expire) or keychain
    --color: string@"nu-complete jit login color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    url?: string              # The broker's address, or github:OWNER/NAME; default: the last one
  ]

  def "nu-complete jit logout color" [] {
    [ "auto" "always" "never" ]
  }

  # End the session with the broker
  export extern "jit logout" [
    --color: string@"nu-complete jit logout color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete jit lock color" [] {
    [ "auto" "always" "never" ]
  }

  # End your session here and remove credentials until you log in
  export extern "jit lock" [
    --color: string@"nu-complete jit lock color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete jit whoami color" [] {
    [ "auto" "always" "never" ]
  }

  # Show your identity at the broker or in the cloud
  export extern "jit whoami" [
    --cloud                   # Ask the cloud which identity the credentials in the environment have
    --json                    # Write JSON
    --color: string@"nu-complete jit whoami color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete jit key color" [] {
    [ "auto" "always" "never" ]
  }

  # List, add, confirm and drop the keys that sign-ins enrolled
  export extern "jit key" [
    --color: string@"nu-complete jit key color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete jit key list color" [] {
    [ "auto" "always" "never" ]
  }

  # List your enrolled keys, and those that you may vouch for
  export extern "jit key list" [
    --json                    # Write JSON
    --color: string@"nu-complete jit key list color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete jit key add color" [] {
    [ "auto" "always" "never" ]
  }

  # Enrol a key that signs elsewhere, such as a passkey, by signing in with your account
  export extern "jit key add" [
    --device                  # Sign in with a code, on any machine
    --no-browser              # Print the address of the sign-in only, and open no browser
    --json                    # Write the key as JSON
    --color: string@"nu-complete jit key add color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    ...line: string           # The public key, as one line; the approval page shows that of a passkey
  ]

  def "nu-complete jit key confirm color" [] {
    [ "auto" "always" "never" ]
  }

  # Confirm an enrolled key of yours, with the key of your login
  export extern "jit key confirm" [
    --json                    # Write the key as JSON
    --color: string@"nu-complete jit key confirm color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    key?: string              # The beginning of the key's fingerprint; default: the only one that waits
  ]

  def "nu-complete jit key vouch color" [] {
    [ "auto" "always" "never" ]
  }

  # Vouch that an enrolled key is another person's
  export extern "jit key vouch" [
    --yes(-y)                 # Skip the question; the key must be named then
    --json                    # Write the key as JSON
    --color: string@"nu-complete jit key vouch color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    person: string            # The person, by their name in the policy
    key?: string              # The beginning of the key's fingerprint; default: the person's only one that waits
  ]

  def "nu-complete jit key drop color" [] {
    [ "auto" "always" "never" ]
  }

  # Drop an enrolled key of yours, with its sessions
  export extern "jit key drop" [
    --yes(-y)                 # Skip the question
    --json                    # Write the key as JSON, as it was
    --color: string@"nu-complete jit key drop color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    key: string               # The beginning of the key's fingerprint
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "jit key help" [
  ]

  # List your enrolled keys, and those that you may vouch for
  export extern "jit key help list" [
  ]

  # Enrol a key that signs elsewhere, such as a passkey, by signing in with your account
  export extern "jit key help add" [
  ]

  # Confirm an enrolled key of yours, with the key of your login
  export extern "jit key help confirm" [
  ]

  # Vouch that an enrolled key is another person's
  export extern "jit key help vouch" [
  ]

  # Drop an enrolled key of yours, with its sessions
  export extern "jit key help drop" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "jit key help help" [
  ]

  def "nu-complete jit agent color" [] {
    [ "auto" "always" "never" ]
  }

  # Give a coding agent an identity of its own
  export extern "jit agent" [
    --color: string@"nu-complete jit agent color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete jit agent init color" [] {
    [ "auto" "always" "never" ]
  }

  # Make an agent's key, keep it in the keychain, and print its block for people.toml
  export extern "jit agent init" [
    --of: string              # Its owner's name in the policy; default: the name that you are logged in with
    --json                    # Write JSON
    --color: string@"nu-complete jit agent init color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    name?: string             # The agent's name in the policy; default: your name and `-agent`
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "jit agent help" [
  ]

  # Make an agent's key, keep it in the keychain, and print its block for people.toml
  export extern "jit agent help init" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "jit agent help help" [
  ]

  def "nu-complete jit roles color" [] {
    [ "auto" "always" "never" ]
  }

  # List the roles that you may request, who approves, and how long
  export extern "jit roles" [
    --json                    # Write JSON
    --color: string@"nu-complete jit roles color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    filter?: string           # Only roles whose name or description contains this
  ]

  def "nu-complete jit request color" [] {
    [ "auto" "always" "never" ]
  }

  # Ask for a role, wait for approval, get the credentials
  export extern "jit request" [
    --scope: string           # Ask for this scope of the role only; `jit roles` lists scopes
    --no-scope                # Ask for the whole role, even if .jit.toml suggests a scope
    --for: string             # For how long, like 30m, 1h or 1h30m; default: the role's duration
    --reason: string          # Why; shown to reviewers and in the audit log
    --start: string           # Start no earlier than this, like 2026-11-24T08:00:00Z
    --no-wait                 # Do not wait for the approval
    --bell                    # Ring the terminal's bell when it is decided, even if the settings say no
    --yes(-y)                 # Skip the question
    --json                    # Write the request as JSON
    --command                 # Ask for exactly the command after `--`, once
    --file: string            # A file that belongs to the command: a plan, a script; it may not change
    --plan: string            # The JSON of the plan that the command applies (`terraform show -json`); reviewers are shown it
    --color: string@"nu-complete jit request color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    ...roles: string          # The roles; without one, jit asks on a terminal
  ]

  def "nu-complete jit wait color" [] {
    [ "auto" "always" "never" ]
  }

  # Continue waiting for a request, from any terminal
  export extern "jit wait" [
    --timeout: string         # Stop waiting after this long; the request stays
    --bell                    # Ring the terminal's bell when it is decided, even if the settings say no
    --color: string@"nu-complete jit wait color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    request?: string          # The role, or the request's id or a prefix of it; default: JIT_ROLE, your only open request, or choose
  ]

  def "nu-complete jit env shell" [] {
    [ "bash" "zsh" "fish" "powershell" "nu" ]
  }

  def "nu-complete jit env color" [] {
    [ "auto" "always" "never" ]
  }

  # Print the credentials as variables for a shell
  export extern "jit env" [
    --shell: string@"nu-complete jit env shell" # The shell's syntax; default: by SHELL
    --unset                   # Remove the variables from the shell again
    --color: string@"nu-complete jit env color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    role?: string             # The role; default: JIT_ROLE, or your only active role
  ]

  def "nu-complete jit console color" [] {
    [ "auto" "always" "never" ]
  }

  # Open the web console with a role; requests it first if needed
  export extern "jit console" [
    --destination: string     # The service or the page to open
    --print                   # Print the address instead of opening it
    --color: string@"nu-complete jit console color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    role?: string             # The role; default: JIT_ROLE, or your only active role
  ]

  def "nu-complete jit status color" [] {
    [ "auto" "always" "never" ]
  }

  # Show your grants and requests
  export extern "jit status" [
    --all                     # Show everybody's access that you may revoke or audit
    --verify                  # Ask the cloud which identity the credentials have
    --json                    # Write JSON
    --color: string@"nu-complete jit status color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete jit show color" [] {
    [ "auto" "always" "never" ]
  }

  # Show one request in full
  export extern "jit show" [
    --plan: string            # The JSON of the plan that the command applies, to be shown; refused unless it is the one that was signed
    --json                    # Write JSON
    --color: string@"nu-complete jit show color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    request?: string          # The role, or the request's id or a prefix of it; default: JIT_ROLE, your only open request, or choose
  ]

  def "nu-complete jit inbox color" [] {
    [ "auto" "always" "never" ]
  }

  # List the requests that you may review, the oldest first
  export extern "jit inbox" [
    --list                    # Print the list once, also on a terminal
    --json                    # Write JSON
    --color: string@"nu-complete jit inbox color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete jit approve color" [] {
    [ "auto" "always" "never" ]
  }

  # Approve a request, or confirm emergency access afterwards
  export extern "jit approve" [
    --comment: string         # A comment for the requester and the audit log
    --for: string             # Approve for at most this long
    --scope: string           # Approve for no more than this scope of the role
    --plan: string            # The JSON of the plan that the command applies, to be shown; refused unless it is the one that was signed
    --yes(-y)                 # Skip the question
    --json                    # Write the request as JSON
    --color: string@"nu-complete jit approve color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    id?: string               # The request's whole id, or the role if one request for it waits; default: choose
  ]

  def "nu-complete jit deny color" [] {
    [ "auto" "always" "never" ]
  }

  # Deny a request; this is final
  export extern "jit deny" [
    --reason: string          # Why; the requester reads it. Without it, jit asks on a terminal
    --yes(-y)                 # Skip the question
    --json                    # Write the request as JSON
    --color: string@"nu-complete jit deny color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    id?: string               # The request's whole id, or the role if it has one request; default: choose
  ]

  def "nu-complete jit extend color" [] {
    [ "auto" "always" "never" ]
  }

  # Ask for more time; running commands continue
  export extern "jit extend" [
    --for: string             # How much longer, like 30m or 1h; default: the role's duration
    --reason: string          # Why; default: the reason of the access itself
    --no-wait                 # Do not wait for the approval
    --yes(-y)                 # Skip the question
    --json                    # Write the request as JSON
    --color: string@"nu-complete jit extend color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    request?: string          # The role, or the request's whole id; default: JIT_ROLE, or your only active role
  ]

  def "nu-complete jit end color" [] {
    [ "auto" "always" "never" ]
  }

  # End your access, or cancel your request
  export extern "jit end" [
    --wait                    # Wait until the end is recorded, and say how it ended
    --json                    # Write the request as JSON
    --color: string@"nu-complete jit end color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    request?: string          # The role, or the request's whole id; default: JIT_ROLE, or choose on a terminal
  ]

  def "nu-complete jit revoke color" [] {
    [ "auto" "always" "never" ]
  }

  # End another person's access
  export extern "jit revoke" [
    --person: string          # Revoke all that this person holds or waits for, by their name in the policy
    --reason: string          # Why; shown to the requester and in the audit log. Without it, jit asks on a terminal
    --yes(-y)                 # Skip the question
    --json                    # Write the request as JSON; with --person, a list of them
    --color: string@"nu-complete jit revoke color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    id?: string               # The request's whole id, or the role if one person has it; default: choose
  ]

  def "nu-complete jit web color" [] {
    [ "auto" "always" "never" ]
  }

  # Sign a browser in on the broker's approval page
  export extern "jit web" [
    --no-open                 # Open no browser; type the address yourself
    --color: string@"nu-complete jit web color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    request?: string          # The request to open; default: the list
  ]

  def "nu-complete jit break-glass color" [] {
    [ "auto" "always" "never" ]
  }

  # Take a role without approval in an emergency; everybody is told
  export extern "jit break-glass" [
    --reason: string          # What happened; the notices, the reviewer and the audit log show it
    --for: string             # For how long, like 15m; default: the role's duration, within the limit for emergencies
    --yes(-y)                 # Skip the question
    --json                    # Write the request as JSON
    --color: string@"nu-complete jit break-glass color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    role: string              # The role
  ]

  def "nu-complete jit audit color" [] {
    [ "auto" "always" "never" ]
  }

  # Read the audit log
  export extern "jit audit" [
    --color: string@"nu-complete jit audit color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete jit audit list color" [] {
    [ "auto" "always" "never" ]
  }

  # List the events of the audit log, the newest last
  export extern "jit audit list" [
    --person: string          # Only events that this person caused, or that are about their requests or their agents'
    --role: string            # Only events about requests for this role
    --since: string           # Only events since then: how long ago (2d, 3h), a day (2026-11-24) or a time
    --last: string            # How many of the newest events to show [default: 50]
    --all                     # Show all events
    --after: string           # Only events after this number; the chain is checked from there on
    --json                    # Write JSON, with each event as it is chained
    --color: string@"nu-complete jit audit list color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    request?: string          # Only events of this request, by its whole id
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "jit audit help" [
  ]

  # List the events of the audit log, the newest last
  export extern "jit audit help list" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "jit audit help help" [
  ]

  def "nu-complete jit report color" [] {
    [ "auto" "always" "never" ]
  }

  # Report who had what access when, and who agreed
  export extern "jit report" [
    --since: string           # Only since then: how long ago (30d), a day (2026-11-24) or a time
    --until: string           # Only until then; a day is meant to its end
    --role: string            # Only requests for this role
    --person: string          # Only requests that this person made or reviewed
    --log: path               # Read an exported log instead of the authority's
    --policy: path            # Compare with this policy: roles nobody used, people who left, and who could approve alone
    --kept: string            # Refuse a log without this hash, which an earlier report named
    --csv                     # Write CSV, one line a request
    --json                    # Write JSON
    --color: string@"nu-complete jit report color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete jit serve behind_tls_proxy" [] {
    [ "true" "false" ]
  }

  def "nu-complete jit serve web" [] {
    [ "true" "false" ]
  }

  def "nu-complete jit serve log_format" [] {
    [ "text" "json" ]
  }

  def "nu-complete jit serve metrics_reachable" [] {
    [ "true" "false" ]
  }

  def "nu-complete jit serve sandbox" [] {
    [ "true" "false" ]
  }

  def "nu-complete jit serve color" [] {
    [ "auto" "always" "never" ]
  }

  # Run your team's broker
  export extern "jit serve" [
    --config: path            # A settings file in TOML, with a key for each flag; flags overrule it
    --check                   # Check the settings and the policy's folder, and do not start
    --policy: string          # The policy: a folder, or a git repository and branch, fetched every minute
    --policy-accept: string   # Accept this commit although the branch was rewritten
    --policy-hook-secret: path # A file with the secret of the webhook /v1/hooks/policy; default: JIT_POLICY_HOOK_SECRET
    --events-token: path      # A file with the token of a transmitter of security events (CAEP); default: JIT_EVENTS_TOKEN
    --scim-token: path        # A file with the token of a SCIM client; default: JIT_SCIM_TOKEN
    --url: string             # The address that people use; default: http://LISTEN
    --issuer: string          # The address at which another web host serves the issuer's documents to clouds; default: the broker's
    --issuer-dir: path        # Keep those documents fresh in this folder, for that web host
    --listen: string          # Where to listen; default: 127.0.0.1:8765
    --behind-tls-proxy: string@"nu-complete jit serve behind_tls_proxy" # A proxy in front speaks TLS, so plain http is allowed beyond this machine
    --trusted-proxy: string   # Trust X-Forwarded-For of this proxy; may be repeated
    --kubernetes: string      # The file with the broker's own token for an API server of Kubernetes; may be repeated
    --web: string@"nu-complete jit serve web" # Serve the approval page under /web, where reviewers approve with a passkey
    --data: path              # The database's folder; default: in your state folder
    --keys: path              # The keys' folder; default: DATA/keys. Never back up keys and data together
    --accept-gap: string      # Accept a database that lacks events, by the event with which it ends. Ends every open request and session
    --log-format: string@"nu-complete jit serve log_format" # The form of the log: lines for people, or one JSON object a line; default: text
    --metrics: string         # Serve /metrics in the OpenMetrics format at this address of its own; default: nowhere
    --metrics-reachable: string@"nu-complete jit serve metrics_reachable" # Other machines may read the metrics, which have no password
    --sandbox: string@"nu-complete jit serve sandbox" # Also run the cloud that the policy's sandbox roles open; it is on this machine and opens nothing real
    --color: string@"nu-complete jit serve color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete jit setup color" [] {
    [ "auto" "always" "never" ]
  }

  # Set up profiles, contexts, agents, trust or the issuer
  export extern "jit setup" [
    --color: string@"nu-complete jit setup color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete jit setup agents clients" [] {
    [ "claude" "codex" ]
  }

  def "nu-complete jit setup agents color" [] {
    [ "auto" "always" "never" ]
  }

  # Let a coding agent's client ask jit before it runs a command
  export extern "jit setup agents" [
    --write                   # Change the files
    --color: string@"nu-complete jit setup agents color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    ...clients: string@"nu-complete jit setup agents clients" # The clients; default: every client that jit knows
  ]

  def "nu-complete jit setup aws color" [] {
    [ "auto" "always" "never" ]
  }

  # Write AWS profiles that take their credentials from jit
  export extern "jit setup aws" [
    --diff                    # Print the change only; this is the default
    --write                   # Change the file
    --remove                  # Remove the block
    --color: string@"nu-complete jit setup aws color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    ...roles: string          # Only these roles; default: all roles that you may use
  ]

  def "nu-complete jit setup aws-trust part" [] {
    [ "target" "hub" "hub-permissions" "broker-permissions" ]
  }

  def "nu-complete jit setup aws-trust color" [] {
    [ "auto" "always" "never" ]
  }

  # Print the trust policy for a role in AWS
  export extern "jit setup aws-trust" [
    --policy: path            # Read the role from this policy folder, not from the broker
    --url: string             # The broker's future address, which is also its issuer
    --issuer: string          # The issuer's address; default: the issuer that the broker names
    --principal: string       # The broker's own AWS identity, for a role with `by = "broker"`: an ARN, or `here` on the broker's machine
    --part: string@"nu-complete jit setup aws-trust part" # The document to print, for a role behind a hub (`via`) or with `by = "broker"`
    --color: string@"nu-complete jit setup aws-trust color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    role: string              # The role
  ]

  def "nu-complete jit setup import color" [] {
    [ "auto" "always" "never" ]
  }

  # Propose direct roles from your AWS profiles
  export extern "jit setup import" [
    --write                   # Add the roles to config.toml
    --color: string@"nu-complete jit setup import color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete jit setup issuer color" [] {
    [ "auto" "always" "never" ]
  }

  # Write the issuer's documents for a web host that clouds reach
  export extern "jit setup issuer" [
    --print-keys              # Print the key set, as Google takes it for a provider with uploaded keys
    --issuer: string          # The issuer's address; default: the issuer of the broker
    --url: string             # Fetch from the broker at this address
    --config: path            # Read the keys of the broker with this settings file
    --keys: path              # Read the keys in this key folder of a broker
    --data: path              # Read the keys in this data folder of a broker
    --color: string@"nu-complete jit setup issuer color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    folder?: path             # The folder to write
  ]

  def "nu-complete jit setup kubernetes color" [] {
    [ "auto" "always" "never" ]
  }

  # Write contexts for kubectl that take their tokens from jit
  export extern "jit setup kubernetes" [
    --write                   # Change the file
    --remove                  # Remove the file
    --color: string@"nu-complete jit setup kubernetes color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    ...roles: string          # Only these roles; default: all roles of a cluster that you may use
  ]

  def "nu-complete jit setup trust format" [] {
    [ "text" "terraform" ]
  }

  def "nu-complete jit setup trust color" [] {
    [ "auto" "always" "never" ]
  }

  # Print what a role's place must be told
  export extern "jit setup trust" [
    --policy: path            # Read the role from this policy folder, not from the broker
    --url: string             # The broker's future address, which is also its issuer
    --issuer: string          # The issuer's address; default: the issuer that the broker names
    --principal: string       # The broker's own AWS identity, for a role with `by = "broker"`: an ARN, or `here` on the broker's machine
    --jwks: string            # Upload this key set, so that Google Cloud need not reach the issuer: a file, or `broker` for the broker's
    --format: string@"nu-complete jit setup trust format" # The form
    --color: string@"nu-complete jit setup trust color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    role: string              # The role
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "jit setup help" [
  ]

  # Let a coding agent's client ask jit before it runs a command
  export extern "jit setup help agents" [
  ]

  # Write AWS profiles that take their credentials from jit
  export extern "jit setup help aws" [
  ]

  # Print the trust policy for a role in AWS
  export extern "jit setup help aws-trust" [
  ]

  # Propose direct roles from your AWS profiles
  export extern "jit setup help import" [
  ]

  # Write the issuer's documents for a web host that clouds reach
  export extern "jit setup help issuer" [
  ]

  # Write contexts for kubectl that take their tokens from jit
  export extern "jit setup help kubernetes" [
  ]

  # Print what a role's place must be told
  export extern "jit setup help trust" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "jit setup help help" [
  ]

  def "nu-complete jit exec color" [] {
    [ "auto" "always" "never" ]
  }

  # Run one command with a role; requests it first if needed
  export extern "jit exec" [
    --env                     # Put the credentials into the environment, even if they expire before the access
    --serve                   # Stay as the parent and serve the credentials, even if that is not needed
    --metadata                # Serve the token of a Google Cloud role as a metadata server, too
    --needs: string           # Extend access that ends sooner, or do not start
    --bell                    # Ring the terminal's bell when a request is decided, even if the settings say no
    --bind                    # Run only with access that was approved for exactly this command; asks for it
    --file: string            # A file that belongs to the command of --bind: a plan, a script
    --plan: string            # The JSON of the plan that the command of --bind applies; reviewers are shown it
    --color: string@"nu-complete jit exec color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    ...roles: string          # The roles, the default one first; default: JIT_ROLE, or your only active role
  ]

  def "nu-complete jit shell color" [] {
    [ "auto" "always" "never" ]
  }

  # Open a shell with a role; requests it first if needed
  export extern "jit shell" [
    --env                     # Put the credentials into the environment, even if they expire before the access
    --serve                   # Stay as the parent and serve the credentials, even if that is not needed
    --metadata                # Serve the token of a Google Cloud role as a metadata server, too
    --color: string@"nu-complete jit shell color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    role?: string             # The role; default: JIT_ROLE, or your only active role
  ]

  def "nu-complete jit credentials format" [] {
    [ "aws" "json" "kubernetes" "token" ]
  }

  def "nu-complete jit credentials color" [] {
    [ "auto" "always" "never" ]
  }

  # Print the credentials of an active role, for programs
  export extern "jit credentials" [
    --format: string@"nu-complete jit credentials format" # The format
    --color: string@"nu-complete jit credentials color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    role: string              # The role
  ]

  def "nu-complete jit demo color" [] {
    [ "auto" "always" "never" ]
  }

  # Watch the whole round trip on this machine; no cloud needed
  export extern "jit demo" [
    --shell                   # Play both people yourself
    --color: string@"nu-complete jit demo color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete jit policy color" [] {
    [ "auto" "always" "never" ]
  }

  # Write, check, test and compare access as code
  export extern "jit policy" [
    --color: string@"nu-complete jit policy color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete jit policy init color" [] {
    [ "auto" "always" "never" ]
  }

  # Write a first policy with your own SSH key
  export extern "jit policy init" [
    --as: string              # Your name in the policy
    --key: string             # Your key: its file, or the fingerprint or comment that `ssh-add -l` shows
    --role-arn: string        # The AWS role that the example opens; then no role opens the sandbox
    --region: string          # Its region
    --color: string@"nu-complete jit policy init color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    folder: path              # The folder to write
  ]

  def "nu-complete jit policy check format" [] {
    [ "human" "json" "github" "sarif" ]
  }

  def "nu-complete jit policy check color" [] {
    [ "auto" "always" "never" ]
  }

  # Check a policy for errors
  export extern "jit policy check" [
    --policy: path            # The policy's folder
    --format: string@"nu-complete jit policy check format" # The output format
    --json                    # Write JSON; the same as --format json
    --color: string@"nu-complete jit policy check color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    folder?: path             # The policy's folder
  ]

  def "nu-complete jit policy test format" [] {
    [ "human" "json" "github" ]
  }

  def "nu-complete jit policy test color" [] {
    [ "auto" "always" "never" ]
  }

  # Run the policy's tests
  export extern "jit policy test" [
    --policy: path            # The policy's folder
    --format: string@"nu-complete jit policy test format" # The output format
    --json                    # Write JSON; the same as --format json
    --color: string@"nu-complete jit policy test color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    folder?: path             # The policy's folder
  ]

  def "nu-complete jit policy explain action" [] {
    [ "request" "extend" "break-glass" ]
  }

  def "nu-complete jit policy explain color" [] {
    [ "auto" "always" "never" ]
  }

  # Show what a policy decides, by which rule, and who could help
  export extern "jit policy explain" [
    --action: string@"nu-complete jit policy explain action" # The kind of request
    --scope: string           # Only this scope of the role
    --for: string             # For how long; default: the role's duration
    --at: string              # At this time; default: now
    --reason: string          # The reason
    --source-ip: string       # The address that the request comes from
    --fact: string            # A fact, like oncall=ana; may be repeated
    --review: string          # A person who approves; may be repeated
    --policy: path            # The policy's folder
    --json                    # Write JSON
    --color: string@"nu-complete jit policy explain color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    who: string               # The person, workload or agent that asks
    role: string              # The role
  ]

  def "nu-complete jit policy matrix layout" [] {
    [ "grid" "list" ]
  }

  def "nu-complete jit policy matrix color" [] {
    [ "auto" "always" "never" ]
  }

  # Show which people may request which roles
  export extern "jit policy matrix" [
    --policy: path            # The policy's folder
    --layout: string@"nu-complete jit policy matrix layout" # The layout; default: a grid where it fits, else a list
    --json                    # Write JSON
    --color: string@"nu-complete jit policy matrix color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    folder?: path             # The policy's folder
  ]

  def "nu-complete jit policy diff format" [] {
    [ "human" "json" "github" ]
  }

  def "nu-complete jit policy diff color" [] {
    [ "auto" "always" "never" ]
  }

  # Show who gains and who loses between two revisions of a policy
  export extern "jit policy diff" [
    --policy: string          # The policy's folder in the repository
    --format: string@"nu-complete jit policy diff format" # The output format
    --json                    # Write JSON; the same as --format json
    --color: string@"nu-complete jit policy diff color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    base: string              # The earlier revision, or the path of a folder
    head?: string             # The later revision or folder
  ]

  def "nu-complete jit policy schema color" [] {
    [ "auto" "always" "never" ]
  }

  # Print the schemas of policy files and of the broker's settings, for editors
  export extern "jit policy schema" [
    --output: path            # Write all schemas into this folder
    --color: string@"nu-complete jit policy schema color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    name?: string             # The schema to print; default: list their names
  ]

  def "nu-complete jit policy import color" [] {
    [ "auto" "always" "never" ]
  }

  # Propose a first policy from AWS or GitHub
  export extern "jit policy import" [
    --output: path            # Write the files into this new folder
    --json                    # Write JSON: each file's text by its path
    --color: string@"nu-complete jit policy import color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete jit policy import aws color" [] {
    [ "auto" "always" "never" ]
  }

  # Propose roles from permission sets and assignments that the AWS CLI printed
  export extern "jit policy import aws" [
    --region: string          # The region of the proposed roles
    --output: path            # Write the files into this new folder
    --json                    # Write JSON: each file's text by its path
    --color: string@"nu-complete jit policy import aws color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    file: path                # A file with the output of `aws sso-admin`
  ]

  def "nu-complete jit policy import profiles color" [] {
    [ "auto" "always" "never" ]
  }

  # Propose roles from the profiles in ~/.aws/config
  export extern "jit policy import profiles" [
    --region: string          # The region, if the profile has none
    --output: path            # Write the files into this new folder
    --json                    # Write JSON: each file's text by its path
    --color: string@"nu-complete jit policy import profiles color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete jit policy import github color" [] {
    [ "auto" "always" "never" ]
  }

  # Propose the members of a GitHub organisation, with ids and published keys
  export extern "jit policy import github" [
    --output: path            # Write the files into this new folder
    --json                    # Write JSON: each file's text by its path
    --color: string@"nu-complete jit policy import github color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    organisation: string      # The organisation
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "jit policy import help" [
  ]

  # Propose roles from permission sets and assignments that the AWS CLI printed
  export extern "jit policy import help aws" [
  ]

  # Propose roles from the profiles in ~/.aws/config
  export extern "jit policy import help profiles" [
  ]

  # Propose the members of a GitHub organisation, with ids and published keys
  export extern "jit policy import help github" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "jit policy import help help" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "jit policy help" [
  ]

  # Write a first policy with your own SSH key
  export extern "jit policy help init" [
  ]

  # Check a policy for errors
  export extern "jit policy help check" [
  ]

  # Run the policy's tests
  export extern "jit policy help test" [
  ]

  # Show what a policy decides, by which rule, and who could help
  export extern "jit policy help explain" [
  ]

  # Show which people may request which roles
  export extern "jit policy help matrix" [
  ]

  # Show who gains and who loses between two revisions of a policy
  export extern "jit policy help diff" [
  ]

  # Print the schemas of policy files and of the broker's settings, for editors
  export extern "jit policy help schema" [
  ]

  # Propose a first policy from AWS or GitHub
  export extern "jit policy help import" [
  ]

  # Propose roles from permission sets and assignments that the AWS CLI printed
  export extern "jit policy help import aws" [
  ]

  # Propose roles from the profiles in ~/.aws/config
  export extern "jit policy help import profiles" [
  ]

  # Propose the members of a GitHub organisation, with ids and published keys
  export extern "jit policy help import github" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "jit policy help help" [
  ]

  def "nu-complete jit ci color" [] {
    [ "auto" "always" "never" ]
  }

  # Decide and issue credentials in GitHub Actions, without a broker
  export extern "jit ci" [
    --color: string@"nu-complete jit ci color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete jit ci init color" [] {
    [ "auto" "always" "never" ]
  }

  # Set up a repository on GitHub that decides and issues credentials
  export extern "jit ci init" [
    --repository: string      # The access repository
    --owners: string          # The owners of the policy: people and teams on GitHub
    --download: string        # The address from which the workflows download jit
    --sha256: string          # The SHA-256 of that file; without it, jit fetches the file once and says it
    --apply                   # Set the repository up at GitHub
    --yes(-y)                 # Agree to what would change
    --log-writer: string      # The only writer of the log, instead of a new GitHub App: app:ID or team:ID
    --key-file: path          # A file for the log's new private key, instead of the secret at GitHub
    --new-log-key             # Give the log another key; the old one still verifies what it signed
    --no-browser              # Only print the address of the page that makes the app
    --color: string@"nu-complete jit ci init color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete jit ci check color" [] {
    [ "auto" "always" "never" ]
  }

  # Comment on a pull request what it requests or changes
  export extern "jit ci check" [
    --print                   # Only print the comment
    --color: string@"nu-complete jit ci check color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete jit ci decide color" [] {
    [ "auto" "always" "never" ]
  }

  # Verify a request and record the decision
  export extern "jit ci decide" [
    --color: string@"nu-complete jit ci decide color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete jit ci mint color" [] {
    [ "auto" "always" "never" ]
  }

  # Verify a request again, get its credentials, seal them and print them
  export extern "jit ci mint" [
    --color: string@"nu-complete jit ci mint color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "jit ci help" [
  ]

  # Set up a repository on GitHub that decides and issues credentials
  export extern "jit ci help init" [
  ]

  # Comment on a pull request what it requests or changes
  export extern "jit ci help check" [
  ]

  # Verify a request and record the decision
  export extern "jit ci help decide" [
  ]

  # Verify a request again, get its credentials, seal them and print them
  export extern "jit ci help mint" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "jit ci help help" [
  ]

  def "nu-complete jit doctor color" [] {
    [ "auto" "always" "never" ]
  }

  # Check that jit is set up correctly
  export extern "jit doctor" [
    --forbidden-path          # Test, without a question, whether your own AWS identity can assume the roles, and read Google's providers with your gcloud
    --json                    # Write JSON
    --reach: string           # Connect to this port of this machine, and nothing else
    --color: string@"nu-complete jit doctor color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    repository?: string       # Check only this repository: github:OWNER/NAME
  ]

  def "nu-complete jit man color" [] {
    [ "auto" "always" "never" ]
  }

  # Show a manual page
  export extern "jit man" [
    --color: string@"nu-complete jit man color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    ...command: string        # The command, like request or policy check; default: jit itself
  ]

  def "nu-complete jit mcp color" [] {
    [ "auto" "always" "never" ]
  }

  # Serve tools to a coding agent: ask for roles, wait, run commands
  export extern "jit mcp" [
    --color: string@"nu-complete jit mcp color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete jit version color" [] {
    [ "auto" "always" "never" ]
  }

  # Show which build of jit this is, and whether a release has it
  export extern "jit version" [
    --verify: path            # Compare this program with a release's list of checksums, or with another build
    --check                   # Ask GitHub whether a newer release is published
    --json                    # Write JSON
    --color: string@"nu-complete jit version color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete jit prompt shell" [] {
    [ "plain" "bash" "zsh" "fish" "powershell" "nu" ]
  }

  def "nu-complete jit prompt color" [] {
    [ "auto" "always" "never" ]
  }

  # Print active access for a shell prompt (empty if none)
  export extern "jit prompt" [
    --format: string          # The text for each role; {role}, {account} and {left} are filled in
    --shell: string@"nu-complete jit prompt shell" # Escape for the prompt of this shell
    --json                    # Write all active access as JSON
    --hook                    # Answer the hook of `jit init`
    --since: string           # When the hook last asked, in seconds since 1970
    --color: string@"nu-complete jit prompt color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete jit hook client" [] {
    [ "claude" "codex" ]
  }

  def "nu-complete jit hook color" [] {
    [ "auto" "always" "never" ]
  }

  # Tell a coding agent's client which commands need a role
  export extern "jit hook" [
    --color: string@"nu-complete jit hook color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    client: string@"nu-complete jit hook client" # The client
  ]

  def "nu-complete jit init shell" [] {
    [ "bash" "zsh" "fish" "powershell" "nu" "elvish" ]
  }

  def "nu-complete jit init color" [] {
    [ "auto" "always" "never" ]
  }

  # Print the hook that shows your access in the shell's prompt
  export extern "jit init" [
    --variable                # Only set the exported variable JIT_PROMPT, for a prompt of your own
    --color: string@"nu-complete jit init color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    shell: string@"nu-complete jit init shell" # Your shell
  ]

  def "nu-complete jit config color" [] {
    [ "auto" "always" "never" ]
  }

  # Show and change your settings
  export extern "jit config" [
    --color: string@"nu-complete jit config color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete jit config path color" [] {
    [ "auto" "always" "never" ]
  }

  # Print where your config.toml is
  export extern "jit config path" [
    --color: string@"nu-complete jit config path color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete jit config get key" [] {
    [ "keychain" "credentials" "bell" "authority.url" "authority.api" "authority.client_id" "authority.key" "authority.key_file" "defaults.duration" ]
  }

  def "nu-complete jit config get color" [] {
    [ "auto" "always" "never" ]
  }

  # Show settings, their values and where they come from
  export extern "jit config get" [
    --json                    # Write JSON
    --color: string@"nu-complete jit config get color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    key?: string@"nu-complete jit config get key" # The setting; default: all
  ]

  def "nu-complete jit config set key" [] {
    [ "keychain" "credentials" "bell" "authority.url" "authority.api" "authority.client_id" "authority.key" "authority.key_file" "defaults.duration" ]
  }

  def "nu-complete jit config set color" [] {
    [ "auto" "always" "never" ]
  }

  # Set one setting in your config.toml
  export extern "jit config set" [
    --color: string@"nu-complete jit config set color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    key: string@"nu-complete jit config set key" # The setting
    value: string             # Its value
  ]

  def "nu-complete jit config unset key" [] {
    [ "keychain" "credentials" "bell" "authority.url" "authority.api" "authority.client_id" "authority.key" "authority.key_file" "defaults.duration" ]
  }

  def "nu-complete jit config unset color" [] {
    [ "auto" "always" "never" ]
  }

  # Take one setting out of your config.toml
  export extern "jit config unset" [
    --color: string@"nu-complete jit config unset color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    key: string@"nu-complete jit config unset key" # The setting
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "jit config help" [
  ]

  # Print where your config.toml is
  export extern "jit config help path" [
  ]

  # Show settings, their values and where they come from
  export extern "jit config help get" [
  ]

  # Set one setting in your config.toml
  export extern "jit config help set" [
  ]

  # Take one setting out of your config.toml
  export extern "jit config help unset" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "jit config help help" [
  ]

  def "nu-complete jit learn color" [] {
    [ "auto" "always" "never" ]
  }

  # Propose a narrower scope from what a role's sessions did
  export extern "jit learn" [
    --cloudtrail: path        # An export of CloudTrail, or a folder of exports
    --scope: string           # The name of the proposed scope
    --approval: string        # The scope's rule of approval; default: the role's
    --policy: path            # The policy's folder
    --json                    # Write JSON
    --color: string@"nu-complete jit learn color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    role: string              # The role
  ]

  def "nu-complete jit completions shell" [] {
    [ "bash" "zsh" "fish" "powershell" "nu" "elvish" ]
  }

  def "nu-complete jit completions color" [] {
    [ "auto" "always" "never" ]
  }

  # Print the completion script of a shell
  export extern "jit completions" [
    --color: string@"nu-complete jit completions color" # When to use colour
    --help(-h)                # Print help (see more with '--help')
    shell: string@"nu-complete jit completions shell" # The shell
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "jit help" [
  ]

  # Log in to your team's broker or repository
  export extern "jit help login" [
  ]

  # End the session with the broker
  export extern "jit help logout" [
  ]

  # End your session here and remove credentials until you log in
  export extern "jit help lock" [
  ]

  # Show your identity at the broker or in the cloud
  export extern "jit help whoami" [
  ]

  # List, add, confirm and drop the keys that sign-ins enrolled
  export extern "jit help key" [
  ]

  # List your enrolled keys, and those that you may vouch for
  export extern "jit help key list" [
  ]

  # Enrol a key that signs elsewhere, such as a passkey, by signing in with your account
  export extern "jit help key add" [
  ]

  # Confirm an enrolled key of yours, with the key of your login
  export extern "jit help key confirm" [
  ]

  # Vouch that an enrolled key is another person's
  export extern "jit help key vouch" [
  ]

  # Drop an enrolled key of yours, with its sessions
  export extern "jit help key drop" [
  ]

  # Give a coding agent an identity of its own
  export extern "jit help agent" [
  ]

  # Make an agent's key, keep it in the keychain, and print its block for people.toml
  export extern "jit help agent init" [
  ]

  # List the roles that you may request, who approves, and how long
  export extern "jit help roles" [
  ]

  # Ask for a role, wait for approval, get the credentials
  export extern "jit help request" [
  ]

  # Continue waiting for a request, from any terminal
  export extern "jit help wait" [
  ]

  # Print the credentials as variables for a shell
  export extern "jit help env" [
  ]

  # Open the web console with a role; requests it first if needed
  export extern "jit help console" [
  ]

  # Show your grants and requests
  export extern "jit help status" [
  ]

  # Show one request in full
  export extern "jit help show" [
  ]

  # List the requests that you may review, the oldest first
  export extern "jit help inbox" [
  ]

  # Approve a request, or confirm emergency access afterwards
  export extern "jit help approve" [
  ]

  # Deny a request; this is final
  export extern "jit help deny" [
  ]

  # Ask for more time; running commands continue
  export extern "jit help extend" [
  ]

  # End your access, or cancel your request
  export extern "jit help end" [
  ]

  # End another person's access
  export extern "jit help revoke" [
  ]

  # Sign a browser in on the broker's approval page
  export extern "jit help web" [
  ]

  # Take a role without approval in an emergency; everybody is told
  export extern "jit help break-glass" [
  ]

  # Read the audit log
  export extern "jit help audit" [
  ]

  # List the events of the audit log, the newest last
  export extern "jit help audit list" [
  ]

  # Report who had what access when, and who agreed
  export extern "jit help report" [
  ]

  # Run your team's broker
  export extern "jit help serve" [
  ]

  # Set up profiles, contexts, agents, trust or the issuer
  export extern "jit help setup" [
  ]

  # Let a coding agent's client ask jit before it runs a command
  export extern "jit help setup agents" [
  ]

  # Write AWS profiles that take their credentials from jit
  export extern "jit help setup aws" [
  ]

  # Print the trust policy for a role in AWS
  export extern "jit help setup aws-trust" [
  ]

  # Propose direct roles from your AWS profiles
  export extern "jit help setup import" [
  ]

  # Write the issuer's documents for a web host that clouds reach
  export extern "jit help setup issuer" [
  ]

  # Write contexts for kubectl that take their tokens from jit
  export extern "jit help setup kubernetes" [
  ]

  # Print what a role's place must be told
  export extern "jit help setup trust" [
  ]

  # Run one command with a role; requests it first if needed
  export extern "jit help exec" [
  ]

  # Open a shell with a role; requests it first if needed
  export extern "jit help shell" [
  ]

  # Print the credentials of an active role, for programs
  export extern "jit help credentials" [
  ]

  # Watch the whole round trip on this machine; no cloud needed
  export extern "jit help demo" [
  ]

  # Write, check, test and compare access as code
  export extern "jit help policy" [
  ]

  # Write a first policy with your own SSH key
  export extern "jit help policy init" [
  ]

  # Check a policy for errors
  export extern "jit help policy check" [
  ]

  # Run the policy's tests
  export extern "jit help policy test" [
  ]

  # Show what a policy decides, by which rule, and who could help
  export extern "jit help policy explain" [
  ]

  # Show which people may request which roles
  export extern "jit help policy matrix" [
  ]

  # Show who gains and who loses between two revisions of a policy
  export extern "jit help policy diff" [
  ]

  # Print the schemas of policy files and of the broker's settings, for editors
  export extern "jit help policy schema" [
  ]

  # Propose a first policy from AWS or GitHub
  export extern "jit help policy import" [
  ]

  # Propose roles from permission sets and assignments that the AWS CLI printed
  export extern "jit help policy import aws" [
  ]

  # Propose roles from the profiles in ~/.aws/config
  export extern "jit help policy import profiles" [
  ]

  # Propose the members of a GitHub organisation, with ids and published keys
  export extern "jit help policy import github" [
  ]

  # Decide and issue credentials in GitHub Actions, without a broker
  export extern "jit help ci" [
  ]

  # Set up a repository on GitHub that decides and issues credentials
  export extern "jit help ci init" [
  ]

  # Comment on a pull request what it requests or changes
  export extern "jit help ci check" [
  ]

  # Verify a request and record the decision
  export extern "jit help ci decide" [
  ]

  # Verify a request again, get its credentials, seal them and print them
  export extern "jit help ci mint" [
  ]

  # Check that jit is set up correctly
  export extern "jit help doctor" [
  ]

  # Show a manual page
  export extern "jit help man" [
  ]

  # Serve tools to a coding agent: ask for roles, wait, run commands
  export extern "jit help mcp" [
  ]

  # Show which build of jit this is, and whether a release has it
  export extern "jit help version" [
  ]

  # Print active access for a shell prompt (empty if none)
  export extern "jit help prompt" [
  ]

  # Tell a coding agent's client which commands need a role
  export extern "jit help hook" [
  ]

  # Print the hook that shows your access in the shell's prompt
  export extern "jit help init" [
  ]

  # Show and change your settings
  export extern "jit help config" [
  ]

  # Print where your config.toml is
  export extern "jit help config path" [
  ]

  # Show settings, their values and where they come from
  export extern "jit help config get" [
  ]

  # Set one setting in your config.toml
  export extern "jit help config set" [
  ]

  # Take one setting out of your config.toml
  export extern "jit help config unset" [
  ]

  # Propose a narrower scope from what a role's sessions did
  export extern "jit help learn" [
  ]

  # Print the completion script of a shell
  export extern "jit help completions" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "jit help help" [
  ]

}

export use completions *
