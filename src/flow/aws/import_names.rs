//! A proposed direct role whose name an authority's role already has. It gets another name, is left out, or takes
//! precedence over the other on this machine; the user decides.

use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::asking::namesakes;
use crate::flow::aws::import::Proposal;
use crate::grant::Name;

/// The first line of each proposed role's text.
const BEGINNING: &str = "# from the profile ";

/// Settles the names. If the roles are about to be written, a terminal asks. Otherwise unsettled roles are left out.
///
/// # Errors
/// The question was not answered.
pub fn settle(client: &Client<'_>, proposal: Proposal, writing: bool) -> Result<Proposal, Failure> {
    if proposal.roles.iter().all(|name| namesakes::of_authority(client, name).is_none()) {
        return Ok(proposal);
    }
    let blocks = blocks(&proposal.toml);
    let mut settled = Proposal { left_out: proposal.left_out, ..Proposal::default() };
    for (name, block) in proposal.roles.iter().zip(blocks) {
        if namesakes::of_authority(client, name).is_none() {
            add(&mut settled, name.clone(), &block);
            continue;
        }
        let other = another_name(client, name, &proposal.roles);
        if !writing || !client.console().is_interactive() {
            settled.left_out.push(format!(
                "{name}: a role of the policy has this name; `jit setup import --write` on a terminal asks for another name"
            ));
            continue;
        }
        let mut choices = vec!["leave it out".to_owned()];
        choices.extend(other.iter().map(|other| format!("{other}  for the direct role")));
        choices.push(format!("{name}  for the direct role, in place of the policy's"));
        let question = format!("The policy has a role {name}. What should the profile's role be called?");
        match (client.console().choose(&question, &choices)?, other) {
            (0, _) => settled.left_out.push(format!("{name}: left out, as you said")),
            (1, Some(other)) => {
                let renamed = block.replace(&header(name), &header(&other));
                let renamed = renamed.replace(&inner(name), &inner(&other));
                add(&mut settled, other, &renamed);
            }
            _ => {
                let approval = "approval = \"none\"\n";
                let block = block.replacen(approval, &format!("{approval}shadows = true\n"), 1);
                add(&mut settled, name.clone(), &block);
            }
        }
    }
    Ok(settled)
}

fn add(proposal: &mut Proposal, name: Name, block: &str) {
    if !proposal.toml.is_empty() {
        proposal.toml.push('\n');
    }
    proposal.toml.push_str(block);
    proposal.roles.push(name);
}

/// The text of each role, in their order.
fn blocks(toml: &str) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    for line in toml.lines() {
        if line.starts_with(BEGINNING) || blocks.is_empty() {
            blocks.push(String::new());
        }
        if let Some(block) = blocks.last_mut() {
            block.push_str(line);
            block.push('\n');
        }
    }
    blocks.into_iter().map(|block| format!("{}\n", block.trim_end_matches('\n'))).collect()
}

fn key(name: &Name) -> String {
    let bare = !name.as_str().contains(['.', '@']);
    if bare { name.to_string() } else { toml::Value::String(name.to_string()).to_string() }
}

fn header(name: &Name) -> String {
    format!("[roles.{}]", key(name))
}

fn inner(name: &Name) -> String {
    format!("[roles.{}.aws]", key(name))
}

fn another_name(client: &Client<'_>, name: &Name, proposed: &[Name]) -> Option<Name> {
    (1..100).find_map(|number| {
        let number = if number == 1 { String::new() } else { number.to_string() };
        let other: Name = format!("{name}-direct{number}").parse().ok()?;
        let taken = client.settings.roles.contains_key(&other)
            || proposed.contains(&other)
            || namesakes::of_authority(client, &other).is_some();
        (!taken).then_some(other)
    })
}
