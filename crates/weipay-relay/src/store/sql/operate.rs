//! The operators' side, over the door.

use std::path::Path;

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Door, HasDoor, act, filter, hold, inbox, status, timeline};
use crate::job::{Job, NewJob};
use crate::store::{
    Act, Audited, Erased, Fact, Filter, Moment, Operate, Purged, Redriven, Refused, Retention, Scope, Status,
    StoreError,
};

#[async_trait]
impl<S: HasDoor> Operate for S {
    async fn status(&self, since: Timestamp, now: Timestamp) -> Result<Status, StoreError> {
        self.door()
            .read(move |mut link| Box::pin(async move { status::status(&mut link, since, now).await }))
            .await
    }

    async fn timeline(&self, merchant: &str, case: &str) -> Result<Vec<Moment>, StoreError> {
        let (merchant, case) = (merchant.to_owned(), case.to_owned());
        self.door()
            .read(move |mut link| {
                Box::pin(async move { timeline::timeline(&mut link, &merchant, &case).await })
            })
            .await
    }

    async fn list(&self, filter: &Filter) -> Result<Vec<Job>, StoreError> {
        let filter = filter.clone();
        self.door()
            .read(move |mut link| Box::pin(async move { filter::list(&mut link, &filter).await }))
            .await
    }

    async fn redrive(
        &self,
        filter: &Filter,
        by: &Act,
        dry_run: bool,
        now: Timestamp,
    ) -> Result<Vec<Redriven>, StoreError> {
        let (filter, by) = (filter.clone(), by.clone());
        let redriven = self
            .door()
            .write(move |mut link| {
                Box::pin(async move { act::redrive(&mut link, &filter, &by, dry_run, now).await })
            })
            .await?;
        self.door().wake();
        Ok(redriven)
    }

    async fn resolve(
        &self,
        merchant: &str,
        key: &str,
        fact: Fact,
        follow: Vec<NewJob>,
        by: &Act,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (merchant, key, by) = (merchant.to_owned(), key.to_owned(), by.clone());
        self.door()
            .write(move |mut link| {
                Box::pin(
                    async move { act::resolve(&mut link, (&merchant, &key), fact, &follow, &by, now).await },
                )
            })
            .await?;
        self.door().wake();
        Ok(())
    }

    async fn hold(&self, scope: &Scope, by: &Act, now: Timestamp) -> Result<(), StoreError> {
        let (scope, by) = (scope.clone(), by.clone());
        self.door()
            .write(move |mut link| Box::pin(async move { hold::hold(&mut link, &scope, &by, now).await }))
            .await
    }

    async fn release(&self, scope: &Scope, by: &Act, now: Timestamp) -> Result<bool, StoreError> {
        let (scope, by) = (scope.clone(), by.clone());
        let released = self
            .door()
            .write(move |mut link| Box::pin(async move { hold::release(&mut link, &scope, &by, now).await }))
            .await?;
        self.door().wake();
        Ok(released)
    }

    async fn erase(&self, person: &str, by: &Act, now: Timestamp) -> Result<Erased, StoreError> {
        let (person, by) = (person.to_owned(), by.clone());
        self.door()
            .write(move |mut link| Box::pin(async move { act::erase(&mut link, &person, &by, now).await }))
            .await
    }

    async fn refused(&self, merchant: &str, limit: u32) -> Result<Vec<Refused>, StoreError> {
        let merchant = merchant.to_owned();
        self.door()
            .read(move |mut link| Box::pin(async move { inbox::refused(&mut link, &merchant, limit).await }))
            .await
    }

    async fn forget_refused(&self, id: i64) -> Result<bool, StoreError> {
        self.door()
            .write(move |mut link| Box::pin(async move { inbox::forget_refused(&mut link, id).await }))
            .await
    }

    async fn record(&self, act: &str, target: &str, by: &Act, now: Timestamp) -> Result<(), StoreError> {
        let (word, target, by) = (act.to_owned(), target.to_owned(), by.clone());
        self.door()
            .write(move |mut link| {
                Box::pin(async move { act::keep(&mut link, &word, &target, &by, now).await })
            })
            .await
    }

    async fn audit(&self, limit: u32) -> Result<Vec<Audited>, StoreError> {
        self.door().read(move |mut link| Box::pin(async move { act::audit(&mut link, limit).await })).await
    }

    async fn purge(&self, retention: Retention, by: &Act, now: Timestamp) -> Result<Purged, StoreError> {
        let by = by.clone();
        self.door()
            .write(move |mut link| Box::pin(async move { act::purge(&mut link, retention, &by, now).await }))
            .await
    }

    async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        self.door().backup(to).await
    }

    async fn check(&self) -> Result<Vec<String>, StoreError> {
        self.door().read(move |mut link| Box::pin(async move { status::check(&mut link).await })).await
    }
}
