//! Puts an axum router on the fake network, so that client and server meet in one process without a socket.

use std::net::SocketAddr;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use tower::ServiceExt;

use super::fake::Host;
use super::http::HttpError;
use super::http::Request;
use super::http::Response;

/// A host of the fake network that answers with a router. Callers come from 127.0.0.1.
pub struct RouterHost(pub Router);

#[async_trait]
impl Host for RouterHost {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        let broken = |cause: String| HttpError::Broken { host: "in process".to_owned(), cause };
        let size_limit = request.size_limit;
        let mut builder = http::Request::builder()
            .method(request.method)
            .uri(&request.url)
            .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 40_000))));
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let request = builder.body(Body::from(request.body)).map_err(|error| broken(error.to_string()))?;
        let answer = self.0.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
        let status = answer.status().as_u16();
        let headers = answer
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let body = axum::body::to_bytes(answer.into_body(), size_limit)
            .await
            .map_err(|_| HttpError::TooLarge { host: "in process".to_owned() })?
            .to_vec();
        Ok(Response { status, headers, body })
    }
}
