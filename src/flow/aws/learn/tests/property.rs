//! The property of every proposal: it allows what was recorded, and tells what it allows besides.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;

use super::export;
use super::oracle::Oracle;
use super::read_one;
use super::record;
use super::with;
use crate::flow::aws::learn::proposal;
use crate::flow::aws::learn::proposal::Proposed;
use crate::grant::cloud::aws_scope::AwsScopeDocument;

/// A recorded call, and the actions that IAM compared for it, each with its resource.
#[derive(Debug, Clone)]
struct Called {
    record: Value,
    needed: Vec<(&'static str, String)>,
}

fn some_object() -> impl Strategy<Value = Called> {
    let key = prop_oneof![
        "[a-c/*?$. {}é]{1,8}",
        "[ab€\u{1b}]{1,4}",
        Just("{id}".to_owned()),
        Just("${x}*".to_owned())
    ];
    let call = prop::sample::select(vec![
        ("GetObject", "s3:GetObject"),
        ("HeadObject", "s3:GetObject"),
        ("DeleteObject", "s3:DeleteObject"),
        ("UploadPart", "s3:PutObject"),
    ]);
    ("[a-c]{3}", key, call, 0..6).prop_map(|(bucket, key, (name, action), form)| {
        let (bucket_arn, object) = (format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/{key}"));
        let resources = match form {
            0 => json!([{ "ARN": object }, { "ARN": bucket_arn }]),
            1 => json!([{ "ARN": object }]),
            2 => json!([{ "ARN": bucket_arn }]),
            3 => json!([{ "ARNPrefix": bucket_arn }, { "ARN": bucket_arn }]),
            _ => Value::Null,
        };
        let parameters = if form == 4 { json!({ "bucketName": bucket }) } else { Value::Null };
        let record =
            with(with(record("s3", name, &[]), "/resources", resources), "/requestParameters", parameters);
        Called { record, needed: vec![(action, object)] }
    })
}

fn some_other() -> impl Strategy<Value = Called> {
    let bucket = ("[a-c]{3}", 0..3).prop_map(|(bucket, form)| {
        let arn = format!("arn:aws:s3:::{bucket}");
        let resources = match form {
            0 => json!([{ "ARNPrefix": format!("{arn}/") }, { "ARN": arn }]),
            1 => json!([{ "ARNPrefix": format!("{arn}/") }]),
            _ => json!([]),
        };
        let parameters = if form == 1 { json!({ "bucketName": bucket }) } else { Value::Null };
        let listing = with(record("s3", "ListObjects", &[]), "/resources", resources);
        Called {
            record: with(listing, "/requestParameters", parameters),
            needed: vec![("s3:ListBucket", arn)],
        }
    });
    let table = ("eu-west-[12]", "[ab]{1,6}").prop_map(|(region, name)| {
        let arn = format!("arn:aws:dynamodb:{region}:111122223333:table/{name}");
        Called {
            record: record("dynamodb", "UpdateItem", &[&arn]),
            needed: vec![("dynamodb:UpdateItem", arn)],
        }
    });
    let key = "[a-f0-9]{4}".prop_map(|key| {
        let arn = format!("arn:aws:kms:eu-west-1:111122223333:key/{key}");
        let needed = vec![("kms:ReEncryptFrom", arn.clone()), ("kms:ReEncryptTo", arn.clone())];
        Called { record: record("kms", "ReEncrypt", &[&arn]), needed }
    });
    let instance = "[a-f0-9]{4}".prop_map(|id| Called {
        record: record("ec2", "StopInstances", &[]),
        needed: vec![("ec2:StopInstances", format!("arn:aws:ec2:eu-west-1:111122223333:instance/i-{id}"))],
    });
    prop_oneof![bucket, table, key, instance]
}

/// Whether a line of `widened` tells that an action reaches a resource.
fn tells(line: &str, action: &str, resource: &str) -> bool {
    let (actions, reach) = line.split_once(": ").unwrap();
    let reach = reach.strip_suffix(", so that the document fits").unwrap_or(reach);
    let reach = reach
        .strip_suffix(", because the records do not name it, or a session policy cannot")
        .unwrap_or(reach);
    let is_reached = match reach.strip_prefix("every resource that begins with ") {
        Some(start) => resource.starts_with(start),
        None => reach == "any resource",
    };
    actions.split(", ").any(|told| told == action) && is_reached
}

/// Resources near a recorded one.
fn near(arn: &str) -> Vec<String> {
    let mut short = arn.to_owned();
    short.pop();
    let mut found = vec![arn.to_owned(), format!("{arn}x"), format!("{short}x"), format!("{arn}/x"), short];
    found.extend(["*", "?", "$", "é"].map(|letter| arn.replacen(letter, "x", 1)));
    found.push(arn.replace("eu-west-1", "us-east-1"));
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn exactly_the_recorded_calls_are_allowed_or_more_is_told(
        calls in prop::collection::vec(prop_oneof![some_object(), some_other()], 1..50)
    ) {
        let records: Vec<Value> = calls.iter().map(|call| call.record.clone()).collect();
        let (learnt, tally, _) = read_one(&export(&records));
        prop_assert_eq!(tally.used, records.len() as u64);
        let Proposed { document, widened } = proposal::propose(&learnt).unwrap();
        prop_assert!(AwsScopeDocument::parse(&document, str::to_owned).is_ok());
        let oracle = Oracle::read(&document);
        let needed: BTreeSet<(&str, String)> = calls.into_iter().flat_map(|call| call.needed).collect();
        for (action, resource) in &needed {
            prop_assert!(oracle.allows(action, resource), "{action} {resource}: {document}");
        }
        let actions: BTreeSet<&str> = needed.iter().map(|(action, _)| *action).collect();
        for resource in needed.iter().flat_map(|(_, resource)| near(resource)) {
            prop_assert!(!oracle.allows("iam:CreateUser", &resource), "{document}");
            for action in &actions {
                let is_needed = needed.contains(&(*action, resource.clone()));
                if !is_needed && oracle.allows(action, &resource) {
                    let is_told = widened.iter().any(|line| tells(line, action, &resource));
                    prop_assert!(is_told, "{action} {resource}: {widened:?} {document}");
                }
            }
        }
    }
}
