//! One merchant of the file, with its keys loaded.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use toml::Spanned;
use weipay::catalog::ops;
use weipay::{ApiV3Key, Certificate, Client, Credential, CredentialBuilder, PrivateKey, PublicKey};

use super::file::{DeadlineTable, LimitTable, MerchantTable, Source, ThenWord, duration};
use super::problem::Notes;
use crate::event::known;
use crate::hook::{HookSecret, HttpHook};
use crate::make_good::MakeGood;
use crate::merchant::{Deadline, Deadlines, Limit, Merchant, Then};
use crate::{Clock, SystemClock};

/// A store is not looked through all the time.
const SHORTEST: Duration = Duration::from_mins(1);

/// What one merchant is put together from.
pub(super) struct Reading<'n, 't> {
    pub(super) notes: &'n mut Notes<'t>,
    pub(super) folder: &'n Path,
    /// `merchant[0]`.
    pub(super) at: String,
}

impl Reading<'_, '_> {
    pub(super) fn merchant(&mut self, table: &MerchantTable, span: &Range<usize>) -> Option<Merchant> {
        let client = self.client(table, span);
        let hook = self.hook(table);
        let limits = self.limits(table);
        let deadlines = self.deadlines(table);
        let make_good = self.make_good(table);
        let events = self.events(table);
        let token = table.api_token.as_ref().and_then(|token| self.secret(token, "api_token"));
        if let (Some(token), Some(source)) = (&token, &table.api_token)
            && token.len() < 16
        {
            self.add(&source.span(), "api_token", "a token has at least 16 characters");
        }
        let mut merchant = Merchant::new(table.name.get_ref(), client?, table.confirm_shape, hook?);
        merchant.brands.extend(table.brands.iter().cloned());
        merchant.mchids.extend(table.mchids.iter().cloned());
        merchant.appid.clone_from(&table.appid);
        merchant.events.extend(events);
        merchant.token = token;
        merchant.limits.extend(limits);
        Some(merchant.deadlines(deadlines).make_good(make_good))
    }

    fn client(&mut self, table: &MerchantTable, span: &Range<usize>) -> Option<Client> {
        let whose = match (&table.mchid, &table.brand_id) {
            (Some(mchid), None) => Some(Credential::merchant(mchid.get_ref())),
            (None, Some(brand)) => Some(Credential::brand(brand.get_ref())),
            (Some(_), Some(brand)) => {
                self.add(
                    &brand.span(),
                    "brand_id",
                    "there is a mchid as well: a credential is a merchant's or a brand's",
                );
                None
            }
            (None, None) => {
                self.add(span, "mchid", "is missing, and brand_id too: whose credential is it?");
                None
            }
        };
        let private_key = self.key(&table.private_key, "private_key", PrivateKey::from_pem);
        let apiv3_key = self.key(&table.apiv3_key, "apiv3_key", ApiV3Key::new);
        let mut credential = whose?.private_key(table.serial.get_ref(), private_key?).apiv3_key(apiv3_key?);
        for former in &table.former_apiv3_keys {
            credential = credential.former_apiv3_key(self.key(former, "former_apiv3_keys", ApiV3Key::new)?);
        }
        credential = self.platform(table, span, credential)?;
        let credential = self.notes.keep(credential.build(), span, &self.at)?;
        let mut client = Client::builder().credential(credential);
        if let Some(base_url) = &table.base_url {
            client = client.base_url(base_url);
        }
        self.notes.keep(client.build(), span, &self.at)
    }

    fn platform(
        &mut self,
        table: &MerchantTable,
        span: &Range<usize>,
        mut credential: CredentialBuilder,
    ) -> Option<CredentialBuilder> {
        match (&table.platform_key_id, &table.platform_public_key) {
            (Some(id), Some(key)) => {
                let key = self.key(key, "platform_public_key", PublicKey::from_pem)?;
                credential = credential.platform_public_key(id.get_ref(), key);
            }
            (None, None) => {}
            _ => {
                self.add(
                    span,
                    "platform_key_id",
                    "platform_key_id and platform_public_key belong together: one is missing",
                );
                return None;
            }
        }
        for certificate in &table.platform_certificates {
            let certificate = self.key(certificate, "platform_certificates", Certificate::from_pem)?;
            credential = credential.platform_certificate(certificate);
        }
        Some(if table.download_certificates { credential.download_certificates() } else { credential })
    }

    fn hook(&mut self, table: &MerchantTable) -> Option<HttpHook> {
        let hook = &table.hook;
        let secret = self.secret(&hook.secret, "hook.secret")?;
        let secret = self.notes.keep(
            HookSecret::new(&secret),
            &hook.secret.span(),
            format!("{}.hook.secret", self.at),
        )?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let built = HttpHook::new(hook.url.get_ref(), secret, clock);
        let built = self.notes.keep(built, &hook.url.span(), format!("{}.hook.url", self.at))?;
        match &hook.timeout {
            None => Some(built),
            Some(timeout) => {
                let field = format!("{}.hook.timeout", self.at);
                let timeout = self.notes.keep(duration(timeout.get_ref()), &timeout.span(), field)?;
                Some(built.timeout(timeout))
            }
        }
    }

    fn limits(&mut self, table: &MerchantTable) -> Vec<(String, Limit)> {
        let mut limits = Vec::new();
        for (operation, limit) in &table.limits {
            let field = format!("limits.{}", operation.get_ref());
            let Some(known) = ops::operation(operation.get_ref()) else {
                self.add(
                    &operation.span(),
                    &field,
                    "the catalogue has no such operation; `weipay ops` finds it",
                );
                continue;
            };
            if let Some(limit) = self.limit(known, limit, &operation.span(), &field) {
                limits.push((known.id.to_owned(), limit));
            }
        }
        limits
    }

    fn limit(
        &mut self,
        known: &ops::Operation,
        table: &LimitTable,
        span: &Range<usize>,
        field: &str,
    ) -> Option<Limit> {
        let documented =
            known.rate_limit.map(|limit| f64::from(limit.limit) / f64::from(limit.per.seconds()));
        let Some(per_second) = table.per_second.as_ref().map(|limit| *limit.get_ref()).or(documented) else {
            self.add(span, field, "no limit is documented for this operation: say per_second");
            return None;
        };
        let share = table.share.as_ref().map_or(1.0, |share| *share.get_ref());
        if !(per_second.is_finite() && per_second > 0.0) {
            self.add(span, field, "per_second has to be above 0");
            return None;
        }
        if !(share > 0.0 && share <= 1.0) {
            self.add(
                span,
                field,
                "share is the part of the limit that this relay may use: above 0, at most 1",
            );
            return None;
        }
        Some(Limit { per_second, share })
    }

    fn events(&mut self, table: &MerchantTable) -> Vec<String> {
        for event in &table.events {
            if known(event.get_ref()) {
                let text = format!("{} has a question of its own: leave it out", event.get_ref());
                self.add(&event.span(), "events", &text);
            } else if event.get_ref() != "*" && !event.get_ref().contains('.') {
                let text =
                    "an event is spelled as its `event_type`, such as TRANSACTION.SUCCESS; \"*\" is all";
                self.add(&event.span(), "events", text);
            }
        }
        table.events.iter().map(|event| event.get_ref().clone()).collect()
    }

    fn deadlines(&mut self, table: &MerchantTable) -> Deadlines {
        let mut deadlines = Deadlines::default();
        let tables = &table.deadlines;
        for (name, table, deadline) in [
            ("decide", &tables.decide, &mut deadlines.decide),
            ("points", &tables.points, &mut deadlines.points),
            ("card", &tables.card, &mut deadlines.card),
        ] {
            if let Some(table) = table {
                self.deadline(name, table, deadline);
            }
        }
        deadlines
    }

    fn deadline(&mut self, name: &str, table: &DeadlineTable, deadline: &mut Deadline) {
        let field = format!("deadlines.{name}");
        if let Some(within) = &table.within {
            let at = format!("{}.{field}.within", self.at);
            if let Some(within) = self.notes.keep(duration(within.get_ref()), &within.span(), at) {
                deadline.within = within;
            }
        }
        let span = table.then.span();
        deadline.then = match (table.then.get_ref(), &table.reason) {
            (ThenWord::Park, None) => Then::Park,
            (ThenWord::Park, Some(reason)) => {
                return self.add(&reason.span(), &field, "`reason` belongs to then = \"decline\"");
            }
            (ThenWord::Decline, _) if name == "card" => {
                return self.add(&span, &field, "a card cannot be declined by itself: then = \"park\"");
            }
            (ThenWord::Decline, None) => {
                return self.add(&span, &field, "then = \"decline\" needs a `reason`, which the member sees");
            }
            (ThenWord::Decline, Some(reason)) if !(1..=32).contains(&reason.get_ref().chars().count()) => {
                return self.add(&reason.span(), &field, "`reason` has 1 to 32 characters");
            }
            (ThenWord::Decline, Some(reason)) => Then::Decline(reason.get_ref().clone()),
        };
    }

    fn make_good(&mut self, table: &MerchantTable) -> MakeGood {
        let mut make_good = MakeGood::default();
        if let Some(every) = &table.make_good.every {
            match (every.get_ref().as_str(), duration(every.get_ref())) {
                ("off", _) => make_good.every = None,
                (_, Ok(every)) if every >= SHORTEST => make_good.every = Some(every),
                _ => self.add(
                    &every.span(),
                    "make_good.every",
                    "is \"off\" or a duration of at least 1m, such as 1h",
                ),
            }
        }
        if let Some(share) = &table.make_good.share {
            make_good.share = *share.get_ref();
            if !(make_good.share > 0.0 && make_good.share <= 1.0) {
                self.add(
                    &share.span(),
                    "make_good.share",
                    "is the part of each query's limit that checks may use: above 0, at most 1",
                );
            }
        }
        make_good
    }

    fn secret(&mut self, source: &Spanned<Source>, field: &str) -> Option<String> {
        let field = format!("{}.{field}", self.at);
        self.notes.keep(source.get_ref().secret(self.folder), &source.span(), field).map(|secret| secret.0)
    }

    /// A key from a file or the environment. Public halves may stand in the configuration, and need not.
    fn key<T, E: std::fmt::Display>(
        &mut self,
        source: &Spanned<Source>,
        field: &str,
        read: impl FnOnce(String) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.secret(source, field)?;
        self.notes.keep(read(text), &source.span(), format!("{}.{field}", self.at))
    }

    fn add(&mut self, span: &Range<usize>, field: &str, text: &str) {
        self.notes.add(span, format!("{}.{field}", self.at), text);
    }
}
