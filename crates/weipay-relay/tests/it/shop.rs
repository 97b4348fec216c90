//! A shop with a points ledger, as a hook in Rust.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use weipay_relay::hook::{
    About, Answer, Balance, Card, CardAnswer, CardChange, Decision, Exchange, Heard, Holder, Hook, HookError,
    Other, Payment, Points, Refund, Reply, Settled, Settlement,
};
use weipay_relay::{ConfirmShape, Effect};

#[derive(Debug, Clone)]
pub(crate) struct Shop(pub(crate) Arc<Mutex<Books>>);

#[derive(Debug)]
pub(crate) struct Books {
    pub(crate) shape: ConfirmShape,
    pub(crate) balance: u64,
    pub(crate) reserved: BTreeMap<String, u64>,
    decisions: BTreeMap<String, Decision>,
    pub(crate) codes: u32,
    pub(crate) withdrawn: Vec<String>,
    /// What was asked, with its id, every time.
    pub(crate) asked: Vec<(String, String)>,
    /// What was told, every time.
    pub(crate) told: Vec<Settled>,
    heard: Vec<String>,
    /// Further events.
    pub(crate) events: Vec<Other>,
    /// Answers this instead, while it is set.
    pub(crate) fails: Option<HookError>,
    pub(crate) panics: u32,
    /// Takes so long to answer.
    pub(crate) slow: Duration,
    /// Further effects of the next decision.
    pub(crate) effects: Vec<Effect>,
    /// Answers `decide` with this.
    pub(crate) says: Option<Decision>,
    /// Whose balance payments and refunds change.
    pub(crate) card: Option<Holder>,
}

impl Shop {
    pub(crate) fn new(shape: ConfirmShape, balance: u64) -> Self {
        Self(Arc::new(Mutex::new(Books {
            shape,
            balance,
            reserved: BTreeMap::new(),
            decisions: BTreeMap::new(),
            codes: 0,
            withdrawn: Vec::new(),
            asked: Vec::new(),
            told: Vec::new(),
            heard: Vec::new(),
            events: Vec::new(),
            fails: None,
            panics: 0,
            slow: Duration::ZERO,
            effects: Vec::new(),
            says: None,
            card: None,
        })))
    }

    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap()
    }

    /// How often a question was asked.
    pub(crate) fn count(&self, question: &str) -> usize {
        self.books().asked.iter().filter(|(asked, _)| asked == question).count()
    }

    pub(crate) fn told(&self) -> Vec<Settlement> {
        self.books().told.iter().map(|settled| settled.result.clone()).collect()
    }

    async fn enter(&self, question: &str, about: &About) -> Result<(), HookError> {
        let slow = self.books().slow;
        tokio::time::sleep(slow).await;
        let mut books = self.books();
        books.asked.push((question.to_owned(), about.id.clone()));
        if books.panics > 0 {
            books.panics -= 1;
            drop(books);
            panic!("planted");
        }
        books.fails.clone().map_or(Ok(()), Err)
    }
}

#[async_trait]
impl Hook for Shop {
    async fn decide(&self, about: &About, exchange: &Exchange) -> Result<Answer<Decision>, HookError> {
        self.enter("decide", about).await?;
        let mut books = self.books();
        let effects = std::mem::take(&mut books.effects);
        let known = books.says.clone().or_else(|| books.decisions.get(&exchange.record_id).cloned());
        let decision = match known {
            Some(decision) => decision,
            None if books.balance - books.reserved.values().sum::<u64>() < exchange.deduct_points => {
                Decision::Reject { reason: "积分不足".to_owned() }
            }
            None => {
                books.reserved.insert(exchange.record_id.clone(), exchange.deduct_points);
                let coupon_code = (books.shape == ConfirmShape::A).then(|| {
                    books.codes += 1;
                    format!("SHOP{:04}", books.codes)
                });
                Decision::Allow { coupon_code }
            }
        };
        books.decisions.insert(exchange.record_id.clone(), decision.clone());
        Ok(Reply { effects, ..Reply::from(decision) }.into())
    }

    async fn settled(&self, about: &About, settled: &Settled) -> Result<Answer<Heard>, HookError> {
        self.enter("settled", about).await?;
        let mut books = self.books();
        books.told.push(settled.clone());
        if books.heard.contains(&about.id) {
            return Ok(Heard {}.into());
        }
        books.heard.push(about.id.clone());
        let Some(exchange) = &settled.exchange else { return Ok(Heard {}.into()) };
        match &settled.result {
            Settlement::Issued { .. } => {
                let points = books.reserved.remove(&exchange.record_id).unwrap_or_default();
                books.balance -= points;
            }
            Settlement::NotIssued { .. } => {
                books.reserved.remove(&exchange.record_id);
                if let Some(Decision::Allow { coupon_code: Some(code) }) =
                    books.decisions.get(&exchange.record_id)
                {
                    let code = code.clone();
                    books.withdrawn.push(code);
                }
            }
            _ => {}
        }
        Ok(Heard {}.into())
    }

    async fn points(&self, about: &About, payment: &Payment) -> Result<Answer<Points>, HookError> {
        self.enter("points", about).await?;
        let mut books = self.books();
        let points = payment.amount / 100;
        books.balance += points;
        let total = Some(books.balance);
        let answer = Points { earn: points > 0, points, total, remarks: None };
        let effects = std::mem::take(&mut books.effects);
        Ok(Reply { answer, effects, balance_of: books.card.clone() }.into())
    }

    async fn reverse(&self, about: &About, refund: &Refund) -> Result<Answer<Heard>, HookError> {
        self.enter("reverse", about).await?;
        let mut books = self.books();
        books.balance -= refund.refund_amount / 100;
        Ok(Reply { balance_of: books.card.clone(), ..Reply::from(Heard {}) }.into())
    }

    async fn balance(&self, about: &About, _holder: &Holder) -> Result<Answer<Balance>, HookError> {
        self.enter("balance", about).await?;
        let books = self.books();
        Ok(Balance { balance: books.balance - books.reserved.values().sum::<u64>() }.into())
    }

    async fn card(&self, about: &About, card: &Card) -> Result<Answer<CardAnswer>, HookError> {
        self.enter("card", about).await?;
        let open = (card.change == CardChange::Created).then_some(true);
        let user_card_code = card.user_card_code.is_none().then(|| "CARD0001".to_owned());
        Ok(CardAnswer { open, user_card_code, ..CardAnswer::default() }.into())
    }

    async fn event(&self, about: &About, event: &Other) -> Result<Answer<Heard>, HookError> {
        self.enter("event", about).await?;
        self.books().events.push(event.clone());
        Ok(Heard {}.into())
    }
}
