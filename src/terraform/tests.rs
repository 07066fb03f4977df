use serde_json::Value;
use serde_json::json;

use super::*;

fn plan(changes: &Value) -> Value {
    json!({ "format_version": "1.2", "planned_values": { "root_module": {} }, "resource_changes": changes })
}

fn resource(address: &str, actions: &[&str]) -> Value {
    json!({ "address": address, "mode": "managed", "change": { "actions": actions, "before": "hunter2", "after": "hunter2" } })
}

fn read(plan: &Value) -> Result<Summary, Unreadable> {
    Summary::read(plan.to_string().as_bytes())
}

fn lines(plan: &Value) -> Vec<String> {
    read(plan).unwrap().lines(200, 100)
}

#[test]
fn the_worst_comes_first_and_the_totals_last() {
    let words: [(&str, &[&str]); 13] = [
        ("kept.a", &["no-op"]),
        ("read.a", &["read"]),
        ("read.b", &["open"]),
        ("create.a", &["create"]),
        ("update.a", &["update"]),
        ("forget.a", &["forget"]),
        ("replace.a", &["delete", "create"]),
        ("replace.b", &["create", "delete"]),
        ("replace.c", &["create", "forget"]),
        ("replace.d", &["forget", "create"]),
        ("destroy.a", &["delete"]),
        ("unknown.a", &["obliterate"]),
        ("unknown.b", &["delete", "delete"]),
    ];
    let changes: Vec<Value> = words.iter().map(|(address, actions)| resource(address, actions)).collect();
    let whole = json!({ "errored": false, "complete": true });
    let mut plan = plan(&json!(changes));
    plan.as_object_mut().unwrap().extend(whole.as_object().unwrap().clone());
    assert_eq!(
        lines(&plan),
        [
            "  unknown | unknown.a",
            "  does    | [\"obliterate\"]",
            "  unknown | unknown.b",
            "  does    | [\"delete\",\"delete\"]",
            "  destroy | destroy.a",
            "  replace | replace.a",
            "  replace | replace.b",
            "  replace | replace.c",
            "  replace | replace.d",
            "  forget  | forget.a",
            "  update  | update.a",
            "  create  | create.a",
            "  read    | read.a",
            "  read    | read.b",
            "  beware    this jit does not know what 2 changes would do",
            "  changes   2 unknown, 1 to destroy, 4 to replace, 1 to forget, 1 to update, 1 to create, 2 to read; 1 unchanged",
        ]
    );
}

#[test]
fn no_words_for_an_action_are_the_worst_action() {
    for actions in [json!([]), json!(["no-op", "delete"]), json!(["No-op"]), json!(["no-op\u{200b}"])] {
        let mut change = resource("a.b", &[]);
        change["change"]["actions"] = actions;
        let summary = read(&plan(&json!([change]))).unwrap();
        assert_eq!(summary.count(Action::Unknown), 1, "{change}");
        assert_eq!(summary.unchanged, 0);
    }
}

#[test]
fn all_that_is_no_plan_is_refused_with_a_sentence() {
    let of = |change: &dyn Fn(&mut Value)| {
        let mut plan = plan(&json!([resource("a.b", &["create"])]));
        change(&mut plan);
        read(&plan)
    };
    assert!(of(&|_| {}).is_ok());
    assert!(of(&|plan| plan["format_version"] = json!("1.99")).is_ok(), "a minor version only adds members");
    for version in ["0.2", "2.0", "", "10.0", "x"] {
        let error = of(&|plan| plan["format_version"] = json!(version)).unwrap_err();
        assert_eq!(error, Unreadable::Newer(version.to_owned()));
    }
    let remove = |member: &'static str| of(&|plan| drop(plan.as_object_mut().unwrap().remove(member)));
    assert_eq!(remove("format_version"), Err(Unreadable::Version));
    assert_eq!(remove("planned_values"), Err(Unreadable::State));
    assert!(remove("resource_changes").is_ok(), "Terraform leaves an empty list out");
    let unsaid = of(&|plan| {
        plan.as_object_mut().unwrap().remove("resource_changes");
        plan["planned_values"]["root_module"] = json!({ "child_modules": [{}] });
    });
    assert_eq!(unsaid, Err(Unreadable::NoChanges));
    let inside = |place: &[&str], value: Value| {
        of(&|plan| {
            let change = &mut plan["resource_changes"][0];
            *place.iter().fold(change, |part, member| &mut part[*member]) = value.clone();
        })
    };
    for (place, value) in [
        (&["address"][..], json!(7)),
        (&["address"], Value::Null),
        (&["change"], json!({})),
        (&["change"], json!("hunter2")),
        (&["change", "actions"], json!("hunter2")),
        (&["change", "actions"], json!([["delete"]])),
        (&["deposed"], json!(1)),
    ] {
        let error = inside(place, value).unwrap_err();
        assert!(matches!(error, Unreadable::Shape(1, _)), "{place:?}: {error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    assert_eq!(inside(&["address"], json!("")), Err(Unreadable::Empty));
    assert_eq!(inside(&["address"], json!("a".repeat(5000))), Err(Unreadable::Long));
    assert_eq!(inside(&["change", "actions"], json!(["a".repeat(5000)])), Err(Unreadable::Long));
    for json in [&b""[..], b"{", b"\xff\xfe{\0", b"{\"a\":1", b"{\"format_version\":\"1.2\",}"] {
        assert!(matches!(Summary::read(json), Err(Unreadable::Json(..))), "{json:?}");
    }
    for json in [
        "7",
        "\"1.2\"",
        "{\"format_version\":1.2}",
        "{\"format_version\":\"1.2\",\"format_version\":\"1.2\"}",
    ] {
        assert!(matches!(Summary::read(json.as_bytes()), Err(Unreadable::Shape(..))), "{json}");
    }
    assert_eq!(Summary::read(&vec![b' '; MAX_PLAN + 1]), Err(Unreadable::Large));
}

#[test]
fn what_is_said_twice_is_refused() {
    let twice = json!([resource("a.b", &["no-op"]), resource("a.b", &["delete"])]);
    assert_eq!(read(&plan(&twice)), Err(Unreadable::Twice("a.b".to_owned())));
    // The current object and an old one of the same address are two objects.
    let mut deposed = twice;
    deposed[1]["deposed"] = json!("00000001");
    let shown = lines(&plan(&deposed));
    assert!(
        shown.starts_with(&["  destroy | a.b".to_owned(), "  deposed | 00000001".to_owned()]),
        "{shown:?}"
    );
    let text = r#"{"format_version":"1.2","planned_values":{},"output_changes":{"o":{"actions":["no-op"]},"o":{"actions":["delete"]}}}"#;
    assert_eq!(Summary::read(text.as_bytes()), Err(Unreadable::Twice("o".to_owned())));
    for text in [
        r#"{"format_version":"1.2","planned_values":{},"resource_changes":[{"address":"a.b","address":"c.d","change":{"actions":["delete"]}}]}"#,
        r#"{"format_version":"1.2","planned_values":{},"resource_changes":[{"address":"a.b","change":{"actions":["no-op"],"actions":["delete"]}}]}"#,
        r#"{"format_version":"1.2","planned_values":{},"resource_changes":[],"resource_changes":[]}"#,
    ] {
        assert!(matches!(Summary::read(text.as_bytes()), Err(Unreadable::Shape(..))), "{text}");
    }
}

#[test]
fn an_address_is_data_and_passes_for_nothing_else() {
    let hostile = [
        "a.b\n  changes   0 to destroy, 0 to replace; 9 unchanged",
        "a.b\r\u{1b}[2K\u{1b}[1A",
        "a.\u{202e}b\u{200b}",
        "a.b                                                                    create  | c.d",
        "a.b | destroy c.d",
        "\u{9b}31m",
    ];
    let changes: Vec<Value> = hostile.iter().map(|address| resource(address, &["delete"])).collect();
    let mut plan = plan(&json!(changes));
    plan["terraform_version"] = json!("1.2\u{1b}[0m\n  beware    nothing");
    let shown = read(&plan).unwrap().lines(80, 100);
    for line in &shown {
        assert!(line.chars().all(|letter| !letter.is_control() && letter != '\u{202e}'), "{line:?}");
    }
    let of = |start: &str| shown.iter().filter(|line| line.starts_with(start)).count();
    assert_eq!(
        (of("  destroy | "), of("  changes "), of("  create "), of("  beware ")),
        (6, 1, 0, 0),
        "{shown:#?}"
    );
    let (foreign, own): (Vec<&String>, Vec<&String>) =
        shown.iter().partition(|line| line.get(9..11) == Some(" |"));
    assert!(foreign.len() > hostile.len(), "{foreign:#?}");
    let own: Vec<&str> = own.into_iter().map(String::as_str).collect();
    assert_eq!(
        own,
        [
            "  note      the plan does not say whether it is whole",
            "  changes   6 to destroy, 0 to replace, 0 to update, 0 to create, 0 to read; 0",
            "            unchanged",
        ]
    );
}

#[test]
fn what_a_plan_says_besides_is_shown_and_no_value_is() {
    let mut plan = plan(&json!([resource("a.b", &["update"])]));
    let more = json!({
        "variables": { "password": { "value": "hunter2" } },
        "resource_drift": [resource("drifted.c", &["update"])],
        "output_changes": {
            "same": { "actions": ["no-op"], "before": "hunter2" },
            "address": { "actions": ["create"], "after": "hunter2", "after_sensitive": true },
        },
        "deferred_changes": [{ "reason": "unknown", "resource_change": resource("later.d", &["create"]) }],
        "deferred_action_invocations": [{ "reason": "unknown", "action_invocation": { "address": "action.x.later" } }],
        "action_invocations": [{ "address": "action.x.now", "config_values": { "key": "hunter2" } }],
        "checks": [{ "status": "pass" }, { "status": "fail" }, { "status": "unknown" }, { "status": "odd" }],
        "errored": true, "complete": false, "applyable": false, "terraform_version": "1.14.0",
        "timestamp": "2026-12-01T10:00:00Z",
    });
    plan.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let shown = lines(&plan);
    assert_eq!(
        shown,
        [
            "  made by | 1.14.0",
            "  planned | 2026-12-01T10:00:00Z",
            "  update  | a.b",
            "  output  | address",
            "  drift   | drifted.c",
            "  invokes | action.x.now",
            "  defers  | later.d",
            "  defers  | action.x.later",
            "  beware    the plan ended with an error, so it has only a part of the changes",
            "  beware    the plan is not complete: more changes follow with another plan",
            "  beware    its maker says that there is nothing to apply, or that it cannot be applied",
            "  beware    2 of 4 checks did not pass",
            "  note      1 resource had changed outside of Terraform (drift)",
            "  changes   0 to destroy, 0 to replace, 1 to update, 0 to create, 0 to read; 1 output, 1 provider's action, 2 deferred changes, 0 unchanged",
        ]
    );
    let summary = read(&plan).unwrap();
    let kept = format!("{summary:?}{}", serde_json::to_string(&summary).unwrap());
    assert!(!kept.contains("hunter2") && !shown.concat().contains("hunter2"));
}

#[test]
fn a_long_list_is_cut_only_where_nothing_is_lost() {
    let many = |actions: &[&str]| -> Vec<Value> {
        (0..150).map(|number| resource(&format!("{}.r[{number}]", actions[0]), actions)).collect()
    };
    let all = [many(&["create"]), many(&["delete"]), many(&["forget"]), many(&["odd"])].concat();
    let shown = lines(&plan(&json!(all)));
    let of = |start: &str| shown.iter().filter(|line| line.starts_with(start)).count();
    assert_eq!(
        [of("  create  |"), of("  destroy |"), of("  forget  |"), of("  unknown |")],
        [100, 150, 150, 150]
    );
    let rest = "            and 50 more: `jit show` with --plan lists all";
    assert_eq!(shown.iter().filter(|line| *line == rest).count(), 1);
}

#[test]
fn moved_and_imported_resources_are_no_silent_changes() {
    let mut changes =
        json!([resource("new.a", &["no-op"]), resource("in.b", &["no-op"]), resource("in.c", &["update"])]);
    changes[0]["previous_address"] = json!("old.a");
    changes[1]["change"]["importing"] = json!({ "id": "hunter2" });
    changes[2]["change"]["importing"] = json!({});
    let shown = lines(&plan(&changes));
    let wanted = [
        "  update  | in.c",
        "            it is imported first",
        "  import  | in.b",
        "  move    | new.a",
        "  was     | old.a",
        "  note      the plan does not say whether it is whole",
        "  changes   0 to destroy, 0 to replace, 1 to update, 0 to create, 0 to read, 1 to import, 1 to move; 0 unchanged",
    ];
    assert_eq!(shown, wanted);
}
