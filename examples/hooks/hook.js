#!/usr/bin/env node
// A hook of weipay relay: a points ledger in one file, with nothing but Node (18 or newer).
//
//     HOOK_SECRET=… node hook.js 8091 ledger.log
//
// What makes it right: the question's id, the answer and the booking are ONE line of the log, synced to the disk before the
// answer goes out. A repetition finds the id and gets the stored answer; a line that a crash cut off did not happen. With a
// database, the same is one transaction. (Node runs one turn at a time, which is the lock; a second process needs another.)
'use strict'
const { createHmac, timingSafeEqual } = require('node:crypto')
const fs = require('node:fs')
const http = require('node:http')

const [port, path] = process.argv.slice(2)
const asked = new Map() // question id → answer
const members = new Map() // openid → points that can be spent
const exchanges = new Map() // record_id → { openid, points, state }
const payments = new Map() // transaction_id → { openid, fen, points, reversed }
const refunds = new Map() // transaction_id → Map(refund_id → fen)

const spendable = (openid) => members.get(openid) ?? 0

/** What an answer does to the books. Replayed at the start, so it depends on nothing but the line. */
const book = {
  move: ([openid, points]) => members.set(openid, spendable(openid) + points),
  exchange: ([record, entry]) => exchanges.set(record, entry),
  payment: ([transaction, entry]) => payments.set(transaction, entry),
  refund: ([transaction, refund, fen]) =>
    refunds.set(transaction, new Map(refunds.get(transaction)).set(refund, fen)),
}

/** What is left of a payment keeps its points, rounded down; so the order of refunds makes no difference. */
function takeBack (transaction, payment, back) {
  const left = Math.max(payment.fen - back, 0)
  const owed = payment.points - Math.floor(payment.points * left / Math.max(payment.fen, 1)) - payment.reversed
  return [['payment', transaction, { ...payment, reversed: payment.reversed + owed }], ['move', payment.openid, -owed]]
}
const refunded = (transaction) => [...(refunds.get(transaction)?.values() ?? [])].reduce((sum, fen) => sum + fen, 0)

/** Each gives its answer and what to book. */
const questions = {
  decide ({ record_id: record, openid, deduct_points: points }) {
    // confirm_shape A: allow also has "coupon_code", one of yours, kept in the same line.
    if (exchanges.has(record)) return [{ decision: 'allow' }]
    if (spendable(openid) < points) return [{ decision: 'reject', reason: '积分不足' }]
    return [{ decision: 'allow' }, ['move', openid, -points], ['exchange', record, { openid, points, state: 'open' }]]
  },
  settled ({ result, exchange }) {
    const record = exchange?.record_id
    const open = exchanges.get(record)
    // parked: nobody knows yet, so everything stays set aside.
    if (open?.state !== 'open' || !['issued', 'not_issued'].includes(result)) return [{}]
    const ended = ['exchange', record, { ...open, state: result }]
    return result === 'issued' ? [{}, ended] : [{}, ended, ['move', open.openid, open.points]]
  },
  points ({ transaction_id: transaction, openid, amount: fen }) {
    const points = Math.floor(fen / 100) // one point for a yuan
    const answer = { earn: points > 0, points }
    if (payments.has(transaction)) return [answer]
    // Refunds may have come before their payment.
    const payment = { openid, fen, points, reversed: 0 }
    return [answer, ['move', openid, points], ...takeBack(transaction, payment, refunded(transaction))]
  },
  reverse ({ transaction_id: transaction, refund_id: refund, refund_amount: fen }) {
    if (refunds.get(transaction)?.has(refund)) return [{}]
    const payment = payments.get(transaction)
    const back = payment ? takeBack(transaction, payment, refunded(transaction) + fen) : []
    return [{}, ['refund', transaction, refund, fen], ...back]
  },
  balance: ({ openid }) => [{ balance: Math.max(spendable(openid), 0) }],
  card: ({ change }) => [change === 'created' ? { open: true } : {}],
}

function apply ({ id, answer, entries }) {
  asked.set(id, answer)
  for (const [what, ...entry] of entries) book[what](entry)
}

/** Reads the log, and cuts off a last line that a crash left incomplete. */
function open () {
  const text = fs.existsSync(path) ? fs.readFileSync(path) : Buffer.alloc(0)
  const complete = text.subarray(0, text.lastIndexOf(10) + 1)
  for (const line of complete.toString().split('\n').filter(Boolean)) apply(JSON.parse(line))
  const file = fs.openSync(path, 'a')
  fs.ftruncateSync(file, complete.length)
  fs.fsyncSync(file)
  return file
}

function answer (question) {
  if (asked.has(question.id)) return asked.get(question.id)
  const [given, ...entries] = questions[question.type](question.data)
  const line = { id: question.id, answer: given, entries }
  try {
    fs.writeSync(log, JSON.stringify(line) + '\n')
    fs.fsyncSync(log)
  } catch {
    // Half a line may stand there, and whether it is on the disk nobody knows: only a new start can tell.
    process.exit(1)
  }
  apply(line)
  return given
}

/** Standard Webhooks: HMAC-SHA256 over id.timestamp.body, at most five minutes old. */
function signed (headers, body) {
  const { 'webhook-id': id = '', 'webhook-timestamp': at = '', 'webhook-signature': given = '' } = headers
  const secret = process.env.HOOK_SECRET.trim()
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : secret
  const right = Buffer.from('v1,' + createHmac('sha256', key).update(`${id}.${at}.`).update(body).digest('base64'))
  const same = (one) => Buffer.byteLength(one) === right.length && timingSafeEqual(Buffer.from(one), right)
  return /^\d+$/.test(at) && Math.abs(Date.now() / 1000 - Number(at)) <= 300 && given.split(' ').some(same)
}

const log = open()
const server = http.createServer(async (request, response) => {
  const reply = (status, value) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  try {
    const parts = []
    for await (const part of request) parts.push(part)
    const body = Buffer.concat(parts)
    if (!signed(request.headers, body)) return reply(401, { error: 'the signature does not hold' })
    const question = JSON.parse(body)
    const known = Object.hasOwn(questions, question.type) && request.url.endsWith('/' + question.type)
    if (question.version !== '1' || !known) return reply(400, { error: 'not a question of version 1' })
    reply(200, answer(question))
  } catch {
    reply(500, { error: 'ask again' }) // the relay asks again
  }
})
server.listen(Number(port), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
