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
    let discovery: Value = serde_json::from_str(&discovery_json("https://jit.example.com/x")).unwrap();
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

/// A cloud fetches from another host than the broker: nothing is signed with a key that this host does not serve.
#[test]
fn an_issuer_elsewhere_signs_only_with_what_its_host_serves() {
    const URL: &str = "https://jit-issuer.example.com";
    let folder = tempfile::tempdir().unwrap();
    let open = |now| Issuer::open_elsewhere(folder.path(), now, URL).unwrap();
    let issuer = open(noon());
    let kid = issuer.records()[0].kid.clone();
    let refused = issuer.sign(&claims(), noon()).unwrap_err();
    assert!(refused.to_string().contains(&format!("{URL} does not serve the broker's signing key {kid}")));
    assert!(refused.hint().unwrap().contains("jit setup issuer") && refused.is_passing());
    let foreign = SigningKey::generate().unwrap().kid().to_owned();
    issuer.saw(std::slice::from_ref(&foreign), noon()).unwrap();
    assert!(issuer.sign(&claims(), noon()).is_err(), "a key that is not ours signs nothing");
    issuer.saw(&[kid.clone(), foreign], noon()).unwrap();
    assert_eq!(header_of(&issuer.sign(&claims(), noon()).unwrap())["kid"], kid.as_str());
    // The record of the keys that the host served outlives the process, and counts at this address alone.
    drop(issuer);
    assert!(open(noon()).sign(&claims(), noon()).is_ok());
    let moved = Issuer::open_elsewhere(folder.path(), noon(), "https://other.example.com").unwrap();
    assert!(matches!(moved.sign(&claims(), noon()), Err(IssuerError::Unpublished { .. })));
    let issuer = open(noon());
    issuer.saw(&[], noon()).unwrap();
    drop(issuer);
    assert!(open(noon()).sign(&claims(), noon()).is_err(), "nor is a loss forgotten");
}

/// A broker that slept when its next key was due goes on with the key that the host still serves.
#[test]
fn a_long_sleep_does_not_either() {
    const URL: &str = "https://jit-issuer.example.com";
    let folder = tempfile::tempdir().unwrap();
    let issuer = Issuer::open_elsewhere(folder.path(), noon(), URL).unwrap();
    let kid = issuer.records()[0].kid.clone();
    issuer.saw(std::slice::from_ref(&kid), noon()).unwrap();
    issuer.rotate(noon()).unwrap();
    let later = noon() + SignedDuration::from_hours(24 * 30);
    assert!(!issuer.key_set_json(later).contains(&kid));
    issuer.put_off(later).unwrap();
    assert!(issuer.key_set_json(later).contains(&kid));
    issuer.saw(std::slice::from_ref(&kid), later).unwrap();
    assert_eq!(issuer.signing(later).unwrap(), kid);
    // Once a look has found the newer one alone, the old one is over.
    let next = issuer.records()[1].kid.clone();
    let much_later = later + SignedDuration::from_hours(24);
    issuer.saw(std::slice::from_ref(&next), much_later).unwrap();
    let end = much_later + SignedDuration::from_hours(24 * 30);
    issuer.put_off(end).unwrap();
    assert!(!issuer.key_set_json(end).contains(&kid));
}

/// A broker that did not run when its next key was due goes on with the key that the host still serves.
#[test]
fn a_long_stop_does_not_take_away_the_only_published_key() {
    const URL: &str = "https://jit-issuer.example.com";
    let folder = tempfile::tempdir().unwrap();
    let issuer = Issuer::open_elsewhere(folder.path(), noon(), URL).unwrap();
    let kid = issuer.records()[0].kid.clone();
    issuer.saw(std::slice::from_ref(&kid), noon()).unwrap();
    let next = issuer.rotate(noon()).unwrap();
    drop(issuer);
    let later = noon() + SignedDuration::from_hours(24 * 30);
    let issuer = Issuer::open_elsewhere(folder.path(), later, URL).unwrap();
    assert_eq!(header_of(&issuer.sign(&claims(), later).unwrap())["kid"], kid.as_str());
    assert!(issuer.key_set_json(later).contains(&kid) && issuer.key_set_json(later).contains(&next));
    assert!(issuer.knows(&kid) && issuer.knows(&next) && !issuer.knows("another"));
}

#[test]
fn the_key_set_can_be_read_without_touching_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("issuer");
    assert_eq!(key_set_in(&keys, noon()).unwrap(), None);
    assert!(!keys.exists());
    let issuer = Issuer::open(&keys, noon()).unwrap();
    issuer.rotate(noon()).unwrap();
    assert_eq!(key_set_in(&keys, noon()).unwrap(), Some(issuer.key_set_json(noon())));
    let later = noon() + SignedDuration::from_hours(50);
    assert_eq!(key_set_in(&keys, later).unwrap(), Some(issuer.key_set_json(later)));
    assert_eq!(std::fs::read_dir(&keys).unwrap().count(), 4, "two keys, the timetable and its lock");
}
