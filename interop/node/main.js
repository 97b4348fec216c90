// wechatpay-axios-plugin, as published on npm, against a running sandbox: node main.js ENV_FILE
// Bodies, paths and style are those of the documentation pages that this project started from.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { parseEnv } from 'node:util';
import { Aes, Formatter, Rsa, Wechatpay } from 'wechatpay-axios-plugin';

const env = parseEnv(readFileSync(process.argv[2], 'utf8'));
const platformKey = Rsa.from(env.WEIPAY_PLATFORM_PUBLIC_KEY, Rsa.KEY_TYPE_PUBLIC);

/** A client of the sandbox; `change` replaces what a check wants to be wrong. */
const client = (change = {}) => new Wechatpay({
  baseURL: env.WEIPAY_BASE_URL, // the SDK's own option
  proxy: false, // the sandbox is on this machine
  mchid: env.WEIPAY_MCHID,
  serial: env.WEIPAY_MERCHANT_SERIAL,
  privateKey: env.WEIPAY_PRIVATE_KEY,
  certs: { [env.WEIPAY_PLATFORM_KEY_ID]: platformKey },
  // Asks for an answer signed by the public key; without it the server signs with its certificate.
  headers: { 'Wechatpay-Serial': env.WEIPAY_PLATFORM_KEY_ID },
  ...change,
});
const wxpay = client();
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });

const confirm = {
  record_id: 'pbLatjvWOibDc5-TBnbUk1pD12o0',
  exchange_coupon_template_id: '0Flpo7FqTQ',
  brand_id: '1004',
  card_id: 'pbLatjvWOibDc5-TBnbUk1pD12o0',
  openid: 'obLatjnx9gnqzS4myYGmLZ7LgLBA',
  user_card_code: '478515832665',
  state: 'POINT_EXCHANGE_COUPON_SUCCESS',
  coupon_code: '123446565767',
  fail_reason: '积分不足',
};
const pointsNotify = {
  sub_mchid: '1234567890',
  transaction_id: '1217752501201407033233368018',
  appid: 'wx1234567890abcdef',
  openid: 'oWmnN4xxxxxxxxxxe92NHIGf1xd8',
  earn_points: true,
  increased_points: 100,
  points_update_time: '2020-05-20T13:29:35.120+08:00',
  no_points_remarks: '商品不参与积分活动',
  total_points: 888888,
};
const couponsUse = {
  coupon_code: 'sxxe34343434',
  stock_id: '100088',
  appid: 'wx1234567889999',
  use_time: '2015-05-20T13:29:35+08:00',
  use_request_no: '1002600620019090123143254435',
  openid: 'xsd3434454567676',
};
const bonusCommit = {
  out_trade_no: '1217752501201407033233368018',
  mchid: '1230000109',
  sub_mchid: '1900000109',
  bonus_value: 30,
};

const APPID = 'wx1234567890abcdef';
const OPENID = 'oWmnN4xxxxxxxxxxe92NHIGf1xd8';

/** Steers the sandbox by its control plane. */
async function sandbox(path, body) {
  const response = await fetch(`${env.WEIPAY_BASE_URL}/sandbox/v1/${path}`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
  });
  assert.ok(response.ok, `${path}: ${response.status} ${await response.text()}`);
}

/** Does what `act` does with a notification endpoint; gives its result, and the notification opened by the SDK. */
async function notified(act) {
  let tell;
  const received = new Promise((resolve) => { tell = resolve; });
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString('utf8');
    response.writeHead(204).end();
    tell({ headers: request.headers, body });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const result = await act(`http://127.0.0.1:${server.address().port}/`);
    const late = new Promise((_, reject) => { setTimeout(reject, 10_000, new Error('no notification')).unref(); });
    return { result, ...opened(await Promise.race([received, late])) };
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

/** Verifies and decrypts a notification with the SDK's own functions. */
function opened({ headers, body }) {
  assert.equal(headers['wechatpay-serial'], env.WEIPAY_PLATFORM_KEY_ID);
  const signed = Formatter.response(headers['wechatpay-timestamp'], headers['wechatpay-nonce'], body);
  assert.ok(Rsa.verify(signed, headers['wechatpay-signature'], platformKey), 'signature');
  const { event_type: event, resource: { ciphertext, nonce, associated_data: associated } } = JSON.parse(body);
  return { event, resource: JSON.parse(Aes.AesGcm.decrypt(ciphertext, env.WEIPAY_APIV3_KEY, nonce, associated)) };
}

/** An order from prepay to its callback. */
async function paid(number) {
  const { event, resource } = await notified(async (url) => {
    const { data } = await wxpay.v3.pay.transactions.jsapi.post({
      appid: APPID, mchid: env.WEIPAY_MCHID, description: 'Image形象店-深圳腾大-QQ公仔', out_trade_no: number,
      notify_url: url, amount: { total: 100, currency: 'CNY' }, payer: { openid: OPENID },
    });
    assert.equal((await query(number)).trade_state, 'NOTPAY');
    await sandbox('users/pay', { prepay_id: data.prepay_id });
  });
  assert.equal(event, 'TRANSACTION.SUCCESS');
  assert.deepEqual([resource.out_trade_no, resource.amount.total], [number, 100]);
  const order = await query(number);
  assert.deepEqual([order.trade_state, order.transaction_id], ['SUCCESS', resource.transaction_id]);
}

async function query(number) {
  const params = { mchid: env.WEIPAY_MCHID };
  const { data } = await wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.get({ params, out_trade_no: number });
  return data;
}

const checks = {
  'POST …/exchange-coupon/confirm: 200, the record': async () => {
    const { status, data } = await wxpay.v3.brand.partner.cardMember.userPoints.exchangeCoupon.confirm.post(confirm);
    assert.equal(status, 200);
    for (const member of ['record_id', 'exchange_coupon_template_id', 'brand_id', 'card_id', 'openid', 'user_card_code', 'state']) {
      assert.equal(data[member], confirm[member], member);
    }
  },
  'POST …/businesscircle/points/notify: 204, empty': async () => {
    const { status, data } = await wxpay.v3.businesscircle.points.notify.post(pointsNotify);
    assert.deepEqual([status, data], [204, '']);
  },
  'POST …/busifavor/coupons/use: 200, stock, user, time': async () => {
    const { status, data } = await wxpay.v3.marketing.busifavor.coupons.use.post(couponsUse);
    assert.deepEqual([status, data.stock_id, data.openid], [200, '100088', 'xsd3434454567676']);
    assert.ok(Date.parse(data.wechatpay_use_time) > 0, data.wechatpay_use_time);
  },
  'POST …/bonus/commit: 204, empty': async () => {
    const { status, data } = await wxpay.v3.marketing.membercardOpen.cards._card_id_.codes._code_.bonus.commit
      .post(bonusCommit, { card_id: '478515832665', code: '478515832665' });
    assert.deepEqual([status, data], [204, '']);
  },
  'a notification: signature and resource open, encrypted members both ways': async () => {
    const message = '签名验签测试';
    const { result: { data }, event, resource } = await notified((url) => wxpay.v3.security.echo.post({
      echo_message: message,
      encrypted_echo_message: Rsa.encrypt(message, platformKey),
      notify_url: url,
    }));
    assert.equal(data.echo_message, message);
    assert.equal(Rsa.decrypt(data.encrypted_echo_message, env.WEIPAY_PRIVATE_KEY), message);
    assert.deepEqual([event, resource.echo_message], ['SECURITY_ECHO.SUCCESS', message]);
  },
  'a payment: prepay, query, callback verified and decrypted': () => paid('node-pay-1'),
  'a refund: asked for, 24 h later told, query': async () => {
    await paid('node-pay-2');
    const { event, resource } = await notified(async (url) => {
      const { data } = await wxpay.v3.refund.domestic.refunds.post({
        out_trade_no: 'node-pay-2', out_refund_no: 'node-refund-2', notify_url: url,
        amount: { refund: 30, total: 100, currency: 'CNY' },
      });
      assert.equal(data.status, 'PROCESSING');
      await sandbox('clock/advance', { by: '24h' });
    });
    assert.deepEqual([event, resource.out_refund_no], ['REFUND.SUCCESS', 'node-refund-2']);
    const { data } = await wxpay.v3.refund.domestic.refunds._out_refund_no_.get({ out_refund_no: 'node-refund-2' });
    assert.deepEqual([data.status, data.amount.refund], ['SUCCESS', 30]);
  },
  '24 h later: calls and callbacks are accepted as before': () => paid('node-pay-3'),
  'GET /v3/certificates: the certificate opens, and verifies answers': async () => {
    const { data: { data: [listed] } } = await wxpay.v3.certificates.get();
    const { ciphertext, nonce, associated_data: associated } = listed.encrypt_certificate;
    const certificate = Aes.AesGcm.decrypt(ciphertext, env.WEIPAY_APIV3_KEY, nonce, associated);
    const certs = { [listed.serial_no]: Rsa.from(certificate, Rsa.KEY_TYPE_PUBLIC) };
    const { status, headers } = await client({ certs, headers: {} }).v3.marketing.busifavor.coupons.use.post(couponsUse);
    assert.deepEqual([status, headers['wechatpay-serial']], [200, listed.serial_no]);
  },
  'a wrong platform key: the SDK refuses the answer': async () => {
    const wrong = client({ certs: { [env.WEIPAY_PLATFORM_KEY_ID]: stranger.publicKey } });
    await assert.rejects(
      wrong.v3.marketing.busifavor.coupons.use.post(couponsUse),
      { code: 'EV3_RES_HEADER_SIGNATURE_DIGEST' },
    );
  },
  'a wrong merchant key: the sandbox refuses the request': async () => {
    const wrong = client({ privateKey: stranger.privateKey });
    await assert.rejects(
      wrong.v3.marketing.busifavor.coupons.use.post(couponsUse),
      ({ response }) => response.status === 401 && response.data.code === 'SIGN_ERROR',
    );
  },
};

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`ok    ${name}`);
  } catch (error) {
    failed += 1;
    const answer = error.response?.data ? ` ${JSON.stringify(error.response.data)}` : '';
    console.log(`FAIL  ${name}: ${error.message}${answer}`);
  }
}
console.log(`${Object.keys(checks).length - failed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
