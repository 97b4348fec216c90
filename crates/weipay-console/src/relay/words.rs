//! What the relay's words are called on a page.
#![expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]

use jiff::{SignedDuration, Timestamp};
use weipay_relay::job::{Kind, State};
use weipay_relay::store::Scope;

use crate::page::{Page, china};

impl Page {
    /// Where a job stands.
    pub(super) fn stands(&self, state: &State) -> &'static str {
        match state {
            State::Ready => self.t("等待", "waiting"),
            State::Running => self.t("进行中", "under way"),
            State::Settled => self.t("已了结", "settled"),
            State::Refused => self.t("已拒绝", "refused"),
            State::Parked => self.t("挂起", "parked"),
            State::Dead => self.t("死信", "dead"),
            State::Superseded => self.t("已被取代", "superseded"),
        }
    }

    /// The class that gives a state its colour.
    #[expect(clippy::unused_self, reason = "templates reach it through the page")]
    pub(super) fn colour(&self, state: &State) -> &'static str {
        match state {
            State::Ready | State::Running => "waits",
            State::Settled => "good",
            State::Parked | State::Dead => "wrong",
            State::Refused | State::Superseded => "over",
        }
    }

    /// What kind of work it is.
    pub(super) fn kind(&self, kind: &Kind) -> &'static str {
        match kind {
            Kind::Ask => self.t("询问商户", "question to the merchant"),
            Kind::Effect => self.t("调用微信支付", "call to WeChat Pay"),
            Kind::Tell => self.t("告知商户", "result told to the merchant"),
            Kind::Upkeep => self.t("补查与维护", "look for what was missed, and upkeep"),
        }
    }

    /// What is held.
    pub(super) fn scope<'a>(&self, scope: &'a Scope) -> &'a str {
        match scope {
            Scope::All => self.t("全部", "everything"),
            Scope::Merchant(name) | Scope::Budget(name) | Scope::Effects(name) => name,
        }
    }

    /// What was done by hand.
    pub(super) fn act<'a>(&self, act: &'a str) -> &'a str {
        match act {
            "redrive" => self.t("重新执行", "redrive"),
            "resolve" => self.t("按事实了结", "resolve"),
            "hold" => self.t("暂停", "hold"),
            "release" => self.t("恢复", "release"),
            "reveal" => self.t("查看明文", "reveal"),
            "make-good" => self.t("补查遗漏", "make good"),
            "reverify" => self.t("重新验签", "reverify"),
            "erase" => self.t("删除个人数据", "erase"),
            "purge" => self.t("清理", "purge"),
            "backup" => self.t("备份", "backup"),
            "export" => self.t("导出明文", "export in clear"),
            other => other,
        }
    }

    /// What an attempt may have done.
    pub(super) fn outcome<'a>(&self, outcome: &'a str) -> &'a str {
        match outcome {
            "not_sent" => self.t("未发出", "not sent"),
            "rejected" => self.t("被拒", "rejected"),
            "accepted" => self.t("已接受", "accepted"),
            "unknown" => self.t("未知", "unknown"),
            other => other,
        }
    }

    /// What came of an exchange, or of a notification that was verified again.
    pub(super) fn result<'a>(&self, result: &'a str) -> &'a str {
        match result {
            "issued" => self.t("已发券", "issued"),
            "not_issued" => self.t("未发券", "not issued"),
            "taken" => self.t("已收下", "taken in"),
            "duplicate" => self.t("重复", "duplicate"),
            "refused" => self.t("仍被拒", "still refused"),
            other => other,
        }
    }

    /// What a check found, or that it is still to be made.
    pub(super) fn checked<'a>(&self, result: &'a str) -> &'a str {
        match result {
            "would_be_asked" => self.t("待查", "would be asked"),
            "pending" => self.t("查询中", "under way"),
            "present" => self.t("已有", "present"),
            "nothing_missing" => self.t("无遗漏", "nothing missing"),
            "made_good" => self.t("已补", "made good"),
            "settled" => self.t("已了结", "settled"),
            "to_look_at" => self.t("需要人看", "to look at"),
            "unclear" => self.t("不明", "unclear"),
            "failed" => self.t("未查到", "failed"),
            other => other,
        }
    }

    /// How long it is from one moment to another, in two units: `3 h 20 min`.
    pub(super) fn between(&self, from: &Timestamp, to: &Timestamp) -> String {
        let passed = to.duration_since(*from).max(SignedDuration::ZERO);
        let (second, minute, hour, day) =
            (self.t("秒", "s"), self.t("分", "min"), self.t("小时", "h"), self.t("天", "days"));
        match passed.as_secs() {
            0 if passed.is_zero() => format!("0 {second}"),
            0 => format!("{} {}", passed.subsec_millis(), self.t("毫秒", "ms")),
            1..10 => format!("{}.{} {second}", passed.as_secs(), passed.subsec_millis() / 100),
            seconds @ 10..60 => format!("{seconds} {second}"),
            seconds @ 60..3600 => format!("{} {minute} {} {second}", seconds / 60, seconds % 60),
            seconds @ 3600..172_800 => {
                format!("{} {hour} {} {minute}", seconds / 3600, seconds % 3600 / 60)
            }
            seconds => format!("{} {day}", seconds / 86_400),
        }
    }

    /// How often something was attempted.
    pub(super) fn attempts(&self, attempts: &u32) -> String {
        let word =
            if *attempts == 1 { self.t("次尝试", "attempt") } else { self.t("次尝试", "attempts") };
        format!("{attempts} {word}")
    }

    /// A moment as a clock face, at +08:00.
    #[expect(clippy::unused_self, reason = "templates reach it through the page")]
    pub(super) fn moment(&self, moment: &Timestamp) -> String {
        china(moment, "%H:%M:%S")
    }

    /// A moment as a clock face with milliseconds, at +08:00.
    #[expect(clippy::unused_self, reason = "templates reach it through the page")]
    pub(super) fn clock(&self, moment: &Timestamp) -> String {
        china(moment, "%H:%M:%S%.3f")
    }
}
