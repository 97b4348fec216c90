//! The pages of a relay: what [`Operator`] answers, and forms that give it commands. There is nothing here that the command line
//! could not do.

mod act;
mod audit;
mod case;
mod letters;
mod limits;
mod missed;
mod overview;
mod refused;
mod settlement;
mod visitor;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, post};
use serde::de::DeserializeOwned;
use weipay_relay::operate::{Command, OperateError, Operator};

use crate::choose::choose;
use crate::{Neighbours, asset};
use visitor::{Failed, Visitor};

/// The console of a relay, for [`admin_pages`](weipay_relay::RelayBuilder::admin_pages).
pub fn relay(operator: Operator, neighbours: Neighbours) -> Router {
    Router::new()
        .route("/", get(overview::page))
        .route("/console/parts/overview", get(overview::part))
        .route("/console/case", get(case::page))
        .route("/console/parts/case", get(case::part))
        .route("/console/case/reveal", post(case::reveal))
        .route("/console/case/resolve", post(act::resolve))
        .route("/console/letters", get(letters::page))
        .route("/console/letters/redrive", post(act::redrive))
        .route("/console/limits", get(limits::page))
        .route("/console/limits/hold", post(act::hold))
        .route("/console/limits/release", post(act::release))
        .route("/console/settlement", get(settlement::page))
        .route("/console/refused", get(refused::page))
        .route("/console/refused/reverify", post(refused::reverify))
        .route("/console/missed", get(missed::page))
        .route("/console/missed/ask", post(missed::ask))
        .route("/console/audit", get(audit::page))
        .route("/console/language", post(choose))
        .route("/console/assets/{name}", get(asset::asset))
        .with_state(Here { operator, neighbours: Arc::new(neighbours) })
}

#[derive(Clone)]
struct Here {
    operator: Operator,
    neighbours: Arc<Neighbours>,
}

impl FromRef<Here> for Arc<Neighbours> {
    fn from_ref(here: &Here) -> Self {
        Arc::clone(&here.neighbours)
    }
}

impl Here {
    /// Gives a command in the visitor's name. What the relay will not do becomes a page that says why.
    async fn ask<T: DeserializeOwned>(&self, visitor: &Visitor, command: Command) -> Result<T, Failed> {
        match self.run(visitor, command).await {
            Ok(answer) => Ok(answer),
            Err(error) => Err(Failed::of(visitor, &error)),
        }
    }

    async fn run<T: DeserializeOwned>(&self, visitor: &Visitor, command: Command) -> Result<T, OperateError> {
        let answer = Box::pin(self.operator.run(command, visitor.who())).await?;
        // Both sides are this program.
        serde_json::from_value(answer)
            .map_err(|error| OperateError::Misuse(format!("the answer cannot be read: {error}")))
    }
}
