// A hook of weipay relay: a points ledger behind JdbcTemplate, as one Spring controller (Java 17; Spring 4.3 or newer). Its tables
// are those of hook.php; `hook.secret` is a property. @RequestBody byte[] keeps the raw body, which is what the signature covers.
//
// What makes it right: the question's id, the answer and the booking are stored in ONE transaction, the id first. A repetition
// at the same moment waits there, finds the id taken, and gets the stored answer.
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseEntity;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowCallbackHandler;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.web.bind.annotation.*;

@RestController
class Hook {
  private final TransactionTemplate transaction;
  private final JdbcTemplate db;
  private final ObjectMapper json;
  private final byte[] secret;

  Hook(TransactionTemplate transaction, JdbcTemplate db, ObjectMapper json, @Value("${hook.secret}") String secret) {
    this.transaction = transaction;
    this.db = db;
    this.json = json;
    this.secret = secret.startsWith("whsec_") ? Base64.getDecoder().decode(secret.substring(6)) : secret.getBytes(UTF_8);
  }

  @PostMapping(path = "/weipay/{kind}", produces = "application/json;charset=UTF-8")
  ResponseEntity<byte[]> ask(@PathVariable("kind") String kind, @RequestHeader HttpHeaders head, @RequestBody byte[] body)
      throws Exception {
    String id = head.getFirst("webhook-id");
    if (!signed(id, head.getFirst("webhook-timestamp"), body, head.getFirst("webhook-signature")))
      return ResponseEntity.status(401).build();
    JsonNode question = json.readTree(body);
    if (!question.path("version").asText().equals("1") || !question.path("type").asText().equals(kind))
      return ResponseEntity.badRequest().build();
    String answer;
    try {
      answer = transaction.execute(status -> once(id, kind, question.path("data")));
    } catch (DataAccessException | TransactionException failure) { // DuplicateKeyException: somebody was quicker
      List<String> stored = db.queryForList("SELECT answer FROM asked WHERE id = ?", String.class, id);
      if (stored.isEmpty()) return ResponseEntity.status(503).build(); // the relay asks again
      answer = stored.get(0);
    }
    return ResponseEntity.ok(answer.getBytes(UTF_8));
  }

  private String once(String id, String kind, JsonNode data) {
    db.update("INSERT INTO asked (id, answer) VALUES (?, '')", id); // a second one waits here, and then fails
    String answer = answer(kind, data).toString();
    db.update("UPDATE asked SET answer = ? WHERE id = ?", answer, id);
    return answer;
  }

  private ObjectNode answer(String kind, JsonNode data) {
    ObjectNode answer = json.createObjectNode();
    switch (kind) {
      case "decide" -> decide(data, answer);
      case "settled" -> settled(data);
      case "points" -> points(data, answer);
      case "reverse" -> reverse(data);
      case "balance" -> answer.put("balance", balance(data.path("openid").asText()));
      case "card" -> { if (data.path("change").asText().equals("created")) answer.put("open", true); }
      default -> throw new IllegalArgumentException("not a question of version 1");
    }
    return answer;
  }

  private void decide(JsonNode data, ObjectNode answer) {
    String record = data.path("record_id").asText(), openid = data.path("openid").asText();
    long points = data.path("deduct_points").asLong();
    if (db.queryForList("SELECT state FROM exchange WHERE record_id = ?", String.class, record).isEmpty()) {
      // One statement looks and takes: two exchanges cannot both see the same points.
      if (db.update("UPDATE member SET points = points - ? WHERE openid = ? AND points >= ?", points, openid, points) == 0) {
        answer.put("decision", "reject").put("reason", "积分不足");
        return;
      }
      db.update("INSERT INTO exchange (record_id, openid, points, state) VALUES (?, ?, ?, 'open')", record, openid, points);
    }
    answer.put("decision", "allow"); // confirm_shape A: also "coupon_code", one of yours, kept in the same row
  }

  private void settled(JsonNode data) {
    String result = data.path("result").asText(), record = data.path("exchange").path("record_id").asText();
    if (!result.equals("issued") && !result.equals("not_issued")) return; // parked: keep everything set aside
    int ended = db.update("UPDATE exchange SET state = ? WHERE record_id = ? AND state = 'open'", result, record);
    if (ended == 1 && result.equals("not_issued"))
      db.query("SELECT openid, points FROM exchange WHERE record_id = ?",
          (RowCallbackHandler) row -> move(row.getString(1), row.getLong(2)), record);
  }

  private void points(JsonNode data, ObjectNode answer) {
    String paid = data.path("transaction_id").asText(), openid = data.path("openid").asText();
    long fen = data.path("amount").asLong(), earned = fen / 100; // one point for a yuan
    if (db.queryForList("SELECT openid FROM payment WHERE transaction_id = ?", String.class, paid).isEmpty()) {
      db.update("INSERT INTO payment (transaction_id, openid, fen, points, reversed) VALUES (?, ?, ?, ?, 0)",
          paid, openid, fen, earned);
      move(openid, earned);
      takeBack(paid); // refunds may have come before their payment
    }
    answer.put("earn", earned > 0).put("points", earned).put("total", balance(openid));
  }

  private void reverse(JsonNode data) {
    String refund = data.path("refund_id").asText(), paid = data.path("transaction_id").asText();
    if (!db.queryForList("SELECT transaction_id FROM refund WHERE refund_id = ?", String.class, refund).isEmpty()) return;
    db.update("INSERT INTO refund (refund_id, transaction_id, fen) VALUES (?, ?, ?)",
        refund, paid, data.path("refund_amount").asLong());
    takeBack(paid);
  }

  /** What is left of a payment keeps its points, rounded down; so the order of refunds makes no difference. */
  private void takeBack(String paid) {
    Long back = db.queryForObject("SELECT COALESCE(SUM(fen), 0) FROM refund WHERE transaction_id = ?", Long.class, paid);
    db.query("SELECT openid, fen, points, reversed FROM payment WHERE transaction_id = ?", (RowCallbackHandler) row -> {
      long fen = row.getLong("fen"), points = row.getLong("points");
      long owed = points - points * Math.max(fen - back, 0) / Math.max(fen, 1) - row.getLong("reversed");
      db.update("UPDATE payment SET reversed = reversed + ? WHERE transaction_id = ?", owed, paid);
      move(row.getString("openid"), -owed);
    }, paid);
  }

  private long balance(String openid) { // points set aside for open exchanges are taken off already
    List<Long> points = db.queryForList("SELECT points FROM member WHERE openid = ?", Long.class, openid);
    return points.isEmpty() ? 0 : Math.max(points.get(0), 0);
  }

  private void move(String openid, long points) {
    if (db.update("UPDATE member SET points = points + ? WHERE openid = ?", points, openid) == 0)
      db.update("INSERT INTO member (openid, points) VALUES (?, ?)", openid, points);
  }

  /** Standard Webhooks: HMAC-SHA256 over id.timestamp.body, at most five minutes old. */
  private boolean signed(String id, String at, byte[] body, String given) throws GeneralSecurityException {
    if (id == null || given == null || at == null || !at.matches("[0-9]{1,12}")) return false;
    if (Math.abs(Instant.now().getEpochSecond() - Long.parseLong(at)) > 300) return false;
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(secret, "HmacSHA256"));
    mac.update((id + "." + at + ".").getBytes(UTF_8));
    byte[] right = ("v1," + Base64.getEncoder().encodeToString(mac.doFinal(body))).getBytes(UTF_8);
    boolean holds = false;
    for (String one : given.split(" ")) holds |= MessageDigest.isEqual(right, one.getBytes(UTF_8));
    return holds;
  }
}
