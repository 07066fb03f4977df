//! Puts what `jit ci check` derived onto the pull request, where people review. The requester chose the first words there,
//! so title and text are replaced, and the comment is written anew whenever it is not exactly ours.

use crate::config::inputs;
use crate::flow::Failure;
use crate::flow::github::run::surroundings::client;
use crate::flow::github::run::surroundings::number;
use crate::github::api::comments::Comment;
use crate::system::System;

/// Replaces title and text of the pull request.
///
/// # Errors
/// GitHub refuses it: in a pull request from a fork the job may not write.
pub async fn describe(system: &System, title: &str, text: &str) -> Result<(), Failure> {
    Ok(client(system)?.describe_pull(number(system, inputs::PULL)?, title, text).await?)
}

/// Puts a comment on the pull request. A comment of this workflow with the same first line stays if it has the same text
/// and nobody has edited it; otherwise it is deleted, because GitHub shows an edited comment under its author's name.
/// Comments of others are left alone, whatever they say.
///
/// # Errors
/// GitHub refuses it.
pub async fn comment(system: &System, text: &str) -> Result<(), Failure> {
    let github = client(system)?;
    let pull = number(system, inputs::PULL)?;
    let mut stands = false;
    for comment in github.comments(pull).await?.iter().filter(|comment| is_ours(comment, text)) {
        if !stands && comment.is_unedited() && is_same(comment, text) {
            stands = true;
        } else {
            github.delete_comment(comment.id).await?;
        }
    }
    if !stands {
        github.create_comment(pull, text).await?;
    }
    Ok(())
}

/// Whether this workflow wrote a comment of the same kind.
fn is_ours(comment: &Comment, text: &str) -> bool {
    let first = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    comment.is_by_actions() && comment.body.as_deref().is_some_and(|body| first(body) == first(text))
}

/// Whether two texts are the same, whatever their line ends and the blanks at their ends.
pub fn is_same_text(one: &str, other: &str) -> bool {
    one.trim().lines().eq(other.trim().lines())
}

fn is_same(comment: &Comment, text: &str) -> bool {
    comment.body.as_deref().is_some_and(|body| is_same_text(body, text))
}
