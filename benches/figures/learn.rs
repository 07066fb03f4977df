//! The records that `jit learn` reads a second, beside `jq` reading the same files for less: the names of the role's calls.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::measure::Contender;
use crate::measure::in_turns;
use crate::measure::output;
use crate::measure::quiet;
use crate::measure::ratio;
use crate::measure::run;
use crate::measure::show;
use crate::place;

const RECORDS: u32 = 200_000;
const FILES: u32 = 4;
const ROUNDS: usize = 5;
const ROLE: &str = "arn:aws:iam::111122223333:role/orders-admin";

pub fn figure() {
    let folder = place::folder();
    let root = folder.path();
    policy(&root.join("access"));
    std::fs::create_dir(root.join("trail")).unwrap();
    std::fs::create_dir(root.join("zipped")).unwrap();
    for number in 0..FILES {
        let text = export(number, RECORDS / FILES);
        std::fs::write(root.join(format!("trail/{number}.json")), &text).unwrap();
        let file = std::fs::File::create(root.join(format!("zipped/{number}.json.gz"))).unwrap();
        let mut encoder = GzEncoder::new(file, Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap();
    }
    let home = root.to_str().unwrap();
    let environment = [("HOME", home), ("PATH", "/usr/local/bin:/usr/bin:/bin")];
    if quiet("jq", &environment).arg("--version").status().is_err() {
        println!("learn      jq is not installed");
        return;
    }
    let filter = format!(
        "[.Records[] | select(.userIdentity.sessionContext.sessionIssuer.arn == \"{ROLE}\" and .errorCode == null) \
         | .eventSource + \":\" + .eventName] | unique"
    );
    for (name, before) in [("trail", "cat"), ("zipped", "zcat")] {
        let mut learn = quiet(place::jit(), &environment);
        learn.current_dir(root).args([
            "learn",
            "orders-admin",
            "--json",
            "--policy",
            "access",
            "--cloudtrail",
            name,
        ]);
        let seen = output(&mut learn);
        let seen: serde_json::Value = serde_json::from_str(&seen).unwrap();
        assert_eq!(seen["records"], RECORDS, "{seen}");
        let mut jq = quiet("/bin/sh", &environment);
        jq.current_dir(root).args(["-c", &format!("{before} {name}/* | jq -c '{filter}'")]);
        assert_eq!(output(&mut jq).lines().count(), FILES as usize);
        let mut contenders: Vec<Contender<'_>> =
            vec![("jit", Box::new(|| run(&mut learn))), ("jq", Box::new(|| run(&mut jq)))];
        let times = in_turns(ROUNDS, &mut contenders);
        let (own, other) = (times[0].median(), times[1].median());
        let a_second = |time: std::time::Duration| f64::from(RECORDS) / time.as_secs_f64();
        println!(
            "learn      {name}: {:.0} records a second ({}) | {before} and jq {:.0} a second ({}) | ratio of the rates {:.1}",
            a_second(own),
            show(own),
            a_second(other),
            show(other),
            ratio(other, own)
        );
    }
}

fn policy(folder: &Path) {
    std::fs::create_dir_all(folder.join("roles")).unwrap();
    std::fs::write(folder.join("access.toml"), "version = 1\n").unwrap();
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAADIHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH";
    std::fs::write(folder.join("people.toml"), format!("[people.ana]\nkeys = [\"{key}\"]\n")).unwrap();
    let role = format!(
        "requesters = [\"person:ana\"]\napproval = \"none\"\n[aws]\nrole_arn = \"{ROLE}\"\nregion = \"eu-west-1\"\n"
    );
    std::fs::write(folder.join("roles/orders-admin.toml"), role).unwrap();
}

/// Records in the form and of about the length of the CloudTrail User Guide's examples.
fn export(file: u32, records: u32) -> String {
    let mut text = String::from("{\"Records\":[");
    for number in 0..records {
        let (service, call) = [
            ("s3", "GetObject"),
            ("ec2", "DescribeInstances"),
            ("kms", "Decrypt"),
            ("sts", "GetCallerIdentity"),
        ][number as usize % 4];
        let role = if number % 3 == 0 { ROLE } else { "arn:aws:iam::111122223333:role/other" };
        let name = role.rsplit('/').next().unwrap_or_default();
        let comma = if number == 0 { "" } else { "," };
        text.push_str(&format!(
            "{comma}{{\"eventVersion\":\"1.11\",\"userIdentity\":{{\"type\":\"AssumedRole\",\"principalId\":\"AROAEXAMPLE:7F3KQ2M8ZD-ana\",\
             \"arn\":\"arn:aws:sts::111122223333:assumed-role/{name}/7F3KQ2M8ZD-ana\",\"accountId\":\"111122223333\",\
             \"accessKeyId\":\"ASIAEXAMPLE\",\"sessionContext\":{{\"sessionIssuer\":{{\"type\":\"Role\",\"principalId\":\"AROAEXAMPLE\",\
             \"arn\":\"{role}\",\"accountId\":\"111122223333\",\"userName\":\"{name}\"}},\"attributes\":{{\"creationDate\":\
             \"2026-11-23T10:00:00Z\",\"mfaAuthenticated\":\"false\"}}}}}},\"eventTime\":\"2026-11-23T10:00:00Z\",\
             \"eventSource\":\"{service}.amazonaws.com\",\"eventName\":\"{call}\",\"awsRegion\":\"eu-west-1\",\"sourceIPAddress\":\"192.0.2.1\",\
             \"userAgent\":\"aws-cli/2.31.0 md/awscrt#0.28.2 ua/2.1 os/linux#6.12 lang/python#3.13.7\",\"requestParameters\":{{\"key\":\
             \"orders/{file}/{number}.json\",\"bucketName\":\"orders\"}},\"responseElements\":null,\"requestID\":\"{number:032x}\",\
             \"eventID\":\"{number:032x}\",\"readOnly\":true,\"eventType\":\"AwsApiCall\",\"managementEvent\":true,\
             \"recipientAccountId\":\"111122223333\",\"eventCategory\":\"Management\"}}"
        ));
    }
    text.push_str("]}");
    text
}
