//! `[azure]`: an application of Microsoft Entra, and what its tokens are for.

use crate::grant::Target;
use crate::grant::cloud::azure::Audiences;
use crate::grant::cloud::azure::Authority;
use crate::grant::cloud::azure::AzureTarget;
use crate::grant::cloud::azure_scope::AzureScopeDocument;

use crate::policy::files::document::Field;
use crate::policy::files::document::Section;
use crate::policy::roles::opening;
use crate::policy::roles::opening::Opening;

const AUDIENCES_HINT: &str =
    r#"write audiences = ["https://management.azure.com"], the resources that tokens are for"#;

/// Parses the table.
pub(in crate::policy) fn read(table: &Field<'_>, section: Section<'_>) -> Option<Opening> {
    let tenant = section.required("tenant", "write the tenant's id, a GUID");
    let client_id = section.required("client_id", "write the application's (client) id, a GUID");
    let audiences = section.required("audiences", AUDIENCES_HINT).map(|field| read_audiences(&field));
    let authority = section.field("authority").map(|field| read_authority(&field));
    let overrun = section.field("overrun").map_or(Some(false), |field| read_overrun(&field));
    section.finish(&[]);
    // Entra takes an id in either case, and writes it in lower case.
    let id = |field: Field<'_>| field.text().map(str::to_ascii_lowercase);
    let authority = match authority {
        Some(authority) => authority?,
        None => Authority::default(),
    };
    let target = AzureTarget {
        tenant: id(tenant?)?,
        client_id: id(client_id?)?,
        audiences: audiences??,
        authority,
        overrun: overrun?,
    };
    opening::open(target.check().map(Target::Azure), table)
}

fn read_authority(field: &Field<'_>) -> Option<Authority> {
    match field.text()?.parse() {
        Ok(authority) => Some(authority),
        Err(error) => {
            let known = [Authority::UsGovernment, Authority::China];
            let [us, china] = known.each_ref().map(Authority::url);
            field.report_with(
                &error.to_string(),
                &format!("leave it out for the public cloud, or write {us} or {china}"),
            );
            None
        }
    }
}

/// Whether `overrun` says that a token may outlive its grant. `None` for a value that is not known, which is reported.
fn read_overrun(field: &Field<'_>) -> Option<bool> {
    let accepts = field.text()? == "accept";
    if !accepts {
        field.report_with(
            "`overrun` says what is meant where a token outlives the access, and knows \"accept\" alone",
            "write overrun = \"accept\", or leave it out: access is then no shorter than a token can live",
        );
    }
    accepts.then_some(true)
}

/// Reads the audiences of a scope, which are some of the role's.
pub(in crate::policy) fn read_scope(
    section: &Section<'_>,
    target: Option<&Target>,
) -> Option<AzureScopeDocument> {
    let all = &target.and_then(Target::as_azure)?.audiences;
    let hint = "write audiences = [\"https://…\"], some of the role's: what a token may do there, the application's own roles decide";
    let field = section.required("audiences", hint)?;
    let audiences = read_audiences(&field)?;
    if audiences.is_within(all) {
        return Some(AzureScopeDocument::new(audiences));
    }
    field.report_with(
        "a scope has audiences that its role does not have",
        &format!("the role has {all}; a scope has tokens for some of them"),
    );
    None
}

fn read_audiences(field: &Field<'_>) -> Option<Audiences> {
    let names: Option<Vec<String>> = field.list()?.map(|item| item.text().map(str::to_owned)).collect();
    match Audiences::new(names?) {
        Ok(audiences) => Some(audiences),
        Err(error) => {
            field.report_with(&error.to_string(), AUDIENCES_HINT);
            None
        }
    }
}
