//! The log on `jit-log`, read from a terminal; and what somebody with a pen for that branch may try.

use super::hub::Hub;
use super::laptop::Laptop;
use super::stage::Person;

#[test]
fn the_log_is_read_whole_or_not_at_all() {
    let hub = Hub::new();
    let laptop = Laptop::of(&hub, "ana");
    let first = hub.approved(1);
    laptop.lease(&first, None).unwrap();
    let ana = Person::new(&hub, "ana").logged_in();
    let shown = ana.run("audit list");
    let lines = shown.ok().to_owned();
    for words in
        ["ana asks for prod-admin", "approved for", "active until", "credentials 1 handed out", "run "]
    {
        assert!(lines.contains(words), "{words}: {lines}");
    }
    let whole = ana.run("audit list --json");
    let whole: Vec<serde_json::Value> = serde_json::from_str(whole.ok()).unwrap();
    assert_eq!(whole.len(), 1);
    assert_eq!(whole[0]["event"]["action"], "mint");
    // Another request's events are gone, changed or doubled: nothing is shown, though each event that is left holds.
    let second = hub.approved(2);
    laptop.lease(&second, None).unwrap_err();
}
