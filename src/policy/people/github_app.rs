//! `[identity.github]`: people of `people.toml` who sign in to a broker with their GitHub account.

use crate::address;
use crate::policy::files::document::Field;
use crate::policy::files::document::Section;
use crate::policy::people::claims::read_claim;

/// The address of github.com's API.
const API: &str = "https://api.github.com";

/// `[identity.github]`: the app by which a broker learns whose account it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitHubApp {
    /// The client id of an OAuth app or GitHub App whose device flow is on.
    pub client_id: String,
    /// The address of the API, without a slash at the end.
    pub api: String,
}

impl GitHubApp {
    pub(in crate::policy) fn read(section: Section<'_>) -> Option<Self> {
        let client = section.required("client_id", "the page of the app says it: client_id = \"Ov23…\"");
        let client_id = client.and_then(|field| read_claim(&field));
        let api = match section.field("api") {
            Some(field) => read_api(&field),
            None => Some(API.to_owned()),
        };
        section.finish(&[]);
        Some(Self { client_id: client_id?, api: api? })
    }
}

fn read_api(field: &Field<'_>) -> Option<String> {
    let api = field.text()?;
    let fits = url::Url::parse(api).is_ok_and(|url| address::is_private(&url) && address::is_bare(&url));
    if !fits || api.ends_with('/') {
        field.report_with(
            "this is not the address of an API of GitHub",
            "write api = \"https://git.example.com/api/v3\", without a slash at the end",
        );
    }
    Some(api.to_owned())
}
