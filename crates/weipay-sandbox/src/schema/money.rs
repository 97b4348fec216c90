//! Operations that move money. Without a rule the sandbox invents no answer for them, unless it was allowed to: a test
//! that sees an invented refund succeed has learnt nothing.

use weipay_catalog::ops::{Method, Operation};

/// Areas in which every operation but a query moves money, or decides that it will be moved.
const AREAS: &[&str] = &[
    "abnormal-fund",
    "bank-transfer",
    "brand-profitsharing",
    "combine-transactions",
    "ecommerce",
    "ecommerce-fund",
    "ecommerce-profitsharing",
    "ecommerce-refunds",
    "ecommerce-transfer",
    "fund-app-brand-redpacket",
    "fund-app-transfer",
    "funds-to-oversea",
    "global-profitsharing",
    "hk",
    "industry-rebate",
    "merchant-fund",
    "partner-transfer",
    "pay-partner",
    "pay-transactions",
    "payscore",
    "payscore-acquiring-bank",
    "payscore-oversea",
    "payscore-partner",
    "payscore-payafter",
    "payscore-smart-retail",
    "platsolution-ecommerce",
    "platsolution-insurance",
    "platsolution-transfer",
    "profitsharing",
    "qrcode-transit",
    "recharge",
    "refund",
    "repayment",
    "transfer-batches",
];

/// Single operations of other areas.
const OPERATIONS: &[&str] = &[
    "credit_repayment_partner_deduct_orders_create",
    "discount_card_orders_update_by_out_order_no",
    "ebike_charge_transactions_create",
    "ecommerce_account_apply_cancel_withdraw_confirm",
    "ecommerce_account_apply_cancel_withdraw_create",
    "ecommerce_combine_papay_transactions_create",
    "ecommerce_combine_papay_transactions_reverse",
    "edu_papay_transactions_create",
    "eduschoolpay_transactions_create",
    "global_micropay_transactions_id_reverse",
    "global_micropay_transactions_out_trade_no_reverse",
    "global_micropay_transactions_pay",
    "global_papay_transactions_create",
    "global_papay_transactions_out_trade_no_reverse",
    "global_refunds_create",
    "global_transactions_app",
    "global_transactions_id_close",
    "global_transactions_jsapi",
    "global_transactions_mweb",
    "global_transactions_native",
    "global_transactions_out_trade_no_close",
    "hire_power_bank_insurance_orders_create",
    "inspolicymgr_deduct_policies_create",
    "marketing_busifavor_subsidy_pay_receipts_create",
    "marketing_busifavor_subsidy_return_receipts_create",
    "marketing_withdraw_favor_users_coupons_create",
    "mch_operate_risk_withdrawl_apply_create",
    "med_ins_orders_create",
    "offlineface_transactions_create",
    "papay_insurance_pay_transactions_apply",
    "papay_pay_harmony_transactions_apply",
    "papay_pay_partner_transactions_apply",
    "papay_pay_transactions_apply",
    "parking_reminders_payment",
    "payroll_card_transfer_batches",
    "payscore_sign_plan_partner_serviceorder",
    "payscore_sign_plan_serviceorder",
    "vehicle_etc_transactions_highway",
    "vehicle_transactions_parking",
];

/// Whether this operation moves money.
pub(crate) fn moves(operation: &Operation) -> bool {
    let in_area = operation.method != Method::Get && AREAS.contains(&operation.area);
    in_area || OPERATIONS.contains(&operation.id)
}

#[cfg(test)]
mod tests {
    use weipay_catalog::ops;

    use super::*;

    #[test]
    fn every_name_in_the_lists_is_one_of_the_catalogue() {
        for area in AREAS {
            assert!(ops::areas().iter().any(|known| known.name == *area), "no area {area}");
        }
        for id in OPERATIONS {
            let operation = ops::operation(id);
            assert!(operation.is_some_and(|operation| !AREAS.contains(&operation.area)), "no operation {id}");
        }
    }
}
