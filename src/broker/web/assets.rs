//! The page's script and stylesheet. Their names carry a hash of their bytes, so that browsers may keep them for ever.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use data_encoding::BASE64;

use crate::grant::Digest;

/// The script.
pub const SCRIPT: &str = include_str!("assets/jit.js");
/// The stylesheet.
pub const STYLE: &str = include_str!("assets/jit.css");

/// The route of the script.
pub const SCRIPT_ROUTE: &str = "/js/{name}";
/// The route of the stylesheet.
pub const STYLE_ROUTE: &str = "/css/{name}";

/// An asset as pages name it.
pub struct Asset {
    /// Its path below the page's base.
    pub path: String,
    /// Its hash for the browser to check (Subresource Integrity).
    pub integrity: String,
}

impl Asset {
    fn of(folder: &str, bytes: &str) -> Self {
        let digest = Digest::of(bytes.as_bytes());
        let hash: String = digest.to_string().chars().take(16).collect();
        Self {
            path: format!("/{folder}/jit.{hash}.{folder}"),
            integrity: format!("sha256-{}", BASE64.encode(digest.bytes())),
        }
    }

    fn serve(&self, name: &str, kind: &'static str, bytes: &'static str) -> Response {
        // Another version's name must not get this version's bytes, since browsers keep what they get.
        if !self.path.ends_with(&format!("/{name}")) {
            return (StatusCode::NOT_FOUND, "this version of the broker has no such file").into_response();
        }
        let keep = HeaderValue::from_static("public, max-age=31536000, immutable");
        let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(kind)), (header::CACHE_CONTROL, keep)];
        (headers, bytes).into_response()
    }
}

/// The script as pages name it.
pub static SCRIPT_ASSET: LazyLock<Asset> = LazyLock::new(|| Asset::of("js", SCRIPT));
/// The stylesheet as pages name it.
pub static STYLE_ASSET: LazyLock<Asset> = LazyLock::new(|| Asset::of("css", STYLE));

/// Serves the script.
pub async fn script(Path(name): Path<String>) -> Response {
    SCRIPT_ASSET.serve(&name, "text/javascript; charset=utf-8", SCRIPT)
}

/// Serves the stylesheet.
pub async fn style(Path(name): Path<String>) -> Response {
    STYLE_ASSET.serve(&name, "text/css; charset=utf-8", STYLE)
}
