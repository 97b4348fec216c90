//! The choice of the language.

use axum::Form;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::header::{REFERER, SET_COOKIE};
use http::{HeaderMap, Uri};

use crate::form::Fields;
use crate::language;

/// Remembers the language and leads back to the page where it was chosen.
pub(crate) async fn choose(headers: HeaderMap, Form(fields): Form<Fields>) -> Response {
    let code = if fields.get("language") == Some("en") { "en" } else { "zh-CN" };
    let cookie =
        format!("{}={code}; Path=/; Max-Age=31536000; SameSite=Strict; HttpOnly", language::COOKIE_NAME);
    // The path alone: whatever a header says, this leads nowhere else.
    let from = headers.get(REFERER).and_then(|value| value.to_str().ok()?.parse::<Uri>().ok());
    let path = from.as_ref().and_then(|uri| uri.path_and_query()).map_or("/", |path| path.as_str());
    // Browsers read two slashes, of either kind, as the name of a host.
    let path = if path.starts_with("//") || path.contains('\\') { "/" } else { path };
    ([(SET_COOKIE, cookie)], Redirect::to(path)).into_response()
}
