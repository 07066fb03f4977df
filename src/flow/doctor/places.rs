//! The places that roles open: who they say that the credentials at hand are.

use super::Finding;
use crate::flow::Client;
use crate::flow::using::status;
use crate::flow::using::status::CloudAnswer;

const PART: &str = "access";

/// Asks the place of each active access who its credentials are. Credentials are neither fetched nor renewed for this.
pub(super) async fn examine(client: &Client<'_>) -> Vec<Finding> {
    let entries = client.index();
    let answers = match status::verify(client, &entries).await {
        Ok(answers) => answers,
        Err(failure) => return vec![Finding::of(PART, &failure)],
    };
    if answers.is_empty() {
        return vec![Finding::note(PART, "no credentials are at hand, so no place was asked who they are")];
    }
    answers.iter().map(of_answer).collect()
}

fn of_answer(answer: &CloudAnswer) -> Finding {
    let CloudAnswer { role, identity, place, hearsay, .. } = answer;
    match identity {
        Ok(identity) if identity.place != *place => Finding::problem(
            PART,
            format!("{role}: the credentials open {}, and the access is for {place}", identity.place),
        )
        .mend(format!("`jit end {role}`, then ask again")),
        Ok(identity) => match hearsay {
            None => Finding::ok(PART, format!("{role}: {} says {}", identity.place, identity.who)),
            Some(word) => {
                Finding::note(PART, format!("{role}: the credentials are {} ({word})", identity.who))
            }
        },
        Err(failure) => Finding::of(
            PART,
            &failure.clone().because(format!("{role}: its place does not say who the credentials are")),
        ),
    }
}
