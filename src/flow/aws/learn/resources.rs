//! The resources of recorded calls, and the patterns by which a statement names them.
//!
//! Sources: IAM User Guide, "IAM policy elements: Variables and tags" (`${*}`, `${?}` and `${$}` are the characters themselves) and
//! "IAM JSON policy elements: Resource"; AWS STS API Reference, `AssumeRole` (the characters of `Policy`).

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::records::Record;

/// Services whose records name the resource that IAM compares. For others the scope allows every resource.
const NAMING: [&str; 4] = ["dynamodb", "kms", "secretsmanager", "sts"];

/// The longest ARN that is told apart, in bytes: a key of S3 has at most 1024.
const LONGEST: usize = 1_200;

/// Texts that the policy replaces when it reads a scope's document; see [`crate::policy`].
const PLACEHOLDERS: [&str; 3] = ["{account}", "{id}", "{owner}"];

/// One resource, or every resource with the same start.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Resource {
    /// The ARN or its start, as recorded: not escaped. Empty for any resource.
    pub(super) stem: String,
    pub(super) reach: Reach,
}

/// How much of what begins with the stem is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// The stem itself.
    Exact,
    /// All, because the record does not name the resource, or a session policy cannot.
    Unnamed,
    /// All, so that the document fits.
    Fitted,
}

impl Resource {
    /// Any resource.
    pub(super) fn any(reach: Reach) -> Self {
        Self { stem: String::new(), reach }
    }

    /// The resource with this ARN. If a session policy cannot have its characters, everything in its container.
    fn named(arn: &str) -> Self {
        if is_writable(arn) {
            return Self { stem: arn.to_owned(), reach: Reach::Exact };
        }
        Self::all_of(container(arn))
    }

    fn all_of(start: &str) -> Self {
        let stem = if is_writable(start) { start } else { "" };
        Self { stem: stem.to_owned(), reach: Reach::Unnamed }
    }

    /// The text of a statement's `Resource`.
    pub(super) fn pattern(&self) -> String {
        let mut text = String::with_capacity(self.stem.len() + 1);
        for letter in self.stem.chars() {
            match letter {
                '*' | '?' | '$' => text.extend(['$', '{', letter, '}']),
                other => text.push(other),
            }
        }
        if self.reach != Reach::Exact {
            text.push('*');
        }
        text
    }

    fn covers(&self, other: &Self) -> bool {
        self == other || self.reach != Reach::Exact && other.stem.starts_with(&self.stem)
    }
}

/// Adds a resource, and drops those that it covers.
pub(super) fn add(resources: &mut BTreeSet<Resource>, new: &Resource) {
    if resources.contains(new) || resources.iter().any(|known| known.covers(new)) {
        return;
    }
    if new.reach != Reach::Exact {
        resources.retain(|known| !new.covers(known));
    }
    resources.insert(new.clone());
}

/// The resources with those of one container joined to everything that begins as they do. A container is a bucket, or the resources
/// of one kind in one account and region.
pub(super) fn joined(resources: &BTreeSet<Resource>, only_objects: bool) -> BTreeSet<Resource> {
    let mut groups: BTreeMap<&str, Vec<&Resource>> = BTreeMap::new();
    for resource in resources {
        groups.entry(container(&resource.stem)).or_default().push(resource);
    }
    let mut found = BTreeSet::new();
    for (container, group) in groups {
        let is_kept = only_objects && !(container.contains(":s3:::") && container.ends_with('/'));
        match group.as_slice() {
            [first, others @ ..] if !others.is_empty() && !is_kept => {
                let start =
                    others.iter().fold(first.stem.as_str(), |start, other| shared(start, &other.stem));
                add(&mut found, &Resource { stem: start.to_owned(), reach: Reach::Fitted });
            }
            all => all.iter().for_each(|resource| add(&mut found, resource)),
        }
    }
    found
}

/// The start that two texts share.
fn shared<'a>(one: &'a str, other: &str) -> &'a str {
    let alike = one.chars().zip(other.chars()).take_while(|(one, other)| one == other);
    let length = alike.map(|(letter, _)| letter.len_utf8()).sum();
    one.get(..length).unwrap_or_default()
}

/// The start of an ARN that ends with its bucket or kind: `arn:aws:s3:::reports/`, `arn:aws:kms:eu-west-1:111122223333:key/`. The whole
/// text if it is no ARN.
fn container(arn: &str) -> &str {
    let Some(resource) = split(arn).map(|(_, resource)| resource) else { return arn };
    let rest = resource.find(['/', ':']).map_or(resource, |end| resource.get(end + 1..).unwrap_or_default());
    arn.get(..arn.len() - rest.len()).unwrap_or_default()
}

/// The service of an ARN, and the part after the fifth colon. `None` if it is no ARN.
fn split(arn: &str) -> Option<(&str, &str)> {
    let fields: Vec<&str> = arn.splitn(6, ':').collect();
    let is_word = |field: &&str| field.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    match fields.as_slice() {
        ["arn", partition, service, region, account, resource]
            if [partition, service, region, account].into_iter().all(is_word) =>
        {
            Some((service, resource))
        }
        _ => None,
    }
}

/// Whether a session policy can name an ARN, and people can read it there. STS takes the characters up to U+00FF. Those from U+0080 to
/// U+00A0 and U+00AD are not visible.
fn is_writable(arn: &str) -> bool {
    let is_visible = |letter: char| matches!(letter, ' '..='~' | '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{ff}');
    split(arn).is_some()
        && arn.len() <= LONGEST
        && arn.chars().all(is_visible)
        && !PLACEHOLDERS.iter().any(|placeholder| arn.contains(placeholder))
}

/// The resources of one action of a recorded call. Never empty.
pub(super) fn of(record: &Record, service: &str, action: &str) -> Vec<Resource> {
    let found = match service {
        "s3" => of_s3(record, action),
        _ if NAMING.contains(&service) => {
            let named = record.resources.iter().flatten().map(|mention| mention.arn.as_deref());
            // One without an ARN may be what IAM compares.
            named.map(|arn| arn.map(Resource::named)).collect::<Option<_>>().unwrap_or_default()
        }
        _ => Vec::new(),
    };
    if found.is_empty() { vec![Resource::any(Reach::Unnamed)] } else { found }
}

/// The objects or the buckets of a call. An object that is not named is every object of the bucket.
fn of_s3(record: &Record, action: &str) -> Vec<Resource> {
    // A copy reads one object and writes another, and the record may name one of them.
    if record.event_name.contains("Copy") {
        return Vec::new();
    }
    let is_object = action.contains("Object") && !action.contains("BucketObject")
        || action.contains("UploadParts")
        || action == "AbortMultipartUpload";
    let mentions = || record.resources.iter().flatten();
    let arns = mentions().filter_map(|mention| mention.arn.as_deref());
    let named = arns.filter_map(|arn| {
        let (service, resource) = split(arn)?;
        service.starts_with("s3").then_some((arn, resource.contains('/')))
    });
    let (objects, buckets): (Vec<_>, Vec<_>) = named.partition(|(_, is_object)| *is_object);
    let mut buckets: BTreeSet<String> = buckets.into_iter().map(|(arn, _)| arn.to_owned()).collect();
    if buckets.is_empty() {
        buckets.extend(record.bucket());
    }
    if !is_object {
        return buckets.iter().map(|arn| Resource::named(arn)).collect();
    }
    let mut found: Vec<Resource> = objects.iter().map(|(arn, _)| Resource::named(arn)).collect();
    if objects.is_empty() || mentions().any(|mention| mention.arn.is_none()) {
        let own = objects.iter().map(|(arn, _)| Resource::all_of(container(arn)));
        found.extend(own.chain(buckets.iter().map(|arn| Resource::all_of(&format!("{arn}/")))));
    }
    found
}
