//! A folder with an awkward name, a stand-in for `jit` that counts its starts, and a shell's start files.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use jit::prompt::hook;
use jit::prompt::hook::Placing;
use jit::prompt::segment::Shell;

use crate::shells::terminal::Terminal;

/// The available shells.
pub const SHELLS: [Shell; 4] = [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::Nu];

pub struct World {
    root: tempfile::TempDir,
    pub folder: PathBuf,
    /// The program that the hook starts, if it is not the stand-in by its path.
    pub executable: Option<&'static str>,
}

impl World {
    pub fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("it's a $(touch pwned) `folder` %n");
        fs::create_dir(&folder).unwrap();
        let world = Self { root, folder, executable: None };
        world.stand_in("printf '%s\\n' \"$*\" >>\"${0%/*}/calls\"\ncat \"${0%/*}/answer\"");
        world.answer(0, ["", "", "", ""], &[]);
        world.index("{}");
        world
    }

    /// Sets the stand-in's script.
    pub fn stand_in(&self, script: &str) {
        let path = self.folder.join("jit");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Sets the stand-in's output, with a change after `next` seconds from now; 0 for never.
    pub fn answer(&self, next: i64, parts: [&str; 4], notices: &[&str]) {
        let now = now();
        let next = if next == 0 { 0 } else { now + next };
        let mut text = format!("jit1 {now} {next}\n{}\n", parts.join("\n"));
        for notice in notices {
            text.push_str(&format!("{notice}\n"));
        }
        self.raw_answer(&text);
    }

    pub fn raw_answer(&self, text: &str) {
        fs::write(self.folder.join("answer"), text).unwrap();
    }

    /// Replaces the index as `jit` does: a new file replaces the old one.
    pub fn index(&self, content: &str) {
        let beside = self.folder.join("beside");
        fs::write(&beside, content).unwrap();
        fs::rename(beside, self.folder.join("grants.json")).unwrap();
    }

    /// How often the stand-in was started.
    pub fn calls(&self) -> usize {
        fs::read_to_string(self.folder.join("calls")).unwrap_or_default().lines().count()
    }

    /// Whether any displayed text was executed. The shells run in the outer folder.
    pub fn is_harmed(&self) -> bool {
        [self.root.path(), &self.folder].iter().any(|folder| folder.join("pwned").exists())
    }

    pub fn hook(&self, shell: Shell, placing: Placing) -> String {
        let path = |name: &str| self.folder.join(name).to_str().unwrap().to_owned();
        let executable = self.executable.map_or_else(|| path("jit"), str::to_owned);
        hook::text(shell, &executable, &path("grants.json"), placing).unwrap()
    }

    /// Starts a shell whose start file sets the prompt `READY>`, then does `before`, then reads the hook, then does `after`.
    pub fn start(&self, shell: Shell, before: &str, after: &str) -> Terminal {
        self.start_as(shell, Placing::Prompt, before, after)
    }

    pub fn start_as(&self, shell: Shell, placing: Placing, before: &str, after: &str) -> Terminal {
        let file = |name: &str, content: &str| {
            let path = self.folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, content).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let hook = file("hook", &self.hook(shell, placing));
        let root = self.root.path();
        let quoted = format!("'{}'", hook.replace('\'', "'\\''"));
        let home = self.folder.to_str().unwrap();
        let terminal = match shell {
            Shell::Bash => {
                let start =
                    file("start", &format!("PS1='READY> '\n{before}\neval \"$(cat {quoted})\"\n{after}\n"));
                Terminal::start(root, &["bash", "--noprofile", "--rcfile", &start, "-i"], &[])
            }
            Shell::Zsh => {
                file(".zshrc", &format!("PROMPT='READY> '\n{before}\neval \"$(cat {quoted})\"\n{after}\n"));
                Terminal::start(root, &["zsh", "-d", "-i"], &[("ZDOTDIR", home)])
            }
            Shell::Fish => {
                let quoted = format!("'{}'", hook.replace('\\', "\\\\").replace('\'', "\\'"));
                let start = format!(
                    "set -g fish_greeting\nfunction fish_prompt; printf 'READY> '; end\n{before}\nsource {quoted}\n{after}\n"
                );
                file("fish/config.fish", &start);
                let variables = [("XDG_CONFIG_HOME", home), ("XDG_DATA_HOME", home)];
                Terminal::start(root, &["fish", "-i"], &variables)
            }
            Shell::Nu => {
                let start = format!(
                    "$env.config.show_banner = false\n$env.PROMPT_COMMAND = {{|| \"READY\" }}\n$env.PROMPT_INDICATOR = \"> \"\n\
                     $env.PROMPT_COMMAND_RIGHT = \"\"\n{before}\nsource r#'{hook}'#\n{after}\n"
                );
                let start = file("start.nu", &start);
                let empty = file("empty.nu", "");
                Terminal::start(root, &[&program("nu"), "--config", &start, "--env-config", &empty], &[])
            }
            Shell::Plain | Shell::PowerShell => unreachable!(),
        };
        terminal.until("the first prompt", |screen| screen.contains("READY>"));
        terminal
    }
}

pub fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// The path of nu or starship: where `tests/run` installs it, or on the path.
pub fn program(name: &str) -> String {
    let peers = std::env::var_os("JIT_PEERS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers"), PathBuf::from);
    // nu's package has a folder for each platform, with the program itself. `.bin/nu` would start node first.
    let platforms = fs::read_dir(peers.join("node/node_modules/@nushell")).into_iter().flatten().flatten();
    let found = platforms
        .map(|platform| platform.path().join("bin"))
        .chain([peers.join("venv/bin")])
        .map(|folder| folder.join(name))
        .find(|path| path.exists());
    found.map_or_else(|| name.to_owned(), |path| path.to_str().unwrap().to_owned())
}

/// Runs a program to completion and returns its output. Fails if the program does.
pub fn output(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{command:?}: {text}{printed}");
    output.stdout
}
