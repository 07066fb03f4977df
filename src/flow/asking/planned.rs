//! The plan that a command applies, as JSON in a file: read once, so that its SHA-256 and its summary are of the same bytes.

use std::io;
use std::path::Path;

use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::Standing;
use crate::grant::Digest;
use crate::grant::text;
use crate::grant::text::sanitise;
use crate::system::files;
use crate::terraform::MAX_PLAN;
use crate::terraform::Summary;

/// The command that makes the JSON.
const MAKE: &str = "make it with: terraform show -json PLANFILE > plan.json";

/// The doubt that no digest takes away.
const DOUBT: &str = "the requester made the JSON: it is of the bound file if `terraform show -json` of that gives the same bytes";

/// The SHA-256 of a plan's JSON that reviewers can be shown.
///
/// # Errors
/// The file cannot be read, or is no plan that `jit` can show.
pub fn digest(client: &Client<'_>, path: &str) -> Result<Digest, Failure> {
    let json = content(client, path)?;
    summary(path, &json)?;
    Ok(Digest::of(&json))
}

/// The summary of the plan that a request is for, from a file of its reader.
///
/// # Errors
/// The request has no plan, the file has another one, or `jit` cannot show it.
pub fn signed(client: &Client<'_>, standing: &Standing, path: &str) -> Result<Summary, Failure> {
    let id = &standing.view.id;
    let agreed = standing.asked.purpose.as_ref().and_then(|purpose| purpose.plan);
    let agreed = agreed.ok_or_else(|| {
        Failure::usage(format!("request {id} shows no plan"))
            .hint("leave `--plan` out, or let the requester ask again with `jit request --plan`")
    })?;
    let json = content(client, path)?;
    let found = Digest::of(&json);
    if found != agreed {
        return Err(Failure::refused(format!("{} is not the plan of request {id}", sanitise(path)))
            .cause(format!("its SHA-256 is {found}"))
            .cause(format!("the requester signed {agreed}"))
            .hint("get the file that the requester signed, or deny the request"));
    }
    summary(path, &json)
}

/// The summary in lines, with the doubt that it leaves. Lists are cut after `most` changes that lose nothing.
pub fn lines(plan: &Summary, columns: usize, most: usize) -> Vec<String> {
    let mut lines = text::hanging("  note      ", DOUBT, columns);
    lines.extend(plan.lines(columns, most));
    lines
}

/// The bytes of the file.
fn content(client: &Client<'_>, path: &str) -> Result<Vec<u8>, Failure> {
    let shown = sanitise(path);
    let found = files::read_small(&client.system.files.working.join(Path::new(path)), MAX_PLAN);
    found.map(|file| file.content).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Failure::usage(format!("the plan {shown} was not found")).hint(MAKE),
        _ => Failure::usage(format!("the plan {shown} cannot be read")).cause(error.to_string()),
    })
}

fn summary(path: &str, json: &[u8]) -> Result<Summary, Failure> {
    Summary::read(json).map_err(|error| {
        Failure::usage(format!("{} is no plan that jit can show", sanitise(path)))
            .cause(error.to_string())
            .hint(MAKE)
    })
}
