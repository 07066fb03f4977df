//! The lint `easier-twin` at each place: a role that opens at least what another does is found, whatever words it uses.

use jit::policy::Policy;

use crate::policy_tools::stage;

const HARD: &str = "requesters = [\"group:all\"]\napproval = \"2 of group:sre\"\n";
const EASY: &str = "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\n";

/// Compiles a policy with a guarded role and an easier one that open these tables.
fn policy(guarded: &str, easier: &str) -> Policy {
    let [guarded, easier] = [format!("{HARD}{guarded}"), format!("{EASY}{easier}")];
    let files = stage::files(&stage::usual_people(), &[]);
    stage::policy(stage::with(files, &[("roles/guarded.toml", &guarded), ("roles/easier.toml", &easier)]))
}

/// Whether the easier role is found beside the guarded one.
fn is_found(guarded: &str, easier: &str) -> bool {
    policy(guarded, easier).lints().iter().any(|lint| lint.name == "easier-twin")
}

/// A table of a place, and lines that make of it the guarded role's table and an easier one's.
struct Place {
    table: &'static str,
    /// Lines of both, where the easier role opens at least what the guarded one does.
    more: &'static [(&'static str, &'static str)],
    /// Lines of both, where the easier role lacks something or the two cannot be compared.
    other: &'static [(&'static str, &'static str)],
}

const PLACES: [Place; 8] = [
    Place {
        table: "[aws]\nrole_arn = \"arn:aws:iam::111122223333:role/x\"\n",
        more: &[
            ("region = \"eu-west-1\"", "region = \"eu-west-2\""),
            (
                "region = \"eu-west-1\"",
                "region = \"eu-west-1\"\nvia = \"arn:aws:iam::111122223333:role/hub\"",
            ),
            ("region = \"eu-west-1\"", "region = \"eu-west-1\"\nby = \"broker\"\nrevoke = \"deny\""),
            (
                "region = \"eu-west-1\"",
                "region = \"eu-west-1\"\nendpoint_url = \"https://vpce-1.example.com\"",
            ),
        ],
        other: &[(
            "region = \"eu-west-1\"",
            "region = \"eu-west-1\"\nendpoint_url = \"http://127.0.0.1:4566\"",
        )],
    },
    Place {
        table: "[sandbox]\nrole_arn = \"arn:aws:iam::000000000001:role/x\"\n",
        more: &[("endpoint_url = \"http://127.0.0.1:4000\"", "endpoint_url = \"http://127.0.0.1:4000/\"")],
        other: &[("endpoint_url = \"http://127.0.0.1:4000\"", "endpoint_url = \"http://127.0.0.1:4001\"")],
    },
    Place {
        table: "[token]\n",
        more: &[
            ("audience = \"a\"", "audience = \"a\"\nclaims = { groups = [\"x\"] }"),
            (
                "audience = \"a\"\nclaims = { groups = [\"x\", \"y\"] }",
                "audience = \"a\"\nclaims = { admin = true, groups = [\"y\", \"z\", \"x\"] }",
            ),
        ],
        other: &[
            ("audience = \"a\"", "audience = \"A\""),
            ("audience = \"https://a.example\"", "audience = \"https://a.example/\""),
            ("audience = \"a\"\nclaims = { admin = true }", "audience = \"a\""),
            ("audience = \"a\"\nclaims = { level = 2 }", "audience = \"a\"\nclaims = { level = 3 }"),
            (
                "audience = \"a\"\nclaims = { group = \"x\" }",
                "audience = \"a\"\nclaims = { group = [\"x\"] }",
            ),
            (
                "audience = \"a\"\nclaims = { groups = [\"x\", \"y\"] }",
                "audience = \"a\"\nclaims = { groups = [\"x\"] }",
            ),
        ],
    },
    Place {
        table: "[vault]\naddress = \"https://vault.example.com\"\n",
        more: &[
            ("role = \"x\"\npolicies = [\"a\"]", "role = \"x\""),
            ("role = \"x\"\npolicies = [\"a\"]", "role = \"x\"\npolicies = [\"b\", \"a\"]"),
            ("role = \"x\"", "role = \"x\"\naudience = \"vault\"\nrevoke_role = \"jit-revoke\""),
        ],
        other: &[
            ("role = \"x\"", "role = \"x\"\npolicies = [\"a\"]"),
            ("role = \"x\"\npolicies = [\"a\"]", "role = \"x\"\npolicies = [\"b\"]"),
            ("role = \"x\"", "role = \"y\""),
            ("role = \"x\"", "role = \"x\"\nmount = \"oidc\""),
            ("role = \"x\"", "role = \"x\"\nnamespace = \"team\""),
        ],
    },
    Place {
        table: "[gcp]\nservice_account = \"reader@shop-123456.iam.gserviceaccount.com\"\n",
        more: &[
            (
                "project = \"shop-123456\"\nprovider = \"projects/42/locations/global/workloadIdentityPools/pool/providers/jit1\"",
                "project = \"shop-654321\"\nprovider = \"projects/43/locations/global/workloadIdentityPools/pool/providers/jit1\"",
            ),
            (
                "oauth_scopes = [\"devstorage.read_only\"]\nproject = \"shop-123456\"\nprovider = \"projects/42/locations/global/workloadIdentityPools/pool/providers/jit1\"",
                "project = \"shop-123456\"\nprovider = \"projects/42/locations/global/workloadIdentityPools/pool/providers/jit1\"",
            ),
        ],
        other: &[
            (
                "project = \"shop-123456\"\nprovider = \"projects/42/locations/global/workloadIdentityPools/pool/providers/jit1\"",
                "oauth_scopes = [\"bigquery\"]\nproject = \"shop-123456\"\nprovider = \"projects/42/locations/global/workloadIdentityPools/pool/providers/jit1\"",
            ),
            (
                "oauth_scopes = [\"drive\"]\nproject = \"shop-123456\"\nprovider = \"projects/42/locations/global/workloadIdentityPools/pool/providers/jit1\"",
                "project = \"shop-123456\"\nprovider = \"projects/42/locations/global/workloadIdentityPools/pool/providers/jit1\"",
            ),
        ],
    },
    Place {
        table: "[kubernetes]\naudience = \"kube\"\n",
        more: &[
            (
                "server = \"https://k8s.example.com\"\ngroups = [\"viewers\"]",
                "server = \"https://k8s.example.com/\"\ngroups = [\"viewers\", \"admins\"]",
            ),
            (
                "server = \"https://k8s.example.com\"\ngroups = [\"viewers\"]",
                "server = \"https://k8s.example.com.\"\ngroups = [\"viewers\"]",
            ),
        ],
        other: &[
            (
                "server = \"https://k8s.example.com\"\ngroups = [\"viewers\", \"admins\"]",
                "server = \"https://k8s.example.com\"\ngroups = [\"viewers\"]",
            ),
            (
                "server = \"https://k8s.example.com\"\ngroups = [\"viewers\"]",
                "server = \"https://k8s.example.com:6443\"\ngroups = [\"viewers\"]",
            ),
        ],
    },
    Place {
        table: "[kubernetes]\nserver = \"https://k8s.example.com\"\nservice_account = \"deployer\"\n",
        more: &[("namespace = \"apps\"", "namespace = \"apps\"")],
        other: &[("namespace = \"apps\"", "namespace = \"jobs\"")],
    },
    Place {
        table: "[azure]\ntenant = \"0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90\"\n",
        more: &[
            (
                "client_id = \"7c1e2d3f-aaaa-4bbb-8ccc-123456789abc\"\naudiences = [\"https://vault.azure.net\"]",
                "client_id = \"7C1E2D3F-aaaa-4bbb-8ccc-123456789abc\"\naudiences = [\"api://a\", \"https://vault.azure.net/\"]\noverrun = \"accept\"",
            ),
            (
                "client_id = \"7c1e2d3f-aaaa-4bbb-8ccc-123456789abc\"\naudiences = [\"https://management.azure.com\"]",
                "client_id = \"7c1e2d3f-aaaa-4bbb-8ccc-123456789abc\"\naudiences = [\"https://management.core.windows.net/\"]",
            ),
        ],
        other: &[
            (
                "client_id = \"7c1e2d3f-aaaa-4bbb-8ccc-123456789abc\"\naudiences = [\"api://a\", \"api://b\"]",
                "client_id = \"7c1e2d3f-aaaa-4bbb-8ccc-123456789abc\"\naudiences = [\"api://a\"]",
            ),
            (
                "client_id = \"7c1e2d3f-aaaa-4bbb-8ccc-123456789abc\"\naudiences = [\"api://a\"]",
                "client_id = \"7c1e2d3f-aaaa-4bbb-8ccc-123456789abd\"\naudiences = [\"api://a\"]",
            ),
        ],
    },
];

#[test]
fn the_same_or_more_by_other_words_is_found_at_every_place() {
    for Place { table, more, other } in PLACES {
        for (guarded, easier) in more {
            let [guarded, easier] = [guarded, easier].map(|lines| format!("{table}{lines}\n"));
            assert!(is_found(&guarded, &easier), "not found:\n{guarded}\n{easier}");
            assert!(is_found(&guarded, &guarded), "not found beside itself:\n{guarded}");
        }
        for (guarded, easier) in other {
            let [guarded, easier] = [guarded, easier].map(|lines| format!("{table}{lines}\n"));
            assert!(!is_found(&guarded, &easier), "found:\n{guarded}\n{easier}");
        }
    }
}

#[test]
fn places_are_never_compared_with_each_other() {
    for one in &PLACES {
        for another in PLACES.iter().filter(|another| another.table != one.table) {
            let table = |place: &Place| format!("{}{}\n", place.table, place.more[0].0);
            assert!(!is_found(&table(one), &table(another)), "{} {}", one.table, another.table);
        }
    }
}

#[test]
fn it_says_whether_the_easier_role_opens_more() {
    let said = |guarded: &str, easier: &str| {
        let head = "[vault]\naddress = \"https://vault.example.com\"\nrole = \"x\"\n";
        let lints = policy(&format!("{head}{guarded}"), &format!("{head}{easier}")).lints();
        lints.iter().find(|lint| lint.name == "easier-twin").unwrap().problem.to_string()
    };
    insta::assert_snapshot!(said("", ""), @"
    roles/easier.toml:2:12: ana, bo may have the same target as guarded with less approval, and for as long
      hint: give both roles the same approval, make the easier one shorter, or take people out of its requesters; allow the lint where a claim takes power away
    ");
    insta::assert_snapshot!(said("policies = [\"a\"]\n", ""), @"
    roles/easier.toml:2:12: ana, bo may have at least what guarded opens with less approval, and for as long
      hint: give both roles the same approval, make the easier one shorter, or take people out of its requesters; allow the lint where a claim takes power away
    ");
}

/// In one cluster, many roles have groups of their own. Those between two that belong together do not hide them.
#[test]
fn many_roles_of_one_cluster_hide_nothing() {
    let table = |group: &str| {
        format!(
            "[kubernetes]\nserver = \"https://k8s.example.com\"\naudience = \"kube\"\ngroups = [{group}]\n"
        )
    };
    let mut files = stage::files(&stage::usual_people(), &[]);
    for number in 0..100 {
        let role = format!("{HARD}{}", table(&format!("\"g{number}\"")));
        files = stage::with(files, &[(&format!("roles/r{number}.toml"), &role)]);
    }
    let role = format!("{EASY}{}", table("\"g0\", \"g99\""));
    let policy = stage::policy(stage::with(files, &[("roles/z.toml", &role)]));
    let found: Vec<String> = policy
        .lints()
        .iter()
        .filter(|lint| lint.name == "easier-twin")
        .map(|lint| lint.problem.to_string())
        .collect();
    assert_eq!(found.len(), 2, "{found:?}");
}
