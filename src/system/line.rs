//! A lock that is granted in the order of arrival, so that of many processes each gets its turn.
//!
//! Each process takes a numbered ticket, a file that it locks, and waits for the ticket before its own. Tickets only
//! set the order. The lock itself excludes others, so a lost ticket costs fairness and never exclusion. The kernel
//! releases the tickets of a process that dies.

use std::fs;
use std::fs::File;
use std::fs::OpenOptions;
use std::fs::TryLockError;
use std::io;
use std::io::Read;
use std::io::Seek;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

use super::files;
use super::files::Lock;

/// How often a process checks the ticket before its own.
const POLL: Duration = Duration::from_millis(5);
/// The file that counts the tickets.
const COUNTER: &str = "next";
/// The most bytes of the counter that are read.
const COUNTER_SIZE: u64 = 20;

/// The lock, held until dropped.
#[derive(Debug)]
pub struct Turn {
    // Dropped in this order, so that the next process finds the lock free.
    _lock: Lock,
    _ticket: Ticket,
}

/// A place in the line.
#[derive(Debug)]
struct Ticket {
    file: File,
    path: PathBuf,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
        let _ = self.file.unlock();
    }
}

/// Takes the lock on this file, in the order of arrival. Blocks this thread for at most `limit`. `None` after that
/// time. The tickets are in a folder beside the file.
pub fn wait_for(path: &Path, limit: Duration) -> io::Result<Option<Turn>> {
    let until = Instant::now() + limit;
    let folder = path.with_extension("line");
    files::make_private_folder(&folder)?;
    let Some((ticket, number)) = draw(&folder, until)? else { return Ok(None) };
    if !went(&folder, number.wrapping_sub(1), until)? {
        return Ok(None);
    }
    loop {
        if let Some(lock) = Lock::try_take(path)? {
            return Ok(Some(Turn { _lock: lock, _ticket: ticket }));
        }
        if !pause(until) {
            return Ok(None);
        }
    }
}

/// Draws the next ticket. `None` if the counter stayed locked.
fn draw(folder: &Path, until: Instant) -> io::Result<Option<(Ticket, u64)>> {
    let mut counter =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(folder.join(COUNTER))?;
    while !lock(&counter)? {
        if !pause(until) {
            return Ok(None);
        }
    }
    let mut text = String::new();
    // An unreadable counter starts over; tickets in use are skipped.
    let read = Read::by_ref(&mut counter).take(COUNTER_SIZE).read_to_string(&mut text);
    let last: u64 = read.ok().and_then(|_| text.trim().parse().ok()).unwrap_or_default();
    let mut number = last;
    let ticket = loop {
        number = number.wrapping_add(1);
        let path = folder.join(number.to_string());
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
        if lock(&file)? {
            break Ticket { file, path };
        }
    };
    counter.set_len(0)?;
    counter.rewind()?;
    write!(counter, "{number}")?;
    // Closing it unlocks it too. Wine reports an error for a file that it has just unlocked.
    let _ = counter.unlock();
    Ok(Some((ticket, number)))
}

/// Waits until this ticket is free: removed, or left by a process that died.
fn went(folder: &Path, number: u64, until: Instant) -> io::Result<bool> {
    let path = folder.join(number.to_string());
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    loop {
        match file.try_lock_shared() {
            Ok(()) => {
                let _ = fs::remove_file(&path);
                return Ok(true);
            }
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
        if !pause(until) {
            return Ok(false);
        }
    }
}

fn lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Waits a moment. Returns false if the time is up.
fn pause(until: Instant) -> bool {
    let left = until.saturating_duration_since(Instant::now());
    std::thread::sleep(POLL.min(left));
    !left.is_zero()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::Mutex;
    use std::sync::mpsc;

    use super::*;

    fn tickets(folder: &Path) -> usize {
        let names = fs::read_dir(folder.join("one.line")).unwrap().flatten().map(|entry| entry.file_name());
        names.filter(|name| name != COUNTER).count()
    }

    #[test]
    fn turns_come_in_the_order_of_arrival() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one.lock");
        let held = wait_for(&path, Duration::ZERO).unwrap().unwrap();
        let served = Arc::new(Mutex::new(Vec::new()));
        let mut waiting = Vec::new();
        for number in 0..12 {
            let (path, served) = (path.clone(), Arc::clone(&served));
            waiting.push(std::thread::spawn(move || {
                let _turn = wait_for(&path, Duration::from_secs(60)).unwrap().unwrap();
                served.lock().unwrap().push(number);
            }));
            // The next one comes when this one has its ticket.
            while tickets(folder.path()) < number + 2 {
                std::thread::yield_now();
            }
        }
        drop(held);
        for thread in waiting {
            thread.join().unwrap();
        }
        assert_eq!(*served.lock().unwrap(), (0..12).collect::<Vec<_>>());
        assert_eq!(tickets(folder.path()), 0, "no ticket is left");
    }

    #[test]
    fn a_line_that_is_too_long_is_left_and_holds_up_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one.lock");
        let held = wait_for(&path, Duration::ZERO).unwrap().unwrap();
        assert!(wait_for(&path, Duration::from_millis(20)).unwrap().is_none());
        let (report, answer) = mpsc::channel();
        let waiting = path.clone();
        std::thread::spawn(move || {
            report.send(wait_for(&waiting, Duration::from_secs(60)).unwrap().is_some())
        });
        assert!(answer.recv_timeout(Duration::from_millis(20)).is_err(), "nobody passes the holder");
        drop(held);
        assert_eq!(answer.recv(), Ok(true));
    }

    #[test]
    fn what_a_dead_process_left_and_a_damaged_counter_are_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one.lock");
        drop(wait_for(&path, Duration::ZERO).unwrap().unwrap());
        let line = folder.path().join("one.line");
        fs::write(line.join("1"), "").unwrap();
        drop(wait_for(&path, Duration::ZERO).unwrap().unwrap());
        fs::write(line.join(COUNTER), "no number\u{0}").unwrap();
        drop(wait_for(&path, Duration::ZERO).unwrap().unwrap());
        assert_eq!(tickets(folder.path()), 0);
    }

    #[test]
    fn an_older_program_that_only_takes_the_lock_is_kept_out_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one.lock");
        let _held = Lock::try_take(&path).unwrap().unwrap();
        assert!(wait_for(&path, Duration::from_millis(20)).unwrap().is_none());
    }
}
