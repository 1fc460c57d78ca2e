-- The schema of Hermes for SQLite 3.35 or later.
-- Written by `make schema` from the steps in migration/src. `hermes migrate up` executes the same statements.
-- To load this file into an empty database instead: sqlite3 data/hermes.db < migration/schema/sqlite.sql

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

-- m20261130_000013_create_cache_signing_key
CREATE TABLE "cache_signing_key" (
    "id" integer NOT NULL PRIMARY KEY,
    "secret" blob(32) NOT NULL,
    CONSTRAINT "cache_signing_key_single_row" CHECK ("id" = 1)
);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000013_create_cache_signing_key', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261130_000014_insert_cache_signing_key
INSERT INTO cache_signing_key (id, secret)
VALUES (1, randomblob(32));
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000014_insert_cache_signing_key', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261130_000015_support_erasure
DROP TRIGGER IF EXISTS audit_log_no_update;
CREATE TABLE "audit_log_new" (
    "seq" integer NOT NULL PRIMARY KEY,
    "payment_id" blob(16) NULL,
    "subject_type" varchar(16) NOT NULL,
    "subject_id" varchar(36) NOT NULL,
    "action" varchar(32) NOT NULL,
    "actor" varchar(128) NOT NULL,
    "salt" blob(16) NULL,
    "reason" varchar(500) NULL,
    "old_value" text NULL,
    "new_value" text NULL,
    "user_agent" varchar(255) NULL,
    "ip_address" varchar(64) NULL,
    "created_at" datetime_text NOT NULL,
    "hash" blob(32) NOT NULL,
    FOREIGN KEY ("payment_id") REFERENCES "payments" ("id")
);
INSERT INTO audit_log_new (seq, payment_id, action, actor, reason, old_value, new_value, user_agent, ip_address, created_at, hash, subject_type, subject_id) SELECT seq, payment_id, action, actor, reason, old_value, new_value, user_agent, ip_address, created_at, hash, 'payment', lower(hex(payment_id)) FROM audit_log;
DROP TABLE audit_log;
ALTER TABLE audit_log_new RENAME TO audit_log;
CREATE INDEX "audit_log_payment" ON "audit_log" ("payment_id", "seq");
CREATE TABLE "outbox_new" (
    "seq" integer NOT NULL PRIMARY KEY,
    "batch_token" blob(16) NOT NULL,
    "event_type" varchar(64) NOT NULL,
    "payment_id" blob(16) NULL,
    "subject_type" varchar(16) NOT NULL,
    "subject_id" varchar(36) NOT NULL,
    "payload" text NOT NULL,
    "created_at" datetime_text NOT NULL,
    FOREIGN KEY ("payment_id") REFERENCES "payments" ("id")
);
INSERT INTO outbox_new (seq, batch_token, event_type, payment_id, payload, created_at, subject_type, subject_id) SELECT seq, batch_token, event_type, payment_id, payload, created_at, 'payment', lower(hex(payment_id)) FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_new RENAME TO outbox;
CREATE TABLE "idempotency_keys_new" (
    "scope_hash" blob(32) NOT NULL PRIMARY KEY,
    "fingerprint" blob(32) NOT NULL,
    "payment_id" blob(16) NULL,
    "subject_type" varchar(16) NOT NULL,
    "subject_id" varchar(36) NOT NULL,
    "outcome" text NOT NULL,
    "created_at" datetime_text NOT NULL,
    FOREIGN KEY ("payment_id") REFERENCES "payments" ("id")
);
INSERT INTO idempotency_keys_new (scope_hash, fingerprint, payment_id, outcome, created_at, subject_type, subject_id) SELECT scope_hash, fingerprint, payment_id, outcome, created_at, 'payment', lower(hex(payment_id)) FROM idempotency_keys;
DROP TABLE idempotency_keys;
ALTER TABLE idempotency_keys_new RENAME TO idempotency_keys;
CREATE INDEX "idempotency_keys_created_at" ON "idempotency_keys" ("created_at");
ALTER TABLE payments DROP COLUMN page_token;
ALTER TABLE payments ADD COLUMN link_version integer NOT NULL DEFAULT 1;
ALTER TABLE payments ADD COLUMN link_expires_at datetime_text NULL;
ALTER TABLE ledger_head ADD COLUMN access_seq integer NOT NULL DEFAULT 0;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000015_support_erasure', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261130_000016_rebuild_audit_chain
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000016_rebuild_audit_chain', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261130_000017_guard_erasable_audit_log
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
WHEN NOT coalesce(OLD.salt IS NOT NULL AND NEW.salt IS NULL
    AND NEW.seq IS OLD.seq
    AND NEW.payment_id IS OLD.payment_id
    AND NEW.subject_type IS OLD.subject_type
    AND NEW.subject_id IS OLD.subject_id
    AND NEW.action IS OLD.action
    AND NEW.actor IS OLD.actor
    AND NEW.created_at IS OLD.created_at
    AND NEW.hash IS OLD.hash
    AND CASE WHEN OLD.reason IS NULL THEN NEW.reason IS NULL ELSE length(NEW.reason) = 64 AND NEW.reason NOT GLOB '*[^0-9a-f]*' END
    AND CASE WHEN OLD.old_value IS NULL THEN NEW.old_value IS NULL ELSE length(NEW.old_value) = 64 AND NEW.old_value NOT GLOB '*[^0-9a-f]*' END
    AND CASE WHEN OLD.new_value IS NULL THEN NEW.new_value IS NULL ELSE length(NEW.new_value) = 64 AND NEW.new_value NOT GLOB '*[^0-9a-f]*' END
    AND CASE WHEN OLD.user_agent IS NULL THEN NEW.user_agent IS NULL ELSE length(NEW.user_agent) = 64 AND NEW.user_agent NOT GLOB '*[^0-9a-f]*' END
    AND CASE WHEN OLD.ip_address IS NULL THEN NEW.ip_address IS NULL ELSE length(NEW.ip_address) = 64 AND NEW.ip_address NOT GLOB '*[^0-9a-f]*' END, 0)
BEGIN SELECT RAISE(ABORT, 'audit_log only grows'); END;
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
WHEN true
BEGIN SELECT RAISE(ABORT, 'audit_log only grows'); END;
CREATE TRIGGER audit_log_no_replace BEFORE INSERT ON audit_log
WHEN EXISTS (SELECT 1 FROM audit_log WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'audit_log only grows'); END;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000017_guard_erasable_audit_log', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261130_000018_create_access_keys
CREATE TABLE "access_keys" (
    "id" varchar(10) NOT NULL PRIMARY KEY,
    "name" varchar(100) NOT NULL,
    "scopes" varchar(1000) NOT NULL,
    "created_by" varchar(128) NOT NULL,
    "created_at" datetime_text NOT NULL,
    "expires_at" datetime_text NULL,
    "revoked_at" datetime_text NULL
);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000018_create_access_keys', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261130_000019_create_access_secrets
CREATE TABLE "access_secrets" (
    "key_id" varchar(10) NOT NULL,
    "digest" blob(32) NOT NULL,
    "expires_at" datetime_text NULL,
    PRIMARY KEY ("key_id", "digest"),
    FOREIGN KEY ("key_id") REFERENCES "access_keys" ("id")
);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000019_create_access_secrets', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261130_000020_create_access_uses
CREATE TABLE "access_uses" (
    "key_id" varchar(10) NOT NULL,
    "day" date_text NOT NULL,
    PRIMARY KEY ("key_id", "day"),
    FOREIGN KEY ("key_id") REFERENCES "access_keys" ("id")
);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000020_create_access_uses', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261130_000021_support_receipts
ALTER TABLE payments ADD COLUMN shortfall_written_off integer NOT NULL DEFAULT 0;
ALTER TABLE ledger_head ADD COLUMN next_receipt integer NOT NULL DEFAULT 1;
ALTER TABLE ledger_head ADD COLUMN next_refund integer NOT NULL DEFAULT 1;
ALTER TABLE payment_totals ADD COLUMN receipts integer NOT NULL DEFAULT 0;
ALTER TABLE payment_totals ADD COLUMN credit integer NOT NULL DEFAULT 0;
ALTER TABLE payment_totals ADD COLUMN refunds_due integer NOT NULL DEFAULT 0;
CREATE INDEX audit_log_subject ON audit_log (subject_type, subject_id, seq);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000021_support_receipts', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261130_000022_create_receipts
CREATE TABLE "receipts" (
    "seq" integer NOT NULL PRIMARY KEY,
    "number" varchar(32) NOT NULL,
    "currency" varchar(3) NOT NULL,
    "amount" integer NOT NULL,
    "value_date" date_text NOT NULL,
    "source" varchar(16) NOT NULL,
    "statement_line" blob(32) NULL,
    "bank_id" varchar(64) NULL,
    "payer_text" varchar(500) NULL,
    "payer_account" varchar(64) NULL,
    "note" varchar(500) NULL,
    "allocations_made" integer NOT NULL,
    "status" varchar(16) NOT NULL,
    "reversed_at" datetime_text NULL,
    "version" integer NOT NULL,
    "created_at" datetime_text NOT NULL,
    "updated_at" datetime_text NOT NULL,
    "allocated" integer NOT NULL,
    "credit" integer NOT NULL,
    "refunds_reserved" integer NOT NULL,
    "refunded" integer NOT NULL,
    "surplus_written_off" integer NOT NULL,
    "refunds_due" integer NOT NULL,
    CONSTRAINT "receipts_amount_range" CHECK ("amount" BETWEEN 1 AND 10000000000000),
    CONSTRAINT "receipts_parts_are_amount" CHECK (("reversed_at" IS NULL AND "allocated" + "credit" + "refunds_reserved" + "refunded" + "surplus_written_off" = "amount") OR ("reversed_at" IS NOT NULL AND "allocated" + "credit" + "refunds_reserved" + "refunded" + "surplus_written_off" = 0)),
    CONSTRAINT "receipts_parts_not_negative" CHECK ("allocated" >= 0 AND "credit" >= 0 AND "refunds_reserved" >= 0 AND "refunded" >= 0 AND "surplus_written_off" >= 0),
    CONSTRAINT "receipts_due_within_credit" CHECK ("refunds_due" BETWEEN 0 AND "credit"),
    CONSTRAINT "receipts_source_known" CHECK ("source" IN ('bank_transfer', 'cash', 'cheque', 'statement', 'migration')),
    CONSTRAINT "receipts_status_known" CHECK ("status" IN ('OPEN', 'SETTLED', 'REVERSED')),
    CONSTRAINT "receipts_version_positive" CHECK ("version" >= 1)
);
CREATE UNIQUE INDEX "receipts_number" ON "receipts" ("number");
CREATE UNIQUE INDEX "receipts_statement_line" ON "receipts" ("statement_line");
CREATE INDEX "receipts_status" ON "receipts" ("status", "seq");
CREATE INDEX "receipts_currency" ON "receipts" ("currency", "seq");
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000022_create_receipts', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261130_000023_create_allocations
CREATE TABLE "allocations" (
    "receipt_seq" integer NOT NULL,
    "id" integer NOT NULL,
    "payment_id" blob(16) NOT NULL,
    "reference" varchar(24) NOT NULL,
    "amount" integer NOT NULL,
    "created_at" datetime_text NOT NULL,
    PRIMARY KEY ("receipt_seq", "id"),
    FOREIGN KEY ("receipt_seq") REFERENCES "receipts" ("seq"),
    FOREIGN KEY ("payment_id") REFERENCES "payments" ("id"),
    CONSTRAINT "allocations_amount_positive" CHECK ("amount" >= 1)
);
CREATE INDEX "allocations_payment" ON "allocations" ("payment_id");
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000023_create_allocations', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261130_000024_create_refunds
CREATE TABLE "refunds" (
    "seq" integer NOT NULL PRIMARY KEY,
    "number" varchar(32) NOT NULL,
    "receipt_seq" integer NOT NULL,
    "currency" varchar(3) NOT NULL,
    "amount" integer NOT NULL,
    "state" varchar(16) NOT NULL,
    "payment_id" blob(16) NULL,
    "reference" varchar(24) NULL,
    "payee_account" varchar(64) NULL,
    "requested_by" varchar(128) NULL,
    "approved_by" varchar(128) NULL,
    "bank_id" varchar(64) NULL,
    "version" integer NOT NULL,
    "created_at" datetime_text NOT NULL,
    "updated_at" datetime_text NOT NULL,
    FOREIGN KEY ("receipt_seq") REFERENCES "receipts" ("seq"),
    FOREIGN KEY ("payment_id") REFERENCES "payments" ("id"),
    CONSTRAINT "refunds_amount_positive" CHECK ("amount" >= 1),
    CONSTRAINT "refunds_state_known" CHECK ("state" IN ('DUE', 'REQUESTED', 'APPROVED', 'SENT', 'FAILED', 'WITHDRAWN')),
    CONSTRAINT "refunds_version_positive" CHECK ("version" >= 1)
);
CREATE UNIQUE INDEX "refunds_number" ON "refunds" ("number");
CREATE INDEX "refunds_receipt" ON "refunds" ("receipt_seq");
CREATE INDEX "refunds_payment" ON "refunds" ("payment_id");
CREATE INDEX "refunds_state" ON "refunds" ("state", "seq");
CREATE INDEX "refunds_currency" ON "refunds" ("currency", "seq");
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000024_create_refunds', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261130_000025_record_earlier_receipts
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000025_record_earlier_receipts', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261130_000026_add_due_date_and_language
ALTER TABLE payments ADD COLUMN due_on date_text NULL;
ALTER TABLE payments ADD COLUMN language varchar(2) NULL;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000026_add_due_date_and_language', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261130_000027_create_statement_imports
CREATE TABLE "statement_imports" (
    "id" blob(16) NOT NULL PRIMARY KEY,
    "file_name" varchar(255) NOT NULL,
    "format" varchar(64) NOT NULL,
    "csv_profile" varchar(64) NULL,
    "csv_account" varchar(64) NULL,
    "state" varchar(16) NOT NULL,
    "reason" varchar(1000) NULL,
    "line_count" integer NOT NULL,
    "position" integer NOT NULL,
    "imported_by" varchar(128) NOT NULL,
    "undone_by" varchar(128) NULL,
    "claimed_by" blob(16) NULL,
    "claimed_until" datetime_text NULL,
    "created_at" datetime_text NOT NULL,
    "finished_at" datetime_text NULL
);
CREATE INDEX "statement_imports_state_idx" ON "statement_imports" ("state", "created_at");
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000027_create_statement_imports', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261130_000028_create_statement_lines
CREATE TABLE "statement_lines" (
    "id" blob(32) NOT NULL PRIMARY KEY,
    "import_id" blob(16) NOT NULL,
    "number" integer NOT NULL,
    "account" varchar(64) NOT NULL,
    "direction" varchar(6) NOT NULL,
    "currency" varchar(3) NOT NULL,
    "amount" integer NOT NULL,
    "is_reversal" integer NOT NULL,
    "booking_date" date_text NOT NULL,
    "value_date" date_text NOT NULL,
    "bank_id" varchar(128) NULL,
    "batch_role" varchar(6) NOT NULL,
    "batch_id" varchar(128) NULL,
    "texts" text NOT NULL,
    "state" varchar(16) NOT NULL,
    "receipt" varchar(32) NULL,
    FOREIGN KEY ("import_id") REFERENCES "statement_imports" ("id")
);
CREATE INDEX "statement_lines_import_idx" ON "statement_lines" ("import_id", "state", "number");
CREATE INDEX "statement_lines_amount_idx" ON "statement_lines" ("account", "amount");
CREATE INDEX "statement_lines_batch_idx" ON "statement_lines" ("account", "batch_id");
CREATE INDEX "statement_lines_receipt_idx" ON "statement_lines" ("receipt");
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000028_create_statement_lines', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261130_000029_create_statement_matches
CREATE TABLE "statement_matches" (
    "id" blob(16) NOT NULL PRIMARY KEY,
    "import_id" blob(16) NOT NULL,
    "line_id" blob(32) NOT NULL,
    "certainty" varchar(32) NOT NULL,
    "parts" text NOT NULL,
    "evidence" text NOT NULL,
    "state" varchar(16) NOT NULL,
    "decided_by" varchar(128) NULL,
    "decided_at" datetime_text NULL,
    "created_at" datetime_text NOT NULL,
    FOREIGN KEY ("line_id") REFERENCES "statement_lines" ("id")
);
CREATE INDEX "statement_matches_line_idx" ON "statement_matches" ("line_id");
CREATE INDEX "statement_matches_state_idx" ON "statement_matches" ("state", "created_at", "id");
CREATE INDEX "statement_matches_import_idx" ON "statement_matches" ("import_id", "created_at", "id");
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000029_create_statement_matches', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261130_000030_create_mail_sender
CREATE TABLE "mail_sender" (
    "id" integer NOT NULL PRIMARY KEY,
    "holder" blob(16) NOT NULL,
    "expires_at_ms" integer NOT NULL,
    "cursor_seq" integer NOT NULL,
    "failing_since" datetime_text NULL,
    "last_error" varchar(255) NULL,
    CONSTRAINT "mail_sender_single_row" CHECK ("id" = 1)
);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000030_create_mail_sender', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261130_000031_insert_mail_sender
INSERT INTO mail_sender (id, holder, expires_at_ms, cursor_seq)
VALUES (1, X'00000000000000000000000000000000', 0, -1);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000031_insert_mail_sender', CAST(strftime('%s', 'now') AS INTEGER));

-- m20261130_000032_create_mail_messages
CREATE TABLE "mail_messages" (
    "event_seq" integer NOT NULL PRIMARY KEY,
    "event_id" blob(16) NOT NULL,
    "event_type" varchar(64) NOT NULL,
    "event_reference" varchar(64) NOT NULL,
    "payload" text NOT NULL,
    "occurred_at" datetime_text NOT NULL,
    "reference" varchar(24) NOT NULL,
    "state" varchar(16) NOT NULL,
    "attempts" integer NOT NULL,
    "not_before" datetime_text NOT NULL,
    "finished_at" datetime_text NULL,
    "address_key" blob(32) NULL,
    "reason" varchar(255) NULL
);
CREATE INDEX "mail_messages_state" ON "mail_messages" ("state", "event_seq");
CREATE INDEX "mail_messages_reference" ON "mail_messages" ("reference", "state", "event_seq");
CREATE INDEX "mail_messages_address" ON "mail_messages" ("address_key", "finished_at");
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000032_create_mail_messages', CAST(strftime('%s', 'now') AS INTEGER));
