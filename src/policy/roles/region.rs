//! AWS region names, such as `eu-west-1`. Only the shape is checked, so that a future region is no error.

use crate::policy::nearest::nearest;

/// The directions in region names.
const DIRECTIONS: [&str; 9] =
    ["central", "east", "north", "northeast", "northwest", "south", "southeast", "southwest", "west"];

/// The areas and partitions at the start of region names.
const AREAS: [&str; 17] = [
    "af", "ap", "ca", "cn", "eu", "eu-isoe", "eusc-de", "il", "me", "mx", "sa", "us", "us-gov", "us-iso",
    "us-isob", "us-isof", "nz",
];

/// Today's regions, for suggestions.
const KNOWN: [&str; 40] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-west-1",
    "us-west-2",
];

/// Checks that a text has the shape of a region name.
///
/// # Errors
/// It does not. Contains the nearest region name, if one is near.
pub(in crate::policy) fn check(region: &str) -> Result<(), Option<&'static str>> {
    let shape = || {
        let (rest, number) = region.rsplit_once('-')?;
        let (area, direction) = rest.rsplit_once('-')?;
        let numbered = number.parse::<u8>().is_ok_and(|number| (1..=20).contains(&number));
        let fits =
            numbered && !number.starts_with('0') && DIRECTIONS.contains(&direction) && AREAS.contains(&area);
        fits.then_some(())
    };
    if KNOWN.contains(&region) || shape().is_some() {
        return Ok(());
    }
    Err(nearest(region, KNOWN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_in_a_region_is_found_and_every_region_passes() {
        for region in
            KNOWN.iter().chain(&["eu-isoe-west-1", "us-isob-east-1", "us-isof-south-1", "eu-west-4"])
        {
            assert_eq!(check(region), Ok(()), "{region}");
        }
        for (slip, meant) in [
            ("eu-wets-1", Some("eu-west-1")),
            ("eu-west1", Some("eu-west-1")),
            ("eu-west-", Some("eu-west-1")),
            ("ue-west-1", Some("eu-west-1")),
            ("us-east-l", Some("us-east-1")),
            ("eu-west-1a", Some("eu-west-1")),
            ("europe-west1", None),
            ("global", None),
        ] {
            let found = check(slip).unwrap_err();
            assert!(meant.is_none() || found == meant, "{slip}: {found:?}");
        }
    }
}
