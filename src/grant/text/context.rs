//! Characters without a shape of their own, and the places where they have a meaning: joiners by RFC 5892, appendix A.1
//! and A.2, and emoji sequences by UTS 51.

use icu_properties::CodePointMapData;
use icu_properties::CodePointSetData;
use icu_properties::props::Emoji;
use icu_properties::props::EmojiModifier;
use icu_properties::props::ExtendedPictographic;
use icu_properties::props::JoiningType;
use unicode_normalization::char::canonical_combining_class;

const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';
const AS_TEXT: char = '\u{fe0e}';
const AS_PICTURE: char = '\u{fe0f}';
/// U+20E3, which turns a digit into a keycap.
const KEYCAP: char = '\u{20e3}';
/// The canonical combining class of a virama.
const VIRAMA: u8 = 9;

/// Whether the character's meaning depends on its neighbours.
pub(super) fn is_contextual(character: char) -> bool {
    matches!(character, NON_JOINER | JOINER | AS_TEXT | AS_PICTURE)
}

/// Whether such a character has a meaning between these neighbours.
pub(super) fn fits(before: &[char], character: char, after: &[char]) -> bool {
    match character {
        NON_JOINER => follows_virama(before) || splits_letters(before, after),
        JOINER => follows_virama(before) || binds_pictures(before, after),
        AS_TEXT => before.last().is_some_and(|base| is_emoji(*base) && !base.is_ascii()),
        AS_PICTURE => before
            .last()
            .is_some_and(|base| is_emoji(*base) && (!base.is_ascii() || after.first() == Some(&KEYCAP))),
        _ => false,
    }
}

/// Whether a character can be removed from any text without changing its words: hyphens that show only at a line's end,
/// zero-width blanks, selectors of a variant of the same letter.
pub(super) fn carries_nothing(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{180b}'..='\u{180d}'
            | '\u{180f}'
            | '\u{200b}'
            | '\u{2060}'..='\u{2064}'
            | '\u{fe00}'..='\u{fe0d}'
            | '\u{feff}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}

/// RFC 5892, appendix A.2, and the first half of A.1.
fn follows_virama(before: &[char]) -> bool {
    before.last().is_some_and(|base| canonical_combining_class(*base) == VIRAMA)
}

/// RFC 5892, appendix A.1: without it, the letters on both sides would join.
fn splits_letters(before: &[char], after: &[char]) -> bool {
    let types = CodePointMapData::<JoiningType>::new();
    let letter =
        |character: &char| Some(types.get(*character)).filter(|kind| *kind != JoiningType::Transparent);
    let left = before.iter().rev().find_map(letter);
    let right = after.iter().find_map(letter);
    matches!(left, Some(JoiningType::LeftJoining | JoiningType::DualJoining))
        && matches!(right, Some(JoiningType::RightJoining | JoiningType::DualJoining))
}

/// UTS 51: it joins two pictures into one. The first may have a skin tone or a picture selector.
fn binds_pictures(before: &[char], after: &[char]) -> bool {
    let pictures = CodePointSetData::new::<ExtendedPictographic>();
    let modifiers = CodePointSetData::new::<EmojiModifier>();
    let base = match before {
        [.., base, last] if *last == AS_PICTURE || modifiers.contains(*last) => Some(base),
        _ => before.last(),
    };
    base.is_some_and(|base| pictures.contains(*base))
        && after.first().is_some_and(|next| pictures.contains(*next))
}

fn is_emoji(character: char) -> bool {
    CodePointSetData::new::<Emoji>().contains(character)
}
