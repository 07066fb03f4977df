use super::example as entry;
use super::*;

const NOW: &str = "2026-11-23T10:00:00Z";

#[test]
fn keeps_what_is_open_and_replaces_what_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::under(folder.path());
    let now: Timestamp = NOW.parse().unwrap();
    assert_eq!(read(&files), Index::default());
    put(&files, &entry("a", "2026-11-23T10:30:00Z")).unwrap();
    put(&files, &entry("b", "2026-11-23T09:59:59Z")).unwrap();
    assert_eq!(sweep(&files, now).unwrap(), [entry("b", "2026-11-23T09:59:59Z")]);
    put(&files, &entry("a", "2026-11-23T10:40:00Z")).unwrap();
    let read_back = read(&files);
    assert_eq!(read_back.entries, [entry("a", "2026-11-23T10:40:00Z")]);
    assert_eq!(read_back.damage, None);
    forget(&files, read_back.entries[0].id.as_ref().unwrap()).unwrap();
    assert!(read(&files).entries.is_empty());
}

#[test]
fn damage_is_read_as_nothing_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::under(folder.path());
    std::fs::create_dir_all(&files.state).unwrap();
    for damaged in ["", "{", "7", "{\"grants\": 7}", "\u{0}\u{1}"] {
        std::fs::write(path(&files), damaged).unwrap();
        let index = read(&files);
        assert!(index.entries.is_empty() && index.damage.is_some(), "{damaged:?}");
    }
    let good = serde_json::to_value(entry("a", "2026-11-23T10:30:00Z")).unwrap();
    let mut hostile = good.clone();
    hostile["role"] = "$(id)".into();
    let mut odd = good.clone();
    odd["account"] = "1111\u{1b}[2J".into();
    std::fs::write(path(&files), serde_json::json!({ "grants": [hostile, odd, good] }).to_string()).unwrap();
    assert_eq!(read(&files).entries.len(), 1);
    assert!(read(&files).damage.unwrap().contains("2 damaged entries"));
    put(&files, &entry("b", "2026-11-23T10:30:00Z")).unwrap();
    assert_eq!(read(&files).damage, None);
}

#[test]
fn reviews_and_roles_stand_beside_the_grants() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::under(folder.path());
    let review = |role: &str, authority: &str| Review {
        id: crate::grant::Digest::of(role.as_bytes()).request_id(),
        role: role.parse().unwrap(),
        authority: authority.to_owned(),
        until: "2026-11-24T10:00:00Z".parse().unwrap(),
    };
    let (here, there) = ("https://jit.example.com", "https://other.example");
    put(&files, &entry("a", "2026-11-23T10:30:00Z")).unwrap();
    put_reviews(&files, here, &[review("x", here), review("y", here)]).unwrap();
    put_reviews(&files, there, &[review("z", there)]).unwrap();
    assert_eq!(read(&files).reviews.len(), 3);
    forget_review(&files, &review("x", here).id).unwrap();
    put_reviews(&files, here, &[review("y", here)]).unwrap();
    let role = KnownRole {
        name: "prod".parse().unwrap(),
        aliases: Vec::new(),
        scopes: Vec::new(),
        authority: Some(here.to_owned()),
        gate: vec!["terraform apply".to_owned()],
        place: None,
    };
    let gate = ["kubectl delete".to_owned()];
    put_roles(&files, Some(here), std::slice::from_ref(&role), &gate).unwrap();
    let index = read(&files);
    assert_eq!(index.gate, gate);
    assert_eq!((index.reviews, index.roles), (vec![review("y", here)], vec![role]));
    assert_eq!(index.entries.len(), 1);
}

#[test]
fn hostile_reviews_and_roles_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::under(folder.path());
    std::fs::create_dir_all(&files.state).unwrap();
    let text = serde_json::json!({
        "reviews": [
            7, {"id": "$(id)", "role": "x", "authority": "https://a", "until": NOW},
            {"id": "7F3KQ2M8ZD", "role": "x\n", "authority": "https://a", "until": NOW},
            {"id": "7F3KQ2M8ZD", "role": "x", "authority": "\u{1b}[2J", "until": NOW},
        ],
        "roles": [null, {"name": "`id`"}, {"name": "x", "aliases": ["$(id)"]}, {"name": "good"}],
    });
    std::fs::write(path(&files), text.to_string()).unwrap();
    let index = read(&files);
    assert!(index.reviews.is_empty(), "{index:?}");
    assert_eq!(index.roles.len(), 1);
    assert!(index.damage.unwrap().contains("7 damaged entries"));
    for odd in [r#"{"reviews": 7}"#, r#"{"roles": {}}"#, r#"{"gate": {}}"#, r#"{"gate": [7]}"#] {
        std::fs::write(path(&files), odd).unwrap();
        assert!(read(&files).damage.is_some(), "{odd}");
    }
}

#[test]
fn nothing_is_written_when_nothing_changed() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::under(folder.path());
    put(&files, &entry("a", "2026-11-23T10:30:00Z")).unwrap();
    std::fs::write(path(&files), [std::fs::read(path(&files)).unwrap(), b"\n\n".to_vec()].concat()).unwrap();
    let before = std::fs::read(path(&files)).unwrap();
    put_reviews(&files, "https://jit.example.com", &[]).unwrap();
    sweep(&files, NOW.parse().unwrap()).unwrap();
    assert_eq!(std::fs::read(path(&files)).unwrap(), before);
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let files = Files::under(folder.path());
    put(&files, &entry("a", "2026-11-23T10:30:00Z")).unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path(&files)), 0o600);
    assert_eq!(mode(&files.state), 0o700);
}

#[test]
fn two_writers_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::under(folder.path());
    std::thread::scope(|scope| {
        for index in 0..8 {
            let files = &files;
            scope.spawn(move || {
                put(files, &entry(&format!("role-{index}"), "2026-11-23T10:30:00Z")).unwrap();
            });
        }
    });
    assert_eq!(read(&files).entries.len(), 8);
}
