//! `weipay relay export`: page by page, so that a campaign day fits.

use weipay_relay::operate::{Command, Settlement, Settlements};

use super::answer::typed;
use super::operate::{Common, Desk};
use crate::output::{self, Failure};

/// One JSON object per line, or CSV with a head.
pub(super) async fn run(command: Command, common: &Common, csv: bool) -> Result<(), Failure> {
    let Command::Export { day, reveal, .. } = command else { return Ok(()) };
    let (desk, answer) = Desk::ask(common, &command).await?;
    let mut page: Settlements = typed(answer)?;
    let mut writer = csv::WriterBuilder::new().from_writer(std::io::stdout().lock());
    if csv && page.rows.is_empty() {
        output::log("weipay: no effect ended on that day");
    }
    loop {
        for row in &page.rows {
            match csv {
                true => writer.serialize(Spreadsheet::of(row))?,
                false => output::result(&serde_json::to_string(row)?),
            }
        }
        let Some(after) = page.next else { break };
        page = typed(desk.again(&Command::Export { day, after: Some(after), reveal }).await?)?;
    }
    Ok(writer.flush()?)
}

/// A row as a spreadsheet takes it: no text is a formula.
#[derive(serde::Serialize)]
struct Spreadsheet {
    ended: String,
    merchant: String,
    case: String,
    effect: String,
    operation: String,
    state: String,
    result: String,
    points: Option<u64>,
    coupon_code: String,
    stock_id: String,
    request_no: String,
    attempts: u32,
    openid: String,
    reason: String,
}

impl Spreadsheet {
    fn of(row: &Settlement) -> Self {
        let text = |text: &Option<String>| plain(text.as_deref().unwrap_or_default());
        let state = serde_json::to_value(row.state).unwrap_or_default();
        Self {
            ended: row.ended.to_string(),
            merchant: plain(&row.merchant),
            case: plain(&row.case),
            effect: plain(&row.effect),
            operation: text(&row.operation),
            state: state.as_str().unwrap_or_default().to_owned(),
            result: text(&row.result),
            points: row.points,
            coupon_code: text(&row.coupon_code),
            stock_id: text(&row.stock_id),
            request_no: text(&row.request_no),
            attempts: row.attempts,
            openid: text(&row.openid),
            reason: text(&row.reason),
        }
    }
}

fn plain(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_text_from_outside_is_never_a_formula() {
        assert_eq!(plain("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(plain("exchange/R1"), "exchange/R1");
    }
}
