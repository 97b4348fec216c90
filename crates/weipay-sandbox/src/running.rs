//! The handle of one running world.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use jiff::Timestamp;

use crate::clock::after;
use crate::shared::Shared;
use crate::state::State;
use crate::world::{CertificateState, MerchantCertificate};
use crate::{
    Credentials, Delivery, Effect, EffectCount, Error, Fault, Journal, Migration, Snapshot, Trigger,
    clockwork, courier, effect, trigger,
};

/// One world of a sandbox while it runs, with its own state, faults, journal and business clock. Cheap to clone; the world
/// runs as long as its [`Sandbox`](crate::Sandbox) does.
#[derive(Clone)]
pub struct RunningWorld {
    pub(crate) shared: Arc<Shared>,
    pub(crate) address: SocketAddr,
    pub(crate) backup: SocketAddr,
    /// The certificate of who signs for HTTPS.
    pub(crate) ca_pem: Option<Arc<str>>,
    /// What a console shows on this world's port.
    pub(crate) pages: Arc<OnceLock<Router>>,
}

impl RunningWorld {
    /// Where it listens, such as `http://127.0.0.1:41234`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address of the backup host, on another port: the same world, which still serves while fault `T10` has taken the main
    /// host away. What comes in anywhere for `api2.mch.weixin.qq.com` is for the backup host too.
    pub fn backup_url(&self) -> String {
        format!("http://{}", self.backup)
    }

    /// The certificate that a program has to trust to speak HTTPS with this sandbox, PEM; none without
    /// [`Builder::tls`](crate::Builder::tls).
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The credentials of the world's default caller.
    ///
    /// # Panics
    /// If the world's `default_caller` is not one of its merchants with a certificate.
    pub fn credentials(&self) -> Credentials {
        let caller = self.shared.state().world.default_caller.clone();
        match self.credentials_of(&caller) {
            Some(credentials) => credentials,
            None => panic!("the world's default_caller `{caller}` is not a merchant with a certificate"),
        }
    }

    /// The credentials of a merchant; none if the world has no such merchant, or it has no certificate.
    pub fn credentials_of(&self, mchid: &str) -> Option<Credentials> {
        Credentials::of(&self.shared.state().world, &self.shared.keys(), mchid)
    }

    /// The environment variables that point a program at this sandbox, for the default caller.
    ///
    /// # Panics
    /// As [`credentials`](Self::credentials).
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        self.environment_with(self.credentials())
    }

    /// The same for a merchant; none if the world has no such merchant, or it has no certificate.
    pub fn environment_of(&self, mchid: &str) -> Option<Vec<(&'static str, String)>> {
        Some(self.environment_with(self.credentials_of(mchid)?))
    }

    fn environment_with(&self, credentials: Credentials) -> Vec<(&'static str, String)> {
        vec![
            ("WEIPAY_BASE_URL", self.url()),
            ("WEIPAY_MCHID", credentials.mchid),
            ("WEIPAY_MERCHANT_SERIAL", credentials.merchant_serial),
            ("WEIPAY_PRIVATE_KEY", credentials.private_key_pem),
            ("WEIPAY_PLATFORM_KEY_ID", credentials.platform_key_id),
            ("WEIPAY_PLATFORM_PUBLIC_KEY", credentials.platform_public_key_pem),
            ("WEIPAY_APIV3_KEY", credentials.apiv3_key),
            ("WEIPAY_BACKUP_URL", self.backup_url()),
        ]
    }

    /// Shows these pages at `/` and `/console/…` of this world's port, to those who may use the control plane. False if
    /// there are pages already.
    pub fn mount(&self, pages: Router) -> bool {
        self.pages.set(pages).is_ok()
    }

    /// Every exchange so far.
    pub fn journal(&self) -> Journal {
        Journal(Arc::clone(&self.shared))
    }

    /// Moves business time ahead, from due event to due event, and waits for the deliveries of each.
    pub async fn advance(&self, passed: Duration) {
        self.shared.settled().await;
        let goal = after(self.business_time(), passed);
        clockwork::advance(&self.shared, goal).await;
    }

    /// Business time: runs along with the host's clock and is moved by [`advance`](Self::advance).
    pub fn business_time(&self) -> Timestamp {
        self.shared.state().clock.business()
    }

    /// Makes this server's wire clock so many seconds later than the host's (negative: earlier).
    pub fn set_wire_skew(&self, seconds: i64) {
        self.shared.state().clock.set_skew(seconds);
    }

    /// Injects a fault. Those injected first strike first.
    pub fn inject(&self, fault: Fault) {
        let mut state = self.shared.state();
        let now = state.clock.business();
        state.faults.inject(fault, now);
    }

    /// Forgets all faults that have not struck.
    pub fn clear_faults(&self) {
        self.shared.state().faults.clear();
    }

    /// Sends the notifications of this merchant to this `http://` loopback address from now on.
    pub fn set_notify_url(&self, mchid: &str, url: &str) -> Result<(), Error> {
        let mut state = self.shared.state();
        let merchant = state.world.merchant_mut(mchid);
        let merchant = merchant.ok_or_else(|| Error::Unknown { what: "mchid", name: mchid.to_owned() })?;
        merchant.notify_url = Some(url.to_owned());
        Ok(())
    }

    /// Changes the state and starts the deliveries that it caused.
    pub(crate) fn act<T>(&self, action: impl FnOnce(&mut State) -> T) -> T {
        let outcome = action(&mut self.shared.state());
        courier::dispatch(&self.shared);
        outcome
    }

    /// Sends any notification of the catalogue; its resource is valid by the event's schema and made from the seed.
    /// Returns the notification's id at once.
    ///
    /// ```no_run
    /// # use weipay_sandbox::{Sandbox, Trigger};
    /// # fn example(sandbox: &Sandbox) -> Result<(), weipay_sandbox::Error> {
    /// sandbox.trigger("REFUND.SUCCESS")?;
    /// sandbox.trigger(Trigger::new("REFUND.SUCCESS").to("1230000109").set("amount.refund", 5))?;
    /// # Ok(()) }
    /// ```
    pub fn trigger(&self, order: impl Into<Trigger>) -> Result<String, Error> {
        let order = order.into();
        let keys = self.shared.keys();
        self.act(|state| trigger::trigger(state, &keys, &order))
    }

    /// Sends a notification again, under its id, and begins its schedule anew. An error if there is none of that id, or
    /// it is under way or could never be sent.
    pub fn resend(&self, id: &str) -> Result<(), Error> {
        let unknown = || Error::State(format!("there is no notification `{id}` that can be sent again now"));
        self.act(|state| {
            let now = state.clock.business();
            state.outbox.resend(id, now).then_some(()).ok_or_else(unknown)
        })
    }

    /// Every notification with its attempts, oldest first.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.shared.state().outbox.deliveries()
    }

    /// Waits until no delivery is under way. Deliveries that wait for their next attempt are not under way.
    pub async fn settled(&self) {
        self.shared.settled().await;
    }

    /// What took effect, oldest first.
    pub fn effects(&self) -> Vec<Effect> {
        self.shared.state().effects.clone()
    }

    /// How often each thing happened to each business key. After any run with faults every count should be 1.
    pub fn effect_counts(&self) -> Vec<EffectCount> {
        effect::count(&self.shared.state().effects)
    }

    /// Forgets everything since the start: world, ids, business time, faults, journal, notifications. Keys that were
    /// changed go back too. Deliveries under way are cut off.
    pub fn reset(&self) -> Result<(), Error> {
        self.shared.reset()
    }

    /// The world as it is now, to be [loaded](Self::load) again, here or in another sandbox. A delivery that is under way
    /// is saved as not made; after loading it is made again, as WeChat Pay would.
    pub fn save(&self) -> Result<Snapshot, Error> {
        self.shared.save()
    }

    /// Goes on as a world that was saved: the same ids follow, retries go on by their schedule, and the same keys sign.
    /// Business time goes on from where it stood, however long that was. Address, journal and what the sandbox was
    /// started with stay; deliveries under way are cut off. Addresses that were given out before (downloads, payers' pages)
    /// name the port of then: a sandbox that listens there again serves them. If it fails nothing has changed.
    ///
    /// ```no_run
    /// # use weipay_sandbox::{Error, Sandbox, Snapshot};
    /// # async fn example(sandbox: Sandbox) -> Result<(), Error> {
    /// let file = std::path::Path::new("campaign.json");
    /// sandbox.save()?.write(file)?;
    /// let again = Sandbox::builder().snapshot(Snapshot::read(file)?).start().await?;
    /// assert_eq!(again.credentials().mchid, sandbox.credentials().mchid);
    /// # Ok(()) }
    /// ```
    pub fn load(&self, snapshot: &Snapshot) -> Result<(), Error> {
        self.shared.load(snapshot)?;
        courier::dispatch(&self.shared);
        Ok(())
    }

    /// How far the platform's change of keys is, from now on.
    pub fn migrate(&self, migration: Migration) {
        self.shared.state().migration = migration;
    }

    /// Registers one more API certificate of a merchant. An error if it is unusable or there is no such merchant.
    pub fn register_certificate(&self, mchid: &str, certificate: MerchantCertificate) -> Result<(), Error> {
        self.change_certificates(mchid, |certificates| {
            certificates.push(certificate);
            Ok(())
        })
    }

    /// Says what the platform thinks of a merchant's certificate from now on, by its serial in hexadecimal digits.
    pub fn set_certificate(&self, mchid: &str, serial: &str, state: CertificateState) -> Result<(), Error> {
        self.change_certificates(mchid, |certificates| {
            let mut known = certificates.iter_mut();
            let found =
                known.find(|known| known.serial().is_some_and(|known| known.eq_ignore_ascii_case(serial)));
            let found =
                found.ok_or_else(|| Error::Unknown { what: "certificate", name: serial.to_owned() })?;
            found.state = state;
            Ok(())
        })
    }

    /// Changes a merchant's certificates, all or nothing.
    fn change_certificates(
        &self,
        mchid: &str,
        change: impl FnOnce(&mut Vec<MerchantCertificate>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut state = self.shared.state();
        let merchant = state.world.merchant_mut(mchid);
        let merchant = merchant.ok_or_else(|| Error::Unknown { what: "mchid", name: mchid.to_owned() })?;
        let before = merchant.certificates.clone();
        change(&mut merchant.certificates)?;
        let renewed = self.shared.renew_keys(&state.world);
        if renewed.is_err()
            && let Some(merchant) = state.world.merchant_mut(mchid)
        {
            merchant.certificates = before;
        }
        renewed
    }
}

impl fmt::Debug for RunningWorld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningWorld").field("address", &self.address).finish_non_exhaustive()
    }
}
