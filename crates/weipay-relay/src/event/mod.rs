//! From an opened notification to a business key and what to do about it.

mod resource;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use weipay::Notification;

use crate::effect::{self, coupon_confirm};
use crate::hook::{Card, CardChange, Coupon, Exchange, Holder, Other, Payment, Refund};
use crate::job::{Kind, Lane};
use crate::merchant::{Deadline, Merchant};
use crate::vault::Vault;
use crate::work::Work;

use resource::{card, text};

const COUPON_CONFIRM: &str = "coupon-confirm";

/// A notification, understood.
#[derive(Debug)]
pub(crate) struct Event {
    /// The business key: two notifications of one case and event type are one.
    pub(crate) case: String,
    /// What stands behind the case in the job's key.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) lane: Lane,
    pub(crate) order: Option<String>,
    pub(crate) absolute: bool,
    pub(crate) share: Option<String>,
    pub(crate) person: Option<String>,
    pub(crate) deadline: Option<Timestamp>,
    pub(crate) work: Work,
}

impl Event {
    /// A question in the lane of points, of nobody in particular.
    pub(crate) fn plain(case: String, name: &'static str, work: Work) -> Self {
        Self {
            case,
            name,
            kind: Kind::Ask,
            lane: Lane::Points,
            order: None,
            absolute: false,
            share: None,
            person: None,
            deadline: None,
            work,
        }
    }
}

/// Understands a notification.
///
/// What is not known, what lacks a member, and what belongs to another tenant becomes a job as well: it is stored and
/// acknowledged like everything else, and then visible (N17, N18).
pub(crate) fn understand(
    notification: &Notification,
    merchant: &Merchant,
    vault: &Vault,
    now: Timestamp,
) -> Event {
    let (event_type, id) = (notification.event_type(), notification.id());
    Reader { event_type, id, resource: notification.resource_bytes(), merchant, vault, now }.understand()
}

/// What a notification of this event would have asked for, from what a query tells. `id` stands for the notification that
/// never came; the key is that of the event, so that one that comes late is a duplicate.
pub(crate) fn made_good(
    (event_type, id): (&str, &str),
    resource: &Value,
    merchant: &Merchant,
    vault: &Vault,
    now: Timestamp,
) -> Event {
    let resource = resource.to_string();
    Reader { event_type, id, resource: resource.as_bytes(), merchant, vault, now }.understand()
}

enum What {
    Exchange,
    Balance,
    Card(CardChange),
    Payment,
    Refund,
    Coupon,
    Unknown,
}

/// Whether the contract has a question for it, or the relay answers it by itself.
pub(crate) fn known(event_type: &str) -> bool {
    !matches!(what(event_type), What::Unknown)
}

/// `_SP` is the partner's form of a brand's event, `MEMBERCARDSP` the retired name of the card's.
fn what(event_type: &str) -> What {
    match event_type {
        "MALL_TRANSACTION.SUCCESS" => return What::Payment,
        "MALL_REFUND.SUCCESS" => return What::Refund,
        "PRODUCT_COUPON.SEND" | "PRODUCT_COUPON_SP.SEND" => return What::Coupon,
        _ => {}
    }
    let Some((family, event)) = event_type.split_once('.') else { return What::Unknown };
    match (family, event) {
        ("BRAND_MEMBER_CARD_SP" | "BRAND_MEMBER_CARD", "POINT_EXCHANGE_COUPON") => What::Exchange,
        ("BRAND_MEMBER_CARD_SP" | "BRAND_MEMBER_CARD", "SYNC_USER_POINT") => What::Balance,
        ("BRAND_MEMBER_CARD_SP" | "BRAND_MEMBER_CARD" | "MEMBERCARDSP", "USER_CARD.CREATE") => {
            What::Card(CardChange::Created)
        }
        ("BRAND_MEMBER_CARD_SP" | "BRAND_MEMBER_CARD" | "MEMBERCARDSP", "USER_CARD.DELETE") => {
            What::Card(CardChange::Deleted)
        }
        _ => What::Unknown,
    }
}

struct Reader<'a> {
    event_type: &'a str,
    id: &'a str,
    resource: &'a [u8],
    merchant: &'a Merchant,
    vault: &'a Vault,
    now: Timestamp,
}

impl Reader<'_> {
    fn understand(&self) -> Event {
        let understood = match what(self.event_type) {
            What::Exchange => self.exchange(),
            What::Balance => self.balance(),
            What::Card(change) => self.card(change),
            What::Payment => self.payment(),
            What::Refund => self.refund(),
            What::Coupon => self.coupon(),
            What::Unknown if self.merchant.hears(self.event_type) => self.other(),
            What::Unknown => Err(format!(
                "the relay has no question for the event {}; `events` of the merchant's configuration lists those \
                 that its hook hears as they are",
                self.event_type
            )),
        };
        understood.unwrap_or_else(|reason| self.aside(reason))
    }

    fn exchange(&self) -> Result<Event, String> {
        let exchange: Exchange = self.resource()?;
        Ok(Event {
            lane: Lane::Confirm,
            share: exchange.brand_id.clone(),
            person: self.person(&exchange.openid),
            deadline: self.deadline(&self.merchant.deadlines.decide),
            ..self.of_brand(
                exchange.brand_id.as_deref(),
                format!("exchange/{}", exchange.record_id),
                "decide",
                Work::Decide(exchange.clone()),
            )
        })
    }

    /// Every request for a balance is one of its own; those that wait are answered by the latest.
    fn balance(&self) -> Result<Event, String> {
        let holder: Holder = self.resource()?;
        Ok(Event {
            lane: Lane::Sync,
            order: Some(card_order(self.vault, &holder.card_id, &holder.openid)),
            absolute: true,
            share: holder.brand_id.clone(),
            person: self.person(&holder.openid),
            ..self.of_brand(
                holder.brand_id.as_deref(),
                format!("balance/{}", self.id),
                "balance",
                Work::Balance(holder.clone()),
            )
        })
    }

    /// A card that is given up and taken again is created twice: its moment is part of the key.
    fn card(&self, change: CardChange) -> Result<Event, String> {
        let mut resource: Value = self.resource()?;
        let card: Card = card(&mut resource, change)?;
        let moment = match change {
            CardChange::Created => text(&card.others, &["create_time", "pickup_time"]),
            CardChange::Deleted => text(&card.others, &["invalid_time", "modify_time"]),
        };
        let moment =
            moment.ok_or("the resource has none of the times that tell one change of a card from another")?;
        let order = card_order(self.vault, &card.card_id, &card.openid);
        Ok(Event {
            lane: Lane::Confirm,
            order: Some(order.clone()),
            share: card.brand_id.clone(),
            person: self.person(&card.openid),
            deadline: self.deadline(&self.merchant.deadlines.card),
            ..self.of_brand(
                card.brand_id.as_deref(),
                format!("{order}/{moment}"),
                match change {
                    CardChange::Created => "created",
                    CardChange::Deleted => "deleted",
                },
                Work::Card(card.clone()),
            )
        })
    }

    /// The payment and its refunds are one line: a refund that comes second is asked about second.
    fn payment(&self) -> Result<Event, String> {
        let payment: Payment = self.resource()?;
        Ok(Event {
            order: Some(format!("payment/{}", payment.transaction_id)),
            share: payment.mchid.clone(),
            person: self.person(&payment.openid),
            deadline: self.deadline(&self.merchant.deadlines.points),
            ..self.of_mall(
                payment.mchid.as_deref(),
                format!("payment/{}", payment.transaction_id),
                "points",
                Work::Points(payment.clone()),
            )
        })
    }

    fn refund(&self) -> Result<Event, String> {
        let refund: Refund = self.resource()?;
        Ok(Event {
            order: Some(format!("payment/{}", refund.transaction_id)),
            share: refund.mchid.clone(),
            person: self.person(&refund.openid),
            ..self.of_mall(
                refund.mchid.as_deref(),
                format!("refund/{}", refund.refund_id),
                "reverse",
                Work::Reverse(refund.clone()),
            )
        })
    }

    /// Nobody is asked: a coupon that is not confirmed cannot be used (L09).
    fn coupon(&self) -> Result<Event, String> {
        let coupon: Coupon = self.resource()?;
        let case = format!("coupon/{}", coupon.coupon_code);
        let request = coupon_confirm(self.merchant, &coupon).and_then(|effect| {
            effect::prepare(&effect, self.merchant, &format!("{case}/{COUPON_CONFIRM}"))
        })?;
        Ok(Event {
            kind: Kind::Effect,
            lane: Lane::Confirm,
            share: coupon.brand_id.clone(),
            person: self.person(&coupon.openid),
            ..self.of_brand(coupon.brand_id.as_deref(), case, COUPON_CONFIRM, Work::Send(request))
        })
    }

    /// Told as it is, once for each notification.
    fn other(&self) -> Result<Event, String> {
        const OPENIDS: [&str; 4] = ["/openid", "/payer/openid", "/payer/sp_openid", "/payer/sub_openid"];
        let resource: Value = self.resource()?;
        let text = |pointer: &str| resource.pointer(pointer).and_then(Value::as_str);
        let person = OPENIDS.iter().find_map(|pointer| text(pointer)).and_then(|openid| self.person(openid));
        let brand = text("/brand_id").filter(|_| !self.merchant.brands.is_empty()).map(str::to_owned);
        let Value::Object(resource) = resource else {
            return Err(format!("the resource of {} is no object", self.event_type));
        };
        let (event_type, notification_id) = (self.event_type.to_owned(), self.id.to_owned());
        let work = Work::Event(Other { event_type, notification_id, resource });
        Ok(Event { person, ..self.of_brand(brand.as_deref(), self.own_case(), "event", work) })
    }

    fn resource<T: serde::de::DeserializeOwned>(&self) -> Result<T, String> {
        crate::json::read(self.resource)
            .map_err(|why| format!("the resource of {} is not as documented: {why}", self.event_type))
    }

    fn of_brand(&self, brand: Option<&str>, case: String, name: &'static str, work: Work) -> Event {
        match brand {
            Some(brand) if !self.merchant.brands.contains(brand) => self.foreign("brand", brand),
            _ => Event::plain(case, name, work),
        }
    }

    fn of_mall(&self, mchid: Option<&str>, case: String, name: &'static str, work: Work) -> Event {
        match mchid {
            Some(mchid) if !self.merchant.mchids.contains(mchid) => self.foreign("mchid", mchid),
            _ => Event::plain(case, name, work),
        }
    }

    fn foreign(&self, what: &str, whose: &str) -> Event {
        let whose: String = whose.chars().take(32).collect();
        let reason =
            format!("{what} {whose} is not configured for this merchant: acknowledged, not acted upon");
        Event::plain(self.own_case(), "foreign", Work::Foreign(reason))
    }

    fn aside(&self, reason: String) -> Event {
        Event::plain(self.own_case(), "aside", Work::Aside(reason))
    }

    fn own_case(&self) -> String {
        format!("notification/{}", self.id)
    }

    #[expect(clippy::unnecessary_wraps, reason = "as the member wants it")]
    fn person(&self, openid: &str) -> Option<String> {
        Some(self.vault.person(&[openid]))
    }

    fn deadline(&self, deadline: &Deadline) -> Option<Timestamp> {
        later(self.now, deadline.within)
    }
}

/// What orders all that concerns one member's card. The member's number is not in it.
pub(crate) fn card_order(vault: &Vault, card_id: &str, openid: &str) -> String {
    format!("card/{card_id}/{}", vault.person(&[card_id, openid]))
}

pub(crate) fn later(moment: Timestamp, by: std::time::Duration) -> Option<Timestamp> {
    moment.checked_add(SignedDuration::try_from(by).ok()?).ok()
}
