//! `CONNECT`, so that an SDK which hard-codes the host reaches the sandbox as its proxy. It leads to the sandbox itself and
//! nowhere else.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use super::wire::{Stream, Wire};
use crate::tls;

/// Whether this connection becomes a tunnel when its last answer is out.
#[derive(Clone, Default)]
pub(super) struct Tunnel(Arc<Mutex<Option<OnUpgrade>>>);

impl Tunnel {
    /// Answers `CONNECT`.
    pub(super) fn open(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let host = request.uri().host().unwrap_or_default();
        if !tls::is_wechat_pays(host) {
            let why = "this is weipay's sandbox: it leads to the hosts of WeChat Pay's API only, which are itself; \
                       name other hosts in NO_PROXY\n";
            let mut response = Response::new(Full::from(why));
            *response.status_mut() = StatusCode::FORBIDDEN;
            return response;
        }
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(hyper::upgrade::on(request));
        Response::new(Full::default())
    }

    /// The connection, if it became a tunnel.
    pub(super) async fn stream<S: Stream>(self) -> Option<S> {
        let upgrade = self.0.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        let parts = upgrade.await.ok()?.downcast::<TokioIo<Wire<S>>>().ok()?;
        // Who sends before the answer came does not speak TLS through a tunnel.
        parts.read_buf.is_empty().then(|| parts.io.into_inner().into_stream())
    }
}
