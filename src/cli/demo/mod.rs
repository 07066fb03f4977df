//! Shows the whole round trip on this machine, with two people, a broker and a cloud. Removes everything afterwards.

mod narrator;
mod play;
mod script;
mod world;

use std::sync::Arc;

use clap::Args;

use super::ui::Ui;
use crate::flow::Failure;
use crate::system::Console;
use crate::system::System;
use crate::system::console::ConsoleError;
use narrator::Narrator;
use world::World;

/// Watch the whole round trip on this machine; no cloud needed
#[derive(Debug, Args)]
#[command(
    after_long_help = "Everything runs on loopback. Keys and credentials stay in memory and in a temporary folder that jit removes.

Examples:
  jit demo           # watch: ask, approve, use, end, and two attacks
  jit demo --shell   # play both people yourself"
)]
pub struct Demo {
    /// Play both people yourself
    #[arg(long)]
    pub shell: bool,
}

impl Demo {
    /// Runs the demonstration and cleans up, also after Ctrl-C.
    pub async fn run(self, system: &System, ui: &Ui<'_>) -> Result<(), Failure> {
        if self.shell {
            // Ctrl-C interrupts the running command, and at the prompt leaves the demonstration.
            let world = World::build(system, &system.console)?;
            return play::play(&world, system).await;
        }
        tokio::select! {
            result = show(system, ui) => result,
            () = system.processes.interrupted() => Err(ConsoleError::Interrupted.into()),
        }
    }
}

async fn show(system: &System, ui: &Ui<'_>) -> Result<(), Failure> {
    let narrator = Arc::new(Narrator::on(Arc::clone(&system.console)));
    let shown: Arc<dyn Console> = Arc::clone(&narrator) as Arc<dyn Console>;
    let world = World::build(system, &shown)?;
    match script::tell(&world, &narrator, ui).await {
        // `jit demo | head`: the reader has closed the pipe.
        _ if narrator.is_closed() => Ok(()),
        told => told,
    }
}
