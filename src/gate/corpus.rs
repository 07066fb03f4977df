//! The forms that real shells ran and an earlier hook let through, and lines of a developer's day that pass.

use super::call::answer;
use super::*;

fn roles() -> Vec<KnownRole> {
    let role = |name: &str, gate: &[&str], place: &str| KnownRole {
        name: name.parse().unwrap(),
        aliases: Vec::new(),
        scopes: Vec::new(),
        authority: None,
        gate: gate.iter().map(|words| (*words).to_owned()).collect(),
        place: Some(place.to_owned()),
    };
    vec![
        role("prod-admin", &["terraform apply", "deploy-prod"], "111122223333"),
        role("prod-k8s", &["kubectl delete", "helm"], "shop-42"),
    ]
}

fn is_blocked(tool: &str, line: &str) -> bool {
    let call = serde_json::json!({ "tool_name": tool, "tool_input": { "command": line } });
    answer(&Gates::of(&roles(), &[]), call.to_string().as_bytes()).unwrap().is_some()
}

/// Shells ran the command in each of these, or could have.
#[test]
fn no_form_of_a_shell_hides_a_command() {
    for line in [
        "echo $((1<<2))\nterraform apply",
        "(( x = 1 << 2 ))\nterraform apply",
        "y=$[1<<2]\nterraform apply",
        "bash <<EOF | cat\nterraform apply\nEOF",
        "bash <<EOF && echo ok\nterraform apply\nEOF",
        "bash <<EOF; echo ok\nterraform apply\nEOF",
        "bash -s <<EOF || exit 1\nterraform apply\nEOF",
        "bash <<EOF &\nterraform apply\nEOF\nwait",
        "sh <<EOF 2>&1 | tee /dev/null\nterraform apply\nEOF",
        "echo 'terraform apply' | bash",
        "printf '%s\\n' 'terraform apply' | sh",
        "cat <<EOF | bash\nterraform apply\nEOF",
        "bash <(echo 'terraform apply')",
        ". <(echo 'terraform apply')",
        "source /dev/stdin <<< 'terraform apply'",
        ". /dev/stdin <<EOF\nterraform apply\nEOF",
        "trap 'terraform apply' EXIT",
        "shopt -s expand_aliases; alias t='terraform apply'\nt",
        "echo `echo \\`terraform apply\\``",
        "bash -c 'echo `echo \\`terraform apply\\``'",
        "terraform {apply,-auto-approve}",
        "{terraform,apply}",
        "/usr/bin/terrafor? apply",
        "/usr/bin/terra*m apply",
        "cat <<$(foo)\n$(foo)\nterraform apply",
        "cat <<$EOF\n$EOF\nterraform apply",
        "cat <<$'EOF'\nEOF\nterraform apply",
        "echo `#`; terraform apply\necho `: #`",
        "sh -c '\"$@\"' jit exec terraform apply",
        "jit() { shift; \"$@\"; }; jit exec terraform apply",
        "jit() { shift 2; \"$@\"; }\njit exec prod terraform apply",
        "echo x | xargs -I jit exec terraform apply",
        "echo terraform | xargs -I{} {} apply",
        "echo apply | xargs terraform",
        "printf 'terraform\\napply\\n' | xargs env",
        "awk 'BEGIN{system(\"terraform apply\")}'",
        "flock lock -c 'terraform apply'",
        "timeout 5 bash -lc 'PATH=bin:$PATH; terraform apply'",
        "git -c alias.x='!terraform apply' x",
        "make -s -f - <<EOF\nall: ; terraform apply\nEOF",
        "printf 'all:\\n\\tterraform apply\\n' | make -s -f -",
        "perl -e 'system(\"terraform\",\"apply\")'",
        "sed '1e terraform apply' /dev/null <<< x; echo x | sed '1e terraform apply'",
        "tar cf /dev/null --checkpoint=1 --checkpoint-action=exec='terraform apply' /etc/hostname",
        "$(echo terraform apply)",
        "$(echo 'terraform apply')",
        "eval \"$(echo 'terraform apply')\"",
        "eval $(printf '%s ' terraform apply)",
        "${x:-terraform} apply",
        "terraform ${x:-apply}",
        "set -- terraform apply; \"$@\"",
        "t=terraform; $t apply",
        "a=(terraform apply); \"${a[@]}\"",
        "for c in 'terraform apply'; do $c; done",
        "read -r a b <<< 'terraform apply'; $a $b",
        "while read -r c; do $c; done <<EOF\nterraform apply\nEOF",
        "echo 'terraform apply' | while read c; do $c; done",
        "coproc terraform apply; wait",
        "case x in x) terraform apply;; esac",
        "f() { terraform apply; }; f",
        "terraform apply\r",
        "true\r\nterraform apply",
        "terraform\u{b}apply",
        "true;\u{c}terraform apply",
        "terraform\u{a0}apply",
        "true\u{2028}terraform apply",
        "terra\\\nform app\\\nly",
        "t'e'r\"r\"a\\form $'app'\"ly\"",
        "echo \"$(echo \"$(terraform apply)\")\"",
        "> /dev/null terraform apply",
        "{fd}>/dev/null terraform apply",
        "x=$(terraform apply)",
        "x=( $(terraform apply) )",
        "echo ${x:-$(terraform apply)}",
        "echo \"${x:-$(terraform apply)}\"",
        "echo $(( $(terraform apply; echo 1) + 1 ))",
        "cat <(terraform apply)",
        "[[ -n $(terraform apply) ]]",
        "busybox sh -c 'terraform apply'",
        "exec -a x terraform apply",
        "bash -c \"bash -c \\\"bash -c \\\\\\\"bash -c \\\\\\\\\\\\\\\"terraform apply\\\\\\\\\\\\\\\"\\\\\\\"\\\"\"",
        "env 'BASH_FUNC_ls%%=() { terraform apply; }' bash -c ls",
        "BASH_ENV=<(echo 'terraform apply') bash -c true",
        "PS4='$(terraform apply)' bash -xc true",
        "bash -c 'true&&deploy-prod'",
        "sh -c 'x=1;deploy-prod'",
        "echo deploy-prod|sh",
        "=terraform apply",
        "/usr/bin/terraform(N) apply",
        "$commands[terraform] apply",
        "alias t='terraform apply'\nt",
        "sh <<EOF | cat\nterraform apply\nEOF",
        "repeat 1 terraform apply",
        "setopt rcquotes\necho 'a''b'; terraform apply",
        "terraform apply",
        "echo (terraform apply)",
        "echo '\\''; terraform apply; echo '\\''",
        "echo 'terraform apply' | source",
        "echo $(case x in x) echo 1;; esac; terraform apply)",
        "x=$(cat <<EOF\n)\nEOF\nterraform apply)",
        "echo a#b; terraform apply",
        "cat << 'A' ; echo $((1<<3))\nx\nA\nterraform apply",
        "echo \"$((1<<2))\"\nterraform apply",
        "for ((i=1; i<5; i<<=1)); do :; done\nterraform apply",
        "echo $((1<<2)) ; true\nterraform apply\n2\n",
        "[[ a < b ]]\nterraform apply",
        "cat <<<x\nterraform apply",
        "echo \"${x:-\"a b\"}\"; terraform apply",
        "echo \"${x:-'}\"; terraform apply; echo \"'\"",
        "echo ${x:-\"'\"}; terraform apply; echo \"'\"",
        "cat <<EOF\n$(terraform apply)\nEOF",
        "cat <<EOF\n`terraform apply`\nEOF",
        "cat <<EOF\n${x:-$(terraform apply)}\nEOF",
        "export -f f 2>/dev/null; f(){ terraform apply;}; f",
        "printf '%b' 'terraform\\x20apply' | sh",
        "bash -c $'terraform\\x20apply'",
        "bash -c $'true\\nterraform apply'",
        "$'terrafor\\x6d' apply",
        "$'\\x74erraform' apply",
        "$'terraform\\0zzz' apply",
        "$'terraform' $'app\\154y'",
        "$'\\564erraform' apply",
        "$'\\u0074erraform' apply",
        "$'\\x74\\x65rraform' apply",
        "$(echo 'terraform apply')",
        "printf '%s' 'terraform apply' | sh",
        "bash -c terraform\\ apply",
        "ssh h terraform\\ apply",
        "perl -e 'exec(\"terraform\",\"apply\")'",
        "node -e 'require(\"child_process\").execFileSync(\"terraform\",[\"-chdir=x\",\"apply\"])'",
        "ruby -e 'exec(\"terraform\",\"apply\")'",
        "cat <<$(x)\n$(x)\nterraform apply\n",
        "echo ${x:1<<1}\nterraform apply\n1\n",
        "a[1<<2]=x\nterraform apply\n2]=x\n",
        "echo \"$( (true); terraform apply)\"",
        "echo \"$(case x in x) echo 1;; esac; terraform apply)\"",
        "echo \"${x#'\"'}\"; terraform apply; echo \"${x#'\"'}\"",
        "cat <<EOF\nEO\\\nF\nterraform apply\ncat <<EOF\nEOF",
        "cat <<EOF\n EOF\n'\nEOF\nterraform apply\necho '",
        "GIT_PAGER='terraform apply' git log",
        "git grep -O'terraform apply' x",
        "echo 'terraform apply' > x; ./x",
        "cat > x <<EOF\nterraform apply\nEOF\nbash x",
        "function jit { shift; \"$@\"; }; jit exec terraform apply",
        "alias jit='shift'; jit exec terraform apply",
        "terra${x}form apply",
        "terraf{orm,x} appl{y,z}",
        "te$(true)rraform apply",
        "echo 'terraform apply' | xargs -I{} sh -c {}",
        "find . -exec sh -c 'terraform apply' \\;",
        "sed 's/.*/terraform apply/e' x",
        "source <(printf 'terraform apply')",
        "echo 'terraform apply' | tee x | bash",
        "echo 'terraform apply' |\nbash",
        "echo ok; (cat <<A; cat <<B) | sh\nterraform apply\nA\nx\nB",
        "python3 -c 'import subprocess as s; s.run([\"terraform\", \"apply\"])'",
        "deploy-prod",
        "watch -n1 'deploy-prod'",
    ] {
        assert!(is_blocked("Bash", line), "{line}");
    }
    // Names of profiles, contexts and places.
    for line in [
        "set -x AWS_PROFILE prod-admin",
        "set -gx AWS_PROFILE prod-admin; aws s3 ls",
        "setenv AWS_PROFILE prod-admin",
        "gcloud config set project shop-42",
        "az account set -s shop-42",
        "az account set --subscription shop-42",
        "kubectx prod-k8s",
        "aws-vault exec prod-admin -- aws s3 ls",
        "bash -c 'AWS_PROFILE=prod-admin aws s3 ls'",
        "python3 -c 'import os; os.environ[\"AWS_PROFILE\"] = \"prod-admin\"'",
        "printf 'aws --profile prod-admin s3 ls' | sh",
    ] {
        assert!(is_blocked("Bash", line), "{line}");
    }
    for line in [
        "$env:AWS_PROFILE=\"prod-admin\"; aws s3 ls",
        "$Env:AWS_PROFILE = 'prod-admin'",
        "iex \"terraform apply\"",
        "Invoke-Expression \u{201c}terraform apply\u{201d}",
        "echo \u{2018}a'; terraform apply; echo \u{2019}",
        "echo \"`\"\"; terraform apply; echo \"`\"\"",
        "<# ' #> terraform apply <# ' #>",
        "echo @\"\na \" b\n\"@; terraform apply; echo \"\"",
        "[Environment]::SetEnvironmentVariable('AWS_PROFILE', 'prod-admin')",
        "& 'C:\\bin\\terraform.exe' apply",
        "powershell -c \"terraform apply\"",
    ] {
        assert!(is_blocked("PowerShell", line), "{line}");
    }
}

#[test]
fn a_tool_that_is_no_shell_is_read_too() {
    let is_blocked = |tool: &str, input: &str| {
        let call = format!(r#"{{"tool_name":"{tool}","tool_input":{input}}}"#);
        answer(&Gates::of(&roles(), &[]), call.as_bytes()).unwrap().is_some()
    };
    for input in [
        r#"{"command":"terraform","args":["apply"]}"#,
        r#"{"program":"terraform","arguments":["-chdir=x","apply"]}"#,
        r#"{"argv":["terraform","apply"]}"#,
        r#"{"command":"bash","args":["-c","terraform apply"]}"#,
        r#"{"steps":[{"command":"terraform apply"}]}"#,
        r#"{"task":{"cmd":["terraform","apply"]}}"#,
    ] {
        assert!(is_blocked("mcp__x__run", input), "{input}");
    }
    for input in [
        r#"{"command":"terraform","args":["plan"]}"#,
        r#"{"body":"terraform apply","title":"terraform apply"}"#,
        r#"{"command":"jit","args":["exec","prod-admin","--","terraform","apply"]}"#,
    ] {
        assert!(!is_blocked("mcp__x__run", input), "{input}");
    }
    // Codex gives a patch as a command. Nothing runs it.
    let patch = r#"{"command":"*** Begin Patch\n*** Update File: README.md\n+Type `terraform apply` by hand.\n*** End Patch"}"#;
    // The tool runs it with access, or refuses.
    let own =
        r#"{"tool_name":"mcp__jit__exec","tool_input":{"role":"prod-admin","argv":["terraform","apply"]}}"#;
    assert_eq!(answer(&Gates::of(&roles(), &[]), own.as_bytes()), Ok(None));
    let other = own.replace("mcp__jit__", "mcp__shell__");
    assert!(answer(&Gates::of(&roles(), &[]), other.as_bytes()).unwrap().is_some());
    assert!(!is_blocked("apply_patch", patch));
    let patch =
        r#"{"command":["apply_patch","*** Begin Patch\n+Type `terraform apply` by hand.\n*** End Patch"]}"#;
    assert!(!is_blocked("shell", patch));
}

#[test]
fn lines_of_a_developers_day_pass() {
    for line in [
        "git commit -m \"explain terraform apply\"",
        "git commit -am 'docs: terraform apply needs a role' && git push",
        "git -C ../infra commit -m 'terraform apply'",
        "git add -A && git commit -m \"$(cat <<'EOF'\ndocs: terraform apply\n\nNever type `terraform apply` by hand.\nEOF\n)\" && git status",
        "make docs && git commit -m 'explain terraform apply'",
        "npm run build && git commit -am \"terraform apply\" && npm test",
        "gh pr create --title 'Gate terraform apply' --body \"$(cat <<'EOF'\n## Why\nterraform apply hurts.\nEOF\n)\"",
        "git log --grep 'terraform apply' --oneline | head -5",
        "git log -S 'terraform apply' -- docs",
        "grep -r 'terraform apply' docs",
        "grep -rn \"terraform apply\" docs | head -20 | sort -u",
        "rg 'terraform apply' --glob '*.md' | wc -l",
        "find . -name '*.md' -exec grep -l 'terraform apply' {} +",
        "find . -name '*.md' | xargs grep -l 'terraform apply'",
        "sed -i 's/terraform apply/jit exec prod-admin -- terraform apply/' README.md",
        "sed -n '/terraform apply/p' README.md",
        "cat > notes.md <<'EOF'\nNever run `terraform apply` by hand. Don't.\nEOF",
        "cat >> README.md <<EOF\nterraform apply\nEOF\ngit diff README.md",
        "echo 'run terraform apply' >> TODO",
        "for f in *.tf; do echo \"terraform apply $f\"; done",
        "if grep -q 'terraform apply' x; then echo found; else echo none; fi",
        "apply_patch <<'EOF'\n*** Begin Patch\n+terraform apply\n*** End Patch\nEOF",
        "terraform plan -out plan.bin && git add -A",
        "cd terraform && terraform init && terraform validate",
        "terraform plan && kubectl apply -f x.yaml",
        "cargo test && cargo clippy -- -D warnings",
        "python3 -m pytest -q tests/test_terraform.py && git apply fix.patch",
        "docker compose up -d && curl -s localhost:8080/health | jq .",
        "kubectl get pods -n web | grep -v Running",
        "ls *.tf && rm -f *.log",
        "echo $((1 << 2)) && [[ a < b ]] && x=${y:-z}",
        "npm install && npm run build -- --prod",
        "ssh host 'systemctl status nginx'",
        "bash -c 'terraform plan && echo done'",
        "psql -c 'select apply from terraform'",
        "make -C terraform plan && jit exec prod-admin -- terraform apply plan.bin",
        "cd prod && terraform init && jit exec prod-admin -- terraform apply plan.bin",
        "jit exec prod-admin -- sh -c 'terraform apply && echo done' | tee log",
        "jit request prod-admin --reason 'terraform apply for INC-42' --no-wait && jit wait prod-admin",
        "time jit exec prod-admin -- terraform apply",
        "AWS_REGION=eu-west-1 timeout 600 jit exec prod-admin -- terraform apply",
        "if true; then jit exec prod-admin -- terraform apply; fi",
        "x=$(jit exec prod-admin -- terraform apply -json)",
        "aws --profile dev s3 ls && export AWS_PROFILE=dev",
        "gcloud config set project shop-41",
        "python3 -c \"print('terraform')\"; echo apply",
    ] {
        assert!(!is_blocked("Bash", line), "{line}");
    }
    for line in [
        "git commit -m \"explain terraform apply\"",
        "Get-ChildItem -Recurse | Select-String x",
        "Write-Host `\"hi`\"",
    ] {
        assert!(!is_blocked("PowerShell", line), "{line}");
    }
}

/// One more form around a line, by its number.
fn wrapped(line: &str, form: usize) -> String {
    let quoted = shell_words::quote(line);
    match form {
        0 => format!("true; {line}"),
        1 => format!("{line} && echo done"),
        2 => format!("if true; then {line}; fi"),
        3 => format!("for i in 1; do {line}; done"),
        4 => format!("f() {{ {line}; }}; f"),
        5 => format!("({line})"),
        6 => format!("echo $({line})"),
        7 => format!("git commit -m \"$({line})\""),
        8 => format!("bash -c {quoted}"),
        9 => format!("sudo -E env X=y sh -c {quoted}"),
        10 => format!("eval {quoted}"),
        11 => format!("echo {quoted} | bash"),
        12 => format!("printf '%s\\n' {quoted} | sh -s"),
        13 => format!("bash <(echo {quoted})"),
        14 => format!("bash <<< {quoted}"),
        15 => format!("bash <<EOF 2>&1 | tee log\n{line}\nEOF"),
        16 => format!("cat <<'EOF' | sh && echo done\n{line}\nEOF"),
        17 => format!("echo $((1<<2))\n{line}"),
        18 => format!("trap {quoted} EXIT"),
        19 => format!("x={quoted}; $x"),
        20 => format!("cat <<EOF\n$({line})\nEOF"),
        21 => format!("ssh host {quoted}"),
        22 => format!("flock lock -c {quoted}"),
        23 => format!("source /dev/stdin <<< {quoted}"),
        24 => format!("GIT_PAGER={quoted} git log"),
        25 => format!("xargs -I% sh -c {quoted}"),
        26 => format!("cat > x <<'EOF'\n{line}\nEOF\nsh x"),
        27 => format!("sh -c '\"$@\"' jit exec sh -c {quoted}"),
        _ => format!("git commit -m 'a text' && {line}"),
    }
}

proptest::proptest! {
    /// Forms within forms hide nothing either.
    #[test]
    fn no_forms_within_forms_hide_a_command(
        forms in proptest::collection::vec(0..29_usize, 1..5),
        between in proptest::sample::select(vec![" ", "  ", "\t", " -chdir=prod ", " -no-color -chdir prod ", " \\\n "]),
    ) {
        let line = forms.iter().fold(format!("terraform{between}apply"), |line, form| wrapped(&line, *form));
        proptest::prop_assert!(is_blocked("Bash", &line), "{}", line);
    }
}
