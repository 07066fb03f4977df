//! GitHub's GraphQL API: one query in the place of many reads, and one mutation in the place of many writes.
//!
//! Sources: <https://docs.github.com/graphql>. Errors come with status 200, and a query has a limit of its own, in points.

use http::Method;
use jiff::SignedDuration;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::json;

use super::GitHub;
use super::GitHubError;
use super::transport::accept;
use super::transport::decode;
use crate::grant::text::sanitise;
use crate::system::http::Response;

/// The path of the API.
const PATH: &str = "/graphql";
/// How long to wait for a new limit, if GitHub does not say.
const HOUR: SignedDuration = SignedDuration::from_hours(1);

#[derive(Deserialize)]
struct Answer<T> {
    data: Option<T>,
    #[serde(default)]
    errors: Vec<Problem>,
}

#[derive(Deserialize)]
struct Problem {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    message: String,
}

impl GitHub {
    /// Asks one query. It is asked again after a failure of GitHub, as any read.
    ///
    /// # Errors
    /// GitHub does not answer, or answers only in part.
    pub(super) async fn query<T: DeserializeOwned>(
        &self,
        document: &str,
        variables: &Value,
    ) -> Result<T, GitHubError> {
        let body = json!({ "query": document, "variables": variables }).to_string();
        let mut state = self.state.lock().await;
        let request = self.request(Method::POST, &self.address(PATH)).body("application/json", body);
        let response = accept(self.send(&mut state, &request, PATH, true).await?, &Method::POST, PATH)?;
        self.open(&response).inspect_err(|error| {
            if let GitHubError::Limited { until } = error {
                state.limited = Some(*until);
            }
        })
    }

    /// Performs one mutation, once.
    ///
    /// # Errors
    /// GitHub does not answer, or refuses it.
    pub(super) async fn perform<T: DeserializeOwned>(
        &self,
        document: &str,
        variables: &Value,
    ) -> Result<T, GitHubError> {
        let body = json!({ "query": document, "variables": variables });
        let response = self.change(Method::POST, PATH, &body).await?;
        self.open(&response)
    }

    /// The data of an answer. An answer with an error has none that may be used: a missing part could be the denial.
    fn open<T: DeserializeOwned>(&self, response: &Response) -> Result<T, GitHubError> {
        // The data of an answer with errors need not have the form of a whole one.
        let answer: Answer<Value> = decode(response, &Method::POST, PATH)?;
        if let Some(problem) = answer.errors.first() {
            return Err(self.refusal(problem, response));
        }
        let unreadable =
            |cause: &str| GitHubError::Unreadable { asked: format!("POST {PATH}"), cause: sanitise(cause) };
        let data = answer.data.ok_or_else(|| unreadable("it has no data"))?;
        serde_json::from_value(data).map_err(|error| unreadable(&error.to_string()))
    }

    fn refusal(&self, problem: &Problem, response: &Response) -> GitHubError {
        // The REST API says the same things by these statuses.
        let status = match problem.kind.as_str() {
            "RATE_LIMITED" => {
                let reset = response.header("x-ratelimit-reset").and_then(|text| text.trim().parse().ok());
                let reset = reset.and_then(|second| Timestamp::from_second(second).ok());
                let hour = || self.clock.now().saturating_add(HOUR).unwrap_or(Timestamp::MAX);
                return GitHubError::Limited { until: reset.unwrap_or_else(hour) };
            }
            "NOT_FOUND" => 404,
            "FORBIDDEN" | "INSUFFICIENT_SCOPES" => 403,
            "STALE_DATA" => 409,
            "UNPROCESSABLE" => 422,
            // A query that takes too long fails without a type.
            "" if problem.message.starts_with("Something went wrong") => 502,
            _ => 400,
        };
        let message: String = problem.message.chars().take(300).collect();
        GitHubError::Refused { status, asked: format!("POST {PATH}"), message: sanitise(&message) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::api::Slug;
    use crate::secret::Secret;
    use crate::system::fake::FakeClock;
    use crate::system::fake::FakeHttp;
    use crate::system::fake::FakeWorld;

    #[test]
    fn an_answer_with_an_error_has_no_data() {
        let folder = tempfile::tempdir().unwrap();
        let world =
            FakeWorld::new(folder.path(), &FakeClock::at("2026-11-23T12:00:00Z"), &FakeHttp::default(), 1);
        let slug = Slug::parse("acme/access").unwrap();
        let github = GitHub::new("https://api.github.com", slug, Secret::from("t"), &world.system).unwrap();
        let open = |body: Value, headers: &[(&str, &str)]| {
            let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            let response =
                Response { status: 200, headers: headers.collect(), body: body.to_string().into_bytes() };
            github.open::<Value>(&response)
        };
        assert_eq!(open(json!({"data": {"a": 1}}), &[]), Ok(json!({"a": 1})));
        let error = |kind: &str| json!({"data": {"a": 1}, "errors": [{"type": kind, "message": "no\u{7}"}]});
        for (kind, status) in [
            ("NOT_FOUND", 404),
            ("FORBIDDEN", 403),
            ("STALE_DATA", 409),
            ("UNPROCESSABLE", 422),
            ("MAX_NODE_LIMIT_EXCEEDED", 400),
        ] {
            assert_eq!(open(error(kind), &[]).unwrap_err().status(), Some(status), "{kind}");
        }
        let wrong = json!({"errors": [{"message": "Something went wrong while executing your query."}]});
        assert!(open(wrong, &[]).unwrap_err().is_passing());
        assert!(open(json!({"data": null}), &[]).is_err());
        let limited = open(error("RATE_LIMITED"), &[("x-ratelimit-reset", "1795435200")]);
        let until = Timestamp::from_second(1_795_435_200).unwrap();
        assert_eq!(limited, Err(GitHubError::Limited { until }));
        let later = open(error("RATE_LIMITED"), &[]);
        assert_eq!(later, Err(GitHubError::Limited { until: "2026-11-23T13:00:00Z".parse().unwrap() }));
    }
}
