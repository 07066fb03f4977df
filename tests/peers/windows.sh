#!/bin/sh
# Tries jit.exe under Wine: windows.sh PROGRAM. Each check says what it saw; the end is a 1 if one failed. tests/windows runs it.
program=$1
failed=0
export WINEDEBUG=-all XDG_RUNTIME_DIR=/tmp/run TERM=dumb
mkdir -p -m 700 "$XDG_RUNTIME_DIR"
cd /root/work || exit 1
home=/root/.wine/drive_c/users/root

jit() {
    wine "$program" "$@" 2>&1 | tr -d '\r'
}

# code COMMAND...: its exit code.
code() {
    wine "$@" >/dev/null 2>&1
    echo $?
}

# check NAME TEXT PATTERN: whether the text has the pattern.
check() {
    if printf '%s\n' "$2" | grep -q -- "$3"; then
        printf 'ok      %s\n' "$1"
    else
        printf 'FAILED  %s: no %s in:\n%s\n' "$1" "$3" "$2"
        failed=1
    fi
}

wineboot --init >/dev/null 2>&1
check 'help' "$(jit --help)" 'Just-in-time cloud access'
check 'version' "$(jit version)" 'x86_64-pc-windows-gnu'
demo=$(jit demo)
check 'demo: two clouds in one command' "$demo" 'warehouse@shop-42.iam.gserviceaccount.com'
check 'demo: to its end' "$demo" 'That was the whole round trip'

check 'policy init with the key in .ssh' "$(jit policy init access --as ana)" 'next: jit serve'
wine "$program" serve --policy access --sandbox --listen 127.0.0.1:8765 >serve.log 2>&1 &
tries=0
until grep -q 'the broker listens' serve.log || [ $tries -gt 150 ]; do
    sleep 0.2
    tries=$((tries + 1))
done
check 'serve' "$(cat serve.log)" 'the broker listens'
check 'login with a key file' "$(jit login http://127.0.0.1:8765 --as ana)" 'ana'
check 'the Credential Manager holds the session' "$(jit whoami)" 'ana'
check 'request' "$(jit request sandbox -y --reason INC-42)" 'active until'
check 'exec: the code of the command' "$(code "$program" exec sandbox -- cmd /c 'exit 7')" '^7$'
check 'exec: the environment' "$(jit exec sandbox -- cmd /c set)" 'JIT_GRANT=sandbox'
check 'exec: the cloud says who it is' "$(jit exec sandbox -- "$program" whoami --cloud)" 'assumed-role/'
check 'exec --serve: the code of the command' "$(code "$program" exec sandbox --serve -- cmd /c 'exit 9')" '^9$'
check 'exec --serve: credentials from the endpoint' "$(jit exec sandbox --serve -- "$program" whoami --cloud)" 'assumed-role/'
check 'exec: a command that is not there' "$(code "$program" exec sandbox -- no-such-program)" '^127$'
check 'exec: no access' "$(code "$program" exec example-admin -- cmd /c 'exit 0')" '^125$'
check 'credentials' "$(jit credentials sandbox --format aws)" 'SessionToken'
check 'status' "$(jit status)" 'active'
check 'prompt' "$(jit prompt)" 'sandbox'
check 'the hook for PowerShell' "$(jit init powershell)" '__JitAsk'
check 'setup aws' "$(jit setup aws --write)" 'config'
config=$(cat "$home/.aws/config")
check 'setup aws: a profile' "$config" '\[profile sandbox\]'
# Every line ends as the file's own did.
check 'setup aws: the line ends stay' "$(grep -c "$(printf '\r')\$" "$home/.aws/config") of $(grep -c '' "$home/.aws/config")" '^\([0-9]*\) of \1$'
check 'no agent: the message says what to do' "$(rm "$home/.ssh/id_ed25519"; jit login http://127.0.0.1:8765 --as ana)" 'hint'
check 'a path of the longest form' "$(mkdir -p deep; cd deep && wine "$program" policy check '\\?\Z:\root\work\access' 2>&1)" 'role'
check 'end' "$(jit end sandbox)" 'is ended'
check 'logout' "$(jit logout)" ''
wineserver --kill
exit $failed
