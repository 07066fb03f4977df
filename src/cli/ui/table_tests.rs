//! Tables respect the terminal's width.

use proptest::prelude::*;

use super::*;

fn roles() -> Table {
    let mut table = Table::new(&[("ROLE", Fit::Whole), ("APPROVAL", Fit::Wrap), ("OPENS", Fit::Wrap)]);
    for (role, approval, opens) in [
        (
            "orders-admin",
            "1 of group:sre (you may review)",
            "role orders-admin in account 000000000042 (sandbox)",
        ),
        ("logs", "approved at once", "role logs in account 111122223333"),
    ] {
        table.row([role, approval, opens].map(str::to_owned).to_vec());
    }
    table
}

fn plain(table: &Table, limit: Option<usize>) -> String {
    table.text(limit, str::to_owned)
}

#[test]
fn columns_line_up_whatever_their_colour() {
    let mut table = Table::new(&[("A", Fit::Whole), ("B", Fit::Whole), ("C", Fit::Whole)]);
    table.row(["a", "\u{1b}[32mbb\u{1b}[0m", "c"].map(str::to_owned).to_vec());
    table.row(vec!["aaa".to_owned(), "b".to_owned()]);
    let painted = table.text(None, |title| format!("\u{1b}[1m{title}\u{1b}[0m"));
    assert_eq!(
        painted,
        "\u{1b}[1mA\u{1b}[0m    \u{1b}[1mB\u{1b}[0m   \u{1b}[1mC\u{1b}[0m\na    \u{1b}[32mbb\u{1b}[0m  c\naaa  b\n"
    );
}

#[test]
fn wide_and_combining_characters_take_the_room_that_a_terminal_gives_them() {
    let mut table = Table::new(&[("WHO", Fit::Whole), ("WHAT", Fit::Whole)]);
    for who in ["日本", "e\u{301}va", "ana"] {
        table.row(vec![who.to_owned(), "x".to_owned()]);
    }
    assert_eq!(plain(&table, None), "WHO   WHAT\n日本  x\ne\u{301}va   x\nana   x\n");
}

#[test]
fn without_a_terminal_nothing_is_wrapped() {
    assert_eq!(plain(&roles(), None).lines().count(), 3);
    assert!(plain(&roles(), None).contains("account 000000000042 (sandbox)\n"));
}

#[test]
fn at_100_columns_the_longest_text_is_wrapped() {
    insta::assert_snapshot!(plain(&roles(), Some(100)), @"
    ROLE          APPROVAL                         OPENS
    orders-admin  1 of group:sre (you may review)  role orders-admin in account 000000000042 (sandbox)
    logs          approved at once                 role logs in account 111122223333
    ");
}

#[test]
fn at_80_columns_texts_share_the_room() {
    insta::assert_snapshot!(plain(&roles(), Some(80)), @"
    ROLE          APPROVAL                         OPENS
    orders-admin  1 of group:sre (you may review)  role orders-admin in account
                                                   000000000042 (sandbox)
    logs          approved at once                 role logs in account 111122223333
    ");
}

#[test]
fn what_finds_no_place_goes_below() {
    insta::assert_snapshot!(plain(&roles(), Some(40)), @"
    ROLE          APPROVAL
        OPENS
    orders-admin  1 of group:sre (you may
                  review)
        role orders-admin in account
        000000000042 (sandbox)
    logs          approved at once
        role logs in account 111122223333
    ");
}

#[test]
fn an_empty_column_is_left_out_and_an_empty_table_is_nothing() {
    let mut table = Table::new(&[("A", Fit::Whole), ("NOTE", Fit::Wrap)]);
    assert_eq!(plain(&table, None), "");
    table.row(vec!["a".to_owned()]);
    assert_eq!(plain(&table, Some(80)), "A\na\n");
}

#[test]
fn a_labelled_line_goes_on_below_its_value() {
    let text =
        "7F3K\n  reason    INC-42 fail over the orders database\n  for       1h\nword word word word word\n";
    assert_eq!(prose(text, None), text);
    assert_eq!(
        prose(text, Some(30)),
        "7F3K\n  reason    INC-42 fail over\n            the orders\n            database\n  for       1h\nword word word word word\n"
    );
    assert_eq!(prose("word word word\n", Some(10)), "word word\n  word\n");
    assert_eq!(prose("https://long.example/word\n", Some(10)), "https://long.example/word\n");
    assert_eq!(prose("a https://long.example/word b\n", Some(10)), "a\n  https://long.example/word\n  b\n");
}

proptest! {
    #[test]
    fn every_word_stands_whole_and_no_line_is_too_wide(
        cells in proptest::collection::vec(proptest::collection::vec("[a-z日\u{301}]{1,9}( [a-z日]{1,9}){0,8}", 3), 1..6),
        limit in 24_usize..120,
    ) {
        let mut table = Table::new(&[("ONE", Fit::Whole), ("TWO", Fit::Wrap), ("THREE", Fit::Wrap)]);
        for row in &cells {
            table.row(row.clone());
        }
        let text = plain(&table, Some(limit));
        let words = |text: &str| {
            let mut words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
            words.sort();
            words
        };
        let given = format!("ONE TWO THREE {}", cells.concat().join(" "));
        prop_assert_eq!(words(&text), words(&given));
        let whole = cells.iter().map(|row| width(&row[0])).max().unwrap_or(0).max(3);
        for line in text.lines() {
            prop_assert!(width(line) <= limit.max(whole), "{line:?} in {limit}");
        }
    }
}
