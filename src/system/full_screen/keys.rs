//! Reads keys from the bytes that a terminal sends (ECMA-48 §5.4, and xterm's control sequences, "PC-Style Function
//! Keys").

use crate::system::screen::Key;

/// The escape character, which begins the sequence of a key without a letter.
const ESCAPE: u8 = 0x1b;
/// The longest sequence that is waited for. A longer one is no key.
const LONGEST: usize = 16;

/// The outcome of reading the first key of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub enum Read {
    /// A key, and the number of its bytes.
    Key(Key, usize),
    /// Ctrl-Z, in one byte.
    Suspend,
    /// The bytes may be the beginning of a key.
    More,
}

/// Reads the first key of some bytes. `is_over` says that no more bytes came for a while, so a lone Escape is the key.
pub fn read(bytes: &[u8], is_over: bool) -> Read {
    let Some(first) = bytes.first() else { return Read::More };
    match *first {
        ESCAPE => escaped(bytes, is_over),
        b'\r' | b'\n' => Read::Key(Key::Enter, 1),
        0x03 => Read::Key(Key::Interrupt, 1),
        0x0c => Read::Key(Key::Redraw, 1),
        // As in pagers and editors: to the next and to the previous line.
        0x0e => Read::Key(Key::Down, 1),
        0x10 => Read::Key(Key::Up, 1),
        0x1a => Read::Suspend,
        control if control < 0x20 || control == 0x7f => Read::Key(Key::Other, 1),
        _ => character(bytes, is_over),
    }
}

fn character(bytes: &[u8], is_over: bool) -> Read {
    let first = bytes.first().copied().unwrap_or_default();
    let length = match first {
        0xf0..=0xf7 => 4,
        0xe0..=0xef => 3,
        0xc0..=0xdf => 2,
        _ => 1,
    };
    let Some(part) = bytes.get(..length) else {
        return if is_over { Read::Key(Key::Other, bytes.len()) } else { Read::More };
    };
    match std::str::from_utf8(part).ok().and_then(|text| text.chars().next()) {
        Some(character) => Read::Key(Key::Character(character), length),
        None => Read::Key(Key::Other, 1),
    }
}

fn escaped(bytes: &[u8], is_over: bool) -> Read {
    let unfinished = |whole: Read| if is_over { whole } else { Read::More };
    match bytes.get(1) {
        None => unfinished(Read::Key(Key::Escape, 1)),
        Some(b'O') => match bytes.get(2) {
            None => unfinished(Read::Key(Key::Other, 2)),
            Some(last) => Read::Key(named(*last, &[]), 3),
        },
        Some(b'[') => {
            let end = bytes.iter().skip(2).position(|byte| (0x40..=0x7e).contains(byte));
            match end.map(|end| end + 2) {
                Some(end) => {
                    let last = bytes.get(end).copied().unwrap_or_default();
                    Read::Key(named(last, bytes.get(2..end).unwrap_or_default()), end + 1)
                }
                None if bytes.len() >= LONGEST => Read::Key(Key::Other, bytes.len()),
                None => unfinished(Read::Key(Key::Other, bytes.len())),
            }
        }
        // Alt with a key: two bytes at once are no Escape followed by a letter.
        Some(_) => Read::Key(Key::Other, 2),
    }
}

/// The key of a sequence with these parameters and this last byte.
fn named(last: u8, parameters: &[u8]) -> Key {
    match (last, parameters) {
        (b'A', b"") => Key::Up,
        (b'B', b"") => Key::Down,
        (b'D', b"") => Key::Escape,
        (b'C', b"") => Key::Enter,
        (b'H', b"") | (b'~', b"1" | b"7") => Key::Home,
        (b'F', b"") | (b'~', b"4" | b"8") => Key::End,
        (b'~', b"5") => Key::PageUp,
        (b'~', b"6") => Key::PageDown,
        _ => Key::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(mut bytes: &[u8]) -> Vec<Key> {
        let mut keys = Vec::new();
        while let Read::Key(key, length) = read(bytes, true) {
            keys.push(key);
            bytes = &bytes[length..];
        }
        keys
    }

    #[test]
    fn keys_are_read_in_both_modes_of_a_terminal() {
        assert_eq!(all(b"\x1b[A\x1b[B\x1bOA\x1bOB"), [Key::Up, Key::Down, Key::Up, Key::Down]);
        assert_eq!(
            all(b"jk\rq"),
            ['j', 'k', '\r', 'q'].map(|letter| match letter {
                '\r' => Key::Enter,
                letter => Key::Character(letter),
            })
        );
        assert_eq!(all(b"\x1b[5~\x1b[6~\x1b[H\x1b[4~"), [Key::PageUp, Key::PageDown, Key::Home, Key::End]);
        assert_eq!(all("é日".as_bytes()), [Key::Character('é'), Key::Character('日')]);
        assert_eq!(all(b"\x1b"), [Key::Escape]);
        assert_eq!(all(b"\x03\x0c"), [Key::Interrupt, Key::Redraw]);
        // A modified arrow, Alt with a letter, the answer of a terminal and broken text are no commands: none of their
        // letters decides.
        assert_eq!(all(b"\x1b[1;5A"), [Key::Other]);
        assert_eq!(all(b"\x1ba"), [Key::Other]);
        assert_eq!(all(b"\x1b[24;80R"), [Key::Other]);
        assert_eq!(all(b"\xff\xfe"), [Key::Other, Key::Other]);
        assert_eq!(read(b"\x1a", true), Read::Suspend);
    }

    #[test]
    fn half_a_key_is_waited_for() {
        for half in [&b"\x1b"[..], b"\x1b[", b"\x1b[5", b"\x1bO", b"\xc3"] {
            assert_eq!(read(half, false), Read::More, "{half:?}");
            assert!(matches!(read(half, true), Read::Key(Key::Escape | Key::Other, _)), "{half:?}");
        }
        assert_eq!(read(b"", true), Read::More);
        assert!(matches!(
            read(&[b"\x1b[".as_slice(), &[b'1'; 40]].concat(), false),
            Read::Key(Key::Other, _)
        ));
    }

    proptest::proptest! {
        /// Every text ends in keys, and no key has no bytes.
        #[test]
        fn all_bytes_are_read(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..64)) {
            let mut rest = bytes.as_slice();
            while !rest.is_empty() {
                match read(rest, true) {
                    Read::Key(_, length) => {
                        proptest::prop_assert!(length > 0 && length <= rest.len());
                        rest = &rest[length..];
                    }
                    Read::Suspend => rest = &rest[1..],
                    Read::More => proptest::prop_assert!(false, "{rest:?} is never read"),
                }
            }
        }
    }
}
