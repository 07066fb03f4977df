use std::path::PathBuf;

use clap::Args;

use crate::cli::ui::Ui;
use crate::flow::Failure;
use crate::policy::SchemaFile;
use crate::policy::nearest;
use crate::policy::schemas;
use crate::system::System;
use crate::system::files;

/// Print the schemas of policy files and of the broker's settings, for editors
#[derive(Debug, Args)]
#[command(
    after_long_help = "JSON Schema for the TOML files (for taplo and VS Code's Even Better TOML), and the Cedar schema for rules.

Examples:
  jit policy schema --output .schemas
  jit policy schema role"
)]
pub struct Schema {
    /// The schema to print; default: list their names
    name: Option<String>,
    /// Write all schemas into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "name")]
    output: Option<PathBuf>,
}

impl Schema {
    pub(super) fn run(self, system: &System, ui: &Ui<'_>) -> Result<u8, Failure> {
        let all = schemas();
        #[cfg(feature = "broker")]
        let all: Vec<SchemaFile> = all.into_iter().chain([crate::broker::settings_file::schema()]).collect();
        if let Some(folder) = &self.output {
            let path = system.files.working.join(folder);
            for schema in &all {
                write(&path, schema)?;
                ui.line(&folder.join(schema.name).display().to_string())?;
            }
            return Ok(0);
        }
        let Some(name) = &self.name else {
            all.iter().try_for_each(|schema| ui.line(&format!("{:<22} {}", schema.name, schema.about)))?;
            return Ok(0);
        };
        // `role` is enough for `role.schema.json`.
        let stem = |schema: &SchemaFile| schema.name.split('.').next().unwrap_or_default();
        let whole = all.iter().find(|schema| schema.name == name.as_str());
        match whole.or_else(|| all.iter().find(|schema| stem(schema) == name.as_str())) {
            Some(schema) => ui.print(&schema.text).map(|()| 0),
            None => {
                let near = nearest(name, all.iter().map(stem));
                let hint = match near {
                    Some(near) => format!("did you mean {near}?"),
                    None => "`jit policy schema` lists them".to_owned(),
                };
                Err(Failure::usage(format!("there is no schema {name:?}")).hint(hint))
            }
        }
    }
}

fn write(folder: &std::path::Path, schema: &SchemaFile) -> Result<(), Failure> {
    let path = folder.join(schema.name);
    files::make_folder(folder).and_then(|()| files::replace_private(&path, schema.text.as_bytes())).map_err(
        |error| Failure::failed(format!("{} cannot be written", path.display())).cause(error.to_string()),
    )
}
