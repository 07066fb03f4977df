//! How single people are reached, and who is told when a request stays undecided.

use std::collections::BTreeMap;

use jit::policy::MailDoor;
use jit::policy::Policy;
use jit::policy::Principal;
use jit::policy::SecretSource;

use crate::policy::world;
use crate::policy::world::files;
use crate::policy::world::problems;

const ROLE: &str = "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\n";

const ACCESS: &str = r#"version = 1
[notify]
teams = { url_env = "TEAMS" }
escalate_after = "30m"
escalate_to = { slack = { url_file = "/run/leads" }, people = ["group:leads", "person:eve"] }
[notify.people]
mail = { server = "smtps://mail.example.com", from = "jit@example.com", user = "jit", password_env = "MAIL" }
slack = { token_env = "SLACK_TOKEN" }
"#;

fn policy_of(access: &str, people: &str, role: &str) -> BTreeMap<String, Vec<u8>> {
    files(&[("access.toml", access), ("people.toml", people), ("roles/prod-admin.toml", &world::role(role))])
}

#[test]
fn every_way_to_reach_a_person_loads() {
    let people = world::people()
        .replace("[people.dee]\n", "[people.dee]\nmail = \"dee@example.com\"\nslack = \"U024BE7LH\"\n");
    let role =
        format!("{ROLE}[notify]\nescalate_after = \"10m\"\nescalate_to = {{ people = [\"person:cy\"] }}\n");
    let policy = Policy::compile(policy_of(ACCESS, &people, &role)).unwrap();
    let role = policy.role(&world::name("prod-admin")).unwrap();
    assert_eq!(policy.notices_for(role)[0].teams, Some(SecretSource::Environment("TEAMS".to_owned())));
    // The role's own time wins, and its people come besides.
    assert_eq!(policy.escalate_after(role), Some("10m".parse().unwrap()));
    let further = policy.escalations_for(role);
    assert_eq!(further.len(), 2);
    assert!(further[0].places.slack.is_some());
    let names: Vec<&str> = policy.people_of(further[0]).map(|person| person.name.as_str()).collect();
    assert_eq!(names, ["dee", "eve"]);
    assert_eq!(further[1].people, [Principal::Person(world::name("cy"))]);
    let mail = policy.channels().mail.as_ref().unwrap();
    assert_eq!((mail.door, mail.port, mail.from.as_str()), (MailDoor::Tls, 465, "jit@example.com"));
    let dee = policy.person(&world::name("dee")).unwrap();
    assert_eq!(dee.addresses.mail.as_deref(), Some("dee@example.com"));
    assert!(dee.addresses.are_reached_by(policy.channels()));
    let eve = policy.person(&world::name("eve")).unwrap();
    assert!(!eve.addresses.are_reached_by(policy.channels()), "she has no address");
}

#[test]
fn addresses_that_are_none_are_refused_where_they_stand() {
    let people = world::people()
        .replace("[people.dee]\n", "[people.dee]\nmail = \"Dee <dee@example.com>\"\nslack = \"#ops\"\n")
        .replace("[people.eve]\n", "[people.eve]\nmail = \"eve@example.com\\r\\nBcc: x@evil.example\"\n");
    insta::assert_snapshot!(problems(policy_of(world::ACCESS, &people, ROLE)).to_string(), @r#"
    people.toml:8:8: this is not a mail address
    people.toml:9:9: this is not the id of a member in Slack
      hint: in Slack, open the person's profile and choose "Copy member ID": it looks like U024BE7LH
    people.toml:12:8: this is not a mail address
    "#);
}

#[test]
fn a_token_is_never_written_and_only_the_whole_policy_says_how_people_are_reached() {
    let access = "version = 1\n[notify]\nescalate_to = { people = [\"group:nobody\", \"workload:x\"], to = 1 }\n\
                  [notify.people]\nslack = { token = \"xoxb-1\" }\nmail = { server = \"smtps://mail.example.com\", \
                  from = \"jit@example.com\", to = [\"a@example.com\"] }\n";
    let role = format!("{ROLE}[notify.people]\nslack = {{ token_env = \"T\" }}\n");
    insta::assert_snapshot!(problems(policy_of(access, &world::people(), &role)).to_string(), @"
    access.toml:3:27: there is no group nobody
      hint: add it to [groups] in people.toml
    access.toml:3:43: a workload cannot be named here: this is for people
    access.toml:3:58: `to` is not a known key
      hint: known here: slack, teams, webhook, command, mail, people
    access.toml:5:9: a Slack app has either `token_env` or `token_file`
      hint: name the environment variable or the file in which the broker finds the token
    access.toml:5:11: `token` is not a known key
      hint: known here: token_env, token_file
    access.toml:6:73: `to` is not a known key
      hint: known here: server, from, user, password_env, password_file
    roles/prod-admin.toml:3:9: `people` is not a known key
      hint: known here: slack, teams, webhook, command, mail, escalate_to, remind, escalate_after
    ");
}
