//! Roles that open Google Cloud: what loads, and what is reported where it stands.

use std::collections::BTreeMap;

use jit::policy::Policy;

use super::world;
use super::world::name;

const LINES: &str = "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\n";

const TARGET: &str = "[gcp]\nservice_account = \"db-admin@prod-123456.iam.gserviceaccount.com\"\nproject = \"prod-123456\"\n\
                      provider = \"projects/42/locations/global/workloadIdentityPools/jit-pool/providers/jit1\"\n";

const BOUNDARY: &str = r#"{"accessBoundary": {"accessBoundaryRules": [{
  "availableResource": "//storage.googleapis.com/projects/_/buckets/logs",
  "availablePermissions": ["inRole:roles/storage.objectViewer"]
}]}}"#;

fn files(role: &str, boundary: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = world::files(&[
        ("access.toml", world::ACCESS),
        ("people.toml", &world::people()),
        ("roles/warehouse.toml", role),
    ]);
    if !boundary.is_empty() {
        files.insert("roles/logs.json".to_owned(), boundary.as_bytes().to_vec());
    }
    files
}

#[test]
fn a_role_and_its_scopes_load() {
    let scopes = "[scopes.read]\noauth_scopes = [\"devstorage.read_only\"]\n[scopes.logs]\nboundary = \"logs.json\"\n\
                  oauth_scopes = [\"https://www.googleapis.com/auth/devstorage.read_only\"]\n";
    let policy = Policy::compile(files(&format!("{LINES}{TARGET}{scopes}"), BOUNDARY)).unwrap();
    let role = policy.role(&name("warehouse")).unwrap();
    assert_eq!(
        role.target.describe(),
        "service account db-admin@prod-123456.iam.gserviceaccount.com in project prod-123456 (gcp, by \
         projects/42/locations/global/workloadIdentityPools/jit-pool/providers/jit1)"
    );
    assert_eq!(role.scopes[&name("read")].document.as_str(), r#"{"scopes":["devstorage.read_only"]}"#);
    let logs = role.scopes[&name("logs")].document.as_gcp().unwrap();
    assert!(logs.boundary().is_some() && logs.scopes().is_some());
    // A default that is longer than a token may live is cut, and a role's own is reported.
    let mut long = files(&format!("{LINES}{TARGET}"), "");
    long.insert("access.toml".to_owned(), b"version = 1\n[defaults]\nlease = \"2h\"".to_vec());
    assert_eq!(Policy::compile(long).unwrap().role(&name("warehouse")).unwrap().lease.to_string(), "1h");
    insta::assert_snapshot!(world::problems(files(&format!("{LINES}lease = \"2h\"\n{TARGET}"), "")).to_string(), @r#"
    roles/warehouse.toml:3:9: access tokens of Google Cloud live 1h at most, and 2h is longer
      hint: Google limits them; they are renewed while the access lasts
    "#);
}

#[test]
fn what_is_wrong_is_reported_where_it_stands() {
    let of = |from: &str, to: &str, more: &str, boundary: &str| {
        let target = TARGET.replace(from, to);
        assert!(from.is_empty() || target != TARGET, "{from}");
        world::problems(files(&format!("{LINES}{target}{more}"), boundary)).to_string()
    };
    let mut told = String::new();
    for (from, to, more, boundary) in [
        ("db-admin@prod-123456.iam.gserviceaccount.com", "ana@example.com", "", ""),
        ("projects/42/", "projects/prod-123456/", "", ""),
        ("\"prod-123456\"", "\"Prod\"", "", ""),
        ("", "", "endpoint = \"https://sts.example.com\"\n", ""),
        ("", "", "oauth_scopes = [\"https://mail.google.com/\"]\n", ""),
        ("", "", "key = \"x\"\n", ""),
        ("", "", "[aws]\nregion = \"eu-west-1\"\n", ""),
        ("", "", "[scopes.a]\n", ""),
        ("", "", "[scopes.a]\noauth_scopes = [\"drive\"]\n", ""),
        ("", "", "[scopes.a]\npolicy = \"logs.json\"\n", BOUNDARY),
        ("", "", "[scopes.a]\nboundary = \"none.json\"\n", ""),
        ("", "", "[scopes.a]\nboundary = \"logs.json\"\n", "{}"),
        ("", "", "[scopes.a]\nboundary = \"logs.json\"\n", "{\"a\": 1,\n \"a\": 2}"),
    ] {
        told.push_str(&of(from, to, more, boundary));
        told.push('\n');
    }
    insta::assert_snapshot!(told, @r#"
    roles/warehouse.toml:4:19: "ana@example.com" cannot be the service account of Google Cloud
      hint: write service_account = "NAME@PROJECT.iam.gserviceaccount.com"
    roles/warehouse.toml:6:12: "projects/prod-123456/locations/global/workloadIdentityPools/jit-pool/providers/jit1" cannot be the provider of Google Cloud
      hint: write provider = "projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/NAME"
    roles/warehouse.toml:5:11: "Prod" cannot be the project of Google Cloud
      hint: write the project's id, like shop-123456, not its name
    roles/warehouse.toml:7:12: "https://sts.example.com" is not an https address, nor http on this machine
      hint: write https://HOST, with a port if it needs one; http is for 127.0.0.1 and [::1] alone
    roles/warehouse.toml:7:16: "https://mail.google.com/" cannot be the OAuth scope of Google Cloud
      hint: write oauth_scopes = ["devstorage.read_only"], what follows https://www.googleapis.com/auth/
    roles/warehouse.toml:7:1: `key` is not a known key
      hint: known here: service_account, project, provider, oauth_scopes, endpoint
    roles/warehouse.toml:3:1: a role opens one target, and this is its second
    roles/warehouse.toml:7:1: the scope narrows nothing
      hint: write oauth_scopes = ["devstorage.read_only"], or boundary = "NAME.json" for Cloud Storage
    roles/warehouse.toml:8:16: a scope has OAuth scopes that its role does not have
      hint: the role has cloud-platform; a token of a scope gets some of them
    roles/warehouse.toml:7:1: the scope narrows nothing
      hint: write oauth_scopes = ["devstorage.read_only"], or boundary = "NAME.json" for Cloud Storage
    roles/warehouse.toml:8:1: `policy` is not a known key
      hint: known here: description, approval, max_duration, signed, oauth_scopes, boundary
    roles/warehouse.toml:8:12: there is no file none.json beside this one
      hint: write boundary = "NAME.json", a file in roles/
    roles/logs.json:1:1: this is not an access boundary: missing field `accessBoundaryRules`
    roles/logs.json:2:8: this is not JSON: a member occurs twice
    "#);
}
