mod oracle;
mod property;

use std::io::Cursor;
use std::io::Read;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use serde_json::json;

use super::actions::Call;
use super::records::LONGEST;
use super::records::Trail;
use super::resources::Reach;
use super::resources::Resource;
use super::*;

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
    let wanted = Tally {
        records: 6,
        used: 1,
        failed: 1,
        no_calls: 1,
        other_accounts: 1,
        others: 2,
        sessions: 1,
        ..Tally::default()
    };
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
        (
            "s3",
            "GetObject",
            vec!["arn:aws:s3:::reports/${aws:username}"],
            vec![("s3:GetObject", vec!["arn:aws:s3:::reports/${$}{aws:username}"])],
        ),
        ("sts", "AssumeRole", vec![ROLE], vec![("sts:AssumeRole", vec![ROLE])]),
    ] {
        let read = serde_json::from_value(record(service, name, &resources)).unwrap();
        let calls = actions::of(&read).unwrap();
        let found: Vec<(String, Vec<String>)> = calls
            .into_iter()
            .map(|call| (call.action, call.resources.iter().map(Resource::pattern).collect()))
            .collect();
        let wanted: Vec<(String, Vec<String>)> = wanted
            .into_iter()
            .map(|(action, resources)| {
                let any = if resources.is_empty() { vec!["*"] } else { resources };
                (action.to_owned(), any.into_iter().map(str::to_owned).collect())
            })
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
    for content in ["", "[]", "{}", "{\"Records\":5}", "{\"Records\":[]} x", "\u{0}"] {
        let (learnt, _, broken) = read_one(content.as_bytes());
        assert!(learnt.is_empty() && broken.len() == 1, "{content}: {broken:?}");
    }
}

/// The attacks on a file: one record that is none, between two that are.
#[test]
fn an_unreadable_record_is_named_and_the_others_are_read() {
    let own = record("ec2", "DescribeInstances", &[]);
    let twice = own.to_string().replace("\"resources\":[]", "\"resources\":[{\"ARN\":\"a\",\"arn\":\"b\"}]");
    assert_ne!(twice, own.to_string());
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    for (bad, said) in [
        (with(own.clone(), "/eventName", Value::Null).to_string(), "null"),
        (with(own.clone(), "/userIdentity", Value::Null).to_string(), "null"),
        (with(own.clone(), "/resources", json!("all")).to_string(), "string"),
        (twice, "duplicate field"),
        ("5".to_owned(), "5"),
    ] {
        let content = format!("{{\"Records\":[{own},{bad},{deep},{own}]}}");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("trail.json");
        std::fs::write(&file, content).unwrap();
        let role = ROLE.parse().unwrap();
        let mut trail = Trail::of(&role);
        trail.read(&file).unwrap();
        let [told] = trail.unreadable() else { panic!("{:?}", trail.unreadable()) };
        assert!(told.starts_with("record 2 of ") && told.contains(said), "{told}");
        let (_, tally) = trail.finish();
        assert_eq!((tally.records, tally.used, tally.unreadable), (4, 2, 1), "{bad}");
        assert!(tally.words().contains("; 1 left out, because they cannot be read"), "{}", tally.words());
    }
}

/// The guide says of both members that they are there if a request returns an error.
#[test]
fn a_call_with_an_error_of_any_form_failed() {
    let own = || record("iam", "CreateUser", &[]);
    let error = |member: &str, value: Value| {
        let mut record = own();
        record[member] = value;
        record
    };
    for failed in [
        error("errorCode", json!("AccessDenied")),
        error("errorMessage", json!("User is not authorized")),
        error("errorMessage", json!("")),
        error("errorCode", json!(403)),
    ] {
        let (learnt, tally, _) =
            read_one(&export(&[failed.clone(), record("ec2", "DescribeInstances", &[])]));
        assert_eq!((tally.used, tally.failed), (1, 1), "{failed}");
        assert!(!proposal::propose(&learnt).unwrap().document.contains("iam:"), "{failed}");
    }
    for good in [own(), error("errorCode", Value::Null), error("errorMessage", Value::Null)] {
        assert_eq!(read_one(&export(&[good])).1.used, 1);
    }
}

/// jit stops at an endless record and says so. No file is needed: the bytes never end.
#[test]
fn an_endless_record_is_refused_within_bounded_memory() {
    let own = record("ec2", "DescribeInstances", &[]).to_string();
    let role = ROLE.parse().unwrap();
    let length = own.len();
    let read = |start: &str, endless: u8| {
        let start = format!("{{\"Records\":[{own},{own},{start}");
        let mut trail = Trail::of(&role);
        let read = Cursor::new(start).chain(std::io::repeat(endless));
        let mut taken = read.take(u64::MAX);
        let refused = trail.read_json(&mut taken).unwrap_err();
        let (_, tally) = trail.finish();
        (refused, tally, u64::MAX - taken.limit())
    };
    for (start, endless) in [("{\"x\":\"", b'a'), ("{\"x\":[", b' '), ("", b' '), ("{\"x\":", b'1')] {
        let (refused, tally, taken) = read(start, endless);
        assert!(refused.contains("longer than the 16777216 bytes of one record"), "{start}: {refused}");
        assert_eq!((tally.records, tally.used), (2, 2), "{start}");
        let most = LONGEST + (1 << 20) + 2 * length;
        assert!(usize::try_from(taken).unwrap() <= most, "{start}: {taken} bytes were read");
    }
    // A long record, and many records that are longer together, are read.
    let long = with(record("ec2", "RunInstances", &[]), "/requestParameters", json!("a".repeat(LONGEST / 2)));
    let content = export(&[long.clone(), long.clone(), long]);
    let mut trail = Trail::of(&role);
    trail.read_json(content.as_slice()).unwrap();
    assert_eq!(trail.finish().1.used, 3);
}

#[test]
fn a_session_without_its_issuer_teaches_nothing() {
    let bare = with(record("s3", "DeleteBucket", &[]), "/userIdentity/sessionContext", json!({}));
    let (learnt, tally, _) = read_one(&export(&[bare.clone(), record("ec2", "DescribeInstances", &[])]));
    assert_eq!((tally.used, tally.untold), (1, 1));
    assert!(tally.words().contains("1 left out, because they do not name the issuer"), "{}", tally.words());
    assert!(!proposal::propose(&learnt).unwrap().document.contains("DeleteBucket"));
    let whole = with(bare, "/userIdentity/arn", json!(ROLE));
    assert_eq!(read_one(&export(&[whole])).1.used, 1, "the role's own ARN tells");
}

/// The resources that one call of S3 gives, and what is told of them.
fn of_s3(record: &Value) -> (Value, Vec<String>) {
    let (learnt, ..) = read_one(&export(std::slice::from_ref(record)));
    let proposed = proposal::propose(&learnt).unwrap();
    let document: Value = serde_json::from_str(&proposed.document).unwrap();
    (document["Statement"][0]["Resource"].clone(), proposed.widened)
}

/// A session chooses the names of its objects, and widens its proposal by none of them.
#[test]
fn names_of_objects_are_no_patterns() {
    let bucket = "arn:aws:s3:::data";
    let delete = |key: &str| of_s3(&record("s3", "DeleteObject", &[&format!("{bucket}/{key}"), bucket]));
    for (key, pattern) in [
        ("*", "${*}"),
        ("app/????", "app/${?}${?}${?}${?}"),
        ("app/${x}", "app/${$}{x}"),
        ("${*}", "${$}{${*}}"),
        ("app/é", "app/é"),
    ] {
        assert_eq!(delete(key), (json!([format!("{bucket}/{pattern}")]), vec![]), "{key}");
    }
    for key in ["a\u{1b}[2J", "€", "a\u{ad}", "{id}", &"a".repeat(1_200)] {
        let (resource, widened) = delete(key);
        assert_eq!(resource, json!([format!("{bucket}/*")]), "{key}");
        let told = "s3:DeleteObject: every resource that begins with arn:aws:s3:::data/, because the records do not name it, or a session policy cannot";
        assert_eq!(widened, [told], "{key}");
    }
}

#[test]
fn a_listing_is_of_its_bucket() {
    let listing = |resources: Value, parameters: Value| {
        let listing = with(record("s3", "ListObjects", &[]), "/resources", resources);
        of_s3(&with(listing, "/requestParameters", parameters))
    };
    let prefix = json!({ "type": "AWS::S3::Object", "ARNPrefix": "arn:aws:s3:::data/" });
    let bucket = json!({ "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::data" });
    let own = (json!(["arn:aws:s3:::data"]), Vec::new());
    assert_eq!(listing(json!([prefix, bucket]), Value::Null), own);
    assert_eq!(listing(json!([prefix]), json!({ "bucketName": "data" })), own);
    assert_eq!(listing(Value::Null, json!({ "bucketName": "data", "deep": [[{}]] })), own);
    for odd in [
        json!({ "bucketName": 5 }),
        json!("data"),
        json!({ "bucketName": "a*b" }),
        json!({ "bucketName": "x-s3alias" }),
    ] {
        let (resource, widened) = listing(json!([prefix]), odd);
        assert_eq!((resource, widened.len()), (json!(["*"]), 1));
    }
}

#[test]
fn many_resources_become_what_they_begin_with_and_it_is_told() {
    let tables = |region: &str| -> Vec<Value> {
        let arn = |number| format!("arn:aws:dynamodb:{region}:111122223333:table/t{number}");
        (0..250).map(|number| record("dynamodb", "UpdateItem", &[&arn(number)])).collect()
    };
    let records = [tables("eu-west-1"), tables("eu-west-2")].concat();
    let (learnt, ..) = read_one(&export(&records));
    let proposed = proposal::propose(&learnt).unwrap();
    let document: Value = serde_json::from_str(&proposed.document).unwrap();
    let starts =
        ["eu-west-1", "eu-west-2"].map(|region| format!("arn:aws:dynamodb:{region}:111122223333:table/t"));
    assert_eq!(document["Statement"][0]["Resource"], json!(starts.clone().map(|start| format!("{start}*"))));
    let told = starts.map(|start| {
        format!("dynamodb:UpdateItem: every resource that begins with {start}, so that the document fits")
    });
    assert_eq!(proposed.widened, told);
}

#[test]
fn much_is_widened_until_it_fits() {
    let call = |action: String, resources: Vec<String>| {
        let exact = |stem| Resource { stem, reach: Reach::Exact };
        let resources = match resources.is_empty() {
            true => vec![Resource::any(Reach::Unnamed)],
            false => resources.into_iter().map(exact).collect(),
        };
        vec![Call { reads: action.contains("Describe"), action, resources }]
    };
    let mut learnt = Learnt::default();
    for number in 0..500 {
        learnt.add(&call("s3:GetObject".to_owned(), vec![format!("arn:aws:s3:::reports/{number}")]));
    }
    let proposed = proposal::propose(&learnt).unwrap();
    assert!(proposed.document.contains("arn:aws:s3:::reports/*"), "{proposed:?}");
    let told =
        "s3:GetObject: every resource that begins with arn:aws:s3:::reports/, so that the document fits";
    assert_eq!(proposed.widened, [told]);
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
