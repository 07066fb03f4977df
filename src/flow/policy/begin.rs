//! The first policy of a team.

use std::path::Path;

use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::joining::key_choice;
use crate::flow::joining::login;
use crate::grant::Name;
use crate::grant::Target;
use crate::grant::cloud::aws::RoleArn;
use crate::policy::Policy;
use crate::policy::Problems;
use crate::policy::compiling::starter;
use crate::system::files;

/// The inputs for a first policy.
#[derive(Debug, Clone, Default)]
pub struct Beginning {
    /// The person's name in the policy.
    pub person: Option<Name>,
    /// The person's key: a file, a fingerprint or a comment.
    pub key: Option<String>,
    /// The AWS role of the example. If given, the policy has no role of the sandbox cloud.
    pub role_arn: Option<RoleArn>,
    /// Its region.
    pub region: Option<String>,
}

/// A policy that was written.
#[derive(Debug, Clone)]
pub struct Begun {
    /// The files, by their path in the folder.
    pub files: Vec<String>,
    /// The person whose key the policy has.
    pub person: Name,
    /// The steps that are missing before everybody can be approved.
    pub missing: Vec<String>,
    /// Whether a role opens the sandbox cloud.
    pub has_sandbox: bool,
}

/// An example that loads but opens nothing: AWS itself uses this account number as a placeholder.
const EXAMPLE_ARN: &str = "arn:aws:iam::111122223333:role/example-admin";
const EXAMPLE_REGION: &str = "eu-west-1";

/// Writes a first policy with the caller's own key into a folder that has none.
pub fn init(client: &Client<'_>, folder: &Path, beginning: Beginning) -> Result<Begun, Failure> {
    if folder.join("access.toml").exists() {
        return Err(Failure::failed(format!("{} holds a policy already", folder.display()))
            .hint(format!("look at it: `jit policy check {}`", folder.display())));
    }
    let key = key_choice::choose(client, beginning.key.as_deref(), None, &|_| true)?;
    let person = login::choose_person(client, beginning.person, None)?;
    let has_sandbox = beginning.role_arn.is_none();
    let arn = match beginning.role_arn {
        Some(arn) => arn,
        None => EXAMPLE_ARN.parse().map_err(|error| Failure::failed(format!("{error}")))?,
    };
    let region = beginning.region.unwrap_or_else(|| EXAMPLE_REGION.to_owned());
    let target = Target::aws(arn, region, None).map_err(|error| Failure::usage(error.to_string()))?;
    let mut written = starter::files(&person, person.as_str(), &key.public, &target);
    if has_sandbox {
        written.extend([starter::sandbox_role()]);
    }
    let bytes = written.iter().map(|(path, text)| (path.clone(), text.as_bytes().to_vec())).collect();
    let policy = Policy::compile(bytes).map_err(|problems| does_not_load(&problems))?;
    for (path, text) in &written {
        write(folder, path, text)?;
    }
    let missing = starter::missing(&policy);
    Ok(Begun { files: written.into_keys().collect(), person, missing, has_sandbox })
}

fn write(folder: &Path, path: &str, text: &str) -> Result<(), Failure> {
    let file = folder.join(path);
    let parent = file.parent().unwrap_or(folder);
    files::make_folder(parent).and_then(|()| files::replace_private(&file, text.as_bytes())).map_err(
        |error| Failure::failed(format!("{} cannot be written", file.display())).cause(error.to_string()),
    )
}

/// The failure for a policy that does not load.
pub fn does_not_load(problems: &Problems) -> Failure {
    let mut failure = Failure::failed("the policy does not load");
    for problem in &problems.0 {
        let hint = problem.hint.as_ref().map_or_else(String::new, |hint| format!(" ({hint})"));
        failure = failure.cause(format!(
            "{}:{}:{}: {}{hint}",
            problem.file, problem.line, problem.column, problem.message
        ));
    }
    failure
}
