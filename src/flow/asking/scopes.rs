//! Narrower pieces of a role: reading what a broker shows of one, choosing one, and showing what it allows. The digest of
//! its document is always computed here: what is shown is what is signed.

use crate::config::project::Project;
use crate::flow::Client;
use crate::flow::Failure;
use crate::grant::Name;
use crate::grant::ScopeDocument;
use crate::grant::statement::RequestedScope;
use crate::grant::text;
use crate::protocol::RoleView;
use crate::protocol::ScopeView;

/// A scope whose document was read and can be shown.
#[derive(Debug, Clone)]
pub struct Piece {
    /// What the authority says of it.
    pub view: ScopeView,
    /// What it allows.
    pub document: ScopeDocument,
}

/// How much of a role somebody wants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Extent {
    /// Nothing was said.
    #[default]
    Unsaid,
    /// All of it, whatever a repository suggests.
    Whole,
    /// One scope.
    Scope(Name),
}

impl Piece {
    /// Reads one of a role's scopes.
    fn read(role: &RoleView, name: &Name) -> Result<Option<Self>, Failure> {
        let Some(view) = role.scopes.iter().find(|view| view.name == *name) else { return Ok(None) };
        let refuse = |cause: &str| {
            Failure::failed(format!("the scope {name} of {} cannot be read", role.name))
                .cause(text::sanitise(cause))
                .hint("do not use it, and tell the broker's administrator")
        };
        let cloud = role.target.cloud();
        if view.cloud.is_some_and(|said| said != cloud) {
            return Err(refuse("it is in the words of another cloud than the role's"));
        }
        let document = ScopeDocument::parse(cloud, &view.document, str::to_owned)
            .map_err(|error| refuse(&error.to_string()))?;
        Ok(Some(Self { view: view.clone(), document }))
    }

    /// One of a role's scopes, by what somebody typed.
    pub fn of(role: &RoleView, name: &Name) -> Result<Self, Failure> {
        Self::read(role, name)?.ok_or_else(|| {
            let names: Vec<&str> = role.scopes.iter().map(|scope| scope.name.as_str()).collect();
            let failure = Failure::usage(format!("{} has no scope {name}", role.name));
            if names.is_empty() {
                failure.hint("leave `--scope` out: the role has no scopes")
            } else {
                failure.cause(format!("its scopes are {}", names.join(", ")))
            }
        })
    }

    /// The scope that a request names, if the role has it still with the document whose digest was signed.
    pub fn signed(role: &RoleView, asked: &RequestedScope) -> Result<Self, Failure> {
        let changed = || {
            Failure::refused(format!("{} has another scope {} by now, or none", role.name, asked.name))
                .cause("what was asked for is not what the policy says")
                .hint("the requester has to ask again")
        };
        let piece = Self::read(role, &asked.name)?.ok_or_else(changed)?;
        if piece.document.digest() == asked.document { Ok(piece) } else { Err(changed()) }
    }

    /// What a request names of it.
    pub fn named(&self) -> RequestedScope {
        RequestedScope { name: self.view.name.clone(), document: self.document.digest() }
    }

    /// The rule for people.
    pub fn approval(&self) -> String {
        if self.view.automatic { "approved at once".to_owned() } else { text::sanitise(&self.view.approval) }
    }

    /// The name, and what it is for.
    pub fn title(&self) -> String {
        let description = text::sanitise(&self.view.description);
        if description.is_empty() {
            self.view.name.to_string()
        } else {
            format!("{}: {description}", self.view.name)
        }
    }

    /// The document in lines, as it was signed but for the blanks.
    pub fn lines(&self) -> Vec<String> {
        let value: serde_json::Value = serde_json::from_str(self.document.as_str()).unwrap_or_default();
        let pretty = serde_json::to_string_pretty(&value).unwrap_or_default();
        pretty.lines().map(text::sanitise).collect()
    }
}

/// The scope of a request to be: what was typed, else what the repository suggests, else, where the role was picked too,
/// one that is picked. Also says whether anything was asked.
pub fn choose(
    client: &Client<'_>,
    role: &RoleView,
    extent: &Extent,
    suggested: &Project,
    picking: bool,
) -> Result<(Option<Piece>, bool), Failure> {
    match extent {
        Extent::Scope(name) => return Piece::of(role, name).map(|piece| (Some(piece), false)),
        Extent::Whole => return Ok((None, false)),
        Extent::Unsaid => {}
    }
    if let Some(name) = suggestion(suggested, role) {
        match Piece::read(role, name)? {
            Some(piece) => return Ok((Some(piece), false)),
            None => client.console().say(&format!(
                "note: .jit.toml suggests the scope {name}, which {} does not have; the whole role is asked for",
                role.name
            )),
        }
    }
    if !picking || role.scopes.is_empty() || !client.console().is_interactive() {
        return Ok((None, false));
    }
    let whole = format!("the whole role  [{}]", crate::flow::asking::plan::approval(role));
    let scopes = role.scopes.iter().map(|view| {
        let approval = if view.automatic { "approved at once" } else { view.approval.as_str() };
        format!("{}  {}  [{}]", view.name, text::sanitise(&view.description), text::sanitise(approval))
    });
    let choices: Vec<String> = std::iter::once(whole).chain(scopes).collect();
    let chosen = client.console().choose("How much of it?", &choices)?;
    match chosen.checked_sub(1).and_then(|place| role.scopes.get(place)) {
        Some(view) => Piece::of(role, &view.name).map(|piece| (Some(piece), true)),
        None => Ok((None, true)),
    }
}

/// What the repository suggests for this role: its scope is meant for its role, or for any where it names none.
fn suggestion<'a>(suggested: &'a Project, role: &RoleView) -> Option<&'a Name> {
    let meant = suggested.role.as_ref().is_none_or(|name| *name == role.name || role.aliases.contains(name));
    suggested.scope.as_ref().filter(|_| meant)
}
