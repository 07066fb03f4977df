//! The IAM action that each recorded call needed.
//!
//! Most services call both alike: `ec2.amazonaws.com` and `DescribeInstances` are `ec2:DescribeInstances`. The tables have the
//! others. Sources: AWS Service Authorization Reference (actions of each service); Amazon S3 User Guide, "Amazon S3 CloudTrail
//! events" and "Required permissions for Amazon S3 API operations"; AWS Lambda Developer Guide, "Logging API calls".

use super::records::Record;
use super::resources;
use super::resources::Resource;

/// Services whose prefix in IAM is not the first part of their name in CloudTrail.
const SERVICES: [(&str, &str); 9] = [
    ("cloudcontrolapi", "cloudformation"),
    ("email", "ses"),
    ("models.lex", "lex"),
    ("monitoring", "cloudwatch"),
    ("runtime.lex", "lex"),
    ("runtime.sagemaker", "sagemaker"),
    ("streams.dynamodb", "dynamodb"),
    ("tagging", "tag"),
    ("transcribestreaming", "transcribe"),
];

/// Calls whose action has another name, or that need several.
const NAMES: [(&str, &str, &[&str]); 49] = [
    ("dynamodb", "TransactGetItems", &["GetItem"]),
    ("dynamodb", "TransactWriteItems", &["ConditionCheckItem", "DeleteItem", "PutItem", "UpdateItem"]),
    ("kms", "ReEncrypt", &["ReEncryptFrom", "ReEncryptTo"]),
    ("lambda", "Invoke", &["InvokeFunction"]),
    ("s3", "CompleteMultipartUpload", &["PutObject"]),
    ("s3", "CopyObject", &["GetObject", "PutObject"]),
    ("s3", "CreateMultipartUpload", &["PutObject"]),
    ("s3", "DeleteBucketAnalyticsConfiguration", &["PutAnalyticsConfiguration"]),
    ("s3", "DeleteBucketCors", &["PutBucketCORS"]),
    ("s3", "DeleteBucketEncryption", &["PutEncryptionConfiguration"]),
    ("s3", "DeleteBucketInventoryConfiguration", &["PutInventoryConfiguration"]),
    ("s3", "DeleteBucketLifecycle", &["PutLifecycleConfiguration"]),
    ("s3", "DeleteBucketMetricsConfiguration", &["PutMetricsConfiguration"]),
    ("s3", "DeleteBucketPublicAccessBlock", &["PutBucketPublicAccessBlock"]),
    ("s3", "DeleteBucketReplication", &["PutReplicationConfiguration"]),
    ("s3", "DeleteBucketTagging", &["PutBucketTagging"]),
    ("s3", "DeleteObjects", &["DeleteObject"]),
    ("s3", "GetBucketAnalyticsConfiguration", &["GetAnalyticsConfiguration"]),
    ("s3", "GetBucketCors", &["GetBucketCORS"]),
    ("s3", "GetBucketEncryption", &["GetEncryptionConfiguration"]),
    ("s3", "GetBucketInventoryConfiguration", &["GetInventoryConfiguration"]),
    ("s3", "GetBucketLifecycle", &["GetLifecycleConfiguration"]),
    ("s3", "GetBucketLifecycleConfiguration", &["GetLifecycleConfiguration"]),
    ("s3", "GetBucketMetricsConfiguration", &["GetMetricsConfiguration"]),
    ("s3", "GetBucketNotificationConfiguration", &["GetBucketNotification"]),
    ("s3", "GetBucketReplication", &["GetReplicationConfiguration"]),
    ("s3", "GetObjectLockConfiguration", &["GetBucketObjectLockConfiguration"]),
    ("s3", "GetPublicAccessBlock", &["GetBucketPublicAccessBlock"]),
    ("s3", "HeadBucket", &["ListBucket"]),
    ("s3", "HeadObject", &["GetObject"]),
    ("s3", "ListBuckets", &["ListAllMyBuckets"]),
    ("s3", "ListMultipartUploads", &["ListBucketMultipartUploads"]),
    ("s3", "ListObjectVersions", &["ListBucketVersions"]),
    ("s3", "ListObjects", &["ListBucket"]),
    ("s3", "ListObjectsV2", &["ListBucket"]),
    ("s3", "ListParts", &["ListMultipartUploadParts"]),
    ("s3", "PutBucketCors", &["PutBucketCORS"]),
    ("s3", "PutBucketEncryption", &["PutEncryptionConfiguration"]),
    ("s3", "PutBucketInventoryConfiguration", &["PutInventoryConfiguration"]),
    ("s3", "PutBucketLifecycle", &["PutLifecycleConfiguration"]),
    ("s3", "PutBucketLifecycleConfiguration", &["PutLifecycleConfiguration"]),
    ("s3", "PutBucketNotificationConfiguration", &["PutBucketNotification"]),
    ("s3", "PutBucketReplication", &["PutReplicationConfiguration"]),
    ("s3", "PutObjectLockConfiguration", &["PutBucketObjectLockConfiguration"]),
    ("s3", "PutPublicAccessBlock", &["PutBucketPublicAccessBlock"]),
    ("s3", "RestoreObject", &["RestoreObject"]),
    ("s3", "SelectObjectContent", &["GetObject"]),
    ("s3", "UploadPart", &["PutObject"]),
    ("s3", "UploadPartCopy", &["GetObject", "PutObject"]),
];

/// One action, and the resources that it was used on. Never without any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) action: String,
    pub(super) resources: Vec<Resource>,
    pub(super) reads: bool,
}

/// The actions that a recorded call needed. `None` if it is no action of IAM.
pub(super) fn of(record: &Record) -> Option<Vec<Call>> {
    let host = record.event_source.strip_suffix(".amazonaws.com")?;
    let service = SERVICES.iter().find(|(name, _)| *name == host).map_or(host, |(_, prefix)| *prefix);
    let is_word = |text: &str| {
        !text.is_empty()
            && text.len() <= 128
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if service == "signin" || !is_word(service) {
        return None;
    }
    let name = without_version(&record.event_name);
    if !is_word(name) {
        return None;
    }
    let reads = record.read_only.unwrap_or_else(|| {
        ["Get", "List", "Describe", "Head", "Lookup", "BatchGet"].iter().any(|verb| name.starts_with(verb))
    });
    let own = [name];
    let verb;
    let names: &[&str] = if service == "apigateway" {
        verb = [http_verb(name)?];
        &verb
    } else {
        let known = NAMES.iter().find(|(of, called, _)| *of == service && *called == name);
        known.map_or(own.as_slice(), |(_, _, names)| *names)
    };
    let call = |name: &&str| Call {
        action: format!("{service}:{name}"),
        resources: resources::of(record, service, name),
        reads,
    };
    Some(names.iter().map(call).collect())
}

/// Lambda and CloudFront add the date of their API to the name: `ListFunctions20150331`, `GetFunction20150331v2`,
/// `GetDistribution2020_05_31`.
fn without_version(name: &str) -> &str {
    let bare = name.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '_');
    let bare = match bare.strip_suffix('v') {
        Some(before) if before.ends_with(|letter: char| letter.is_ascii_digit()) => {
            before.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '_')
        }
        _ => bare,
    };
    if name.len() - bare.len() >= 8 { bare } else { name }
}

/// Actions of API Gateway are verbs of HTTP (its Developer Guide, "Actions, resources, and condition keys").
fn http_verb(name: &str) -> Option<&'static str> {
    let verbs = [
        ("Get", "GET"),
        ("Test", "POST"),
        ("Create", "POST"),
        ("Import", "POST"),
        ("Put", "PUT"),
        ("Tag", "PUT"),
        ("Update", "PATCH"),
        ("Delete", "DELETE"),
        ("Flush", "DELETE"),
        ("Untag", "DELETE"),
    ];
    verbs.into_iter().find(|(start, _)| name.starts_with(start)).map(|(_, verb)| verb)
}
