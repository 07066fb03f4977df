//! The difference of two texts, for people who look before they write.

/// The difference of two texts, line by line: removed lines with `-`, added lines with `+`. Equal lines at both ends
/// are left out.
pub fn difference(old: &str, new: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.trim().lines().collect(), new.trim().lines().collect());
    let start = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
    let end =
        old[start..].iter().rev().zip(new[start..].iter().rev()).take_while(|(one, other)| one == other);
    let end = end.count();
    let gone = old[start..old.len() - end].iter().map(|line| format!("-{line}"));
    let come = new[start..new.len() - end].iter().map(|line| format!("+{line}"));
    gone.chain(come).collect()
}
