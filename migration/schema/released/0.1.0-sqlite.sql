-- The schema of Hermes for SQLite 3.35 or later.
-- Version 0.1.0. A released schema never changes. A test migrates from each of them.
-- Do not load this file: `hermes migrate up` creates the current schema.

CREATE TABLE IF NOT EXISTS "seaql_migrations" (
    "version" varchar NOT NULL PRIMARY KEY,
    "applied_at" integer NOT NULL
);

-- m20261122_000001_create_payments
CREATE TABLE "payments" (
    "id" blob(16) NOT NULL PRIMARY KEY,
    "reference" varchar(24) NOT NULL,
    "page_token" blob(16) NOT NULL,
    "name" varchar(200) NOT NULL,
    "email" varchar(254) NOT NULL,
    "email_key" varchar(254) NOT NULL,
    "school" varchar(200) NULL,
    "student_id" varchar(64) NULL,
    "sender_full_name" varchar(200) NULL,
    "country_from" varchar(100) NULL,
    "sender_address" varchar(500) NULL,
    "currency_from" varchar(3) NOT NULL,
    "amount" integer NOT NULL,
    "amount_received" integer NOT NULL,
    "fee_amount" integer NOT NULL,
    "final_amount" integer NOT NULL,
    "fee_rate_bps" integer NOT NULL,
    "fee_rule" varchar(64) NOT NULL,
    "fee_bearer" varchar(16) NOT NULL,
    "status" varchar(16) NOT NULL,
    "validation_status" varchar(8) NOT NULL,
    "cancelled_at" datetime_text NULL,
    "version" integer NOT NULL,
    "created_at" datetime_text NOT NULL,
    "updated_at" datetime_text NOT NULL,
    CONSTRAINT "payments_amount_range" CHECK ("amount" BETWEEN 1 AND 10000000000000),
    CONSTRAINT "payments_fee_not_negative" CHECK ("fee_amount" >= 0),
    CONSTRAINT "payments_final_amount_is_sum" CHECK ("final_amount" = "amount" + "fee_amount"),
    CONSTRAINT "payments_received_range" CHECK ("amount_received" BETWEEN 0 AND 10000000000000),
    CONSTRAINT "payments_fee_rate_range" CHECK ("fee_rate_bps" BETWEEN 0 AND 10000),
    CONSTRAINT "payments_fee_bearer_known" CHECK ("fee_bearer" IN ('PAYER', 'INSTITUTION')),
    CONSTRAINT "payments_status_known" CHECK ("status" IN ('PENDING', 'UNDERPAYMENT', 'EXACT', 'OVERPAYMENT', 'CANCELLED')),
    CONSTRAINT "payments_validation_status_known" CHECK ("validation_status" IN ('PASSED', 'FLAGGED')),
    CONSTRAINT "payments_version_positive" CHECK ("version" >= 1)
);
CREATE UNIQUE INDEX "payments_reference" ON "payments" ("reference");
CREATE INDEX "payments_email_key" ON "payments" ("email_key", "created_at", "id");
CREATE INDEX "payments_created_at" ON "payments" ("created_at", "id");
CREATE INDEX "payments_status" ON "payments" ("status", "created_at", "id");
CREATE INDEX "payments_validation_status" ON "payments" ("validation_status", "created_at", "id");
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261122_000001_create_payments', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261122_000002_create_validation_results
CREATE TABLE "validation_results" (
    "payment_id" blob(16) NOT NULL,
    "check_type" varchar(32) NOT NULL,
    "check_result" varchar(8) NOT NULL,
    "check_message" varchar(255) NOT NULL,
    "created_at" datetime_text NOT NULL,
    PRIMARY KEY ("payment_id", "check_type"),
    FOREIGN KEY ("payment_id") REFERENCES "payments" ("id"),
    CONSTRAINT "validation_results_result_known" CHECK ("check_result" IN ('PASSED', 'FLAGGED'))
) WITHOUT ROWID;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261122_000002_create_validation_results', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261122_000003_create_audit_log
CREATE TABLE "audit_log" (
    "seq" integer NOT NULL PRIMARY KEY,
    "payment_id" blob(16) NOT NULL,
    "action" varchar(32) NOT NULL,
    "actor" varchar(64) NOT NULL,
    "reason" varchar(500) NULL,
    "old_value" text NULL,
    "new_value" text NULL,
    "user_agent" varchar(255) NULL,
    "ip_address" varchar(45) NULL,
    "created_at" datetime_text NOT NULL,
    "hash" blob(32) NOT NULL,
    FOREIGN KEY ("payment_id") REFERENCES "payments" ("id")
);
CREATE INDEX "audit_log_payment" ON "audit_log" ("payment_id", "seq");
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261122_000003_create_audit_log', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261122_000004_create_ledger_head
CREATE TABLE "ledger_head" (
    "id" integer NOT NULL PRIMARY KEY,
    "seq" integer NOT NULL,
    "token" blob(16) NOT NULL,
    "next_reference" integer NOT NULL,
    "audit_seq" integer NOT NULL,
    "audit_hash" blob(32) NOT NULL,
    "event_seq" integer NOT NULL,
    "advanced_at" datetime_text NOT NULL,
    CONSTRAINT "ledger_head_single_row" CHECK ("id" = 1),
    CONSTRAINT "ledger_head_next_reference_positive" CHECK ("next_reference" >= 1)
);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261122_000004_create_ledger_head', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261122_000005_insert_ledger_head
INSERT INTO ledger_head (id, seq, token, next_reference, audit_seq, audit_hash, event_seq, advanced_at)
VALUES (1, 0, X'00000000000000000000000000000000', 1, 0, X'0000000000000000000000000000000000000000000000000000000000000000', 0, '1970-01-01T00:00:00+00:00');
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261122_000005_insert_ledger_head', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261122_000006_create_outbox
CREATE TABLE "outbox" (
    "seq" integer NOT NULL PRIMARY KEY,
    "batch_token" blob(16) NOT NULL,
    "event_type" varchar(64) NOT NULL,
    "payment_id" blob(16) NOT NULL,
    "payload" text NOT NULL,
    "created_at" datetime_text NOT NULL,
    FOREIGN KEY ("payment_id") REFERENCES "payments" ("id")
);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261122_000006_create_outbox', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261122_000007_create_idempotency_keys
CREATE TABLE "idempotency_keys" (
    "scope_hash" blob(32) NOT NULL PRIMARY KEY,
    "fingerprint" blob(32) NOT NULL,
    "payment_id" blob(16) NOT NULL,
    "outcome" text NOT NULL,
    "created_at" datetime_text NOT NULL,
    FOREIGN KEY ("payment_id") REFERENCES "payments" ("id")
);
CREATE INDEX "idempotency_keys_created_at" ON "idempotency_keys" ("created_at");
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261122_000007_create_idempotency_keys', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261122_000008_create_payment_totals
CREATE TABLE "payment_totals" (
    "currency_from" varchar(3) NOT NULL PRIMARY KEY,
    "payments" integer NOT NULL,
    "passed" integer NOT NULL,
    "flagged" integer NOT NULL,
    "cancelled" integer NOT NULL,
    "above_threshold" integer NOT NULL,
    "amount_outstanding" integer NOT NULL,
    "amount_received" integer NOT NULL
);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261122_000008_create_payment_totals', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261124_000009_create_event_relay
CREATE TABLE "event_relay" (
    "id" integer NOT NULL PRIMARY KEY,
    "holder" blob(16) NOT NULL,
    "expires_at_ms" integer NOT NULL,
    "published_seq" integer NOT NULL,
    CONSTRAINT "event_relay_single_row" CHECK ("id" = 1)
);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261124_000009_create_event_relay', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261124_000010_insert_event_relay
INSERT INTO event_relay (id, holder, expires_at_ms, published_seq)
VALUES (1, X'00000000000000000000000000000000', 0, 0);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261124_000010_insert_event_relay', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261124_000011_guard_audit_log
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'audit_log only grows'); END;
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'audit_log only grows'); END;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261124_000011_guard_audit_log', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261124_000012_refuse_replaced_audit_rows
CREATE TRIGGER audit_log_no_replace BEFORE INSERT ON audit_log
WHEN EXISTS (SELECT 1 FROM audit_log WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'audit_log only grows'); END;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261124_000012_refuse_replaced_audit_rows', CAST(strftime('%s', 'now') AS INTEGER));
