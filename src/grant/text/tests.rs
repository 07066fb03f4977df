use proptest::prelude::*;

use super::*;

#[test]
fn refuses_what_cannot_be_seen() {
    for bad in ["a\nb", "\u{1b}[2J", "a\u{202e}b", "a\u{200b}b", "\u{2066}x", "a\u{e0041}b", "x\u{3164}"] {
        assert!(check(bad).is_err(), "{bad:?}");
        assert!(sanitise(bad).is_ascii(), "{bad:?}");
    }
    assert!(check("INC-42 fail over orders-db — naïve 日本").is_ok());
    assert_eq!(check(&"x".repeat(1025)), Err(TextError::TooLong(1025)));
    assert_eq!(check("e\u{301}"), Err(TextError::NotNormalized));
    assert!(check(&normalize(" e\u{301} ")).is_ok());
}

/// A removed joiner lets marks change places: a virama moves before the accent, away from the joiner that it gave a meaning to.
#[test]
fn what_is_normal_stays_so() {
    let typed = "\u{301}\u{200c}\u{94d}\u{200c}";
    let clean = normalize(typed);
    assert_eq!(clean, "\u{94d}\u{301}");
    assert_eq!(normalize(&clean), clean);
}

/// People write in the world's scripts, and paste text.
#[test]
fn reasons_in_the_worlds_scripts_are_taken() {
    for (typed, signed) in [
        // Persian: a half space between letters that would otherwise join.
        ("INC-42 می\u{200c}خواهم پشتیبان بگیرم", "INC-42 می\u{200c}خواهم پشتیبان بگیرم"),
        ("خانه\u{200c}ها", "خانه\u{200c}ها"),
        // Hindi: both joiners after a virama.
        ("क्\u{200d}ष क्\u{200c}ष", "क्\u{200d}ष क्\u{200c}ष"),
        // Emoji: with picture selectors, joined, in a skin tone, keycaps.
        (
            "deploy \u{2764}\u{fe0f} \u{1f469}\u{200d}\u{1f680}",
            "deploy \u{2764}\u{fe0f} \u{1f469}\u{200d}\u{1f680}",
        ),
        (
            "\u{1f469}\u{1f3fd}\u{200d}\u{1f4bb} 1\u{fe0f}\u{20e3}",
            "\u{1f469}\u{1f3fd}\u{200d}\u{1f4bb} 1\u{fe0f}\u{20e3}",
        ),
        ("\u{1f3f3}\u{fe0f}\u{200d}\u{1f308}", "\u{1f3f3}\u{fe0f}\u{200d}\u{1f308}"),
        // A soft hyphen, a tab, two lines, a byte order mark, a zero-width blank, remains of a web page.
        ("fail\u{ad}over", "failover"),
        ("INC-42\tfail over", "INC-42 fail over"),
        ("INC-42 fail over\r\norders-db\n", "INC-42 fail over orders-db"),
        ("\u{feff}INC-42\u{200b} fail\u{2060}over", "INC-42 failover"),
        ("INC-42.  Two blanks stay,    four do not", "INC-42.  Two blanks stay, four do not"),
        ("a\u{2003}\u{a0}\u{3000}b\u{2028}c", "a b c"),
        // Joiners and selectors without a meaning in their place.
        ("pay\u{200d}pal a\u{200c}b x\u{fe0f} 1\u{fe0f}", "paypal ab x 1"),
        ("ا\u{200c}د", "اد"),
        (" \u{200c} \u{200d} x", "x"),
        ("e\u{34f}\u{301}", "é"),
        // A variant of a letter in a name.
        ("葛\u{e0100}飾", "葛飾"),
    ] {
        let clean = normalize(typed);
        assert_eq!(clean, signed, "{typed:?}");
        assert_eq!(check_new(&clean), Ok(()), "{typed:?}");
        assert_eq!(sanitise(&clean), clean, "{typed:?}");
    }
    for refused in [
        "a\u{202e}b",
        "\u{200f}شروع",
        "\u{2066}x\u{2069}",
        "\u{61c}x",
        "\u{1b}[2J",
        "\u{1f3f4}\u{e0067}\u{e007f}",
        "x\u{7}",
    ] {
        assert!(check(&normalize(refused)).is_err(), "{refused:?}");
    }
}

/// Old statements verify as before, new ones cannot draw columns.
#[test]
fn long_runs_of_blanks_are_refused_in_new_statements_only() {
    for run in ["   ", "\u{a0} \u{a0}", "\u{3000}\u{3000}\u{3000}", " \u{2009} \u{2009} "] {
        let text = format!("INC-42{run}scope     nothing");
        assert_eq!(check(&text), Ok(()), "{text:?}");
        assert_eq!(check_new(&text), Err(TextError::Blanks), "{text:?}");
        assert_eq!(prose(&text), "INC-42 scope nothing");
        assert_eq!(check_new(&normalize(&text)), Ok(()));
    }
    assert_eq!(check_new("one.  two\u{3000}three"), Ok(()));
}

/// An attacker's reason, which would draw two more lines of the review in a window of 80 columns.
#[test]
fn a_reason_cannot_draw_lines_of_a_review() {
    let pad = |line: &str| format!("{line:<80}");
    let reason = [
        pad("  reason    INC-42 restart the queue").trim_start_matches("  reason    ").to_owned(),
        pad("  scope     queue-restart: restart one queue, nothing else"),
        "  approval  1 of group:sre; cy has looked at it and agrees".to_owned(),
    ]
    .concat();
    for columns in [30, 80, 120] {
        for line in marked("reason", &reason, columns) {
            assert!(line.starts_with("  reason  | ") || line.starts_with("          | "), "{line:?}");
            assert!(line.chars().count() < columns, "{columns}: {line:?}");
        }
    }
    assert_eq!(
        marked("reason", &reason, 80).join("\n"),
        "  reason  | INC-42 restart the queue scope queue-restart: restart one queue,\n          \
         | nothing else approval 1 of group:sre; cy has looked at it and\n          | agrees"
    );
    assert_eq!(marked("reason", "", 80), ["  reason  |"]);
    assert_eq!(hanging("  cause: ", "one two three", 20), ["  cause: one two", "         three"]);
}

/// Any typed or pasted text, with more of the characters that hide.
fn typed() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        4 => any::<char>(),
        3 => prop::sample::select(
            "\u{200c}\u{200d}\u{fe0f}\u{fe0e}\u{200b}\u{ad}\u{34f}\u{feff}\u{2060}\u{1f3fd}\u{20e3}\t\n\r\u{a0}\u{3000}  "
                .chars()
                .collect::<Vec<_>>()
        ),
        3 => prop::sample::select("aZ1#.یخاهقक्षেé\u{301}\u{300}❤👩🚀🏳🌈日ﾞ한".chars().collect::<Vec<_>>()),
    ];
    prop::collection::vec(character, 0..60).prop_map(|characters| characters.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Accepted text has no line ends, no runs of blanks, and no invisible characters except joiners and selectors in
    /// their place. The signed text is the cleaned text.
    #[test]
    fn what_passes_hides_nothing_and_draws_nothing(typed in typed()) {
        let clean = normalize(&typed);
        prop_assert_eq!(&normalize(&clean), &clean);
        if check_new(&clean).is_err() {
            // The check refuses only characters that the client must not drop silently.
            let left = |character: char| is_deceptive(character) && !context::is_contextual(character);
            prop_assert!(clean.len() > MAX_TEXT || clean.chars().any(left), "{:?}", clean);
            return Ok(());
        }
        prop_assert_eq!(&sanitise(&clean), &clean);
        let characters: Vec<char> = clean.chars().collect();
        let mut blanks = 0;
        for (place, character) in characters.iter().enumerate() {
            blanks = if character.is_whitespace() { blanks + 1 } else { 0 };
            prop_assert!(blanks <= 2);
            let ends_a_line = character.is_control() || matches!(character, '\u{2028}' | '\u{2029}');
            prop_assert!(!ends_a_line);
            if !matches!(character, '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}') {
                prop_assert!(!is_deceptive(*character), "{:?}", character);
                continue;
            }
            // A joiner or selector has a visible neighbour on each side and never another one beside it.
            prop_assert!(place > 0 && !characters[place - 1].is_whitespace());
            let alone = !context::is_contextual(characters[place - 1]) || characters[place - 1] == '\u{fe0f}';
            prop_assert!(alone);
            if matches!(character, '\u{200c}' | '\u{200d}') && !unicode_normalization::char::is_combining_mark(characters[place - 1]) {
                prop_assert!(place + 1 < characters.len() && !characters[place + 1].is_whitespace());
            }
        }
    }

    /// For any text and any window width, each line has our mark and fits.
    #[test]
    fn each_line_of_others_is_marked_and_fits(typed in typed(), columns in 24_usize..200) {
        for line in marked("reason", &typed, columns) {
            prop_assert!(line.starts_with("  reason  |") || line.starts_with("          |"), "{:?}", line);
            prop_assert!(unicode_width::UnicodeWidthStr::width_cjk(line.as_str()) < columns.max(24), "{:?}", line);
            prop_assert!(!line.contains("   ") || line.trim_start_matches([' ', '|']).matches("   ").count() == 0);
        }
    }
}

#[test]
fn json_keeps_its_meaning_and_shows_nothing_that_cannot_be_seen() {
    let evil = serde_json::json!({ "a": "x\u{1b}[2J\u{9b}1m\u{202e}\u{e0041}\n\"é" });
    for text in [serde_json::to_string_pretty(&evil).unwrap(), evil.to_string()] {
        let safe = sanitise_json(&text);
        assert!(!safe.chars().any(|one| one != '\n' && is_deceptive(one)), "{safe}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), evil);
    }
}
