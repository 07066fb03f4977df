//! The messages for conditions that do not compile: at their own line and column, in TOML and in Cedar.

use crate::policy::world;
use crate::policy::world::problems;

const FACTS: &str = "version = 1\n[facts.oncall]\nfile = \"/run/oncall.json\"\n";

fn of_when(lines: &str) -> String {
    let role = format!("requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\n[when]\n{lines}");
    let mut files = world::with_role(&role);
    files.insert("access.toml".to_owned(), FACTS.as_bytes().to_vec());
    match jit::policy::Policy::compile(files) {
        Ok(_) => "loads".to_owned(),
        Err(problems) => problems.to_string(),
    }
}

fn of_rules(text: &str) -> String {
    let mut files = world::with_role("requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"");
    files.insert("access.toml".to_owned(), FACTS.as_bytes().to_vec());
    files.insert("rules/all.cedar".to_owned(), text.as_bytes().to_vec());
    match jit::policy::Policy::compile(files) {
        Ok(_) => "loads".to_owned(),
        Err(problems) => problems.to_string(),
    }
}

#[test]
fn errors_in_toml_point_into_the_text() {
    insta::assert_snapshot!(of_when("request = \"context.hour >= \""), @"roles/prod-admin.toml:4:27: this is not Cedar: unexpected end of input");
    insta::assert_snapshot!(of_when("request = \"context.hours >= 6\""), @r#"
    roles/prod-admin.toml:4:12: there is no `context.hours`
      hint: did you mean `hour`?
    "#);
    insta::assert_snapshot!(of_when("request = \"context.reason == \\\"\\u00e9\\\" && principal.onkall\""), @r#"
    roles/prod-admin.toml:4:44: a Person has no `onkall`
      hint: did you mean `oncall`?
    "#);
    insta::assert_snapshot!(of_when("request = '''\ntrue &&\n  context.hour == \"six\"'''"), @r#"
    roles/prod-admin.toml:6:3: a number cannot be compared with a text
      hint: write a number without quotes, and a text in quotes
    "#);
    insta::assert_snapshot!(of_when("request = \"context.hour\"\nauto_approve = \"context.duration <= 3600\""), @r#"
    roles/prod-admin.toml:4:12: this must be true or false, and is a number
    roles/prod-admin.toml:5:17: this must be a number, and is a duration
      hint: write a duration as duration("1h")
    "#);
    insta::assert_snapshot!(of_when("request = \"context.source_ip.isLoopback()\""), @r#"
    roles/prod-admin.toml:4:12: `context.source_ip` is not always there
      hint: ask for it first: context has source_ip && …
    "#);
    insta::assert_snapshot!(of_when("request = \"context.weekday == Weekday::\\\"caturday\\\"\""), @r#"
    roles/prod-admin.toml:4:31: there is no weekday "caturday"
      hint: there are "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"
    "#);
    insta::assert_snapshot!(of_when("request = \"context.duration <= duration(\\\"1 hour\\\")\""), @r#"
    roles/prod-admin.toml:4:32: "1 hour" is not a duration
      hint: write a duration as duration("1h")
    "#);
    insta::assert_snapshot!(of_when("request = \"true\"\nask = \"true\""), @r#"
    roles/prod-admin.toml:5:1: `ask` is not a known key
      hint: known here: request, auto_approve
    "#);
    insta::assert_snapshot!(of_when("request = true"), @"roles/prod-admin.toml:4:11: expected a text in quotes, found true or false");
}

#[test]
fn what_conditions_name_must_exist() {
    insta::assert_snapshot!(of_when("request = 'principal in Group::\"devs\" || resource == Role::\"prod\"'"), @r#"
    roles/prod-admin.toml:4:25: there is no group devs
    roles/prod-admin.toml:4:54: there is no role prod
    "#);
    insta::assert_snapshot!(of_rules("forbid(\n  principal == Person::\"zoe\",\n  action,\n  resource in Role::\"nope\"\n) unless { context has scope && context.scope == Scope::\"prod-admin/x\" };"), @r#"
    rules/all.cedar:2:16: there is no person zoe
    rules/all.cedar:4:15: there is no role nope
    rules/all.cedar:5:50: there is no scope prod-admin/x
      hint: a scope is named with its role: Scope::"ROLE/SCOPE"
    "#);
}

/// Each would add a policy of its own, or swallow the rest, if the text were only wrapped.
#[test]
fn a_text_cannot_break_out_of_its_condition() {
    insta::assert_snapshot!(of_when("request = '''true }; permit(principal, action, resource) when { true'''"), @"roles/prod-admin.toml:4:19: this is not Cedar: unexpected token `}`");
    insta::assert_snapshot!(of_when("auto_approve = '''false } unless { false'''"), @"roles/prod-admin.toml:4:25: this is not Cedar: unexpected token `}`");
    insta::assert_snapshot!(of_when("auto_approve = '''false }; //'''"), @"roles/prod-admin.toml:4:25: this is not Cedar: unexpected token `}`");
    // A comment at the end is only a comment.
    assert_eq!(of_when("request = 'true // } ;'"), "loads");
    insta::assert_snapshot!(of_when("request = '// nothing else'"), @"roles/prod-admin.toml:4:12: this is not Cedar: unexpected end of input");
    insta::assert_snapshot!(of_when("request = ''"), @"roles/prod-admin.toml:4:12: this is not Cedar: unexpected end of input");
}

#[test]
fn permissions_do_not_rest_on_the_clients_word() {
    insta::assert_snapshot!(of_when("auto_approve = \"principal.oncall && context.interactive\""), @r#"
    roles/prod-admin.toml:4:16: this permission rests on interactive, which a client may claim freely
      hint: a client's own claim may only forbid: write !context.agent, or a forbid in rules/
    "#);
    insta::assert_snapshot!(of_when("auto_approve = \"if context.agent then false else true\""), @r#"
    roles/prod-admin.toml:4:16: this permission rests on agent, which a client may claim freely
      hint: a client's own claim may only forbid: write !context.agent, or a forbid in rules/
    "#);
    assert_eq!(of_when("auto_approve = \"principal.oncall && !context.agent\""), "loads");
    insta::assert_snapshot!(of_rules("permit(principal, action == Action::\"auto_approve\", resource) when { context.interactive };"), @r#"
    rules/all.cedar:1:1: this permission rests on interactive, which a client may claim freely
      hint: a client's own claim may only forbid: write !context.agent, or a forbid in rules/
    "#);
}

#[test]
fn errors_in_rules_point_into_the_file() {
    insta::assert_snapshot!(of_rules("// fine\nforbid(principal, action, resource) when { true };\n\nforbid(principal, action, resource)\nwhen { context.hours > 5 };\n"), @r#"
    rules/all.cedar:5:8: there is no `context.hours`
      hint: did you mean `hour`?
    "#);
    insta::assert_snapshot!(of_rules("forbid(principal, action, resource) when { true }\nforbid(principal, action, resource);"), @"rules/all.cedar:2:7: this is not Cedar: unexpected token `(`");
    insta::assert_snapshot!(of_rules("permit(principal, action, resource);"), @r#"
    rules/all.cedar:1:1: a permit must name its actions: this one would also approve every request without a review
      hint: write action == Action::"request"
    "#);
    insta::assert_snapshot!(of_rules("forbid(principal == ?principal, action, resource);"), @r#"
    rules/all.cedar:1:1: a rule cannot be a template with a slot such as ?principal
      hint: write `principal` and name people and groups in a condition
    "#);
    insta::assert_snapshot!(of_rules("forbid(principal, action == Action::\"requst\", resource);"), @r#"
    rules/all.cedar:1:29: there is no action "requst"
      hint: did you mean `Action::"request"`?
    "#);
    assert_eq!(of_rules("// nothing but words\n"), "loads");
    // A byte order mark and carriage returns do not shift positions.
    insta::assert_snapshot!(of_rules("\u{feff}// é\r\nforbid(principal, action, resource)\r\nwhen { context.reasen };\r\n"), @r#"
    rules/all.cedar:3:8: there is no `context.reasen`
      hint: did you mean `reason`?
    "#);
}

#[test]
fn nesting_and_length_have_bounds() {
    insta::assert_snapshot!(of_when(&format!("request = '{}true{}'", "(".repeat(100_000), ")".repeat(100_000))), @r#"
    roles/prod-admin.toml:4:44: this nests deeper than 32
      hint: say it in several conditions, or with a group
    "#);
    insta::assert_snapshot!(of_when(&format!("request = '{}true'", "true && ".repeat(2_000))), @r#"
    roles/prod-admin.toml:4:12: this is longer than the 4096 bytes that one condition may have
      hint: say it in several conditions, or with a group
    "#);
    insta::assert_snapshot!(of_rules(&format!("forbid(principal, action, resource) when {{ {}true }};", "!".repeat(5_000))), @r#"
    rules/all.cedar:1:1: this is longer than the 4096 bytes that one condition may have
      hint: say it in several conditions, or with a group
    "#);
    // As deep as the limits allow: nothing overflows, whatever the message.
    for text in [
        format!("{}true{}", "(".repeat(32), ")".repeat(32)),
        "!".repeat(4_000) + "true",
        "-".repeat(4_000) + "1 == 1",
        format!("{}true", "true && ".repeat(500)),
        format!("{}1 == 1", "1 + ".repeat(1_000)),
        format!("{}true", "if true then true else ".repeat(170)),
        format!("principal{}", ".a".repeat(2_000)),
        format!("principal{}", "[\"a\"]".repeat(800)),
        format!("{}1{} == 1", "[".repeat(32), "]".repeat(32)),
        format!("{}1{} == 1", "{a: ".repeat(31), "}".repeat(31)),
        format!("context.reason like \"{}\"", "*a".repeat(1_900)),
    ] {
        let _ = of_when(&format!("request = '{text}'"));
    }
}

#[test]
fn rules_are_files_of_cedar_and_nothing_else() {
    let mut files = world::with_role("requesters = []\napproval = \"none\"");
    for path in ["rules/Global.cedar", "rules/x.toml", "rules/sub/x.cedar"] {
        files.insert(path.to_owned(), Vec::new());
    }
    files.insert("rules/long.cedar".to_owned(), vec![b' '; (1 << 18) + 1]);
    files.insert("rules/bytes.cedar".to_owned(), b"// \xff".to_vec());
    insta::assert_snapshot!(problems(files).to_string(), @r#"
    rules/Global.cedar:1:1: "Global" is not a name: use 1 to 63 of a-z, 0-9, `.`, `_`, `@` and `-`, starting with a letter or digit
      hint: rename the file; it names the role, rule or test
    rules/bytes.cedar:1:4: the file is not UTF-8 from here on
      hint: save the file in the encoding UTF-8
    rules/long.cedar:1:1: the file is longer than 262144 bytes
    rules/sub/x.cedar:1:1: rules/ holds only files like NAME.cedar
      hint: move it elsewhere; subfolders are not read either
    rules/x.toml:1:1: rules/ holds only files like NAME.cedar
      hint: move it elsewhere; subfolders are not read either
    "#);
}
