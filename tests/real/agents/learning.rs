//! `jit learn` over a file that no memory should hold: compressed, and read as a stream.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::peers::broker::JIT;
use crate::peers::script::Ended;
use crate::peers::script::run;
use crate::peers::tool;

const ROLE: &str = "arn:aws:iam::111122223333:role/orders-admin";
/// More sessions than are told apart. A million records took 4.6 MB more than a thousand, and minutes in a build for tests.
const RECORDS: u32 = 150_000;
/// The most that these records may take more than a thousand, in KiB. The sessions that are told apart are most of it.
const MORE: u64 = 48 << 10;

/// An export with this many records of the role, each of another session and another object.
fn export(path: &Path, records: u32) {
    let mut file = GzEncoder::new(File::create(path).unwrap(), Compression::fast());
    file.write_all(b"{\"Records\":[").unwrap();
    for number in 0..records {
        let comma = if number == 0 { "" } else { "," };
        let session = format!("arn:aws:sts::111122223333:assumed-role/orders-admin/{number:010}-ana");
        write!(
            file,
            "{comma}{{\"eventVersion\":\"1.11\",\"userIdentity\":{{\"type\":\"AssumedRole\",\"arn\":\"{session}\",\
             \"accountId\":\"111122223333\",\"sessionContext\":{{\"sessionIssuer\":{{\"type\":\"Role\",\"arn\":\"{ROLE}\"}}}}}},\
             \"eventTime\":\"2026-11-23T10:00:00Z\",\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"GetObject\",\
             \"eventType\":\"AwsApiCall\",\"readOnly\":true,\"requestParameters\":{{\"key\":\"{number}\",\"headers\":\"{:700}\"}},\
             \"resources\":[{{\"type\":\"AWS::S3::Object\",\"ARN\":\"arn:aws:s3:::orders/{number}\"}}]}}",
            "x"
        )
        .unwrap();
    }
    file.write_all(b"]}").unwrap();
    file.finish().unwrap();
}

/// Runs `jit learn`, and measures the most memory that it had resident, in KiB.
fn learn(folder: &Path, trail: &str) -> (Ended, u64) {
    let measure = "import resource, subprocess, sys\ncode = subprocess.run(sys.argv[2:]).returncode\n\
                   open(sys.argv[1], 'w').write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))\nsys.exit(code)";
    let peak = folder.join("peak");
    let mut command = Command::new(tool("python"));
    command.current_dir(folder).env_clear().env("HOME", folder).args(["-c", measure]).arg(&peak).arg(JIT);
    command.args(["learn", "orders-admin", "--json", "--policy", "access", "--cloudtrail", trail]);
    let ended = run(&mut command, b"");
    (ended, std::fs::read_to_string(peak).unwrap().parse().unwrap())
}

#[test]
fn many_records_take_no_more_memory_than_a_thousand() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    std::fs::create_dir_all(root.join("access/roles")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(root.join("access").join(name), text).unwrap();
    write("access.toml", "version = 1\n");
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAADIHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH";
    write("people.toml", &format!("[people.ana]\nkeys = [\"{key}\"]\n"));
    let target = format!("[aws]\nrole_arn = \"{ROLE}\"\nregion = \"eu-west-1\"\n");
    write(
        "roles/orders-admin.toml",
        &format!("requesters = [\"person:ana\"]\napproval = \"none\"\n{target}"),
    );

    let read = |ended: &Ended| -> Value {
        serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{ended:?}"))
    };
    export(&root.join("few.json.gz"), 1000);
    let (ended, few) = learn(root, "few.json.gz");
    assert_eq!((ended.code, read(&ended)["used"].as_u64()), (0, Some(1000)), "{ended:?}");
    export(&root.join("many.json.gz"), RECORDS);
    let (ended, many) = learn(root, "many.json.gz");
    let found = read(&ended);
    assert_eq!((ended.code, found["used"].as_u64()), (0, Some(RECORDS.into())), "{ended:?}");
    assert!(found["document"].to_string().contains("arn:aws:s3:::orders/*"), "{found}");
    assert!(many < few + MORE, "{few} KiB of a thousand records, {many} KiB of many");

    // Half of it teaches half, and says where it broke off.
    let whole = std::fs::read(root.join("few.json.gz")).unwrap();
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 0xff;
    for (name, bytes) in [("half.json.gz", &whole[..whole.len() / 2]), ("damaged.json.gz", &damaged[..])] {
        std::fs::write(root.join(name), bytes).unwrap();
        let (ended, _) = learn(root, name);
        assert_eq!(ended.code, 0, "{name}: {ended:?}");
        let found = read(&ended);
        assert!((1..1000).contains(&found["used"].as_u64().unwrap()), "{name}: {found}");
        let broken = found["broken"].to_string();
        assert!(broken.contains(name) && broken.contains("records before that were read"), "{broken}");
    }
    std::fs::write(root.join("start.json.gz"), &whole[..12]).unwrap();
    let (ended, _) = learn(root, "start.json.gz");
    assert!(ended.code != 0 && ended.stderr.contains("no call of a session"), "{ended:?}");
}
