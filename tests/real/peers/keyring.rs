//! gnome-keyring on its own session bus, for one person.

use std::path::Path;
use std::process::Command;

use data_encoding::BASE64;

use super::peer::Peer;
use super::script::run;

/// The daemon stays in this shell's process group, and signals that it is ready by writing its bus address.
const SESSION: &str =
    "printf %s \"$PASSWORD\" | gnome-keyring-daemon --foreground --unlock --components=secrets &
gdbus wait --session --timeout 30 org.freedesktop.secrets
printf %s \"$DBUS_SESSION_BUS_ADDRESS\" > bus.new && mv bus.new bus
wait";

/// A running, unlocked keyring. It stops when dropped, and its items stay in the person's home.
pub struct Keyring {
    /// The value for `DBUS_SESSION_BUS_ADDRESS`.
    pub bus: String,
    _peer: Peer,
}

impl Keyring {
    /// Starts the daemon for the person with this home.
    pub fn start(home: &Path) -> Self {
        let runtime = home.join("run");
        std::fs::create_dir_all(&runtime).unwrap();
        let mut command = Command::new("dbus-run-session");
        command.args(["--", "sh", "-c", SESSION]).env("HOME", home).env("XDG_RUNTIME_DIR", &runtime);
        command.env("PASSWORD", "a passphrase of the test").env_remove("DBUS_SESSION_BUS_ADDRESS");
        command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
        let peer = Peer::start("keyring", &command, &runtime);
        let ready = runtime.join("bus");
        peer.wait_until("it is on the bus", || ready.exists());
        Self { bus: std::fs::read_to_string(ready).unwrap(), _peer: peer }
    }

    /// Removes an item, as its owner may.
    pub fn remove(&self, item: &str) {
        let mut command = Command::new("secret-tool");
        command
            .args(["clear", "service", "jit", "username", item])
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus);
        run(&mut command, b"").ok();
    }

    /// The value that `secret-tool` finds under one of our items' names, after decoding its base64.
    pub fn lookup(&self, item: &str) -> Option<String> {
        let mut command = Command::new("secret-tool");
        command
            .args(["lookup", "service", "jit", "username", item])
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus);
        let found = run(&mut command, b"");
        (found.code == 0)
            .then(|| String::from_utf8(BASE64.decode(found.stdout.trim().as_bytes()).unwrap()).unwrap())
    }
}
