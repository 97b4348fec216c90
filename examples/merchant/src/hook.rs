//! What the relay asks, handed to the ledger inside the transaction that ends the question.

use async_trait::async_trait;
use weipay_relay::hook::{
    About, Answer, Balance, Card, CardAnswer, CardChange, Decision, Exchange, Heard, Holder, Hook, HookError,
    Payment, Points, Refund, Settled,
};

use crate::ledger;

/// The shop behind the relay.
#[derive(Debug, Clone, Copy)]
pub struct Shop;

#[async_trait]
impl Hook for Shop {
    async fn decide(&self, _: &About, exchange: &Exchange) -> Result<Answer<Decision>, HookError> {
        // What other systems have to say is asked here, before the transaction, and goes along into it.
        let exchange = exchange.clone();
        Ok(Answer::in_transaction(|tx| {
            Box::pin(async move { Ok(ledger::decide(tx, &exchange).await?.into()) })
        }))
    }

    async fn settled(&self, _: &About, settled: &Settled) -> Result<Answer<Heard>, HookError> {
        let settled = settled.clone();
        Ok(Answer::in_transaction(|tx| {
            Box::pin(async move { Ok(ledger::settled(tx, &settled).await.map(|()| Heard {})?.into()) })
        }))
    }

    async fn points(&self, _: &About, payment: &Payment) -> Result<Answer<Points>, HookError> {
        let payment = payment.clone();
        Ok(Answer::in_transaction(|tx| Box::pin(async move { Ok(ledger::paid(tx, &payment).await?.into()) })))
    }

    async fn reverse(&self, _: &About, refund: &Refund) -> Result<Answer<Heard>, HookError> {
        let refund = refund.clone();
        Ok(Answer::in_transaction(|tx| {
            Box::pin(async move { Ok(ledger::refunded(tx, &refund).await.map(|()| Heard {})?.into()) })
        }))
    }

    async fn balance(&self, _: &About, holder: &Holder) -> Result<Answer<Balance>, HookError> {
        let openid = holder.openid.clone();
        Ok(Answer::in_transaction(|tx| {
            Box::pin(async move { Ok(Balance { balance: ledger::free(tx, &openid).await? }.into()) })
        }))
    }

    async fn card(&self, _: &About, card: &Card) -> Result<Answer<CardAnswer>, HookError> {
        if card.change == CardChange::Deleted {
            return Ok(CardAnswer::default().into());
        }
        let openid = card.openid.clone();
        Ok(Answer::in_transaction(|tx| {
            Box::pin(async move {
                let code = format!("88{:010}", ledger::join(tx, &openid).await?);
                Ok(CardAnswer { open: Some(true), user_card_code: Some(code), ..CardAnswer::default() }
                    .into())
            })
        }))
    }
}
