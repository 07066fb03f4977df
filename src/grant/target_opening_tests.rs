//! "Opens at least" is an order on targets: reflexive, transitive, and closed under other spellings.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::sample::subsequence;

use super::Target;

/// At least one of some names, in their order, with commas between them.
fn some(names: &'static [&'static str]) -> impl Strategy<Value = String> {
    subsequence(names, 1..=names.len()).prop_map(|names| names.join(","))
}

/// Targets of every place from so few parts that two of them are often related.
fn targets() -> impl Strategy<Value = Target> {
    let role = "arn:aws:iam::111122223333:role";
    let aws = (
        select(vec!["x", "y"]),
        select(vec!["", "&endpoint_url=https://vpce.example.com", "&endpoint_url=http://127.0.0.1:1"]),
        select(vec!["", "&by=broker"]),
    )
        .prop_map(move |(name, endpoint, by)| format!("aws:{role}/{name}?region=eu-west-1{endpoint}{by}"));
    let sandbox = select(vec!["http://127.0.0.1:1", "http://127.0.0.1:1/", "http://127.0.0.1:2"])
        .prop_map(move |endpoint| format!("sandbox:{role}/x?endpoint_url={endpoint}"));
    let lists = || subsequence(vec![r#""a""#, r#""b""#], 0..=2).prop_map(|names| names.join(","));
    let token = (lists(), select(vec!["1", "2", r#""1""#, r#"["1"]"#]), any::<bool>()).prop_map(
        |(groups, level, is_bare)| match is_bare {
            true => format!(r#"token:a?claims={{"groups":[{groups}]}}"#),
            false => format!(r#"token:a?claims={{"groups":[{groups}],"level":{level}}}"#),
        },
    );
    let vault =
        (select(vec!["", "/"]), prop::option::of(some(&["a", "b", "c"]))).prop_map(|(slash, policies)| {
            let policies = policies.map_or_else(String::new, |names| format!("&policies={names}"));
            format!("vault:https://vault.example.com{slash}?role=x&mount=jwt{policies}")
        });
    let provider = "projects/42/locations/global/workloadIdentityPools/jit-pool/providers/jit1";
    let scopes = some(&["bigquery", "cloud-platform", "devstorage.read_only", "drive"]);
    let gcp = scopes.prop_map(move |scopes| {
        let scopes = if scopes == "cloud-platform" { String::new() } else { format!("&scopes={scopes}") };
        format!(
            "gcp:db-admin@prod-123456.iam.gserviceaccount.com?project=prod-123456&provider={provider}{scopes}"
        )
    });
    let server = || select(vec!["https://k8s.example.com", "https://k8s.example.com."]);
    let groups = (server(), some(&["a", "b", "c"]))
        .prop_map(|(server, groups)| format!("kubernetes:{server}?audience=kube&groups={groups}"));
    let account = (server(), select(vec!["a", "b"]))
        .prop_map(|(server, name)| format!("kubernetes:{server}?namespace=apps&service_account={name}"));
    let names =
        some(&["https://management.azure.com", "https://management.core.windows.net/", "api://a", "api://b"]);
    let id = "7c1e2d3f-aaaa-4bbb-8ccc-123456789abc";
    let azure = (names, select(vec!["", "&overrun=accept"]))
        .prop_map(move |(names, overrun)| format!("azure:{id}?tenant={id}&audiences={names}{overrun}"));
    prop_oneof![aws, sandbox, token, vault, gcp, groups, account, azure]
        .prop_map(|text: String| text.parse().unwrap_or_else(|error| panic!("{text}: {error}")))
}

proptest! {
    #[test]
    fn every_target_opens_at_least_itself(target in targets()) {
        prop_assert!(target.opens_at_least(&target));
        let equal: Target = target.to_string().parse().unwrap();
        prop_assert!(equal.opens_at_least(&target) && target.opens_at_least(&equal));
    }

    #[test]
    fn a_target_that_opens_more_than_more_opens_more(one in targets(), two in targets(), three in targets()) {
        if one.opens_at_least(&two) && two.opens_at_least(&three) {
            prop_assert!(one.opens_at_least(&three), "{} {} {}", one, two, three);
        }
    }

    /// The lint compares neighbours only.
    #[test]
    fn only_neighbours_are_related(one in targets(), two in targets()) {
        if one.opens_at_least(&two) {
            prop_assert_eq!(one.cloud(), two.cloud());
            prop_assert_eq!(one.neighbourhood(), two.neighbourhood());
        }
    }
}
