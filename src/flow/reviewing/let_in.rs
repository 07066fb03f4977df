//! Verifies what a log says of the browsers that were signed in on the approval page.

use crate::audit::Subject;
use crate::authority::Record;
use crate::flow::Failure;
use crate::judgement::let_in;

/// Why an event of these records does not hold, with its number. `None` if all do.
pub(super) fn first_broken(records: &[Record]) -> Option<(u64, String)> {
    records.iter().find_map(|record| {
        record.subjects.iter().find_map(|subject| match subject {
            Subject::PageOpened { way, .. } => {
                let error = let_in::check(way, record.at).err()?;
                Some((record.sequence, error.to_string()))
            }
            _ => None,
        })
    })
}

/// Checks every such event of these records.
///
/// # Errors
/// One does not hold.
pub(super) fn check(records: &[Record]) -> Result<(), Failure> {
    let Some((number, cause)) = first_broken(records) else { return Ok(()) };
    Err(Failure::failed(format!("event {number} of the log does not hold"))
        .cause(cause)
        .hint("keep a copy of the broker's database and ask who runs the broker"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Evidence;
    use crate::audit::LetIn;
    use crate::audit::TokenEvidence;
    use crate::grant::Digest;

    fn record(sequence: u64, way: LetIn) -> Record {
        let at = "2026-11-23T10:00:00Z".parse().unwrap();
        let subject = Subject::PageOpened {
            person: "cy".parse().unwrap(),
            way,
            cookie: Digest::of(b"cookie"),
            expires: "2026-11-23T10:30:00Z".parse().unwrap(),
        };
        Record {
            sequence,
            at,
            request: None,
            agent_of: None,
            happened: Vec::new(),
            subjects: vec![subject],
            times: vec![at],
            source: None,
            event: serde_json::Value::Null,
            hash: String::new(),
        }
    }

    /// A broker that invents a sign-in is found out by the reader of its log.
    #[test]
    fn an_invented_token_is_found() {
        let session = LetIn::Session { session: Digest::of(b"session") };
        let github = Evidence::GitHub { id: 4711, login: "cy".to_owned() };
        let github = LetIn::Login { client: "Ov23".to_owned(), evidence: github };
        let mut records = vec![record(1, session), record(2, github)];
        assert!(check(&records).is_ok());
        let token = Evidence::Token(TokenEvidence {
            token: "e30.e30.AAAA".to_owned(),
            jwk: "{}".to_owned(),
            random: Some("nonce".to_owned()),
            issued: "2026-11-23T10:00:00Z".parse().unwrap(),
            issuer: "https://login.example.com".to_owned(),
            subject: "cy".to_owned(),
            account: None,
            label: String::new(),
            groups: None,
        });
        records.push(record(3, LetIn::Login { client: "jit".to_owned(), evidence: token }));
        let (number, cause) = first_broken(&records).unwrap();
        assert_eq!(number, 3);
        assert!(cause.starts_with("the ID token that let a browser in does not verify"), "{cause}");
        assert!(format!("{:?}", check(&records).unwrap_err()).contains("event 3 of the log does not hold"));
    }
}
