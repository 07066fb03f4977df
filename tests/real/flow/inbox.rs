//! `jit inbox` in a real terminal: walked by keys, resized, decided from, and given back on every way out.

use std::fs;

use jit::system::System;
use jit::system::screen::Line;

use crate::peers::broker::JIT;
use crate::peers::person::Person;
use crate::peers::script::run;
use crate::peers::team::Team;
use crate::shells::terminal::Terminal;
use crate::shells::terminal::wait_until;

/// Set in the child of the test about panics.
const PANICS: &str = "JIT_TEST_PANICS";

/// A shell of this person, in a terminal of their own.
fn shell(person: &Person, more: &[(&str, &str)]) -> Terminal {
    let path = |name: &str| person.home.join(name).to_str().unwrap().to_owned();
    let (config, state) = (path("config"), path("state"));
    let mut variables = vec![
        ("JIT_CONFIG_DIR", config.as_str()),
        ("JIT_STATE_DIR", state.as_str()),
        ("DBUS_SESSION_BUS_ADDRESS", person.keyring.bus.as_str()),
        ("JIT", JIT),
        ("PS1", "READY> "),
        ("TZ", "UTC"),
    ];
    variables.extend(more);
    let terminal =
        Terminal::sized(&person.home, (100, 30), &["bash", "--norc", "--noprofile", "-i"], &variables);
    terminal.until("the shell", |screen| screen.trim_end().ends_with("READY>"));
    terminal
}

fn type_line(terminal: &Terminal, line: &str) {
    terminal.text(line);
    terminal.key("Enter");
}

fn open(terminal: &Terminal) {
    type_line(terminal, "$JIT inbox");
    terminal.until("the inbox", |screen| {
        screen.contains("waits for your review") || screen.contains("wait for your review")
    });
    assert_eq!(terminal.modes(), (true, false), "the whole window, without a cursor");
}

/// The terminal's modes as the shell sees them.
fn modes(terminal: &Terminal, person: &Person, name: &str) -> String {
    let file = person.home.join(name);
    type_line(terminal, &format!("stty -a > {name}.part && mv {name}.part {name}"));
    wait_until(|| file.exists(), || format!("{name}; on the screen:\n{}", terminal.screen()));
    fs::read_to_string(file).unwrap().lines().skip(1).collect()
}

#[test]
fn one_walks_decides_and_gets_the_terminal_back() {
    let (team, _cloud) = Team::with_sandbox();
    let admin = team.ana.ask("orders-admin");
    let reader = team.ana.ask("orders-reader");
    let terminal = shell(&team.bo, &[]);
    let before = modes(&terminal, &team.bo, "before");
    open(&terminal);
    terminal.until("both", |screen| screen.contains(&admin) && screen.contains(&reader));
    // The older one comes first. Two of the same second are in the order of their ids.
    terminal.until("a cursor of our own", |screen| {
        screen.contains(&format!("> {admin}")) || screen.contains(&format!("> {reader}"))
    });
    let is_first = terminal.screen().contains(&format!("> {reader}"));
    terminal.key("Down");
    terminal.until("the second", |screen| {
        screen.contains(&format!("> {}", if is_first { &admin } else { &reader }))
    });
    terminal.key(if is_first { "Up" } else { "Down" });
    terminal.until("the reader", |screen| screen.contains(&format!("> {reader}")));

    // Enter opens what was signed. A narrower window still shows all of it, and the last line is the keys.
    terminal.key("Enter");
    terminal.until("the request", |screen| {
        screen.contains("ana asks for orders-reader") && screen.contains("  digest ")
    });
    terminal.resize(40, 14);
    terminal.until("the narrow window", |screen| {
        screen.lines().all(|line| line.chars().count() <= 40)
            && screen.trim_end().ends_with("q back")
            && screen.contains("more lines below")
    });
    assert_eq!(terminal.broken_lines(), 0, "{}", terminal.screen());
    terminal.key("End");
    terminal.until("the end", |screen| screen.contains("above") && screen.contains("digest"));
    terminal.resize(100, 30);
    terminal.until("the wide window", |screen| screen.contains("a approve   l approve for less"));
    terminal.key("Escape");
    terminal.until("the list", |screen| screen.contains("2 requests wait"));

    // The question is the one of `jit approve`, on the terminal itself. Keys typed before it answer nothing.
    terminal.text("ayyy");
    terminal.until("the question", |screen| screen.contains("Approve orders-reader for ana, 1h? [y/N]"));
    assert_eq!(terminal.modes(), (false, true));
    assert!(terminal.screen().contains("ana asks for orders-reader  (request "), "{}", terminal.screen());
    assert_eq!(team.ana.state(&reader), "pending");
    // Ctrl-C at the question leads back to the list, not out of it.
    terminal.key("C-c");
    terminal.until("the list", |screen| screen.contains("* stopped; nothing was sent"));
    assert_eq!(terminal.modes(), (true, false));
    terminal.text("a");
    terminal.until("the question", |screen| {
        screen.trim_end().ends_with("Approve orders-reader for ana, 1h? [y/N]")
    });
    type_line(&terminal, "y");
    terminal.until("the list again", |screen| {
        screen.contains("1 request waits")
            && screen.contains(&format!("* approved {reader}: orders-reader for ana, 1h"))
    });
    assert_eq!(team.ana.state(&reader), "approved");

    // Less: a shorter time.
    terminal.text("l");
    terminal.until("for how long", |screen| screen.contains("For how long at most? 1h was asked"));
    type_line(&terminal, "10m");
    terminal.until("the question", |screen| {
        screen.contains("Approve orders-admin for ana, 10m (asked 1h)? [y/N]")
    });
    type_line(&terminal, "y");
    terminal.until("an empty list", |screen| {
        screen.contains("no request is waiting") && screen.contains("* approved")
    });
    assert_eq!(team.ana.show(&admin)["approved_duration"], "10m");

    // A new request comes by itself. One that ends while it is open says so, and cannot be decided.
    team.ana.run(&["end", &reader]).ok();
    let next = team.ana.ask("orders-reader");
    terminal.until("the next one", |screen| screen.contains(&format!("> {next}")));
    terminal.key("Enter");
    terminal.until("the request", |screen| screen.contains("ana asks for orders-reader"));
    team.ana.run(&["end", &next]).ok();
    terminal.until("its end", |screen| {
        screen.contains(&format!("{next} (orders-reader for ana) was taken back by ana"))
    });
    terminal.text("a");
    terminal.key("Escape");
    terminal.until("the list", |screen| screen.contains("no request is waiting"));

    // A denial asks for its comment.
    let last = team.ana.ask("orders-reader");
    terminal.text("r");
    terminal.until("the last one", |screen| screen.contains(&format!("> {last}")));
    terminal.text("d");
    terminal.until("the reason", |screen| screen.contains("Reason, which the requester reads"));
    type_line(&terminal, "use stage");
    terminal.until("the question", |screen| screen.contains("Deny orders-reader for ana, 1h? [Y/n]"));
    terminal.key("Enter");
    terminal.until("the denial", |screen| screen.contains(&format!("* denied {last}")));
    assert_eq!(team.ana.state(&last), "denied");

    terminal.text("q");
    terminal.until("the shell", |screen| screen.trim_end().ends_with("READY>"));
    assert_eq!(terminal.modes(), (false, true));
    // The decision stays in the terminal's own history.
    let screen = terminal.screen();
    assert!(screen.contains(&format!("denied {last}")), "{screen}");
    assert_eq!(modes(&terminal, &team.bo, "after"), before);
}

/// The process that runs in the foreground of a terminal's shell.
fn child(terminal: &Terminal) -> String {
    let shell = terminal.process();
    let path = format!("/proc/{shell}/task/{shell}/children");
    let read = || fs::read_to_string(&path).unwrap().trim().to_owned();
    wait_until(|| !read().is_empty(), || "a child of the shell".to_owned());
    read()
}

#[test]
fn every_way_out_gives_the_terminal_back() {
    let (team, _cloud) = Team::with_sandbox();
    team.ana.ask("orders-admin");
    let terminal = shell(&team.bo, &[]);
    let before = modes(&terminal, &team.bo, "before");
    let back = |way: &str| {
        terminal.until(way, |screen| screen.trim_end().ends_with("READY>"));
        assert_eq!(terminal.modes(), (false, true), "{way}");
        assert_eq!(modes(&terminal, &team.bo, way), before, "{way}");
        terminal.clear();
    };
    terminal.clear();
    for (way, key) in [("q", "q"), ("escape", "Escape"), ("interrupt", "C-c")] {
        open(&terminal);
        terminal.key(key);
        back(way);
    }
    for signal in ["TERM", "HUP", "QUIT", "INT"] {
        open(&terminal);
        let process = child(&terminal);
        run(std::process::Command::new("kill").arg(format!("-{signal}")).arg(process), b"").ok();
        back(signal);
    }
    // Ctrl-Z stops it as any other command, and it draws again afterwards.
    open(&terminal);
    terminal.key("C-z");
    terminal.until("the shell", |screen| screen.trim_end().ends_with("READY>"));
    assert_eq!(terminal.modes(), (false, true));
    type_line(&terminal, "fg");
    terminal.until("the inbox again", |screen| screen.contains("1 request waits"));
    assert_eq!(terminal.modes(), (true, false));
    // The session ends on the broker's side: an error, on a terminal that is the shell's again.
    let other = team.bo.run(&["logout"]);
    assert_eq!(other.code, 0, "{}", other.stderr);
    terminal.text("r");
    terminal.until("the error", |screen| screen.contains("error:") || screen.contains("logged in again"));
    terminal.text("q");
    terminal.key("Enter");
    back("logout");
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let (team, _cloud) = Team::with_sandbox();
    team.ana.ask("orders-admin");
    let terminal = shell(&team.bo, &[]);
    for (line, is_coloured) in [("$JIT inbox", true), ("NO_COLOR=1 $JIT inbox", false)] {
        terminal.clear();
        type_line(&terminal, line);
        terminal.until("the inbox", |screen| screen.contains("1 request waits"));
        let screen = terminal.coloured();
        assert_eq!(screen.contains("\u{1b}["), is_coloured, "{line}: {screen:?}");
        terminal.text("q");
        terminal.until("the shell", |screen| screen.trim_end().ends_with("READY>"));
    }
    // In a terminal that cannot place text, and into a pipe, the list is printed as ever.
    for line in ["TERM=dumb $JIT inbox; echo DO'NE'", "$JIT inbox | cat; echo DO'NE'"] {
        terminal.clear();
        type_line(&terminal, line);
        terminal.until("the list", |screen| screen.contains("REQUEST") && screen.contains("DONE"));
        assert!(terminal.screen().contains("next: jit approve ID"), "{}", terminal.screen());
    }
}

/// This test runs itself once more in a terminal. There it takes the window and panics.
#[test]
fn a_panic_gives_the_terminal_back() {
    if std::env::var_os(PANICS).is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _inside = runtime.enter();
        let mut screen = System::real().console.screen(true).unwrap();
        screen.draw(&[Line::plain("taken")]).unwrap();
        assert!(!std::path::Path::new("go").exists());
        wait_until(|| std::path::Path::new("go").exists(), || "the word to go on".to_owned());
        // The window must be given back before anything is dropped: the released program aborts here.
        let _kept = std::mem::ManuallyDrop::new(screen);
        panic!("on purpose");
    }
    let folder = tempfile::tempdir().unwrap();
    let this = std::env::current_exe().unwrap();
    let variables = [("PS1", "READY> "), (PANICS, "1"), ("THIS", this.to_str().unwrap())];
    let terminal =
        Terminal::sized(folder.path(), (100, 30), &["bash", "--norc", "--noprofile", "-i"], &variables);
    terminal.until("the shell", |screen| screen.trim_end().ends_with("READY>"));
    type_line(
        &terminal,
        "stty -a > before; $THIS --exact flow::inbox::a_panic_gives_the_terminal_back --nocapture",
    );
    terminal.until("the window", |screen| screen.trim() == "taken");
    assert_eq!(terminal.modes(), (true, false));
    fs::write(folder.path().join("go"), "").unwrap();
    terminal
        .until("the panic", |screen| screen.contains("on purpose") && screen.trim_end().ends_with("READY>"));
    assert_eq!(terminal.modes(), (false, true));
    type_line(&terminal, "stty -a > after; echo DO'NE'");
    terminal.until("the modes", |screen| screen.contains("DONE"));
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("after"), read("before"));
}
