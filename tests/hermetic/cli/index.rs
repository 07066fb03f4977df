//! The content of the index for prompt and completion.

use crate::cli::stage::Stage;

async fn hook(stage: &Stage) -> String {
    stage.bo.run("prompt --hook", &[]).await.stdout
}

#[tokio::test]
async fn the_prompt_counts_what_waits_for_my_review() {
    let stage = Stage::ready().await;
    assert!(!hook(&stage).await.contains("to review"));
    for (reason, duration) in [("INC-1 one", "30m"), ("INC-2 two", "1h")] {
        let words = ["request", "prod-admin", "--reason", reason, "--for", duration, "-y", "--no-wait"];
        let asked = stage.ana.run_words(&words, &[]).await;
        assert!(asked.code == 0 || asked.code == 4, "{asked}");
    }
    stage.bo.run("inbox", &[]).await;
    let count = stage.broker.state.lock().unwrap().requests.len();
    assert!(hook(&stage).await.contains(&format!("{count} to review")));
    let newest = stage.newest();
    let approved = stage.bo.run(&format!("approve {newest} -y"), &[]).await;
    assert_eq!(approved.code, 0, "{approved}");
    let rest = count - 1;
    assert_eq!(hook(&stage).await.contains(&format!("{rest} to review")), rest > 0);
    // Their expiry is visible without the network.
    stage.clock.advance(std::time::Duration::from_secs(25 * 3600));
    assert!(!hook(&stage).await.contains("to review"));
}

#[tokio::test]
async fn login_and_roles_teach_completion_and_the_hook_and_logout_takes_nothing_from_it() {
    let stage = Stage::ready().await;
    let known = || {
        let index = jit::state::index::read(&stage.ana.world.system.files);
        let names = |role: jit::state::index::KnownRole| {
            std::iter::once(role.name).chain(role.aliases).map(|name| name.to_string()).collect::<Vec<_>>()
        };
        index.roles.into_iter().flat_map(names).collect::<Vec<_>>()
    };
    assert_eq!(known(), ["prod-admin", "payments-admin", "stage-admin"]);
    stage.ana.run("roles stage", &[]).await;
    assert_eq!(known().len(), 3, "a filter narrows what is shown, not what is known");
    stage.ana.run("logout", &[]).await;
    assert_eq!(known().len(), 3, "a coding agent's commands stay blocked");
}
