<?php
// A hook of weipay relay: a points ledger behind PDO, in one file (PHP 8.1 or newer).
//     HOOK_SECRET=… DATABASE=sqlite:ledger.db php -S 127.0.0.1:8091 hook.php
//
// What makes it right: the question's id, the answer and the booking are stored in ONE transaction, the id first. A repetition
// at the same moment waits there, finds the id taken, and gets the stored answer.
declare(strict_types=1);

const SCHEMA = [
    'CREATE TABLE IF NOT EXISTS asked (id VARCHAR(64) PRIMARY KEY, answer TEXT NOT NULL)',
    'CREATE TABLE IF NOT EXISTS member (openid VARCHAR(64) PRIMARY KEY, points BIGINT NOT NULL)',
    'CREATE TABLE IF NOT EXISTS exchange (record_id VARCHAR(64) PRIMARY KEY, openid VARCHAR(64) NOT NULL, points BIGINT NOT NULL,
        state VARCHAR(16) NOT NULL)',
    'CREATE TABLE IF NOT EXISTS payment (transaction_id VARCHAR(64) PRIMARY KEY, openid VARCHAR(64) NOT NULL, fen BIGINT NOT NULL,
        points BIGINT NOT NULL, reversed BIGINT NOT NULL)',
    'CREATE TABLE IF NOT EXISTS refund (refund_id VARCHAR(64) PRIMARY KEY, transaction_id VARCHAR(64) NOT NULL, fen BIGINT NOT NULL)',
];

$body = file_get_contents('php://input');
[$id, $at, $given] = array_map(
    fn (string $name) => $_SERVER[$name] ?? '',
    ['HTTP_WEBHOOK_ID', 'HTTP_WEBHOOK_TIMESTAMP', 'HTTP_WEBHOOK_SIGNATURE'],
);
$secret = trim(getenv('HOOK_SECRET'));
$secret = str_starts_with($secret, 'whsec_') ? base64_decode(substr($secret, 6)) : $secret;
$right = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$at.$body", $secret, true));
$signed = array_filter(explode(' ', $given), fn (string $one) => hash_equals($right, $one));
if (!ctype_digit($at) || abs(time() - (int) $at) > 300 || !$signed) {
    http_response_code(401);
    exit;
}
$question = json_decode($body, true, flags: JSON_THROW_ON_ERROR);
if ($question['version'] !== '1' || basename($_SERVER['REQUEST_URI']) !== $question['type']) {
    http_response_code(400);
    exit;
}
header('content-type: application/json');
try {
    $db = new PDO(getenv('DATABASE'), options: [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
    array_map($db->exec(...), SCHEMA); // in your system a migration
    $answer = once($db, $id, $question);
} catch (PDOException) {
    $answer = null; // the relay asks again
}
$answer === null ? http_response_code(503) : print $answer;

function once(PDO $db, string $id, array $question): ?string
{
    try {
        $db->beginTransaction();
        run($db, "INSERT INTO asked (id, answer) VALUES (?, '')", $id); // a second one waits here, and then fails
        $answer = json_encode(answer($db, $question['type'], $question['data']), JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR);
        run($db, 'UPDATE asked SET answer = ? WHERE id = ?', $answer, $id);
        $db->commit();
        return $answer;
    } catch (PDOException) {
        $db->inTransaction() && $db->rollBack();
        return run($db, 'SELECT answer FROM asked WHERE id = ?', $id)->fetchColumn() ?: null;
    }
}

function answer(PDO $db, string $type, array $data): array|stdClass
{
    return match ($type) {
        'decide' => decide($db, $data),
        'settled' => settled($db, $data),
        'points' => points($db, $data),
        'reverse' => reverse($db, $data),
        'balance' => ['balance' => max(balance($db, $data['openid']), 0)],
        'card' => $data['change'] === 'created' ? ['open' => true] : new stdClass(),
    };
}

function decide(PDO $db, array $data): array
{
    $known = run($db, 'SELECT state FROM exchange WHERE record_id = ?', $data['record_id'])->fetchColumn();
    if ($known === false) {
        // One statement looks and takes: two exchanges cannot both see the same points.
        $take = run($db, 'UPDATE member SET points = points - ? WHERE openid = ? AND points >= ?',
            $data['deduct_points'], $data['openid'], $data['deduct_points']);
        if ($take->rowCount() === 0) {
            return ['decision' => 'reject', 'reason' => '积分不足'];
        }
        run($db, "INSERT INTO exchange (record_id, openid, points, state) VALUES (?, ?, ?, 'open')",
            $data['record_id'], $data['openid'], $data['deduct_points']);
    }
    return ['decision' => 'allow']; // confirm_shape A: also 'coupon_code', one of yours, kept in the same row
}

function settled(PDO $db, array $data): stdClass
{
    $record = $data['exchange']['record_id'] ?? null; // other effects have no exchange
    if ($record !== null && in_array($data['result'], ['issued', 'not_issued'], true)) {
        $end = run($db, "UPDATE exchange SET state = ? WHERE record_id = ? AND state = 'open'", $data['result'], $record);
        if ($end->rowCount() === 1 && $data['result'] === 'not_issued') {
            [$openid, $points] = run($db, 'SELECT openid, points FROM exchange WHERE record_id = ?', $record)->fetch(PDO::FETCH_NUM);
            move($db, $openid, (int) $points);
        }
    }
    return new stdClass(); // parked: nobody knows yet, so everything stays set aside
}

function points(PDO $db, array $data): array
{
    $earned = intdiv($data['amount'], 100); // one point for a yuan
    $known = run($db, 'SELECT 1 FROM payment WHERE transaction_id = ?', $data['transaction_id'])->fetchColumn();
    if ($known === false) {
        run($db, 'INSERT INTO payment (transaction_id, openid, fen, points, reversed) VALUES (?, ?, ?, ?, 0)',
            $data['transaction_id'], $data['openid'], $data['amount'], $earned);
        move($db, $data['openid'], $earned);
        take_back($db, $data['transaction_id']); // refunds may have come before their payment
    }
    return ['earn' => $earned > 0, 'points' => $earned, 'total' => max(balance($db, $data['openid']), 0)];
}

function reverse(PDO $db, array $data): stdClass
{
    if (run($db, 'SELECT 1 FROM refund WHERE refund_id = ?', $data['refund_id'])->fetchColumn() === false) {
        run($db, 'INSERT INTO refund (refund_id, transaction_id, fen) VALUES (?, ?, ?)',
            $data['refund_id'], $data['transaction_id'], $data['refund_amount']);
        take_back($db, $data['transaction_id']);
    }
    return new stdClass();
}

/** What is left of a payment keeps its points, rounded down; so the order of refunds makes no difference. */
function take_back(PDO $db, string $transaction): void
{
    $paid = run($db, 'SELECT openid, fen, points, reversed FROM payment WHERE transaction_id = ?', $transaction)->fetch(PDO::FETCH_NUM);
    if ($paid) {
        [$openid, $fen, $points, $reversed] = [$paid[0], ...array_map('intval', array_slice($paid, 1))];
        $back = (int) run($db, 'SELECT SUM(fen) FROM refund WHERE transaction_id = ?', $transaction)->fetchColumn();
        $owed = $points - intdiv($points * max($fen - $back, 0), max($fen, 1)) - $reversed;
        run($db, 'UPDATE payment SET reversed = reversed + ? WHERE transaction_id = ?', $owed, $transaction);
        move($db, $openid, -$owed);
    }
}

function balance(PDO $db, string $openid): int // points set aside for open exchanges are taken off already
{
    return (int) run($db, 'SELECT points FROM member WHERE openid = ?', $openid)->fetchColumn();
}

function move(PDO $db, string $openid, int $points): void
{
    if (run($db, 'UPDATE member SET points = points + ? WHERE openid = ?', $points, $openid)->rowCount() === 0) {
        run($db, 'INSERT INTO member (openid, points) VALUES (?, ?)', $openid, $points);
    }
}

function run(PDO $db, string $sql, string|int ...$values): PDOStatement
{
    $statement = $db->prepare($sql);
    foreach ($values as $at => $value) {
        $statement->bindValue($at + 1, $value, is_int($value) ? PDO::PARAM_INT : PDO::PARAM_STR);
    }
    $statement->execute();
    return $statement;
}
