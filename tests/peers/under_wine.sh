#!/usr/bin/env bash
# shellcheck disable=SC1003 # paths of Windows end with a backslash
# Runs jit for Windows under Wine, in the system that tests/windows makes. Each person, and the broker, is a Windows of their own.
# Prints a line for each check, and ends with 1 if one failed.
set -uo pipefail

export WINEDEBUG=-all WINEPATH='C:\windows;C:\windows\system32' PATH=$PATH:/usr/lib/x86_64-linux-gnu/wine
# The variable is a Unix program's, and would be no Windows path.
unset TMPDIR
failures=0
passes=0
scratch=/people/now
rm -rf "$scratch"
mkdir -p "$scratch"
cd "$scratch" || exit

# ok WHAT COMMAND...: a check passes if the command does; otherwise its output is shown.
ok() {
    local what=$1
    shift
    if "$@" >"$scratch/said" 2>&1; then
        printf 'ok      %s\n' "$what"
        passes=$((passes + 1))
    else
        printf 'FAILED  %s\n' "$what"
        sed 's/^/        /' "$scratch/said" | tail -n 25
        failures=$((failures + 1))
    fi
}

# as PERSON WORD...: runs a program of Windows as this person; what it prints has Unix's line ends.
as() {
    local person=$1
    shift
    WINEPREFIX=/people/windows/$person timeout 60 wine "$@" 2> >(tr -d '\r' >&2) | tr -d '\r'
}
jit() {
    local person=$1
    shift
    as "$person" 'C:\jit\jit.exe' "$@"
}
ana() { jit ana "$@"; }
bo() { jit bo "$@"; }

# says PATTERN COMMAND...: the command's output has a line with this pattern, whatever its code.
says() {
    local pattern=$1 output
    shift
    output=$("$@" 2>&1)
    printf '%s\n' "$output"
    grep -qE -- "$pattern" <<<"$output"
}
# code NUMBER COMMAND...: it ends with this code.
code() {
    local wanted=$1 code=0
    shift
    "$@" || code=$?
    printf 'code %s\n' "$code"
    [ "$code" -eq "$wanted" ]
}
# ends NUMBER PATTERN COMMAND...: both.
ends() {
    local number=$1 pattern=$2 output result=0
    shift 2
    output=$(code "$number" "$@" 2>&1) || result=1
    printf '%s\n' "$output"
    [ $result -eq 0 ] && grep -qE -- "$pattern" <<<"$output"
}
home=users/$(basename "$HOME")
drive() { printf '/people/windows/%s/drive_c/%s' "$1" "$2"; }

# A Windows for each: made once, and copied, its own files as links: nothing here writes to them.
[ -d "$HOME"/.wine/drive_c/windows/system32 ] || timeout 180 wineboot --init >/dev/null 2>&1
wineserver -w
rm -rf /people/windows
mkdir -p /people/windows
for person in ana bo broker; do
    cp -al "$HOME"/.wine "/people/windows/$person"
    cp -a --remove-destination "$HOME"/.wine/*.reg "/people/windows/$person"
    mkdir -p "$(drive $person jit)" "$(drive $person "$home"/.ssh)"
    cp /jit/jit.exe /jit/peer.exe "$(drive $person jit)"
    [ ! -f "/people/$person" ] || cp "/people/$person" "/people/$person.pub" "$(drive $person "$home"/.ssh)/"
done
peer='C:\jit\peer.exe'

ok 'jit --help' says '^Usage: jit' ana --help
ok 'jit version names this system' says 'x86_64-pc-windows-gnu' ana version
ok 'a word that is no command: code 2' code 2 ana nonsense
ok 'jit init powershell names the program and the index' says "Executable = 'C:\\\\jit\\\\jit.exe'" ana init powershell
ok 'its text has no line that only Unix could end' says '^function global:' ana init powershell
ok 'jit demo, the whole round trip' says 'the demo has removed all its files' ana demo
demo_left() { [ -z "$(find "$(drive ana "$home"/AppData/Local/Temp)" /tmp -maxdepth 1 -name 'jit-*' 2>/dev/null)" ]; }
ok 'and it did' demo_left

# A broker of three roles. The lease of the last is longer than an item of the Credential Manager.
port=$(shuf -i 20000-29999 -n 1)
url=http://127.0.0.1:$port
mkdir -p access/roles
printf 'version = 1\nauditors = ["person:bo"]\n' >access/access.toml
printf '[people.ana]\nname = "Ana"\nkeys = ["%s"]\n[people.bo]\nname = "Bo"\nkeys = ["%s"]\n[groups]\ndev = ["ana"]\nsre = ["bo"]\n' \
    "$(cat /people/ana.pub)" "$(cat /people/bo.pub)" >access/people.toml
for role in orders stock; do
    # CRLF, as an editor on Windows writes it.
    printf '%s\r\n' 'description = "Look after orders"' 'requesters = ["group:dev"]' 'approval = "1 of group:sre"' \
        'gate = ["terraform apply"]' 'duration = "1h"' 'max_duration = "4h"' 'lease = "1h"' 'reason = "required"' '[sandbox]' \
        "role_arn = \"arn:aws:iam::000000000042:role/$role\"" "endpoint_url = \"http://127.0.0.1:$((port + 1))\"" >"access/roles/$role.toml"
done
sed -n '1,/^reason/p' access/roles/stock.toml >access/roles/registry.toml
printf '[token]\naudience = "https://registry.example.com/%s"\nclaims = { groups = ["%s"] }\n' \
    "$(printf '%0200d' 0)" "$(seq 1000001 1000150 | paste -sd , | sed 's/,/","/g')" >>access/roles/registry.toml
cp -r access "$(drive broker access)"
WINEPREFIX=/people/windows/broker wine 'C:\jit\jit.exe' serve --policy 'C:\access' --listen "127.0.0.1:$port" --sandbox \
    --data 'C:\broker\data' --keys 'C:\broker\keys' >serve.log 2>&1 &
broker=$!
wait_for_broker() {
    for _ in $(seq 100); do
        ! grep -q 'the broker listens' serve.log || return 0
        sleep 0.2
    done
    cat serve.log
    return 1
}
ok 'jit serve' wait_for_broker
# Windows lets nobody read the bytes of a locked file, so the lock itself cannot name its holder.
second() { ends 1 'process [0-9]+' jit broker serve --policy 'C:\access' --listen "127.0.0.1:$((port + 2))" --sandbox --data 'C:\broker\data' --keys 'C:\broker\keys'; }
ok 'a second broker with the same keys names the process that has them' second

ok 'without an ssh-agent and a key, login says what to do' says 'key' ana login "$url" --as ana --key SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
ok 'jit login with the file of a key' says 'keychain +credential-manager' ana login "$url" --as ana --key 'C:\users\root\.ssh\ana'
ok 'jit login with a path of the form \\?\' says 'logged in' bo login "$url" --as bo --key '\\?\C:\users\root\.ssh\bo'
# request ROLE: asks and approves.
request() {
    local id
    id=$(ana request "$1" --reason 'INC-42 orders' --no-wait -y) || return 1
    printf 'request %s\n' "$id"
    bo approve "$id" -y
}
ok 'jit request and jit approve' request orders
ok 'and for another role' request stock
ok 'and for one whose lease is long' request registry
ok 'jit status' says 'orders +active|orders +approved' ana status

# What a command sees.
ok 'the exit code of a command: 7' code 7 ana exec orders -- cmd /c exit 7
ok 'and with jit as its parent that serves' code 7 ana exec --serve orders -- cmd /c exit 7
# Unix sees the lowest eight bits of it; Windows all.
wide() { says 'ended with 3221225786' as ana "$peer" press 0 'C:\jit\jit.exe' exec orders -- "$peer" exit 0xC000013A; }
ok 'a code of 32 bits is passed on whole' wide
# `cmd` is the shell of Windows; COMSPEC names it. Wine's reads all of a pipe for its first line.
shell() { printf 'echo the key is %%AWS_ACCESS_KEY_ID%%& exit 5\r\n' | ends 5 'the key is [A-Z0-9]{16}' ana shell --env orders; }
ok 'jit shell' shell
ok 'a command that does not exist: code 127' code 127 ana exec orders -- no-such-command
ok 'the environment has the credentials' says '^AWS_ACCESS_KEY_ID=' ana exec --env orders -- cmd /c set
one_path() { [ "$(ana exec --env orders -- cmd /c set | grep -ciE '^path=')" -eq 1 ]; }
ok 'and one PATH' one_path
words() {
    local said
    said=$(ana exec --env orders -- "$peer" words 'a b' 'c"d' '' 'e\' '%PATH%' '^&|')
    printf '%s\n' "$said"
    [ "$said" = "$(printf '<%s>\n' 'a b' 'c"d' '' 'e\' '%PATH%' '^&|')" ]
}
ok 'words arrive as they were typed' words
printf '@echo script %%1\r\n' >"$(drive ana windows/tool.cmd)"
ok 'a script is found by its bare name, as az and npm are' says '^script there' ana exec --env orders -- tool there
ok 'jit credentials --format aws' says '"AccessKeyId"' ana credentials --format aws orders
ok 'two roles of one place are profiles' says '^.profile stock.' ana exec orders stock -- cmd /c 'type %AWS_CONFIG_FILE%'
private_left() { [ -z "$(find /people/windows/ana/drive_c -name 'jit-exec-*' 2>/dev/null)" ]; }
ok 'their private files are gone' private_left

# The Credential Manager, which Wine keeps in its registry.
items() { as ana reg query 'HKCU\Software\Wine\Credential Manager' /s; }
ok 'jit wait' says '^registry .* is active' ana wait registry
ok 'the Credential Manager keeps the lease' says 'Generic: jit lease:' items
only_local() {
    local all
    all=$(items | grep -E '^ *Persist ')
    printf '%s\n' "$all"
    [ -n "$all" ] && ! grep -v '0x2$' <<<"$all"
}
ok 'and every item for this machine alone' only_local
token() { ana credentials --format token registry; }
long() {
    local token
    token=$(token)
    printf '%s\n' "${#token}"
    [ "${#token}" -gt 2560 ]
}
ok 'a token longer than the 2560 bytes of an item is stored' long
parts() { items | grep -c 'Generic: jit lease:[^ ]*#[01]\.'; }
ok 'in parts' says '^[2-9]' parts
whole() {
    local one
    one=$(token)
    [ -n "$one" ] && [ "$(ana exec --env registry -- cmd /c echo %JIT_TOKEN%)" = "$one" ]
}
ok 'and a later process reads it whole' whole
ok 'jit prompt names what is active' says 'orders' ana prompt
# `canonicalize` makes such paths on Windows, so they end up in settings.
deep() {
    export JIT_STATE_DIR='\\?\C:\deep\state'
    says 'orders +active' ana status && ana exec orders stock -- cmd /c 'type %AWS_CONFIG_FILE%' && [ -f "$(drive ana deep/state/grants.json)" ]
    local result=$?
    unset JIT_STATE_DIR
    return $result
}
ok 'a state folder of the form \\?\' deep

# Processes that end together. TICKS counts what a child of the command writes.
size() { stat -c %s "$(drive ana "$1")" 2>/dev/null || echo 0; }
grows() {
    local before
    before=$(size "$1")
    sleep 1.5
    [ "$(size "$1")" -gt "$before" ]
}
# dies FORM: jit is killed, and with it the command and the command's child.
dies() {
    rm -f "$(drive ana ticks)" "$(drive ana own)"
    WINEPREFIX=/people/windows/ana wine 'C:\jit\jit.exe' exec "$1" orders -- "$peer" stay 'C:\ticks' 'C:\own' &
    local _
    for _ in $(seq 50); do
        [ "$(size own)" -eq 0 ] || break
        sleep 0.2
    done
    grows ticks || return
    grows own || return
    as ana taskkill /f /im jit.exe
    sleep 1
    ! grows ticks && ! grows own
}
ok 'a jit that is killed takes the command and its children along' dies --env
ok 'and a jit that serves does' dies --serve
lives() {
    rm -f "$(drive ana ticks)"
    # Into a file: the reader of a pipe would wait for all that write to it.
    WINEPREFIX=/people/windows/ana code 3 wine 'C:\jit\jit.exe' exec --env orders -- "$peer" leave 'C:\ticks' >left 2>&1 || return 1
    grows ticks
    local result=$?
    as ana taskkill /f /im peer.exe
    return $result
}
ok 'what a command leaves running when it ends lives on' lives

# Ctrl-C, pressed on a console that all three share.
press() {
    WINEPREFIX=/people/windows/ana code 42 timeout 60 script -qec \
        "wine '$peer' press 6000 C:/jit/jit.exe exec $1 orders -- C:/jit/peer.exe wait-for-ctrl-c" /dev/null </dev/null
}
ok 'Ctrl-C is the command'"'"'s: jit waits while it tidies up, and passes on its code' press --env
ok 'and with jit as its parent that serves' press --serve

# The hook of a coding agent's client: a code of 2 blocks the call, and the reason is on standard error.
# call TOOL COMMAND
call() {
    printf '{"hook_event_name":"PreToolUse","tool_name":"%s","tool_input":{"command":"%s"}}' "$1" "$2" | ana hook claude
}
ok 'jit hook blocks a command that a role gates with code 2, and says how to ask' ends 2 'jit request' call Bash 'cd infra && terraform apply'
ok 'in PowerShell as well' code 2 call PowerShell 'Set-Location infra; terraform.exe apply'
quiet() {
    local output
    output=$(call Bash 'terraform plan' 2>&1) && [ -z "$output" ]
}
ok 'and has no opinion on another command' quiet
no_call() { printf 'no call' | ends 2 'the call is blocked' ana hook claude; }
ok 'and blocks a call that it cannot read' no_call

tools() {
    printf '%s\n' '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"a","version":"1"}}}' \
        '{"jsonrpc":"2.0","method":"notifications/initialized"}' '{"jsonrpc":"2.0","id":2,"method":"tools/list"}' | ana mcp
}
ok 'jit mcp lists its tools' says '"id":2.*"name":"' tools

# Files of the person.
config=$(drive ana "$home"/.aws/config)
mkdir -p "$(dirname "$config")"
printf '[profile mine]\r\nregion = eu-west-1\r\n' >"$config"
crlf() {
    cat -A "$config"
    [ "$(grep -c '' "$config")" -gt 4 ] && [ "$(grep -c $'\r$' "$config")" -eq "$(grep -c '' "$config")" ]
}
ok 'jit setup aws --write' code 0 ana setup aws --write
ok 'every line of ~/.aws/config still ends with CRLF' crlf
ok 'a profile calls this program' says 'credential_process = .*jit.exe' cat "$config"
ok 'jit setup aws --remove --write' code 0 ana setup aws --remove --write
ok 'gives back what was there' cmp "$config" <(printf '[profile mine]\r\nregion = eu-west-1\r\n')
moved() {
    mkdir -p "$(drive ana elsewhere)"
    as ana cmd /c 'set USERPROFILE=C:\elsewhere&& C:\jit\jit.exe setup aws --write' && [ -f "$(drive ana elsewhere/.aws/config)" ]
}
ok 'the home is where USERPROFILE says' moved
ok 'jit doctor' says 'ok +keychain' ana doctor

# The lock leaves no session and no credentials in the Credential Manager, and a login brings back what is active.
ok 'jit lock' says '^locked: logged out; 3 credentials removed' ana lock
none_left() {
    local all
    all=$(items) && printf '%s\n' "$all" && ! grep -E 'Generic: jit (lease|session)' <<<"$all"
}
ok 'the Credential Manager has no session and no lease any more, and no part' none_left
ok 'a command wants a login' code 125 ana exec stock -- cmd /c exit 7
ok 'jit login again' says 'logged in' ana login "$url" --as ana --key 'C:\users\root\.ssh\ana'
ok 'brings back what is active' code 7 ana exec stock -- cmd /c exit 7
ok 'and the long lease' long
ok 'jit end' code 0 ana end orders
ok 'and then there is none' code 125 ana exec orders -- cmd /c exit 0
ok 'jit end, of the long lease' code 0 ana end registry
one_lease() {
    local all
    all=$(items)
    printf '%s\n' "$all"
    [ "$(grep -c 'Generic: jit lease:' <<<"$all")" -eq 1 ]
}
ok 'the Credential Manager has one lease of three, and no part' one_lease
ok 'the other role goes on' code 7 ana exec stock -- cmd /c exit 7
ok 'jit logout' code 0 ana logout
no_session() {
    local all
    all=$(items)
    printf '%s\n' "$all"
    grep -q 'Generic: jit lease:' <<<"$all" && ! grep 'Generic: jit session:' <<<"$all"
}
ok 'the Credential Manager has no session any more' no_session
ok 'and a request wants a login' says 'jit login' ana request orders --reason 'INC-42 orders' --no-wait -y

kill "$broker" 2>/dev/null
for person in ana bo broker; do
    WINEPREFIX=/people/windows/$person wineserver -k 2>/dev/null
done
printf '%s passed, %s failed, in %s s\n' "$passes" "$failures" "$SECONDS"
[ "$failures" -eq 0 ]
