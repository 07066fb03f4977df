//! The workflows that `jit ci init` writes, checked line by line.

const JIT: &str = include_str!("../../../src/flow/github/setup/templates/jit.yml");
const CHECK: &str = include_str!("../../../src/flow/github/setup/templates/jit-check.yml");

/// The lines of one job.
fn job<'a>(workflow: &'a str, name: &str) -> Vec<&'a str> {
    let begins = format!("  {name}:");
    let jobs = workflow.lines().skip_while(|line| *line != "jobs:");
    let own = jobs.skip_while(|line| *line != begins).skip(1);
    own.take_while(|line| line.starts_with("    ") || line.is_empty()).collect()
}

/// The `name: value` lines of a job's `permissions`.
fn permissions(lines: &[&str]) -> Vec<String> {
    let own = lines.iter().skip_while(|line| **line != "    permissions:").skip(1);
    own.take_while(|line| line.starts_with("      ")).map(|line| line.trim().to_owned()).collect()
}

/// The content of every `run:`, block or line.
fn commands(workflow: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = workflow.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(command) = line.trim_start().strip_prefix("run: ") else { continue };
        let depth = line.len() - line.trim_start().len();
        found.push(command.to_owned());
        while let Some(next) = lines.peek().filter(|next| next.len() - next.trim_start().len() > depth) {
            found.push(next.trim().to_owned());
            lines.next();
        }
    }
    found
}

#[test]
fn no_job_may_more_than_it_must() {
    for workflow in [JIT, CHECK] {
        assert!(workflow.lines().any(|line| line == "permissions: {}"));
        assert!(!workflow.contains("contents: write") && !workflow.contains("write-all"));
    }
    assert_eq!(permissions(&job(JIT, "decide")), ["actions: read", "contents: read", "pull-requests: read"]);
    let mint = ["actions: read", "contents: read", "id-token: write", "pull-requests: read"];
    assert_eq!(permissions(&job(JIT, "mint")), mint);
    assert_eq!(JIT.matches("id-token").count(), 1);
    assert_eq!(permissions(&job(CHECK, "check")), ["contents: read", "pull-requests: write"]);
}

#[test]
fn there_are_two_jobs_in_a_row_on_githubs_own_machines() {
    let jobs: Vec<&str> = JIT
        .lines()
        .skip_while(|line| *line != "jobs:")
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .map(|line| line.trim().trim_end_matches(':'))
        .collect();
    assert_eq!(jobs, ["decide", "mint"]);
    assert!(job(JIT, "mint").contains(&"    needs: decide"));
    assert!(!job(JIT, "mint").iter().any(|line| line.contains("outputs:")), "nothing is handed on");
    for workflow in [JIT, CHECK] {
        for line in workflow.lines().filter(|line| line.contains("runs-on")) {
            assert_eq!(line.trim(), "runs-on: ubuntu-latest");
        }
    }
}

#[test]
fn environments_are_named_by_main_alone() {
    assert!(job(JIT, "decide").contains(&"    environment: jit-log"));
    assert!(job(JIT, "mint").contains(&"    environment: ${{ needs.decide.outputs.environment }}"));
    assert_eq!(JIT.matches("environment:").count(), 3, "two jobs and the output of decide");
    assert!(!JIT.contains("inputs.environment"));
}

#[test]
fn nothing_foreign_runs() {
    for workflow in [JIT, CHECK] {
        for foreign in [
            "uses",
            "artifact",
            "cache",
            "vars.",
            "workflow_call",
            "pull_request_target",
            "checkout",
            "self-hosted",
            "secrets: inherit",
        ] {
            assert!(!workflow.contains(foreign), "{foreign}");
        }
        for command in commands(workflow) {
            assert!(!command.contains("${{") && !command.contains("github."), "{command}");
        }
    }
    assert!(!CHECK.contains("secrets."));
    assert_eq!(JIT.matches("secrets.").count(), 4);
    assert_eq!(job(JIT, "decide").iter().filter(|line| line.contains("secrets.JIT_LOG_")).count(), 4);
}

/// Each action is pinned to a commit that runs on a Node version which GitHub still supports. The second one has steps of its own and
/// no Node.
#[test]
fn actions_are_those_that_still_run() {
    let known = [
        "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1",
        "actions/attest-build-provenance@a2bbfa25375fe432b6a289bc6b6cd05ecd0c4c32 # v4.1.0",
        "actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0",
        "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1",
        // This repository's own, as its readers write it.
        "OWNER/NAME/.github/actions/install@COMMIT",
    ];
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut folders, mut seen) =
        (vec![root.join("docs"), root.join("src/flow/github/setup/templates"), root.join(".github")], 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            for line in text.lines() {
                let Some((_, uses)) = line.split_once("uses: ") else { continue };
                seen += 1;
                assert!(known.contains(&uses.trim()), "{}: {line}", path.display());
            }
        }
    }
    assert!(seen >= 1, "{seen}");
}

#[test]
fn jit_is_fetched_by_its_hash_before_it_runs() {
    for (workflow, jobs) in [(JIT, 2), (CHECK, 1)] {
        let commands = commands(workflow);
        let checks =
            commands.iter().filter(|line| *line == "echo \"$JIT_SHA256  jit\" | sha256sum --check --strict");
        assert_eq!(checks.count(), jobs);
        assert_eq!(commands.iter().filter(|line| line.starts_with("./jit ci ")).count(), jobs);
        for (index, line) in commands.iter().enumerate().filter(|(_, line)| line.starts_with("./jit")) {
            assert_eq!(commands[index - 1], "chmod 0755 jit", "{line}");
        }
    }
}

/// Every input is passed through a variable whose pattern `jit` checks, and otherwise only into the run's name.
#[test]
fn inputs_come_through_variables() {
    for line in JIT.lines().filter(|line| line.contains("inputs.")) {
        let trimmed = line.trim();
        let named = trimmed.starts_with("run-name: ")
            || jit::config::inputs::INPUTS
                .iter()
                .any(|input| trimmed.starts_with(&format!("{}: ${{{{", input.name)));
        assert!(named, "{line}");
    }
}
