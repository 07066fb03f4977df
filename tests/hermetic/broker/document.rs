//! The OpenAPI document is committed and up to date.

use std::path::Path;

/// Refresh it with `JIT_REFRESH=1 cargo test --features testing --test hermetic the_committed_document_is_fresh`.
#[test]
fn the_committed_document_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    let fresh = format!("{}\n", jit::broker::openapi());
    if jit::system::Environment::of_process().get("JIT_REFRESH").is_some() {
        std::fs::write(&path, &fresh).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == fresh,
        "docs/openapi.json is stale: run JIT_REFRESH=1 cargo test --features testing --test hermetic document"
    );
}
