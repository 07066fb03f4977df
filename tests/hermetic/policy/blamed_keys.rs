//! A wrong value in a target table is reported at its key, with a hint of what to write.

use super::world;

const LINES: &str = "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\n";

/// Each place's table, one key a line.
const TABLES: [&str; 6] = [
    "[token]\naudience = \"registry\"\nclaims = { groups = [\"a\"] }\n",
    "[vault]\naddress = \"https://vault.example.com\"\nrole = \"prod\"\nmount = \"jwt\"\nnamespace = \"team\"\naudience = \"vault\"\npolicies = [\"a\"]\n",
    "[gcp]\nservice_account = \"db-admin@prod-123456.iam.gserviceaccount.com\"\nproject = \"prod-123456\"\nprovider = \"projects/42/locations/global/workloadIdentityPools/jit-pool/providers/jit1\"\noauth_scopes = [\"bigquery\"]\nendpoint = \"http://127.0.0.1:4000\"\n",
    "[kubernetes]\nserver = \"https://k8s.example.com\"\naudience = \"kube\"\ngroups = [\"a\"]\n",
    "[kubernetes]\nserver = \"https://k8s.example.com\"\nnamespace = \"apps\"\nservice_account = \"deployer\"\n",
    "[azure]\ntenant = \"0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90\"\nclient_id = \"7c1e2d3f-aaaa-4bbb-8ccc-123456789abc\"\naudiences = [\"api://a\"]\nauthority = \"http://127.0.0.1:4000\"\n",
];

fn told(table: &str) -> String {
    let role = format!("{LINES}{table}");
    let files = world::files(&[
        ("access.toml", world::ACCESS),
        ("people.toml", &world::people()),
        ("roles/r.toml", &role),
    ]);
    world::problems(files).to_string()
}

/// Every text of every table is spoilt, one after the other. Each time, the one problem stands in that line and has a hint.
#[test]
fn every_wrong_value_is_reported_in_its_line_with_a_hint() {
    let mut count = 0;
    for table in TABLES {
        for (number, line) in table.lines().enumerate().skip(1) {
            // A blank fits nowhere.
            let Some((beginning, end)) = line.rsplit_once('"') else { panic!("{line}") };
            let spoilt = table.replacen(line, &format!("{beginning} x\"{end}"), 1);
            // The value of a claim may have blanks, and its name may not be one of the issuer's own.
            let spoilt = spoilt.replace("{ groups = [\"a x\"] }", "{ sub = [\"a\"] }");
            let told = told(&spoilt);
            // Two lines stand before the table.
            assert!(told.starts_with(&format!("roles/r.toml:{}:", number + 3)), "{spoilt}\n{told}");
            assert!(
                told.contains("\n  hint: ") && told.matches("roles/r.toml").count() == 1,
                "{spoilt}\n{told}"
            );
            count += 1;
        }
    }
    assert_eq!(count, 23);
}

#[test]
fn an_address_in_another_form_is_told_its_own() {
    let vault = |address: &str| told(&format!("[vault]\nrole = \"prod\"\naddress = \"{address}\"\n"));
    insta::assert_snapshot!(vault("https://Vault.Example.com:443/v1"), @r#"
    roles/r.toml:5:11: "https://Vault.Example.com:443/v1" is not written as it is called, which is "https://vault.example.com/v1"
      hint: write "https://vault.example.com/v1"
    "#);
    insta::assert_snapshot!(vault("vault.example.com"), @r#"
    roles/r.toml:5:11: "vault.example.com" is not an https address, nor http on this machine
      hint: write https://HOST, with a port if it needs one; http is for 127.0.0.1 and [::1] alone
    "#);
    let cluster =
        "[kubernetes]\naudience = \"kube\"\ngroups = [\"a\"]\nserver = \"https://K8S.example.com\"\n";
    insta::assert_snapshot!(told(cluster), @r#"
    roles/r.toml:6:10: "https://K8S.example.com" is not written as it is called, which is "https://k8s.example.com"
      hint: write "https://k8s.example.com"
    "#);
}
