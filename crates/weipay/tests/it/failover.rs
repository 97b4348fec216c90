//! The hosts by their real names: HTTPS to the sandbox through its own `CONNECT`, and the backup host while the main one is away.

use serde_json::{Value, json};
use weipay::{Client, Credential, Error, Outcome, PrivateKey, PublicKey};
use weipay_sandbox::{Authority, Fault, Sandbox};

const USE: &str = "v3/marketing/busifavor/coupons/use";
const BACKUP: &str = "https://api2.mch.weixin.qq.com";

/// A client that trusts the sandbox's authority and is told nothing but the proxy: its base URL is the real one.
fn client(sandbox: &Sandbox) -> weipay::ClientBuilder<Client> {
    let own = sandbox.credentials();
    let credential = Credential::merchant(own.mchid)
        .private_key(own.merchant_serial, PrivateKey::from_pem(own.private_key_pem).unwrap())
        .platform_public_key(own.platform_key_id, PublicKey::from_pem(own.platform_public_key_pem).unwrap());
    Client::builder()
        .credential(credential.build().unwrap())
        .proxy(sandbox.url())
        .extra_ca(sandbox.ca_pem().unwrap())
}

async fn redeem(client: &Client) -> Result<Value, Error> {
    let body = json!({
        "coupon_code": "sxxe34343434", "stock_id": "100088", "appid": "wx1234567889999",
        "use_time": "2015-05-20T13:29:35+08:00", "use_request_no": "1002600620019090123143254435",
        "openid": "xsd3434454567676",
    });
    client.chain(USE).post(&body).await
}

#[tokio::test]
async fn t10_the_backup_host_takes_the_same_number_while_the_main_one_is_away() {
    let sandbox = Sandbox::builder().tls(Authority::generate().unwrap()).start().await.unwrap();
    let main = client(&sandbox).build().unwrap();
    let backup = client(&sandbox).base_url(BACKUP).build().unwrap();
    sandbox.inject(Fault::new("T10").unwrap().times(u32::MAX));
    let error = redeem(&main).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotSent, "{error}");
    assert_eq!(sandbox.journal().count(), 0);

    let used = redeem(&backup).await.unwrap();
    assert_eq!(used["openid"], "xsd3434454567676");
    sandbox.clear_faults();
    assert_eq!(redeem(&main).await.unwrap(), used, "the same number on the main host again");
    assert_eq!(sandbox.effects().len(), 1);
    let hosts: Vec<_> = sandbox.journal().entries().iter().filter_map(host).collect();
    assert_eq!(hosts, ["api2.mch.weixin.qq.com", "api.mch.weixin.qq.com"]);
}

fn host(entry: &weipay_sandbox::Entry) -> Option<String> {
    let mut headers = entry.request_headers.iter();
    headers.find(|(name, _)| name == "host").map(|(_, host)| host.clone())
}
