//! An attacker in between can change a run's artifact in no way that the client accepts.

use std::io::Cursor;
use std::io::Write;

use jit::authority::github::memory::Begun;
use jit::authority::github::memory::Memory;
use jit::forge::log::Action;
use jit::github::lease::Delivered;
use jit::github::lease::FILE;
use jit::grant::lease::associated_data;
use jit::secret::seal::seal;
use jit::system::Clock;
use jit::system::http::Request;
use zip::ZipArchive;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::laptop::Laptop;
use crate::forge::hub::Asked;
use crate::forge::hub::Hub;
use crate::support::github::GitHub;

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A run's result. `None` if the artifact was changed before.
fn unzipped(bytes: &[u8]) -> Option<Delivered> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut content = Vec::new();
    std::io::Read::read_to_end(&mut archive.by_index(0).ok()?, &mut content).ok()?;
    Delivered::read(&content)
}

/// Replaces every artifact, just before the laptop makes this call.
fn swapping_at(
    part: &'static str,
    change: impl Fn(Delivered) -> Vec<u8> + Send + Sync + 'static,
) -> impl Fn(&GitHub, &Request) + Send + Sync + 'static {
    move |github, request| {
        if request.url.contains(part) {
            for artifact in github.world().artifacts.values_mut() {
                if let Some(delivered) = unzipped(&artifact.bytes) {
                    artifact.bytes = change(delivered);
                }
            }
        }
    }
}

/// Before the listing, so that GitHub's own digest matches the replacement.
fn swapping(
    change: impl Fn(Delivered) -> Vec<u8> + Send + Sync + 'static,
) -> impl Fn(&GitHub, &Request) + Send + Sync + 'static {
    swapping_at("/artifacts?", change)
}

fn again(delivered: &Delivered) -> Vec<u8> {
    zipped(&[(FILE, delivered.write().as_bytes())])
}

#[track_caller]
fn refused(laptop: &Laptop<'_>, asked: &Asked, words: &str) {
    let error = laptop.lease(asked, None).unwrap_err();
    assert!(error.to_string().contains(words), "{error}");
    assert!(!error.is_passing(), "{error}");
    assert!(error.hint().unwrap().contains("nothing was stored"), "{error}");
}

#[test]
fn an_artifact_that_was_swapped_is_refused() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    let authority = jit::github::authority(hub.repository);
    let recipient = asked.recipient.public().unwrap();
    let digest = asked.digest;
    // GitHub's own listing has another digest than the download.
    laptop.meddle(swapping_at("/zip", |delivered| again(&Delivered { number: 7, ..delivered })));
    refused(&laptop, &asked, "not the one that GitHub lists");
    // Sealed by an attacker to the right key: the token is for what the run sealed.
    laptop.meddle(swapping(move |delivered| {
        let associated = associated_data(&authority, &digest, &delivered.run, delivered.number);
        let sealed = seal(&recipient, b"{}", &associated, [7; 32]).unwrap();
        again(&Delivered { sealed, ..delivered })
    }));
    refused(&laptop, &asked, "ID token is refused");
    laptop.meddle(swapping(|delivered| {
        again(&Delivered { sealed: delivered.sealed[..40].to_owned(), ..delivered })
    }));
    refused(&laptop, &asked, "ID token is refused");
    laptop.meddle(swapping(|delivered| again(&Delivered { run: "1".to_owned(), ..delivered })));
    refused(&laptop, &asked, "another run's");
    // Not an archive, half of one, two files, another file, something else.
    laptop.meddle(swapping(|_| b"PK".to_vec()));
    refused(&laptop, &asked, "cannot be opened");
    laptop.meddle(swapping(|delivered| {
        let whole = again(&delivered);
        whole[..whole.len() / 2].to_vec()
    }));
    refused(&laptop, &asked, "cannot be opened");
    laptop.meddle(swapping(|delivered| zipped(&[(FILE, delivered.write().as_bytes()), ("x", b"x")])));
    refused(&laptop, &asked, "exactly one file");
    laptop.meddle(swapping(|delivered| zipped(&[("x.json", delivered.write().as_bytes())])));
    refused(&laptop, &asked, "another file");
    laptop.meddle(swapping(|_| zipped(&[(FILE, b"{\"number\":1}")])));
    refused(&laptop, &asked, "does not hold sealed credentials");
    // Without an attacker, the next run's result is accepted.
    laptop.leave_alone();
    let sealed = laptop.lease(&asked, None).unwrap();
    assert_eq!(laptop.open(&asked, &sealed).number, sealed.number);
}

#[test]
fn another_runs_artifact_is_refused() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    let first = laptop.lease(&asked, None).unwrap();
    let old = hub.github.world().artifacts.values().next().unwrap().bytes.clone();
    hub.wait(jit::authority::StatementAuthority::received(
        &laptop.authority,
        &asked.digest.request_id(),
        &first,
    ))
    .unwrap();
    laptop.meddle(swapping(move |_| old.clone()));
    let error = laptop.lease(&asked, Some(1)).unwrap_err();
    assert!(error.to_string().contains("another run's: its run_id differs"), "{error}");
}

#[test]
fn an_artifact_of_a_run_that_somebody_else_dispatched_is_not_ours() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    // eve's run for ana's request decides nothing and leaves nothing.
    let run = hub.run("eve", &hub.inputs("mint", &asked));
    assert_ne!(run.conclusion, Some("success"));
    assert_eq!(laptop.artifacts(), 0);
    let sealed = laptop.lease(&asked, None).unwrap();
    assert_eq!(sealed.number, 1);
}

#[test]
fn what_was_sealed_for_another_request_of_ones_own_opens_nothing() {
    let hub = Hub::new();
    let laptop = Laptop::of(&hub, "ana");
    let first = hub.approved(1);
    let sealed = laptop.lease(&first, None).unwrap();
    hub.wait(hub.client("ana").close_pull(first.pull)).unwrap();
    let second = hub.approved(2);
    // An attacker records the first request's run as the second one's: its token is valid, for its run, account and
    // role.
    let memory = Memory::new(&laptop.world.system.files, &jit::github::authority(hub.repository));
    let begun = Begun { nonce: "x".to_owned(), run: Some(sealed.run.parse().unwrap()), at: hub.clock.now() };
    memory.begin(Action::Mint, &second.digest.request_id(), &begun).unwrap();
    let again = laptop.lease(&second, None).unwrap();
    assert_eq!((&again.run, &again.sealed), (&sealed.run, &sealed.sealed));
    let authority = jit::github::authority(hub.repository);
    let associated = |asked: &Asked| associated_data(&authority, &asked.digest, &again.run, again.number);
    assert!(second.recipient.open(&again.sealed, &associated(&second)).is_err());
    assert!(first.recipient.open(&again.sealed, &associated(&second)).is_err());
    assert!(first.recipient.open(&again.sealed, &associated(&first)).is_ok());
}
