use proptest::prelude::*;

use super::call::answer;
use super::*;

fn roles() -> Vec<KnownRole> {
    let role = |name: &str, gate: &[&str], place: &str| KnownRole {
        name: name.parse().unwrap(),
        aliases: vec![format!("{name}-old").parse().unwrap()],
        scopes: Vec::new(),
        authority: None,
        gate: gate.iter().map(|words| (*words).to_owned()).collect(),
        place: Some(place.to_owned()),
    };
    vec![
        role("prod-admin", &["terraform apply", "terraform destroy"], "111122223333"),
        role("prod-k8s", &["kubectl delete", "helm"], "shop-42"),
    ]
}

fn found(line: &str) -> Option<String> {
    Gates::of(&roles(), &[]).find(line).map(|finding| {
        let names: Vec<&str> = finding.roles.iter().map(|role| role.name.as_str()).collect();
        format!("{} {}", names.join("|"), finding.what)
    })
}

#[test]
fn a_gated_command_is_found_however_it_is_written() {
    for line in [
        "terraform apply",
        "terraform -chdir=prod apply -auto-approve",
        "/usr/bin/terraform apply",
        "cd prod && terraform apply plan.bin",
        "true;terraform apply",
        "true | terraform apply",
        "TF_LOG=1 sudo -E env X=y terraform apply",
        "t\\erraform ap\"pl\"y",
        "'terraform' \"apply\"",
        "terraform \\\n  apply",
        "echo hi\nterraform apply",
        "(terraform apply)",
        "{ terraform apply; }",
        "echo $(terraform apply)",
        "echo \"$(terraform apply) done\"",
        "echo `terraform apply`",
        "bash -c 'terraform apply'",
        "bash -c \"cd x && terraform apply\"",
        "sudo sh -c \"bash -c 'terraform apply'\"",
        "eval \"terraform apply\"",
        "ssh host 'terraform apply'",
        "xargs -I{} sh -c 'terraform apply {}'",
        "bash <<EOF\nterraform apply\nEOF",
        "bash <<-'END'\n\tterraform apply\n\tEND\n",
        "bash <<< 'terraform apply'",
        "python3 -c \"import os; os.system('terraform apply')\"",
        "python3.11 - <<EOF\nsubprocess.run(['terraform', 'apply'])\nEOF",
        "node -e 'spawn(\"terraform\", [\"apply\"])'",
        "find . -name x -exec terraform apply {} \\;",
        "time nohup timeout 60 terraform apply &",
        "if true; then terraform apply; fi",
        "terraform.exe apply",
        "Terraform.EXE apply",
        "$'terraform' apply",
        "$'\\x74erraform' $'\\141pply'",
        "$\"terraform\" apply",
        // The output of a substitution is in the midst of the command.
        "terraform $(cat flags) apply",
        "terraform \"$(cat flags)\" apply",
        "terraform `cat flags` apply",
        "terraform -chdir=$(git rev-parse --show-toplevel)/prod apply",
        "terraform -var-file <(sops -d x) apply",
        "$(which terraform) apply",
        "terraform 2>&1 apply",
        "terraform &>log apply",
        "terraform >|log apply",
        "terraform <&3 apply",
        // The end of the quotes is missing.
        "bash -c 'terraform apply",
        "echo \"terraform apply",
    ] {
        assert_eq!(found(line).as_deref(), Some("prod-admin `terraform apply`"), "{line}");
    }
    assert_eq!(found("kubectl -n web delete pod x").as_deref(), Some("prod-k8s `kubectl delete`"));
    let line = "kubectl --context \"$(cat context)\" delete pod x";
    assert_eq!(found(line).as_deref(), Some("prod-k8s `kubectl delete`"));
    assert_eq!(found("helm upgrade x").as_deref(), Some("prod-k8s `helm`"));
}

#[test]
fn a_profile_a_context_and_an_account_are_found() {
    for (line, what) in [
        ("aws --profile prod-admin s3 ls", "prod-admin `profile prod-admin`"),
        ("aws s3 ls --profile=prod-admin-old", "prod-admin `profile prod-admin-old`"),
        ("AWS_PROFILE=prod-admin aws s3 ls", "prod-admin `AWS_PROFILE prod-admin`"),
        ("export AWS_PROFILE='prod-admin'", "prod-admin `AWS_PROFILE prod-admin`"),
        ("kubectl --context prod-k8s get pods", "prod-k8s `context prod-k8s`"),
        ("kubectl config use-context prod-k8s", "prod-k8s `use-context prod-k8s`"),
        ("gcloud --project shop-42 compute instances list", "prod-k8s `project shop-42`"),
        (
            "aws sts assume-role --role-arn arn:aws:iam::111122223333:role/x",
            "prod-admin `account 111122223333`",
        ),
        ("aws s3 ls s3://arn:aws-cn:s3::111122223333:accesspoint/x", "prod-admin `account 111122223333`"),
    ] {
        assert_eq!(found(line).as_deref(), Some(what), "{line}");
    }
}

#[test]
fn everything_else_passes() {
    for line in [
        "",
        "ls -la",
        "terraform plan -out plan.bin",
        "terraform fmt && git add -A",
        "git commit -m 'terraform apply in the docs'",
        "grep -rn \"terraform apply\" docs",
        "echo 'run terraform apply'",
        "cat > notes.md <<EOF\nNever run terraform apply by hand.\nEOF",
        "aws --profile dev s3 ls",
        "grep 111122223333 accounts.txt",
        "grep -r arn:aws:iam::111122223333:role/x src",
        "kubectl get pods",
        "# terraform apply",
        "jit exec prod-admin -- terraform apply plan.bin",
        "cd prod && jit exec prod-admin -- sh -c 'terraform apply'",
        "/usr/local/bin/jit exec prod-admin -- aws s3 ls --profile prod-admin",
        "jit request prod-admin --command -- true",
        "jit request prod-admin --reason x --file plan.bin --command -- terraform apply plan.bin",
        "git commit -m \"$(cat <<'EOF'\nterraform apply\nEOF\n)\"",
        "my-terraform apply",
        "terraforms apply",
    ] {
        assert_eq!(found(line), None, "{line}");
    }
    // The next command of the line does not run with access.
    assert!(found("jit exec prod-admin -- true; terraform apply").is_some());
    assert!(found("terraform apply; jit exec prod-admin -- true").is_some());
    assert!(found("echo jit; terraform apply").is_some());
}

#[test]
fn a_call_is_blocked_or_left_to_the_client() {
    let of = |call: &str| answer(&Gates::of(&roles(), &[]), call.as_bytes());
    let bash = |input: &str| {
        of(&format!(r#"{{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{input}}}"#))
    };
    let sentence = bash(r#"{"command":"terraform apply","description":"x"}"#).unwrap().unwrap();
    assert!(sentence.contains("`terraform apply` needs the role prod-admin"), "{sentence}");
    assert!(sentence.contains("jit exec prod-admin -- COMMAND"), "{sentence}");
    assert_eq!(bash(r#"{"command":"ls"}"#), Ok(None));
    assert!(
        of(r#"{"tool_name":"shell","tool_input":{"command":["bash","-lc","terraform apply"]}}"#)
            .unwrap()
            .is_some()
    );
    assert!(of(r#"{"tool_name":"exec_command","tool_input":{"cmd":"terraform apply"}}"#).unwrap().is_some());
    assert!(
        of(r#"{"tool_name":"mcp__x__run","tool_input":{"command":"terraform apply"}}"#).unwrap().is_some()
    );
    for call in [
        r#"{"tool_name":"Read","tool_input":{"file_path":"/x"},"unknown":[1,{"deep":null}]}"#,
        r#"{"tool_name":"Read"}"#,
        r#"{"tool_name":"Monitor","tool_input":{"ws":{"url":"wss://x"}}}"#,
        r#"{"hook_event_name":"Stop"}"#,
    ] {
        assert_eq!(of(call), Ok(None), "{call}");
    }
    for call in [
        "",
        "null",
        "[]",
        "{}",
        "{",
        "terraform apply",
        "\u{feff}{}",
        r#"{"tool_name":5}"#,
        r#"{"tool_name":"Bash"}"#,
        r#"{"tool_name":"Bash","tool_input":{}}"#,
        r#"{"tool_name":"Bash","tool_input":"ls"}"#,
        r#"{"tool_name":"Bash","tool_input":{"command":5}}"#,
        r#"{"tool_name":"shell","tool_input":{"command":["ls",5]}}"#,
        r#"{"hook_event_name":5,"tool_name":"Read"}"#,
        r#"{"tool_name":"Read","tool_input":{"command":{}}}"#,
    ] {
        assert!(of(call).is_err(), "{call}");
    }
    assert!(answer(&Gates::of(&roles(), &[]), b"\xff\xfe").is_err());
    for line in [r"C:\\bin\\terraform.exe apply", "terraform `\\n apply", "terra`form apply"] {
        let call = format!(r#"{{"tool_name":"PowerShell","tool_input":{{"command":"{line}"}}}}"#);
        assert!(of(&call).unwrap().is_some(), "{line}");
    }
    let long = "a;".repeat(600_000);
    assert!(bash(&format!(r#"{{"command":"{long}"}}"#)).is_err(), "longer than a system runs");
    let deep = "[".repeat(100_000);
    assert!(of(&deep).is_err(), "no stack is used up");
}

#[test]
fn a_command_of_several_roles_names_them_unless_a_name_tells() {
    let mut roles = roles();
    roles[1].gate.push("terraform apply".to_owned());
    let found = |line: &str| {
        let finding = Gates::of(&roles, &[]).find(line).unwrap();
        (finding.roles.len(), finding.sentence())
    };
    let (count, sentence) = found("terraform apply");
    assert_eq!(count, 2);
    assert!(sentence.contains("one of the roles prod-admin, prod-k8s."), "{sentence}");
    assert!(sentence.contains("`jit exec ROLE -- COMMAND`"), "{sentence}");
    let (count, sentence) = found("AWS_PROFILE=prod-k8s terraform apply");
    assert!(count == 1 && sentence.contains("`jit exec prod-k8s -- COMMAND`"), "{sentence}");
}

/// The commands of the whole policy need a role, also where this machine knows none.
#[test]
fn a_command_of_the_whole_policy_needs_some_role() {
    let commands = ["terraform apply".to_owned(), "vault write".to_owned()];
    let sentence = |roles: &[KnownRole], line: &str| {
        Gates::of(roles, &commands).find(line).map(|finding| finding.sentence())
    };
    for roles in [Vec::new(), roles()] {
        let blocked = sentence(&roles, "sudo vault -tls-skip-verify write secret/x y=1").unwrap();
        assert!(blocked.contains("`vault write` needs a role (`jit roles` lists yours)"), "{blocked}");
        assert!(blocked.contains("`jit exec ROLE -- COMMAND`"), "{blocked}");
        for line in ["vault read x", "jit exec prod-admin -- vault write x", "write vault"] {
            assert_eq!(sentence(&roles, line), None, "{line}");
        }
    }
    assert!(sentence(&[], "terraform apply").unwrap().contains("needs a role ("));
    // The role that names it, or that the command names, is the better answer.
    let named = sentence(&roles(), "terraform apply").unwrap();
    assert!(named.contains("`terraform apply` needs the role prod-admin"), "{named}");
    let named = sentence(&roles(), "AWS_PROFILE=prod-k8s vault write x").unwrap();
    assert!(named.contains("`vault write` needs the role prod-k8s"), "{named}");
}

/// A client gives up on a hook after seconds, and may then let the call through.
#[test]
fn many_roles_and_a_long_line_take_no_product_of_both() {
    let model = roles().swap_remove(0);
    let role = |number: usize| KnownRole {
        name: format!("role-{number}").parse().unwrap(),
        gate: (0..64).map(|gate| format!("program-{gate} verb")).collect(),
        ..model.clone()
    };
    let roles: Vec<KnownRole> = (0..500).map(role).collect();
    for line in
        ["program-1 ".repeat(100_000), "a;".repeat(500_000), "$(".repeat(500_000), "`(\"".repeat(300_000)]
    {
        assert_eq!(Gates::of(&roles, &[]).find(&line), None);
    }
}

proptest! {
    /// However a gated command is quoted and wrapped, it is found.
    #[test]
    fn quoting_and_wrapping_hide_nothing(
        quotes in proptest::collection::vec(0..4_usize, 14),
        before in prop::sample::select(vec!["", "true; ", "cd x && ", "X=1 ", "sudo ", "echo $(", "( ", "bash -c '", "false || "]),
        between in prop::sample::select(vec![" ", "  ", "\t", " \\\n ", " -chdir=x "]),
    ) {
        let within = before.ends_with('\'');
        let quote = |word: &str, from: usize| -> String {
            word.chars().enumerate().map(|(place, letter)| match quotes[(from + place) % quotes.len()] {
                1 => format!("\\{letter}"),
                2 if !within => format!("'{letter}'"),
                3 => format!("\"{letter}\""),
                _ => letter.to_string(),
            }).collect()
        };
        let line = format!("{before}{}{between}{}", quote("terraform", 0), quote("apply", 9));
        let after = match before { "echo $(" | "( " => ")", "bash -c '" => "'", _ => "" };
        prop_assert!(found(&format!("{line}{after}")).is_some(), "{line}{after}");
    }

    /// A line without the words of a gate or a name passes. No line is too strange to be read.
    #[test]
    fn a_line_without_the_words_passes(line in "[a-z0-9 \\\\'\"$(){};|&<>`#\n-]{0,60}") {
        let squeezed: String = line.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect();
        let words = ["terraform", "kubectl", "helm", "prod-", "shop-42", "111122223333"];
        prop_assume!(words.iter().all(|word| !squeezed.contains(word)));
        prop_assert_eq!(found(&line), None);
    }

    #[test]
    fn every_line_is_read(line in any::<String>()) {
        let _ = found(&line);
    }
}
