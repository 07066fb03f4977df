//! Changes to texts, for readers that must not break whatever they are given.

use proptest::prelude::*;

/// One change of a text, at a relative position so that it fits every text.
#[derive(Debug, Clone)]
pub enum Mutation {
    Flip(u16, u8),
    Cut(u16, u16),
    Repeat(u16, u16, u8),
    Insert(u16, &'static str),
    Move(u16, u16, u16),
}

impl Mutation {
    /// Makes the change.
    pub fn apply(&self, text: &mut Vec<u8>) {
        let place =
            |fraction: u16, length: usize| usize::from(fraction) * length / (usize::from(u16::MAX) + 1);
        let length = text.len();
        match *self {
            Self::Flip(at, bits) => {
                if let Some(byte) = text.get_mut(place(at, length)) {
                    *byte ^= bits;
                }
            }
            Self::Cut(at, count) => {
                let at = place(at, length);
                text.drain(at..(at + usize::from(count % 64)).min(length));
            }
            Self::Repeat(at, count, times) => {
                let at = place(at, length);
                let piece = text[at..(at + usize::from(count % 64)).min(length)].repeat(usize::from(times));
                text.splice(at..at, piece);
            }
            Self::Insert(at, piece) => {
                let at = place(at, length);
                text.splice(at..at, piece.bytes());
            }
            Self::Move(from, count, to) => {
                let from = place(from, length);
                let piece: Vec<u8> = text.drain(from..(from + usize::from(count % 64)).min(length)).collect();
                let to = place(to, text.len());
                text.splice(to..to, piece);
            }
        }
    }
}

/// Any change; what is put in is one of these texts.
pub fn any_mutation(awkward: &'static [&'static str]) -> impl Strategy<Value = Mutation> {
    let at = any::<u16>;
    prop_oneof![
        3 => (at(), 1_u8..).prop_map(|(at, bits)| Mutation::Flip(at, bits)),
        2 => (at(), at()).prop_map(|(at, count)| Mutation::Cut(at, count)),
        1 => (at(), at(), 1_u8..40).prop_map(|(at, count, times)| Mutation::Repeat(at, count, times)),
        3 => (at(), prop::sample::select(awkward)).prop_map(|(at, text)| Mutation::Insert(at, text)),
        1 => (at(), at(), at()).prop_map(|(from, count, to)| Mutation::Move(from, count, to)),
    ]
}
