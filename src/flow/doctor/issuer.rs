//! The issuer that clouds trust: whether its host serves what the broker says.

use super::Finding;
use crate::flow::Client;
use crate::flow::operating::issuer;
use crate::flow::operating::issuer::OVER_HTTP;
use crate::grant::text::count;
use crate::issuer::published;
use crate::issuer::published::Difference;

const PART: &str = "issuer";
const MEND: &str =
    "publish the broker's documents there again: `jit setup issuer DIR`, or `jit serve --issuer-dir DIR`";
const MEND_KEY: &str = "remove the key there unless it is an old one of the broker's, and see who can write there: whoever holds it can sign as the broker";

/// The findings on the issuer of the broker at this address. There are none if all is well and the broker is its own
/// issuer.
pub(super) async fn examine(client: &Client<'_>, url: &str) -> Vec<Finding> {
    let right = match issuer::of_broker(client.system, url).await {
        Ok(right) => right,
        Err(failure) => {
            let causes: String = failure.causes.iter().map(|cause| format!(": {cause}")).collect();
            let found =
                format!("jit could not see which issuer clouds must trust: {}{causes}", failure.message);
            return vec![Finding::unknown(PART, found)];
        }
    };
    let host = right.issuer();
    let mut findings = Vec::new();
    if host.starts_with("http:") {
        let found = format!("clouds cannot verify {host}: {OVER_HTTP}");
        let mend = "for AWS, start the broker with `--url https://…` or `--issuer https://…`";
        findings.push(Finding::note(PART, found).mend(mend));
    }
    if host == url {
        return findings;
    }
    let served = match published::look(&*client.system.http, host).await {
        Ok(served) => served,
        Err(error) => {
            findings.push(Finding::problem(PART, error.to_string()).mend(MEND));
            return findings;
        }
    };
    let differences = published::compare(&right, &served).differences;
    if differences.iter().all(Difference::is_mild) {
        let keys = count(right.keys().count(), "key");
        findings.push(Finding::ok(PART, format!("{host} serves the broker's documents, with {keys}")));
    }
    findings.extend(differences.iter().map(|difference| {
        let found = format!("{host}: {difference}");
        match difference {
            Difference::ContentType(..) => {
                Finding::note(PART, found).mend("set the content type at the host, if it lets you")
            }
            Difference::Strange { .. } => Finding::problem(PART, found).mend(MEND_KEY),
            _ => Finding::problem(PART, found).mend(MEND),
        }
    }));
    findings
}
