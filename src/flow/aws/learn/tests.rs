use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;

use super::actions::Call;
use super::records::Trail;
use super::*;
use crate::grant::cloud::aws_scope::AwsScopeDocument;
use crate::sandbox::session_policy::Attempt;
use crate::sandbox::session_policy::SessionPolicy;

const ROLE: &str = "arn:aws:iam::111122223333:role/teams/orders-admin";

fn record(service: &str, name: &str, resources: &[&str]) -> Value {
    let resources: Vec<Value> = resources.iter().map(|arn| json!({ "ARN": arn, "type": "x" })).collect();
    json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "arn": "arn:aws:sts::111122223333:assumed-role/orders-admin/7F3KQ2M8ZD-ana",
            "accountId": "111122223333",
            "sessionContext": { "sessionIssuer": { "type": "Role", "arn": ROLE } },
        },
        "eventTime": "2026-11-23T10:00:00Z",
        "eventSource": format!("{service}.amazonaws.com"),
        "eventName": name,
        "eventType": "AwsApiCall",
        "requestParameters": { "deep": [[{ "x": null }]] },
        "resources": resources,
    })
}

fn with(mut record: Value, pointer: &str, value: Value) -> Value {
    *record.pointer_mut(pointer).unwrap() = value;
    record
}

fn failed(mut record: Value) -> Value {
    record["errorCode"] = json!("AccessDenied");
    record
}

fn export(records: &[Value]) -> Vec<u8> {
    json!({ "Records": records }).to_string().into_bytes()
}

fn zipped(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn read(files: &[&Path]) -> (Learnt, Tally, Vec<String>) {
    let role = ROLE.parse().unwrap();
    let mut trail = Trail::of(&role);
    let broken = files.iter().filter_map(|file| trail.read(file).err()).collect();
    let (learnt, tally) = trail.finish();
    (learnt, tally, broken)
}

fn read_one(content: &[u8]) -> (Learnt, Tally, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trail.json");
    std::fs::write(&file, content).unwrap();
    let (learnt, tally, broken) = read(&[&file]);
    let shown = folder.path().display().to_string();
    (learnt, tally, broken.into_iter().map(|line| line.replace(&shown, "…")).collect())
}

#[test]
fn only_what_the_role_did_is_learnt() {
    let own = record("ec2", "DescribeInstances", &[]);
    let issuer = "/userIdentity/sessionContext/sessionIssuer/arn";
    let records = [
        own.clone(),
        failed(record("iam", "CreateUser", &[])),
        // The same name under another path is another role.
        with(record("iam", "DeleteUser", &[]), issuer, json!("arn:aws:iam::111122223333:role/orders-admin")),
        with(
            with(record("iam", "DeleteRole", &[]), issuer, json!("arn:aws:iam::999999999999:role/x")),
            "/userIdentity/accountId",
            json!("999999999999"),
        ),
        with(record("signin", "ConsoleLogin", &[]), "/eventType", json!("AwsConsoleSignIn")),
        json!({ "eventSource": "kms.amazonaws.com", "eventName": "RotateKey", "eventType": "AwsServiceEvent", "userIdentity": { "accountId": "111122223333", "invokedBy": "AWS Internal" } }),
    ];
    let (learnt, tally, broken) = read_one(&export(&records));
    assert_eq!(broken, Vec::<String>::new());
    let wanted =
        Tally { records: 6, used: 1, failed: 1, no_calls: 1, other_accounts: 1, others: 2, sessions: 1 };
    assert_eq!(tally, wanted);
    let document = proposal::propose(&learnt).unwrap().document;
    assert!(document.contains("ec2:DescribeInstances") && !document.contains("iam:"), "{document}");
}

#[test]
fn actions_are_named_as_iam_names_them() {
    let bucket = "arn:aws:s3:::reports";
    let object = "arn:aws:s3:::reports/2026/a.csv";
    let both = vec![object, bucket];
    for (service, name, resources, wanted) in [
        ("ec2", "DescribeInstances", vec![], vec![("ec2:DescribeInstances", vec![])]),
        ("s3", "HeadObject", both.clone(), vec![("s3:GetObject", vec![object])]),
        ("s3", "ListObjectsV2", both.clone(), vec![("s3:ListBucket", vec![bucket])]),
        ("s3", "ListBuckets", vec![], vec![("s3:ListAllMyBuckets", vec![])]),
        ("s3", "CopyObject", both.clone(), vec![("s3:GetObject", vec![]), ("s3:PutObject", vec![])]),
        ("s3", "GetBucketEncryption", vec![bucket], vec![("s3:GetEncryptionConfiguration", vec![bucket])]),
        ("lambda", "ListFunctions20150331", vec![], vec![("lambda:ListFunctions", vec![])]),
        ("lambda", "GetFunction20150331v2", vec![], vec![("lambda:GetFunction", vec![])]),
        ("lambda", "Invoke", vec![], vec![("lambda:InvokeFunction", vec![])]),
        ("cloudfront", "GetDistribution2020_05_31", vec![], vec![("cloudfront:GetDistribution", vec![])]),
        ("monitoring", "PutMetricData", vec![], vec![("cloudwatch:PutMetricData", vec![])]),
        ("apigateway", "UpdateRestApi", vec![], vec![("apigateway:PATCH", vec![])]),
        ("kms", "ReEncrypt", vec![], vec![("kms:ReEncryptFrom", vec![]), ("kms:ReEncryptTo", vec![])]),
        ("wafv2", "GetWebACL", vec![], vec![("wafv2:GetWebACL", vec![])]),
        ("s3", "GetObject", vec!["arn:aws:s3:::reports/${aws:username}"], vec![("s3:GetObject", vec![])]),
    ] {
        let read = serde_json::from_value(record(service, name, &resources)).unwrap();
        let calls = actions::of(&read).unwrap();
        let found: Vec<(&str, Vec<&str>)> = calls
            .iter()
            .map(|call| (call.action.as_str(), call.resources.iter().map(String::as_str).collect()))
            .collect();
        assert_eq!(found, wanted, "{service} {name}");
    }
    for (service, name) in [("signin", "ConsoleLogin"), ("ec2", "a b"), ("", "X"), ("apigateway", "Odd")] {
        let read = serde_json::from_value(record(service, name, &[])).unwrap();
        assert_eq!(actions::of(&read), None, "{service} {name}");
    }
}

#[test]
fn broken_files_say_where_and_what_was_used() {
    let records = vec![record("ec2", "DescribeInstances", &[]); 3];
    let whole = export(&records);
    assert_eq!(read_one(&zipped(&whole)).1.used, 3);
    let short = read_one(&whole[..whole.len() - 2]);
    assert_eq!(short.1.used, 3, "{short:?}");
    assert!(short.2[0].starts_with("…/trail.json: it is no export of CloudTrail (EOF"), "{short:?}");
    assert!(
        short.2[0].contains("column") && short.2[0].ends_with("3 records before that were read"),
        "{short:?}"
    );
    let packed = zipped(&export(&vec![record("ec2", "DescribeInstances", &[]); 20_000]));
    let torn = read_one(&packed[..packed.len() / 2]);
    assert!(torn.1.used > 1000 && torn.2[0].contains("the compressed file ends too early"), "{:?}", torn.2);
    let mut bent = packed.clone();
    let middle = bent.len() / 2;
    bent[middle..middle + 64].fill(0xff);
    assert_eq!(read_one(&bent).2.len(), 1);
    for content in ["", "[]", "{}", "{\"Records\":5}", "{\"Records\":[]} x", "{\"Records\":[5]}", "\u{0}"] {
        let (learnt, _, broken) = read_one(content.as_bytes());
        assert!(learnt.is_empty() && broken.len() == 1, "{content}: {broken:?}");
    }
}

#[test]
fn much_is_widened_until_it_fits() {
    let call = |action: String, resources: Vec<String>| {
        vec![Call { reads: action.contains("Describe"), action, resources }]
    };
    let mut learnt = Learnt::default();
    for number in 0..500 {
        learnt.add(&call("s3:GetObject".to_owned(), vec![format!("arn:aws:s3:::reports/{number}")]));
    }
    let proposed = proposal::propose(&learnt).unwrap();
    assert!(proposed.document.contains("arn:aws:s3:::reports/*"), "{proposed:?}");
    for number in 0..200 {
        learnt.add(&call(format!("ec2:DescribeThing{number}"), Vec::new()));
    }
    let proposed = proposal::propose(&learnt).unwrap();
    assert_eq!(proposed.widened.len(), 3);
    assert!(proposed.document.contains("ec2:Describe*"), "{proposed:?}");
    for number in 0..200 {
        learnt.add(&call(format!("ec2:PutThing{number}"), Vec::new()));
    }
    assert_eq!(proposal::propose(&learnt), None, "writes are never widened");
}

fn some_call() -> impl Strategy<Value = (&'static str, &'static str, Vec<String>)> {
    let name = prop::sample::select(vec![
        ("s3", "GetObject"),
        ("s3", "PutObject"),
        ("s3", "ListObjects"),
        ("s3", "HeadBucket"),
        ("s3", "CopyObject"),
        ("s3", "DeleteObjects"),
        ("kms", "Decrypt"),
        ("dynamodb", "TransactWriteItems"),
        ("ec2", "DescribeInstances"),
        ("lambda", "UpdateFunctionCode20150331v2"),
        ("secretsmanager", "GetSecretValue"),
    ]);
    let resource = prop_oneof![
        "arn:aws:s3:::[a-c]{3}",
        "arn:aws:s3:::[a-c]{3}/[a-z/*?$. {}é]{0,12}",
        "arn:aws:kms:eu-west-1:111122223333:key/[a-f0-9]{4}",
        "[a-z]{0,3}",
    ];
    (name, prop::collection::vec(resource, 0..4)).prop_map(|((service, name), named)| (service, name, named))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// The sandbox, which evaluates session policies as IAM does, allows every recorded call by the proposal.
    #[test]
    fn every_recorded_call_is_still_allowed(calls in prop::collection::vec(some_call(), 1..60)) {
        let records: Vec<Value> = calls.iter().map(|(service, name, named)| {
            record(service, name, &named.iter().map(String::as_str).collect::<Vec<_>>())
        }).collect();
        let (learnt, tally, _) = read_one(&export(&records));
        prop_assert_eq!(tally.used, records.len() as u64);
        let proposed = proposal::propose(&learnt).unwrap();
        prop_assert!(AwsScopeDocument::parse(&proposed.document, str::to_owned).is_ok());
        let policy = SessionPolicy::read(&proposed.document).unwrap();
        for record in records {
            let record = serde_json::from_value(record).unwrap();
            for call in actions::of(&record).unwrap() {
                // Without a named resource IAM may compare any.
                let any = vec!["arn:aws:any::111122223333:thing/x".to_owned()];
                let resources = if call.resources.is_empty() { any } else { call.resources };
                for resource in &resources {
                    let attempt = Attempt { action: &call.action, resource, now: Timestamp::UNIX_EPOCH, source: None };
                    prop_assert!(policy.allows(&attempt), "{} {resource}: {}", call.action, proposed.document);
                }
            }
        }
    }
}
