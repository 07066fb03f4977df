//! Artifacts: listed and deleted through the API, downloaded from another host.

use std::io::Write;

use aws_lc_rs::digest::SHA256;
use aws_lc_rs::digest::digest;
use axum::body::Body;
use axum::http::Response;
use data_encoding::HEXLOWER;
use jiff::SignedDuration;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::run::Run;
use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::answer::Answer;
use crate::support::github::answer::Fault;
use crate::support::github::answer::Outcome;
use crate::support::github::call::Call;
use crate::support::github::receive::Received;
use crate::support::github::shapes;
use crate::support::github::world::World;

/// An artifact.
#[derive(Debug, Clone)]
pub struct Artifact {
    /// Its id.
    pub id: u64,
    /// Its repository.
    pub repository: u64,
    /// The run that made it.
    pub run: u64,
    /// Its name.
    pub name: String,
    /// The zip file.
    pub bytes: Vec<u8>,
    /// The signature of its download URL, and when it expires.
    pub signature: Option<(String, Timestamp)>,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// The default number of days that an artifact is kept.
const DAYS: i64 = 90;

impl World {
    /// Adds an artifact as `actions/upload-artifact` does: a zip of these files.
    ///
    /// # Errors
    /// The run has one of that name already, and artifacts are immutable.
    pub fn upload(
        &mut self,
        run: &Run,
        name: &str,
        files: &[(String, Vec<u8>)],
        days: Option<i64>,
    ) -> Result<u64, String> {
        let taken = self.artifacts.values().any(|other| other.run == run.id && other.name == name);
        if taken {
            return Err("Failed to CreateArtifact: (409) Conflict: an artifact with this name already exists on the workflow run".to_owned());
        }
        let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (path, bytes) in files {
            zip.start_file(path.as_str(), SimpleFileOptions::default()).map_err(|error| error.to_string())?;
            zip.write_all(bytes).map_err(|error| error.to_string())?;
        }
        let bytes = zip.finish().map_err(|error| error.to_string())?.into_inner();
        let (id, now) = (self.next_id(), self.now());
        let artifact = Artifact {
            id,
            repository: run.repository,
            run: run.id,
            name: name.to_owned(),
            bytes,
            signature: None,
            created_at: now,
            expires_at: now + SignedDuration::from_hours(24 * days.unwrap_or(DAYS)),
        };
        self.artifacts.insert(id, artifact);
        Ok(id)
    }

    fn artifact(&self, id: u64, artifact: &str) -> Result<&Artifact, Fault> {
        let found = artifact.parse().ok().and_then(|artifact: u64| self.artifacts.get(&artifact));
        found.filter(|found| found.repository == id).ok_or_else(Fault::not_found)
    }
}

fn document(world: &World, artifact: &Artifact) -> Value {
    let url = world.repository_url(artifact.repository, &format!("actions/artifacts/{}", artifact.id));
    let run = &world.runs[&artifact.run];
    json!({
        "id": artifact.id, "node_id": shapes::node("Artifact", artifact.id), "name": artifact.name,
        "size_in_bytes": artifact.bytes.len(), "url": url, "archive_download_url": format!("{url}/zip"),
        "expired": artifact.expires_at <= world.now(), "created_at": artifact.created_at.to_string(),
        "updated_at": artifact.created_at.to_string(), "expires_at": artifact.expires_at.to_string(),
        "digest": format!("sha256:{}", HEXLOWER.encode(digest(&SHA256, &artifact.bytes).as_ref())),
        "workflow_run": {
            "id": run.id, "repository_id": run.repository, "head_repository_id": run.head_repository,
            "head_branch": run.head_branch, "head_sha": run.head_sha,
        },
    })
}

/// `GET actions/artifacts` and `GET actions/runs/{id}/artifacts`: newest first.
pub fn list(world: &World, call: &Call, id: u64, run: Option<&str>) -> Outcome {
    world.require(&call.caller, id, "actions", Level::Read, Role::Read)?;
    let run = run.map(|run| world.run(id, run)).transpose()?.map(|run| run.id);
    let wanted = |artifact: &&Artifact| {
        artifact.repository == id
            && run.is_none_or(|run| run == artifact.run)
            && call.query("name").is_none_or(|name| name == artifact.name)
    };
    let rows = world.artifacts.values().rev().filter(wanted).map(|artifact| document(world, artifact));
    Answer::named("artifacts", rows.collect())
}

/// `GET actions/artifacts/{id}`
pub fn get(world: &World, call: &Call, id: u64, artifact: &str) -> Outcome {
    world.require(&call.caller, id, "actions", Level::Read, Role::Read)?;
    Answer::ok(document(world, world.artifact(id, artifact)?))
}

/// `DELETE actions/artifacts/{id}`
pub fn delete(world: &mut World, call: &Call, id: u64, artifact: &str) -> Outcome {
    world.require(&call.caller, id, "actions", Level::Write, Role::Write)?;
    let artifact = world.artifact(id, artifact)?.id;
    world.artifacts.remove(&artifact);
    Answer::nothing()
}

/// `GET actions/artifacts/{id}/zip`: redirects to another host, for a minute. Requires a token, even in a public
/// repository.
pub fn download(world: &mut World, call: &Call, id: u64, artifact: &str) -> Outcome {
    world.require(&call.caller, id, "actions", Level::Read, Role::Read)?;
    call.caller.somebody()?;
    let (key, now) = (world.artifact(id, artifact)?.id, world.now());
    if world.artifacts[&key].expires_at <= now {
        return Err(Fault::new(410, "Artifact has expired"));
    }
    let signature = world.next_secret("");
    let place = format!("{}/artifacts/{key}.zip?sig={signature}", world.origins.storage);
    world.artifacts.get_mut(&key).unwrap().signature = Some((signature, now + SignedDuration::from_mins(1)));
    Ok(Answer::Redirect(302, place))
}

/// Answers for the storage site. Refuses a call with another site's `Authorization`, as real storage does.
pub fn serve(world: &World, received: &Received<'_>) -> Response<Body> {
    let refuse = |status: u16| Response::builder().status(status).body(Body::empty()).unwrap();
    if received.headers.contains_key("authorization") {
        return refuse(400);
    }
    if let Some(job) = received.path.strip_prefix("/logs/").and_then(|name| name.strip_suffix(".txt")) {
        let until = received.query.strip_prefix("until=").and_then(|until| until.parse::<i64>().ok());
        let found = world.runs.values().flat_map(|run| &run.jobs).find(|found| found.id.to_string() == job);
        return match found {
            Some(found) if until.is_some_and(|until| until > world.now().as_second()) => {
                let builder = Response::builder().header("content-type", "text/plain; charset=utf-8");
                builder.body(Body::from(found.log.clone())).unwrap()
            }
            _ => refuse(403),
        };
    }
    let id =
        received.path.trim_start_matches("/artifacts/").trim_end_matches(".zip").parse().unwrap_or(0_u64);
    let Some(artifact) = world.artifacts.get(&id) else { return refuse(404) };
    let given = received.query.strip_prefix("sig=").unwrap_or_default();
    match &artifact.signature {
        Some((signature, until)) if signature == given && *until > world.now() => Response::builder()
            .header("content-type", "application/zip")
            .header("content-disposition", format!("attachment; filename=\"{}.zip\"", artifact.name))
            .body(Body::from(artifact.bytes.clone()))
            .unwrap(),
        _ => refuse(403),
    }
}
