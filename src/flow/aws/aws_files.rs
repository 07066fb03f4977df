//! The person's own AWS files, which are read and never written.

use crate::flow::Failure;
use crate::grant::text::sanitise;
use crate::system::System;
use crate::system::aws_files::AwsFiles;
use crate::system::aws_files::Kind;
use crate::system::aws_files::Unreadable;

/// Reads both files as AWS's own CLI does.
pub fn read(system: &System) -> Result<AwsFiles, Failure> {
    AwsFiles::read(&system.environment, &system.files).map_err(|unreadable| failure(&unreadable))
}

/// The failure for a file that AWS's CLI cannot read at all, with the wrong line.
pub fn failure(unreadable: &Unreadable) -> Failure {
    Failure::failed(sanitise(&format!("AWS's CLI does not read {}", unreadable.path.display())))
        .cause(sanitise(&unreadable.to_string()))
        .hint("mend that line; `aws configure list-profiles` says whether it reads the file")
}

/// Sections of the config file that were meant as profiles but that AWS's CLI skips, one line each.
pub fn unread(files: &AwsFiles) -> Vec<String> {
    files
        .config
        .unread
        .iter()
        .filter(|unread| unread.meant_as_profile)
        .map(|unread| {
            let place = files.place(Kind::Config, unread.line);
            sanitise(&format!("{place}: AWS's CLI does not read [{}]: {}", unread.header, unread.why))
        })
        .collect()
}
