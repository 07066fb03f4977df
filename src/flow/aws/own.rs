//! The documents for a role that the broker's own identity opens.

use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::aws::setup::AwsTrust;
use crate::flow::aws::setup::HERE;
use crate::flow::aws::setup::Known;
use crate::flow::aws::setup::Part;
use crate::flow::aws::setup::Wanted;
use crate::grant::Name;
use crate::grant::cloud::aws::RoleArn;
use crate::grant::cloud::aws::partition_of;
use crate::provider::aws::ambient::Ambient;
use crate::provider::aws::own_trust;
use crate::provider::aws::own_trust::Principal;

/// Writes the role's trust policy, or the permissions of the broker's identity, which name every role that it opens.
pub(super) async fn documents(
    client: &Client<'_>,
    wanted: &Wanted<'_>,
    (name, arn): (&Name, &RoleArn),
    all: &[Known],
) -> Result<AwsTrust, Failure> {
    let (document, instructions) = match wanted.part {
        Part::Hub | Part::HubPermissions => {
            return Err(Failure::usage(format!(
                "{name} is opened by the broker's own identity, not through a hub"
            ))
            .hint("leave `--part` out, or write `--part broker-permissions`"));
        }
        Part::Target => {
            let principal = principal(client, wanted, arn).await?;
            (own_trust::trust_policy(name, &principal), own_trust::instructions(name, arn, &principal))
        }
        Part::BrokerPermissions => {
            let is_own = |known: &&Known| known.target.is_by_broker() || known.deny_revoked;
            let touched: Vec<&Known> = all.iter().filter(is_own).collect();
            let arns = |wanted: fn(&Known) -> bool| -> Vec<RoleArn> {
                let wanted = touched.iter().filter(|known| wanted(known));
                wanted.filter_map(|known| known.target.role_arn().cloned()).collect()
            };
            let opened = arns(|known| known.target.is_by_broker());
            let denied = arns(|known| known.deny_revoked);
            let names: Vec<&str> = touched.iter().map(|known| known.name.as_str()).collect();
            let complete = if wanted.folder.is_some() {
                "these are all roles of this policy that need the broker's own identity"
            } else {
                "these are the roles that need the broker's own identity, as far as you may see; with `--policy DIR` it names all of them"
            };
            let note = format!("It names {}: {complete}.\n", names.join(", "));
            (own_trust::permissions(&opened, &denied), note)
        }
    };
    Ok(AwsTrust { warning: None, document, instructions })
}

/// The broker's identity: as named, or the one that a broker on this machine would have. It is never guessed, since on any other
/// machine the identity is a person's.
pub(super) async fn principal(
    client: &Client<'_>,
    wanted: &Wanted<'_>,
    arn: &RoleArn,
) -> Result<Principal, Failure> {
    let named = match wanted.principal {
        None => {
            return Err(Failure::usage("the broker's own AWS identity is not known").hint(
                "name it: `--principal ARN`; `jit serve` says it when it starts, and on the broker's machine `--principal here` finds it",
            ));
        }
        Some(HERE) => {
            let region = region_for(arn);
            Ambient::new(client.system).get(region).await?.arn.clone()
        }
        Some(named) => named.to_owned(),
    };
    named.parse().map_err(|cause: own_trust::PrincipalError| {
        Failure::usage(format!("{named:?} is not the broker's own AWS identity"))
            .cause(cause.to_string())
            .hint("name the role or the user as whom the broker runs, as `jit serve` says it when it starts")
    })
}

/// A region of the role's partition, for a machine whose environment names none.
fn region_for(arn: &RoleArn) -> &'static str {
    const REGIONS: [&str; 7] = [
        "us-east-1",
        "cn-north-1",
        "us-gov-west-1",
        "eusc-de-east-1",
        "us-iso-east-1",
        "us-isob-east-1",
        "us-isof-south-1",
    ];
    REGIONS.into_iter().find(|region| partition_of(region) == arn.partition()).unwrap_or("us-east-1")
}
