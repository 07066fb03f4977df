//! Groups: their members, groups within groups, and who is in which.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::grant::Name;

use crate::policy::files::document::Section;
use crate::policy::people::roster::People;

/// A group as in the file.
struct Group<'a> {
    name: &'a Name,
    at: usize,
    /// The groups in it, by index, each with the byte offset of its name.
    groups: Vec<(usize, usize)>,
    people: Vec<Name>,
}

/// Reads `[groups]` into everybody's groups. Returns whether all could be resolved.
pub(in crate::policy) fn read(section: &Section<'_>, everybody: &mut People) -> bool {
    let mut sound = true;
    let mut names: BTreeMap<Name, usize> = BTreeMap::new();
    let mut fields = Vec::new();
    for (text, at, field) in section.entries() {
        match text.parse::<Name>() {
            Ok(name) => {
                names.insert(name, fields.len());
                fields.push((at, field));
            }
            Err(error) => {
                section.document.report(at, &error.to_string());
                sound = false;
            }
        }
    }
    let mut groups: Vec<Group<'_>> = Vec::with_capacity(fields.len());
    // A TOML table's entries are in key order, and so are the names.
    for (name, place) in &names {
        let (at, field) = &fields[*place];
        let mut group = Group { name, at: *at, groups: Vec::new(), people: Vec::new() };
        let Some(items) = field.list() else {
            sound = false;
            continue;
        };
        for item in items {
            let known = item.text().is_some_and(|text| match text.strip_prefix("group:") {
                Some(other) => match names.get(other) {
                    Some(inner) => {
                        group.groups.push((*inner, item.at()));
                        true
                    }
                    None => {
                        item.report_with(&format!("there is no group {other}"), "add it to [groups]");
                        false
                    }
                },
                None => match everybody.people.get_key_value(text) {
                    Some((person, _)) => {
                        group.people.push(person.clone());
                        true
                    }
                    None => {
                        if text.parse::<Name>().is_ok_and(|name| everybody.agents.contains_key(&name)) {
                            item.report_with(
                                &format!("{text} is an agent, and groups hold people"),
                                "name it among a role's requesters: agent:NAME, or agents-of:group:NAME",
                            );
                            return false;
                        }
                        item.report_with(
                            &format!("there is no person {text}"),
                            "add them as [people.NAME], or write group:NAME for a group",
                        );
                        false
                    }
                },
            });
            sound &= known;
        }
        groups.push(group);
    }
    if !sound {
        return false;
    }
    if report_cycles(section, &groups) {
        return false;
    }
    settle(&groups, everybody);
    true
}

/// Reports each cycle once, where one of its groups names the next. Returns whether there is one.
fn report_cycles(section: &Section<'_>, groups: &[Group<'_>]) -> bool {
    // Repeatedly removes groups that contain none of the remaining ones. Those left lead into a cycle.
    let mut holders: Vec<Vec<usize>> = vec![Vec::new(); groups.len()];
    let mut open: Vec<usize> = vec![0; groups.len()];
    for (place, group) in groups.iter().enumerate() {
        open[place] = group.groups.len();
        for (inner, _) in &group.groups {
            holders[*inner].push(place);
        }
    }
    let mut peeled: Vec<usize> = (0..groups.len()).filter(|place| open[*place] == 0).collect();
    while let Some(place) = peeled.pop() {
        for holder in &holders[place] {
            open[*holder] -= 1;
            if open[*holder] == 0 {
                peeled.push(*holder);
            }
        }
    }
    // For each group, the walk that reached it and its step on that walk.
    let mut passed: Vec<Option<(usize, usize)>> = vec![None; groups.len()];
    let mut found = false;
    for start in 0..groups.len() {
        let mut path: Vec<usize> = Vec::new();
        let mut place = start;
        while open[place] > 0 && passed[place].is_none() {
            passed[place] = Some((start, path.len()));
            path.push(place);
            let Some((inner, at)) = groups[place].groups.iter().find(|(inner, _)| open[*inner] > 0) else {
                break;
            };
            if let Some((walk, step)) = passed[*inner]
                && walk == start
            {
                report_cycle(section, groups, &path[step..], *at);
                found = true;
            }
            place = *inner;
        }
    }
    found
}

fn report_cycle(section: &Section<'_>, groups: &[Group<'_>], cycle: &[usize], at: usize) {
    const SHOWN: usize = 8;
    let mut names: Vec<&str> = cycle.iter().take(SHOWN).map(|place| groups[*place].name.as_str()).collect();
    if cycle.len() > SHOWN {
        names.push("…");
    }
    let first = names[0];
    let at = if cycle.len() > SHOWN { groups[cycle[0]].at } else { at };
    section.document.report_with(
        at,
        &format!("the group {first} contains itself: {} → {first}", names.join(" → ")),
        "take one of them out",
    );
}

/// Gives every person all their groups, and every group all its people. The cost is proportional to the result's size.
fn settle(groups: &[Group<'_>], everybody: &mut People) {
    let mut holders: Vec<Vec<usize>> = vec![Vec::new(); groups.len()];
    let mut direct: BTreeMap<&Name, Vec<usize>> = BTreeMap::new();
    for (place, group) in groups.iter().enumerate() {
        for (inner, _) in &group.groups {
            holders[*inner].push(place);
        }
        for person in &group.people {
            direct.entry(person).or_default().push(place);
        }
    }
    let mut members: Vec<Vec<Name>> = vec![Vec::new(); groups.len()];
    for (name, person) in &mut everybody.people {
        let mut reached: BTreeSet<usize> = BTreeSet::new();
        let mut waiting = direct.remove(name).unwrap_or_default();
        while let Some(place) = waiting.pop() {
            if reached.insert(place) {
                waiting.extend(&holders[place]);
            }
        }
        // Groups are in name order, and so are their indexes.
        person.groups = reached.iter().map(|place| groups[*place].name.clone()).collect();
        reached.iter().for_each(|place| members[*place].push(name.clone()));
    }
    let holding = groups.iter().filter(|group| !group.groups.is_empty());
    everybody.inner = holding
        .map(|group| {
            let names = group.groups.iter().map(|(inner, _)| groups[*inner].name.clone());
            (group.name.clone(), names.collect())
        })
        .collect();
    everybody.groups = groups.iter().map(|group| group.name.clone()).zip(members).collect();
}
