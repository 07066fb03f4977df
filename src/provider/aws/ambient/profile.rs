//! A profile in AWS's files, which `AWS_PROFILE` names. Only that name makes the broker read them: the default profile of
//! whoever starts it is a person's.

use jiff::SignedDuration;
use jiff::Timestamp;

use super::Found;
use super::OwnPlace;
use super::Source;
use super::container;
use super::metadata;
use super::of_environment;
use super::persons;
use super::refuse;
use super::web_identity;
use super::web_identity::Given;
use crate::grant::Target;
use crate::grant::cloud::aws::RoleArn;
use crate::grant::cloud::aws::partition_of;
use crate::grant::text::sanitise;
use crate::provider::ProviderError;
use crate::provider::aws::check_session;
use crate::provider::aws::direct;
use crate::provider::aws::direct::Call;
use crate::provider::aws::direct::Chain;
use crate::provider::aws::direct::Whose;
use crate::provider::aws::endpoint;
use crate::provider::aws::endpoint::Place;
use crate::provider::aws::naming::fit_session_name;
use crate::provider::aws::signing::Keys;
use crate::provider::aws::vouching::Voucher;
use crate::system::System;
use crate::system::aws_files::AwsFiles;
use crate::system::aws_files::route::Base;
use crate::system::aws_files::route::CredentialSource;
use crate::system::aws_files::route::Hop;
use crate::system::aws_files::route::Route;

/// How long the session of a role that a profile names is kept. STS gives no session of less than 15 minutes.
const KEPT: SignedDuration = SignedDuration::from_mins(10);

/// Finds the profile's credentials, as AWS's CLI does.
///
/// # Errors
/// There is no such profile, it is a person's sign-in, or its source gives nothing.
pub(super) async fn fetch(system: &System, place: &OwnPlace, profile: &str) -> Result<Found, ProviderError> {
    let whose = sanitise(&format!("the profile {profile}"));
    let hint = "see what AWS's own tools say on the broker's machine: `aws sts get-caller-identity`";
    let files = AwsFiles::read(&system.environment, &system.files)
        .map_err(|error| refuse(sanitise(&format!("AWS's CLI does not read {error}")), "mend that line"))?;
    let Route { base, hops } = files
        .route(profile)
        .map_err(|error| refuse(sanitise(&format!("{whose} gives no credentials: {error}")), hint))?;
    let source = Source(whose.clone());
    let found = of_base(system, place, profile, &whose, base).await?;
    let mut found = Found { source, ..found };
    if hops.is_empty() {
        return Ok(found);
    }
    let at = sts(place)?;
    for hop in &hops {
        found.keys = assume(system, &at, &whose, hop, &found.keys).await?;
    }
    Ok(Found { expires: None, kept: for_a_while(system), ..found })
}

fn for_a_while(system: &System) -> Option<Timestamp> {
    Some(system.clock.now().checked_add(KEPT).unwrap_or(Timestamp::MAX))
}

async fn of_base(
    system: &System,
    place: &OwnPlace,
    profile: &str,
    whose: &str,
    base: Base,
) -> Result<Found, ProviderError> {
    let source = Source(whose.to_owned());
    match base {
        // The operator may write other keys into the file.
        Base::Keys { access_key_id, secret_access_key, session_token } => {
            let keys = Keys { access_key_id, secret_access_key, session_token };
            Ok(Found { keys, expires: None, kept: for_a_while(system), source })
        }
        Base::Sso { .. } => Err(persons(&format!("{whose} is a person's sign-in"))),
        Base::WebIdentity { token_file, role_arn, session_name } => {
            let given = Given { token_file, role_arn, session_name, source: whose.to_owned() };
            web_identity::fetch(system, place, &given).await
        }
        Base::Source(CredentialSource::Environment) => of_environment(&system.environment),
        Base::Source(CredentialSource::EcsContainer) => match container::address(&system.environment)? {
            Some(address) => container::fetch(system, &address).await,
            None => Err(refuse(
                format!("{whose} wants a container's credentials, and the environment names no endpoint"),
                "run the broker in the container, or write another credential_source",
            )),
        },
        Base::Source(CredentialSource::Ec2InstanceMetadata) => {
            metadata::fetch(system).await.map_err(|error| match error {
                metadata::Missing::Failed(error) => error,
                metadata::Missing::Elsewhere(why) => refuse(
                    format!("{whose} wants the instance's credentials: {why}"),
                    "run the broker on the instance, or write another credential_source",
                ),
            })
        }
        // Only `aws-config` starts the program. It says when the credentials end, but not through this reader: ask each time.
        Base::Process { .. } => {
            let target = stand_in(place)?;
            let chain = Chain {
                system,
                whose: Whose::Profile(profile.to_owned()),
                target: &target,
                session_name: web_identity::SESSION.to_owned(),
                may_ask: false,
            };
            let keys = chain.base(whose, base).await?;
            Ok(Found { keys, expires: None, kept: Some(Timestamp::MIN), source })
        }
    }
}

/// Assumes a role that the profile names, with all settings of the profile. A device for MFA is a person's.
async fn assume(
    system: &System,
    place: &Place,
    whose: &str,
    hop: &Hop,
    keys: &Keys,
) -> Result<Keys, ProviderError> {
    if hop.mfa_serial.is_some() {
        return Err(persons(&format!("{whose} needs the code of an MFA device")));
    }
    let role: RoleArn = hop
        .role_arn
        .parse()
        .map_err(|error| refuse(sanitise(&format!("{whose}: {error}")), "check its role_arn"))?;
    let call = Call {
        role: &role,
        session: &fit_session_name(hop.session_name.as_deref().unwrap_or(web_identity::SESSION)),
        seconds: hop.seconds,
        policy: None,
        external_id: hop.external_id.as_deref(),
        mfa: None,
    };
    let minted = direct::exchange(&call, place, keys, system, Voucher::Own).await.map_err(|error| {
        ProviderError { message: format!("the role of {whose} was not assumed: {}", error.message), ..error }
    })?;
    check_session(&minted, &role, &format!("the role {role} of {whose}"))?;
    Ok(Keys {
        access_key_id: minted.access_key_id,
        secret_access_key: minted.secret_access_key,
        session_token: Some(minted.session_token),
    })
}

/// The place of the operator's STS.
fn sts(place: &OwnPlace) -> Result<Place, ProviderError> {
    let place_of = endpoint::place_of(&stand_in(place)?)?;
    Ok(Place { url: place.url.clone(), ..place_of })
}

/// A target that stands for the operator's region: the reader of profiles takes its region from one.
fn stand_in(place: &OwnPlace) -> Result<Target, ProviderError> {
    let arn = format!("arn:{}:iam::000000000000:role/jit-broker", partition_of(&place.region));
    let target = arn.parse().and_then(|arn| Target::aws(arn, place.region.clone(), None));
    target
        .map_err(|error| refuse(sanitise(&error.to_string()), "check AWS_REGION in the broker's environment"))
}
