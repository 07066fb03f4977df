//! Cedar's validation errors in plain words. An unknown message stays as Cedar writes it.

/// An error in plain words, and what to write instead.
pub(super) fn plain(message: &str, help: Option<String>) -> (String, Option<String>) {
    let known = compared(message)
        .or_else(|| unexpected(message))
        .or_else(|| absent(message))
        .or_else(|| unknown_attribute(message, help.as_deref()))
        .or_else(|| weekday(message, help.as_deref()))
        .or_else(|| written_wrongly(message))
        .or_else(|| action(message, help.as_deref()));
    known.unwrap_or_else(|| (message.to_owned(), help))
}

/// The plain name of a value's type.
fn noun(kind: &str) -> String {
    match kind.trim_matches('`') {
        "Long" => "a number".to_owned(),
        "String" => "a text".to_owned(),
        "Bool" | "True" | "False" => "true or false".to_owned(),
        "duration" => "a duration".to_owned(),
        "datetime" => "a time".to_owned(),
        "ipaddr" => "an address".to_owned(),
        "decimal" => "a decimal".to_owned(),
        "Weekday" => "a weekday".to_owned(),
        set if set.starts_with("Set<") => "a list".to_owned(),
        record if record.starts_with('{') => "a record".to_owned(),
        other => format!("a {other}"),
    }
}

/// An example of a value of one of these types.
fn example(kinds: &[&str]) -> Option<String> {
    let has = |kind: &str| kinds.contains(&kind);
    let words = if has("Weekday") {
        "write a weekday as Weekday::\"monday\""
    } else if has("duration") {
        "write a duration as duration(\"1h\")"
    } else if has("datetime") {
        "write a time as datetime(\"2026-03-01T00:00:00Z\")"
    } else if has("ipaddr") {
        "write an address as ip(\"10.0.0.0/8\")"
    } else if has("Long") && has("String") {
        "write a number without quotes, and a text in quotes"
    } else {
        return None;
    };
    Some(words.to_owned())
}

fn compared(message: &str) -> Option<(String, Option<String>)> {
    let (one, other) =
        message.strip_prefix("the types ")?.strip_suffix(" are not compatible")?.split_once(" and ")?;
    let words = format!("{} cannot be compared with {}", noun(one), noun(other));
    Some((words, example(&[one, other])))
}

fn unexpected(message: &str) -> Option<(String, Option<String>)> {
    let (wanted, found) = message.strip_prefix("unexpected type: expected ")?.split_once(" but saw ")?;
    let wanted: Vec<&str> = wanted.split(" or ").collect();
    let nouns: Vec<String> = wanted.iter().map(|kind| noun(kind)).collect();
    let kinds: Vec<&str> = wanted.iter().copied().chain([found]).collect();
    let words = format!("this must be {}, and is {}", nouns.join(" or "), noun(found));
    Some((words, example(&kinds)))
}

fn absent(message: &str) -> Option<(String, Option<String>)> {
    let rest = message.strip_prefix("unable to guarantee safety of access to optional attribute `")?;
    let (name, place) = rest.split_once('`')?;
    let owner = if place.contains("in context") { "context" } else { "principal" };
    let words = format!("`{owner}.{name}` is not always there");
    Some((words, Some(format!("ask for it first: {owner} has {name} && …"))))
}

fn unknown_attribute(message: &str, help: Option<&str>) -> Option<(String, Option<String>)> {
    let (name, place) = message.strip_prefix("attribute `")?.split_once('`')?;
    let place = place.strip_suffix(" not found")?;
    let words = match place.strip_prefix(" on entity type `").and_then(|kind| kind.strip_suffix('`')) {
        Some(kind) => format!("{} has no `{name}`", noun(kind)),
        None if place.starts_with(" in context") => format!("there is no `context.{name}`"),
        None => return None,
    };
    Some((words, help.map(str::to_owned)))
}

fn weekday(message: &str, help: Option<&str>) -> Option<(String, Option<String>)> {
    let (entity, _) = message.strip_prefix("entity `")?.split_once("` is of an enumerated entity type")?;
    let (kind, name) = entity.split_once("::")?;
    let known = help?.strip_prefix("valid entity eids: ")?;
    let kind = if kind == "Weekday" { "weekday" } else { kind };
    Some((format!("there is no {kind} {name}"), Some(format!("there are {known}"))))
}

fn written_wrongly(message: &str) -> Option<(String, Option<String>)> {
    let rest =
        message.strip_prefix("error during extension function argument validation: failed to parse as a ")?;
    let (kind, value) = rest.split_once(" value: `")?;
    let kind = if kind == "IP address" { "ipaddr" } else { kind };
    let words = format!("{} is not {}", value.trim_end_matches('`'), noun(kind));
    Some((words, example(&[kind])))
}

fn action(message: &str, help: Option<&str>) -> Option<(String, Option<String>)> {
    let name = message.strip_prefix("unrecognized action `Action::\"")?.strip_suffix("\"`")?;
    Some((format!("there is no action {name:?}"), help.map(str::to_owned)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_stays_as_it_is() {
        let help = Some("do so".to_owned());
        assert_eq!(plain("something else", help.clone()), ("something else".to_owned(), help));
        let (words, hint) = plain("the types String and Weekday are not compatible", None);
        assert_eq!(words, "a text cannot be compared with a weekday");
        assert_eq!(hint.as_deref(), Some("write a weekday as Weekday::\"monday\""));
        assert_eq!(
            plain("unexpected type: expected Bool but saw Long", None).0,
            "this must be true or false, and is a number"
        );
    }
}
