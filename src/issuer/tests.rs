//! Tests of the issuer's guarantees to clouds and operators.

use jiff::SignedDuration;
use serde_json::json;

use super::*;

fn noon() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn claims() -> Map<String, Value> {
    let value = json!({"iss": "https://jit.example.com", "sub": "jit:role:x", "iat": 1_795_438_795_i64, "exp": 1_795_438_855_i64});
    value.as_object().unwrap().clone()
}

fn header_of(token: &Secret<String>) -> Value {
    let header = token.expose().split('.').next().unwrap();
    serde_json::from_slice(&BASE64URL_NOPAD.decode(header.as_bytes()).unwrap()).unwrap()
}

#[test]
fn the_first_key_is_made_kept_and_private() {
    let folder = tempfile::tempdir().unwrap();
    let first = Issuer::open(folder.path(), noon()).unwrap();
    let again = Issuer::open(folder.path(), noon()).unwrap();
    assert_eq!(first.key_set_json(noon()), again.key_set_json(noon()));
    #[cfg(unix)]
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        use std::os::unix::fs::PermissionsExt;
        let entry = entry.unwrap();
        let lock = entry.file_name() == "keys.lock";
        assert!(lock || entry.metadata().unwrap().permissions().mode() & 0o077 == 0, "{entry:?}");
    }
}

#[test]
fn the_documents_hold_only_what_clouds_take() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = Issuer::open(folder.path(), noon()).unwrap();
    let set: Value = serde_json::from_str(&issuer.key_set_json(noon())).unwrap();
    let key = set["keys"][0].as_object().unwrap();
    let mut members: Vec<&str> = key.keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"]);
    assert_eq!(key["e"], "AQAB");
    let discovery: Value = serde_json::from_str(&issuer.discovery_json("https://jit.example.com/x")).unwrap();
    assert_eq!(discovery["issuer"], "https://jit.example.com/x");
    assert_eq!(discovery["jwks_uri"], "https://jit.example.com/x/.well-known/jwks.json");
}

#[test]
fn a_next_key_is_published_at_once_and_signs_a_day_later() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = Issuer::open(folder.path(), noon()).unwrap();
    let first = header_of(&issuer.sign(&claims(), noon()).unwrap())["kid"].clone();
    let next = issuer.rotate(noon()).unwrap();
    assert!(issuer.key_set_json(noon()).contains(&next));
    assert!(matches!(issuer.rotate(noon()), Err(IssuerError::AlreadyRotating(_))));
    let almost = noon() + SignedDuration::from_secs(24 * 3600 - 1);
    assert_eq!(header_of(&issuer.sign(&claims(), almost).unwrap())["kid"], first);
    let later = noon() + SignedDuration::from_hours(24);
    // The timetable outlives the process.
    drop(issuer);
    let issuer = Issuer::open(folder.path(), later).unwrap();
    assert_eq!(header_of(&issuer.sign(&claims(), later).unwrap())["kid"], next.as_str());
    let gone = noon() + SignedDuration::from_hours(48);
    assert!(!issuer.key_set_json(gone).contains(first.as_str().unwrap()));
    issuer.rotate(gone).unwrap();
    assert!(!folder.path().join(format!("{}.pk8", first.as_str().unwrap())).exists());
}

#[test]
fn refuses_files_that_others_can_read_or_that_are_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = Issuer::open(folder.path(), noon()).unwrap();
    let path = issuer.key_path(&issuer.records()[0].kid);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let refused = Issuer::open(folder.path(), noon()).err().unwrap();
        assert!(matches!(refused, IssuerError::Readable { mode: 0o640, .. }), "{refused}");
        assert!(refused.hint().unwrap().contains("chmod 600"));
    }
    files::replace_private(&path, b"no key").unwrap();
    assert!(matches!(Issuer::open(folder.path(), noon()), Err(IssuerError::Damaged { .. })));
    let other = SigningKey::generate().unwrap();
    other.save(&path).unwrap();
    assert!(matches!(Issuer::open(folder.path(), noon()), Err(IssuerError::Damaged { .. })));
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(Issuer::open(folder.path(), noon()), Err(IssuerError::Damaged { .. })));
    files::replace_private(&issuer.schedule_path(), b"{").unwrap();
    assert!(matches!(Issuer::open(folder.path(), noon()), Err(IssuerError::Damaged { .. })));
}

#[test]
fn fractional_times_are_refused_and_tokens_are_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = Issuer::open(folder.path(), noon()).unwrap();
    let mut broken = claims();
    broken.insert("exp".to_owned(), json!(1.5));
    assert!(matches!(issuer.sign(&broken, noon()), Err(IssuerError::Claim("exp"))));
    let token = issuer.sign(&claims(), noon()).unwrap();
    assert_eq!(token.expose().split('.').count(), 3);
    assert_eq!(format!("{token:?}"), "[secret]");
}
