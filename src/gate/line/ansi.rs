//! The escapes in `$'…'`, `printf` and most languages' texts. Source: the manual of bash, "ANSI-C Quoting".

use std::iter::Peekable;
use std::str::Chars;

/// The effect of an escape.
pub(in crate::gate) enum Escape {
    /// This letter.
    Letter(char),
    /// The end of the text: bash's texts end at a byte of zero.
    End,
}

/// Reads the rest of an escape after its backslash. A control letter counts as a blank.
pub(in crate::gate) fn escape(rest: &mut Peekable<Chars<'_>>) -> Option<Escape> {
    let (radix, most) = match rest.peek()? {
        'x' => (16, 8),
        'u' => (16, 4),
        'U' => (16, 8),
        '0'..='7' => (8, 3),
        'n' | 't' | 'r' | 'v' | 'f' => {
            rest.next();
            return Some(Escape::Letter(' '));
        }
        'c' => {
            rest.next();
            rest.next();
            return Some(Escape::Letter(' '));
        }
        _ => return rest.next().map(Escape::Letter),
    };
    let mark = if radix == 16 { rest.next() } else { None };
    let braced = mark == Some('x') && rest.next_if_eq(&'{').is_some();
    // printf takes a zero before three octal digits.
    let zero = radix == 8 && rest.peek() == Some(&'0');
    let most = if mark == Some('x') && !braced { 2 } else { most + usize::from(zero) };
    let (mut value, mut digits) = (0_u32, 0);
    for _ in 0..most {
        let Some(digit) = rest.next_if(|next| next.is_digit(radix)) else { break };
        value = value.wrapping_mul(radix).wrapping_add(digit.to_digit(radix).unwrap_or_default());
        digits += 1;
    }
    if braced {
        rest.next_if_eq(&'}');
    }
    if digits == 0 {
        return mark.map(Escape::Letter);
    }
    // A byte has eight bits; bash drops the others.
    let value = if radix == 8 || mark == Some('x') { value & 0xff } else { value };
    Some(match char::from_u32(value) {
        Some('\0') => Escape::End,
        Some(letter) => Escape::Letter(letter),
        None => Escape::Letter(' '),
    })
}
