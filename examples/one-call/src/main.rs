//! Redeems one coupon and says what that came to: `example-one-call COUPON_CODE APPID USE_TIME USE_REQUEST_NO`.
//!
//! Credentials come from the environment, as `weipay sandbox --env FILE` writes it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints")]

use std::process::ExitCode;

use weipay::api::marketing_busifavor::CouponsUseRequest;
use weipay::{BoxError, Client, Outcome, Time};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match redeem().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn redeem() -> Result<(), BoxError> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [coupon_code, appid, use_time, use_request_no] =
        <[String; 4]>::try_from(arguments).map_err(|_| "give COUPON_CODE APPID USE_TIME USE_REQUEST_NO")?;
    let client = Client::from_env()?;
    let body =
        CouponsUseRequest::new(coupon_code, appid, Time::parse(use_time)?, use_request_no).stock_id("100088");
    match client.v3().marketing().busifavor().coupons().use_().post(&body).await {
        Ok(used) => println!("redeemed at {}", used.wechatpay_use_time.unwrap_or_default()),
        Err(error) if matches!(error.outcome(), Outcome::Unknown | Outcome::Accepted) => {
            return Err(
                format!("{error}\nrun it again with the same number: it may be redeemed already").into()
            );
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
