// The page asks twice a second what is new; a 304 changes nothing.
const LANGUAGES = {
  en: {
    aside: n => `${n} more set aside`, wants: (who, n) => `${who}: ${n} points`,
    received: '', reserved: 'Allowed. Waiting for WeChat Pay.', rejected: 'Not allowed: ', taken: 'Coupon ',
    given_back: 'No coupon, points given back. ', parked: 'Nobody knows yet; a person has to look. ',
    paid: (who, yuan, n, back) => `${who}: ¥${yuan}, ${n} points${back ? `, ${back} taken back` : ''}`,
    lost: 'The shop does not answer. Is it running?',
  },
  zh: {
    aside: n => `另有 ${n} 积分待扣`, wants: (who, n) => `${who}：${n} 积分`,
    received: '', reserved: '同意兑换，等待微信支付确认。', rejected: '未同意：', taken: '券码 ',
    given_back: '未发券，积分已退回。', parked: '结果未知，需人工处理。',
    paid: (who, yuan, n, back) => `${who}：¥${yuan}，${n} 积分${back ? `，已扣回 ${back}` : ''}`,
    lost: '小店没有响应，请确认它仍在运行。',
  },
};
const CLOCK = { hourCycle: 'h23', hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 1 };
const find = (id) => document.getElementById(id);
let [language, state, tag] = [navigator.language.startsWith('zh') ? 'zh' : 'en', null, ''];

function translate(root) {
  for (const one of root.querySelectorAll('[data-en]')) one.textContent = one.dataset[language];
  return root;
}

const copy = (template) => translate(find(template).content.firstElementChild.cloneNode(true));

function member(one) {
  const card = copy('member');
  card.querySelector('h3').textContent = one.name || '—';
  card.querySelector('b').textContent = one.points;
  card.querySelector('.reserved').textContent = one.reserved ? LANGUAGES[language].aside(one.reserved) : '';
  card.querySelector('.taps').hidden = !state.buttons;
  const exchange = card.querySelector('button.exchange');
  exchange.hidden = !one.card;
  exchange.onclick = () => tap(`/api/members/${one.number}/exchange`, {});
  card.querySelector('.pay').onclick = () => tap(`/api/members/${one.number}/pay`, { amount: 12800 });
  return card;
}

function exchange(one) {
  const words = LANGUAGES[language];
  const item = copy('exchange');
  item.dataset.record = one.record_id;
  item.querySelector('.what').textContent = words.wants(state.members[one.member]?.name ?? '—', one.points);
  for (const step of item.querySelectorAll('[data-step]')) {
    const at = one[step.dataset.step];
    step.classList.toggle('done', Boolean(at));
    step.classList.toggle('no', Boolean(at) && one.state !== 'taken' && one.state !== 'reserved' && one.state !== 'received');
    const time = Object.assign(step.querySelector('time'), { dateTime: at ?? '' });
    time.textContent = at ? new Date(at).toLocaleTimeString(language, CLOCK) : '';
  }
  const detail = one.state === 'taken' ? one.coupon_code : one.state === 'reserved' ? '' : one.reason;
  item.querySelector('.end').textContent = words[one.parked ? 'parked' : one.state] + (detail ?? '');
  return item;
}

function payment(one) {
  const [item, who] = [document.createElement('li'), state.members[one.member]?.name || '—'];
  item.textContent = LANGUAGES[language].paid(who, (one.amount / 100).toFixed(2), one.points, one.reversed);
  return item;
}

function show() {
  document.documentElement.lang = language;
  translate(document);
  for (const one of document.querySelectorAll('[data-lang]')) one.ariaPressed = one.dataset.lang === language;
  if (!state) return;
  const focused = [...document.querySelectorAll('#members button')].indexOf(document.activeElement);
  find('members').replaceChildren(...state.members.map(member));
  if (focused >= 0) document.querySelectorAll('#members button')[focused]?.focus();
  find('exchanges').replaceChildren(...state.exchanges.map(exchange));
  find('payments').replaceChildren(...state.payments.map(payment));
}

const trouble = (text) => Object.assign(find('trouble'), { hidden: !text, textContent: text });

async function tap(path, body) {
  const options = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const answer = await fetch(path, options).catch(() => null);
  trouble(answer?.ok ? '' : answer ? await answer.text() : LANGUAGES[language].lost);
}

async function watch() {
  const answer = await fetch('/api/state', { headers: { 'if-none-match': tag }, cache: 'no-store' }).catch(() => null);
  if (!answer) trouble(LANGUAGES[language].lost);
  else if (answer.ok) {
    if (!state || find('trouble').textContent === LANGUAGES[language].lost) trouble('');
    [tag, state] = [answer.headers.get('etag'), await answer.json()];
    show();
  }
  setTimeout(watch, 500);
}

for (const one of document.querySelectorAll('[data-lang]')) {
  one.onclick = () => { language = one.dataset.lang; show(); };
}
show(), watch();
