//! Composite troubles, one command each. Each says what it set up; what it leaves is cleared by clearing the faults, the
//! skew and the migration, or by a reset.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Control;
use crate::world::CertificateState;
use crate::{Error, Fault, Migration, Trigger};

/// A composite trouble.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Scenario {
    /// Its name in the path.
    pub name: String,
    /// What happens, in English.
    pub title: String,
    /// The same in Chinese.
    pub title_zh: String,
}

type Play = fn(&Control) -> Result<(), Error>;

const DAY: Duration = Duration::from_secs(24 * 3600);
/// As often as anybody can call.
const ALWAYS: u32 = u32::MAX;

const SCENARIOS: &[(&str, &str, &str, Play)] = &[
    (
        "double-sale",
        "The next redemption takes effect and its answer is lost; a retry with a new number is refused",
        "双重核销：下一次核销已生效但应答丢失",
        |control| {
            control.world.inject(Fault::new("T01")?.on("marketing_busifavor_coupons_use"));
            Ok(())
        },
    ),
    (
        "rotation-night",
        "Half of everything is signed by the next platform certificate, notifications by either kind of key, and every twentieth answer is a probe",
        "证书轮换之夜：新旧平台证书各半，二十分之一为探测签名",
        |control| {
            control.world.migrate(Migration {
                announced: true,
                to_next_certificate: 0.5,
                to_public_key: 0.0,
            });
            control.world.inject(Fault::new("R02")?.times(ALWAYS).probability(0.05));
            control.world.inject(Fault::new("K07")?.times(ALWAYS).probability(0.5));
            Ok(())
        },
    ),
    (
        "slow-partner",
        "Every notification comes twice, and confirmations are refused with 429 every third time",
        "慢伙伴：通知均重复，确认接口三次中一次超频",
        |control| {
            control.world.inject(Fault::new("N01")?.times(ALWAYS));
            let confirm = "POST /v3/*/confirm";
            control.world.inject(Fault::order("429, ok, ok")?.matching(confirm)?.times(ALWAYS / 3));
            Ok(())
        },
    ),
    (
        "bad-clock",
        "The server's clock runs 301 seconds ahead until the skew is set back",
        "时钟错误：服务器时间快 301 秒，直到恢复",
        |control| {
            control.world.set_wire_skew(301);
            Ok(())
        },
    ),
    (
        "main-host-down",
        "The main host is not there until the faults are cleared: TLS handshakes fail, connections are reset; the backup host serves",
        "主域名不可用：TLS 握手失败、连接被重置，直到清除故障；备用域名正常",
        |control| {
            control.world.inject(Fault::new("T10")?.times(ALWAYS));
            Ok(())
        },
    ),
    (
        "key-leak",
        "The default caller's certificates are revoked while calls run",
        "密钥泄露演练：默认商户证书被吊销",
        |control| {
            let mchid = control.world.shared.state().world.default_caller.clone();
            for merchant in control.keys().merchants.iter().filter(|merchant| merchant.mchid == mchid) {
                for certificate in &merchant.certificates {
                    control.world.set_certificate(&mchid, &certificate.serial, CertificateState::Revoked)?;
                }
            }
            Ok(())
        },
    ),
    (
        "lost-notifications",
        "No notification is sent for 24 hours of business time",
        "通知丢失：24 小时内不发送任何通知",
        |control| {
            control.world.inject(Fault::new("N05")?.variant("never")?.times(ALWAYS).lasting(DAY));
            Ok(())
        },
    ),
    (
        "mixed-tenants",
        "The default caller's address gets the notifications of all other merchants too",
        "租户混杂：所有商户的通知都发到默认商户的地址",
        |control| {
            let merchants = control.keys().merchants;
            let caller = control.world.shared.state().world.default_caller.clone();
            let own = merchants.iter().find(|merchant| merchant.mchid == caller);
            let url = own.and_then(|merchant| merchant.notify_url.clone());
            let url =
                url.ok_or_else(|| Error::State("the default caller has set no notify_url".to_owned()))?;
            for merchant in merchants.iter().filter(|merchant| merchant.has_apiv3_key) {
                control.world.trigger(Trigger::new("TRANSACTION.SUCCESS").to(&merchant.mchid).at(&url))?;
            }
            Ok(())
        },
    ),
];

impl Control {
    /// Every scenario.
    pub fn scenarios(&self) -> Vec<Scenario> {
        let view = |(name, title, title_zh, _): &(&str, &str, &str, Play)| Scenario {
            name: (*name).to_owned(),
            title: (*title).to_owned(),
            title_zh: (*title_zh).to_owned(),
        };
        SCENARIOS.iter().map(view).collect()
    }

    /// Sets a scenario up.
    pub fn play(&self, name: &str) -> Result<(), Error> {
        let scenario = SCENARIOS.iter().find(|(known, ..)| *known == name);
        let (.., play) =
            scenario.ok_or_else(|| Error::Unknown { what: "scenario", name: name.to_owned() })?;
        play(self)
    }
}
