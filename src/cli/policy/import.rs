use std::path::PathBuf;

use clap::Args;
use clap::Subcommand;

use crate::cli::ui::Ui;
use crate::flow::Failure;
use crate::flow::policy::import;
use crate::flow::policy::import::Proposal;
use crate::grant::text::sanitise;
use crate::system::System;
use crate::system::files;

/// Propose a first policy from what is there
#[derive(Debug, Args)]
#[command(
    after_long_help = "Nothing that exists is changed. Every proposed role wants one approval of group:approvers, which
is empty: name people there first. Without --output, the files are printed.

Examples:
  aws sso-admin describe-permission-set … > aws.json
  aws sso-admin list-account-assignments … >> aws.json
  jit policy import aws aws.json --region eu-west-1 --output proposed
  jit policy import profiles
  jit policy import github my-organisation --output proposed"
)]
pub struct Import {
    #[command(subcommand)]
    source: Source,
    /// Write the files into this folder, which must not be there yet
    #[arg(long, value_name = "DIR", global = true)]
    output: Option<PathBuf>,
    /// Write JSON: each file's text by its path
    #[arg(long, global = true, conflicts_with = "output")]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Source {
    /// Propose permission sets and assignments, from a file of what the AWS CLI prints
    #[command(after_long_help = "Examples:
  jit policy import aws aws.json
  jit policy import aws aws.json --region eu-west-1 --output proposed")]
    Aws {
        /// The file
        file: PathBuf,
        /// The region of the proposed roles
        #[arg(long, default_value = "us-east-1")]
        region: String,
    },
    /// Propose the profiles in ~/.aws/config that assume roles
    #[command(after_long_help = "Examples:
  jit policy import profiles
  jit policy import profiles --region eu-west-1 --output proposed")]
    Profiles {
        /// The region of roles whose profile names none
        #[arg(long, default_value = "us-east-1")]
        region: String,
    },
    /// Propose the members of a GitHub organisation, their numbers and published keys
    #[command(after_long_help = "Examples:
  jit policy import github my-organisation
  jit policy import github my-organisation --output proposed")]
    Github {
        /// The organisation
        #[arg(value_name = "ORG")]
        organisation: String,
    },
}

impl Import {
    pub(super) async fn run(self, system: &System, ui: &Ui<'_>) -> Result<u8, Failure> {
        let proposal = match &self.source {
            Source::Aws { file, region } => {
                let path = system.files.working.join(file);
                let shown = file.display();
                let content = files::read(&path)
                    .map_err(|error| {
                        Failure::failed(format!("{shown} cannot be read")).cause(error.to_string())
                    })?
                    .ok_or_else(|| Failure::usage(format!("there is no file {shown}")))?;
                import::of_answers(&content, region)?
            }
            Source::Profiles { region } => import::of_profiles(system, region)?,
            Source::Github { organisation } => import::of_organisation(system, organisation).await?,
        };
        proposal.check()?;
        show(&proposal, self.output.as_ref(), self.json, system, ui)?;
        for note in &proposal.notes {
            ui.say(&format!("left out: {}", sanitise(note)));
        }
        Ok(0)
    }
}

fn show(
    proposal: &Proposal,
    output: Option<&PathBuf>,
    json: bool,
    system: &System,
    ui: &Ui<'_>,
) -> Result<(), Failure> {
    let files = proposal.files();
    if json {
        return ui.json(&files);
    }
    let Some(folder) = output else {
        return files.iter().try_for_each(|(path, text)| ui.print(&format!("# ---- {path}\n{text}\n")));
    };
    proposal.write(&system.files.working.join(folder))?;
    files.keys().try_for_each(|path| ui.line(&folder.join(path).display().to_string()))?;
    ui.say(&format!("next: name people in group:approvers, then `jit policy check {}`", folder.display()));
    Ok(())
}
