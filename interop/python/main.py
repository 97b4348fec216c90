"""wechatpayv3, as published on PyPI, against a running sandbox: python main.py ENV_FILE

Bodies and paths are those of the documentation pages that this project started from.
"""

import json
import os
import queue
import sys
import threading
import urllib.request
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from dotenv import dotenv_values
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.type import RequestType

env = dotenv_values(sys.argv[1], interpolate=False)


def client(**change):
    """A client of the sandbox; `change` replaces what a check wants to be wrong."""
    settings = dict(
        wechatpay_type=WeChatPayType.MINIPROG,
        mchid=env["WEIPAY_MCHID"],
        cert_serial_no=env["WEIPAY_MERCHANT_SERIAL"],
        private_key=env["WEIPAY_PRIVATE_KEY"],
        apiv3_key=env["WEIPAY_APIV3_KEY"],
        public_key=env["WEIPAY_PLATFORM_PUBLIC_KEY"],
        public_key_id=env["WEIPAY_PLATFORM_KEY_ID"],
        appid="wx1234567890abcdef",
        partner_mode=True,
        timeout=(5, 10),
    )
    wxpay = WeChatPay(**(settings | change))
    # The SDK has no public setting for the base URL. Behind the sandbox as its proxy it needs none.
    if "HTTPS_PROXY" not in os.environ:
        wxpay._core._gate_way = env["WEIPAY_BASE_URL"]
    return wxpay


def call(path, body):
    """For operations that the SDK has no function for: its own signing, sending and verifying."""
    return wxpay._core.request(path, method=RequestType.POST, data=body)


wxpay = client()
SUB_MCHID = "1900000109"
stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)

CONFIRM = {
    "record_id": "pbLatjvWOibDc5-TBnbUk1pD12o0",
    "exchange_coupon_template_id": "0Flpo7FqTQ",
    "brand_id": "1004",
    "card_id": "pbLatjvWOibDc5-TBnbUk1pD12o0",
    "openid": "obLatjnx9gnqzS4myYGmLZ7LgLBA",
    "user_card_code": "478515832665",
    "state": "POINT_EXCHANGE_COUPON_SUCCESS",
    "coupon_code": "123446565767",
    "fail_reason": "积分不足",
}
POINTS_NOTIFY = {
    "sub_mchid": "1234567890",
    "transaction_id": "1217752501201407033233368018",
    "appid": "wx1234567890abcdef",
    "openid": "oWmnN4xxxxxxxxxxe92NHIGf1xd8",
    "earn_points": True,
    "increased_points": 100,
    "points_update_time": "2020-05-20T13:29:35.120+08:00",
    "no_points_remarks": "商品不参与积分活动",
    "total_points": 888888,
}
COUPONS_USE = {
    "coupon_code": "sxxe34343434",
    "stock_id": "100088",
    "appid": "wx1234567889999",
    "use_time": "2015-05-20T13:29:35+08:00",
    "use_request_no": "1002600620019090123143254435",
    "openid": "xsd3434454567676",
}
BONUS_COMMIT = {
    "out_trade_no": "1217752501201407033233368018",
    "mchid": "1230000109",
    "sub_mchid": "1900000109",
    "bonus_value": 30,
}


def confirm():
    """POST …/exchange-coupon/confirm: 200, the record"""
    status, answer = call("/v3/brand/partner/card-member/user-points/exchange-coupon/confirm", CONFIRM)
    answer = json.loads(answer)
    same("status", status, 200)
    members = ["record_id", "exchange_coupon_template_id", "brand_id", "card_id", "openid", "user_card_code", "state"]
    for member in members:
        same(member, answer[member], CONFIRM[member])


def points_notify():
    """POST …/businesscircle/points/notify: 204, empty"""
    status, answer = wxpay.points_notify(**POINTS_NOTIFY)
    same("status", status, 204)
    same("body", answer, b"")


def coupons_use():
    """POST …/busifavor/coupons/use: 200, stock, user, time"""
    status, answer = wxpay.marketing_busifavor_coupon_use(**COUPONS_USE)
    answer = json.loads(answer)
    same("status", status, 200)
    same("stock_id", answer["stock_id"], "100088")
    same("openid", answer["openid"], "xsd3434454567676")
    datetime.fromisoformat(answer["wechatpay_use_time"])


def bonus_commit():
    """POST …/bonus/commit: 204, empty"""
    status, answer = call(
        "/v3/marketing/membercard-open/cards/478515832665/codes/478515832665/bonus/commit", BONUS_COMMIT
    )
    same("status", status, 204)
    same("body", answer, b"")


def notified(act):
    """Does what `act` does with a notification endpoint; gives its result, and the notification opened by the SDK."""
    received = queue.Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            received.put((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        result = act(f"http://127.0.0.1:{server.server_port}/")
        headers, body = received.get(timeout=10)
    finally:
        server.shutdown()
    return result, wxpay.callback({name.title(): value for name, value in headers.items()}, body)


def sandbox(path, body):
    """Steers the sandbox by its control plane."""
    request = urllib.request.Request(
        f"{env['WEIPAY_BASE_URL']}/sandbox/v1/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=30).close()


def notification():
    """a notification: signature and resource open, encrypted members both ways"""
    message = "签名验签测试"
    (status, answer), opened = notified(
        lambda url: call(
            "/v3/security/echo",
            {
                "echo_message": message,
                "encrypted_echo_message": wxpay._core.encrypt(message),
                "notify_url": url,
            },
        )
    )
    same("status", status, 200)
    same("encrypted_echo_message", wxpay.decrypt(json.loads(answer)["encrypted_echo_message"]), message)
    same("event_type", opened["event_type"], "SECURITY_ECHO.SUCCESS")
    same("echo_message", opened["resource"]["echo_message"], message)


def query(number):
    status, answer = wxpay.query(out_trade_no=number, sub_mchid=SUB_MCHID)
    same("status", status, 200)
    return json.loads(answer)


def paid(number):
    """A partner's order from prepay to its callback."""

    def pay(url):
        status, answer = wxpay.pay(
            description="Image形象店-深圳腾大-QQ公仔", out_trade_no=number, amount={"total": 100},
            payer={"sp_openid": "oWmnN4xxxxxxxxxxe92NHIGf1xd8"}, sub_mchid=SUB_MCHID, notify_url=url,
        )
        same("status", status, 200)
        same("before", query(number)["trade_state"], "NOTPAY")
        sandbox("users/pay", {"prepay_id": json.loads(answer)["prepay_id"]})

    _, opened = notified(pay)
    same("event_type", opened["event_type"], "TRANSACTION.SUCCESS")
    same("out_trade_no", opened["resource"]["out_trade_no"], number)
    order = query(number)
    same("after", order["trade_state"], "SUCCESS")
    same("transaction_id", order["transaction_id"], opened["resource"]["transaction_id"])


def payment():
    """a partner's payment: prepay, query, callback verified and decrypted"""
    paid("python-pay-1")


def refund():
    """a refund: asked for, 24 h later told, query"""
    paid("python-pay-2")

    def back(url):
        status, answer = wxpay.refund(
            out_refund_no="python-refund-2", out_trade_no="python-pay-2", sub_mchid=SUB_MCHID,
            amount={"refund": 30, "total": 100, "currency": "CNY"}, notify_url=url,
        )
        same("status", status, 200)
        same("refund", json.loads(answer)["status"], "PROCESSING")
        sandbox("clock/advance", {"by": "24h"})

    _, opened = notified(back)
    same("event_type", opened["event_type"], "REFUND.SUCCESS")
    same("out_refund_no", opened["resource"]["out_refund_no"], "python-refund-2")
    status, answer = wxpay.query_refund("python-refund-2", sub_mchid=SUB_MCHID)
    same("status", (status, json.loads(answer)["status"]), (200, "SUCCESS"))


def wrong_platform_key():
    """a wrong platform key: the SDK refuses the answer"""
    pem = stranger.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    wrong = client(public_key=pem.decode())
    try:
        wrong.marketing_busifavor_coupon_use(**COUPONS_USE)
    except Exception as error:  # the SDK raises nothing more precise
        same("error", str(error), "failed to verify the signature")
    else:
        raise AssertionError("the answer was accepted")


def wrong_merchant_key():
    """a wrong merchant key: the sandbox refuses the request"""
    pem = stranger.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    wrong = client(private_key=pem.decode())
    status, answer = wrong.marketing_busifavor_coupon_use(**COUPONS_USE)
    same("status", status, 401)
    same("code", json.loads(answer)["code"], "SIGN_ERROR")


def same(what, found, expected):
    if found != expected:
        raise AssertionError(f"{what} is {found!r}, not {expected!r}")


def main():
    checks = [
        confirm, points_notify, coupons_use, bonus_commit, notification, payment, refund,
        wrong_platform_key, wrong_merchant_key,
    ]
    failed = 0
    for check in checks:
        try:
            check()
            print(f"ok    {check.__doc__}")
        except Exception as error:
            failed += 1
            print(f"FAIL  {check.__doc__}: {type(error).__name__}: {error}")
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
