-- The schema of Hermes for MySQL 8.0 or later and MariaDB 10.11 or later.
-- Written by `make schema` from the steps in migration/src. `hermes migrate up` executes the same statements.
-- To load this file into an empty database instead: mysql hermes < migration/schema/mysql.sql
SET NAMES utf8mb4;

CREATE TABLE IF NOT EXISTS `seaql_migrations` (
    `version` varchar(255) NOT NULL PRIMARY KEY,
    `applied_at` bigint NOT NULL
);

-- m20261122_000001_create_payments
CREATE TABLE `payments` (
    `id` binary(16) NOT NULL PRIMARY KEY,
    `reference` varchar(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `page_token` binary(16) NOT NULL,
    `name` varchar(200) NOT NULL,
    `email` varchar(254) NOT NULL,
    `email_key` varchar(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `school` varchar(200) NULL,
    `student_id` varchar(64) NULL,
    `sender_full_name` varchar(200) NULL,
    `country_from` varchar(100) NULL,
    `sender_address` varchar(500) NULL,
    `currency_from` varchar(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `amount` bigint NOT NULL,
    `amount_received` bigint NOT NULL,
    `fee_amount` bigint NOT NULL,
    `final_amount` bigint NOT NULL,
    `fee_rate_bps` int NOT NULL,
    `fee_rule` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `fee_bearer` varchar(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `status` varchar(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `validation_status` varchar(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `cancelled_at` datetime(6) NULL,
    `version` bigint NOT NULL,
    `created_at` datetime(6) NOT NULL,
    `updated_at` datetime(6) NOT NULL,
    UNIQUE KEY `payments_reference` (`reference`),
    KEY `payments_email_key` (`email_key`, `created_at`, `id`),
    KEY `payments_created_at` (`created_at`, `id`),
    KEY `payments_status` (`status`, `created_at`, `id`),
    KEY `payments_validation_status` (`validation_status`, `created_at`, `id`),
    CONSTRAINT `payments_amount_range` CHECK (`amount` BETWEEN 1 AND 10000000000000),
    CONSTRAINT `payments_fee_not_negative` CHECK (`fee_amount` >= 0),
    CONSTRAINT `payments_final_amount_is_sum` CHECK (`final_amount` = `amount` + `fee_amount`),
    CONSTRAINT `payments_received_range` CHECK (`amount_received` BETWEEN 0 AND 10000000000000),
    CONSTRAINT `payments_fee_rate_range` CHECK (`fee_rate_bps` BETWEEN 0 AND 10000),
    CONSTRAINT `payments_fee_bearer_known` CHECK (`fee_bearer` IN ('PAYER', 'INSTITUTION')),
    CONSTRAINT `payments_status_known` CHECK (`status` IN ('PENDING', 'UNDERPAYMENT', 'EXACT', 'OVERPAYMENT', 'CANCELLED')),
    CONSTRAINT `payments_validation_status_known` CHECK (`validation_status` IN ('PASSED', 'FLAGGED')),
    CONSTRAINT `payments_version_positive` CHECK (`version` >= 1)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261122_000001_create_payments', UNIX_TIMESTAMP());

-- m20261122_000002_create_validation_results
CREATE TABLE `validation_results` (
    `payment_id` binary(16) NOT NULL,
    `check_type` varchar(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `check_result` varchar(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `check_message` varchar(255) NOT NULL,
    `created_at` datetime(6) NOT NULL,
    PRIMARY KEY (`payment_id`, `check_type`),
    CONSTRAINT `validation_results_payment_fk` FOREIGN KEY (`payment_id`) REFERENCES `payments` (`id`),
    CONSTRAINT `validation_results_result_known` CHECK (`check_result` IN ('PASSED', 'FLAGGED'))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261122_000002_create_validation_results', UNIX_TIMESTAMP());

-- m20261122_000003_create_audit_log
CREATE TABLE `audit_log` (
    `seq` bigint NOT NULL PRIMARY KEY,
    `payment_id` binary(16) NOT NULL,
    `action` varchar(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `actor` varchar(64) NOT NULL,
    `reason` varchar(500) NULL,
    `old_value` longtext NULL,
    `new_value` longtext NULL,
    `user_agent` varchar(255) NULL,
    `ip_address` varchar(45) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    `created_at` datetime(6) NOT NULL,
    `hash` binary(32) NOT NULL,
    KEY `audit_log_payment` (`payment_id`, `seq`),
    CONSTRAINT `audit_log_payment_fk` FOREIGN KEY (`payment_id`) REFERENCES `payments` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261122_000003_create_audit_log', UNIX_TIMESTAMP());

-- m20261122_000004_create_ledger_head
CREATE TABLE `ledger_head` (
    `id` int NOT NULL PRIMARY KEY,
    `seq` bigint NOT NULL,
    `token` binary(16) NOT NULL,
    `next_reference` bigint NOT NULL,
    `audit_seq` bigint NOT NULL,
    `audit_hash` binary(32) NOT NULL,
    `event_seq` bigint NOT NULL,
    `advanced_at` datetime(6) NOT NULL,
    CONSTRAINT `ledger_head_single_row` CHECK (`id` = 1),
    CONSTRAINT `ledger_head_next_reference_positive` CHECK (`next_reference` >= 1)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261122_000004_create_ledger_head', UNIX_TIMESTAMP());

-- m20261122_000005_insert_ledger_head
INSERT INTO ledger_head (id, seq, token, next_reference, audit_seq, audit_hash, event_seq, advanced_at)
VALUES (1, 0, X'00000000000000000000000000000000', 1, 0, X'0000000000000000000000000000000000000000000000000000000000000000', 0, '1970-01-01 00:00:00.000000');
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261122_000005_insert_ledger_head', UNIX_TIMESTAMP());

-- m20261122_000006_create_outbox
CREATE TABLE `outbox` (
    `seq` bigint NOT NULL PRIMARY KEY,
    `batch_token` binary(16) NOT NULL,
    `event_type` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `payment_id` binary(16) NOT NULL,
    `payload` longtext NOT NULL,
    `created_at` datetime(6) NOT NULL,
    CONSTRAINT `outbox_payment_fk` FOREIGN KEY (`payment_id`) REFERENCES `payments` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261122_000006_create_outbox', UNIX_TIMESTAMP());

-- m20261122_000007_create_idempotency_keys
CREATE TABLE `idempotency_keys` (
    `scope_hash` binary(32) NOT NULL PRIMARY KEY,
    `fingerprint` binary(32) NOT NULL,
    `payment_id` binary(16) NOT NULL,
    `outcome` longtext NOT NULL,
    `created_at` datetime(6) NOT NULL,
    KEY `idempotency_keys_created_at` (`created_at`),
    CONSTRAINT `idempotency_keys_payment_fk` FOREIGN KEY (`payment_id`) REFERENCES `payments` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261122_000007_create_idempotency_keys', UNIX_TIMESTAMP());

-- m20261122_000008_create_payment_totals
CREATE TABLE `payment_totals` (
    `currency_from` varchar(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
    `payments` bigint NOT NULL,
    `passed` bigint NOT NULL,
    `flagged` bigint NOT NULL,
    `cancelled` bigint NOT NULL,
    `above_threshold` bigint NOT NULL,
    `amount_outstanding` bigint NOT NULL,
    `amount_received` bigint NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261122_000008_create_payment_totals', UNIX_TIMESTAMP());

-- m20261124_000009_create_event_relay
CREATE TABLE `event_relay` (
    `id` int NOT NULL PRIMARY KEY,
    `holder` binary(16) NOT NULL,
    `expires_at_ms` bigint NOT NULL,
    `published_seq` bigint NOT NULL,
    CONSTRAINT `event_relay_single_row` CHECK (`id` = 1)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261124_000009_create_event_relay', UNIX_TIMESTAMP());

-- m20261124_000010_insert_event_relay
INSERT INTO event_relay (id, holder, expires_at_ms, published_seq)
VALUES (1, X'00000000000000000000000000000000', 0, 0);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261124_000010_insert_event_relay', UNIX_TIMESTAMP());

-- m20261124_000011_guard_audit_log
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log FOR EACH ROW
SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'audit_log only grows';
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log FOR EACH ROW
SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'audit_log only grows';
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261124_000011_guard_audit_log', UNIX_TIMESTAMP());

-- m20261124_000012_refuse_replaced_audit_rows
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261124_000012_refuse_replaced_audit_rows', UNIX_TIMESTAMP());

-- m20261130_000013_create_cache_signing_key
CREATE TABLE `cache_signing_key` (
    `id` int NOT NULL PRIMARY KEY,
    `secret` binary(32) NOT NULL,
    CONSTRAINT `cache_signing_key_single_row` CHECK (`id` = 1)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000013_create_cache_signing_key', UNIX_TIMESTAMP());

-- m20261130_000014_insert_cache_signing_key
INSERT INTO cache_signing_key (id, secret)
VALUES (1, RANDOM_BYTES(32));
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000014_insert_cache_signing_key', UNIX_TIMESTAMP());

-- m20261130_000015_support_erasure
DROP TRIGGER IF EXISTS audit_log_no_update;
ALTER TABLE `audit_log` MODIFY COLUMN `payment_id` binary(16) NULL, ADD COLUMN `subject_type` varchar(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, ADD COLUMN `subject_id` varchar(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, MODIFY COLUMN `actor` varchar(128) NOT NULL, ADD COLUMN `salt` binary(16) NULL, MODIFY COLUMN `ip_address` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL;
ALTER TABLE `outbox` MODIFY COLUMN `payment_id` binary(16) NULL, ADD COLUMN `subject_type` varchar(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, ADD COLUMN `subject_id` varchar(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL;
UPDATE outbox SET subject_type = 'payment', subject_id = lower(hex(payment_id)) WHERE subject_id = '';
ALTER TABLE `idempotency_keys` MODIFY COLUMN `payment_id` binary(16) NULL, ADD COLUMN `subject_type` varchar(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, ADD COLUMN `subject_id` varchar(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL;
UPDATE idempotency_keys SET subject_type = 'payment', subject_id = lower(hex(payment_id)) WHERE subject_id = '';
ALTER TABLE `payments` DROP COLUMN `page_token`, ADD COLUMN `link_version` bigint NOT NULL DEFAULT 1, ADD COLUMN `link_expires_at` datetime(6) NULL;
ALTER TABLE `ledger_head` ADD COLUMN `access_seq` bigint NOT NULL DEFAULT 0;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000015_support_erasure', UNIX_TIMESTAMP());

-- m20261130_000016_rebuild_audit_chain
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000016_rebuild_audit_chain', UNIX_TIMESTAMP());

-- m20261130_000017_guard_erasable_audit_log
DELIMITER //
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log FOR EACH ROW
IF NOT (OLD.salt IS NOT NULL AND NEW.salt IS NULL
    AND CAST(NEW.seq AS BINARY) <=> CAST(OLD.seq AS BINARY)
    AND CAST(NEW.payment_id AS BINARY) <=> CAST(OLD.payment_id AS BINARY)
    AND CAST(NEW.subject_type AS BINARY) <=> CAST(OLD.subject_type AS BINARY)
    AND CAST(NEW.subject_id AS BINARY) <=> CAST(OLD.subject_id AS BINARY)
    AND CAST(NEW.action AS BINARY) <=> CAST(OLD.action AS BINARY)
    AND CAST(NEW.actor AS BINARY) <=> CAST(OLD.actor AS BINARY)
    AND CAST(NEW.created_at AS BINARY) <=> CAST(OLD.created_at AS BINARY)
    AND CAST(NEW.hash AS BINARY) <=> CAST(OLD.hash AS BINARY)
    AND NEW.reason <=> SHA2(CONCAT(OLD.salt, CHAR(0), OLD.reason), 256)
    AND NEW.old_value <=> SHA2(CONCAT(OLD.salt, CHAR(1), OLD.old_value), 256)
    AND NEW.new_value <=> SHA2(CONCAT(OLD.salt, CHAR(2), OLD.new_value), 256)
    AND NEW.user_agent <=> SHA2(CONCAT(OLD.salt, CHAR(3), OLD.user_agent), 256)
    AND NEW.ip_address <=> SHA2(CONCAT(OLD.salt, CHAR(4), OLD.ip_address), 256)) THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'audit_log only grows'; END IF//
DELIMITER ;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000017_guard_erasable_audit_log', UNIX_TIMESTAMP());

-- m20261130_000018_create_access_keys
CREATE TABLE `access_keys` (
    `id` varchar(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
    `name` varchar(100) NOT NULL,
    `scopes` varchar(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `created_by` varchar(128) NOT NULL,
    `created_at` datetime(6) NOT NULL,
    `expires_at` datetime(6) NULL,
    `revoked_at` datetime(6) NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000018_create_access_keys', UNIX_TIMESTAMP());

-- m20261130_000019_create_access_secrets
CREATE TABLE `access_secrets` (
    `key_id` varchar(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `digest` binary(32) NOT NULL,
    `expires_at` datetime(6) NULL,
    PRIMARY KEY (`key_id`, `digest`),
    CONSTRAINT `access_secrets_key_fk` FOREIGN KEY (`key_id`) REFERENCES `access_keys` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000019_create_access_secrets', UNIX_TIMESTAMP());

-- m20261130_000020_create_access_uses
CREATE TABLE `access_uses` (
    `key_id` varchar(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `day` date NOT NULL,
    PRIMARY KEY (`key_id`, `day`),
    CONSTRAINT `access_uses_key_fk` FOREIGN KEY (`key_id`) REFERENCES `access_keys` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000020_create_access_uses', UNIX_TIMESTAMP());

-- m20261130_000021_support_receipts
ALTER TABLE `payments` ADD COLUMN `shortfall_written_off` bigint NOT NULL DEFAULT 0;
ALTER TABLE `ledger_head` ADD COLUMN `next_receipt` bigint NOT NULL DEFAULT 1, ADD COLUMN `next_refund` bigint NOT NULL DEFAULT 1;
ALTER TABLE `payment_totals` ADD COLUMN `receipts` bigint NOT NULL DEFAULT 0, ADD COLUMN `credit` bigint NOT NULL DEFAULT 0, ADD COLUMN `refunds_due` bigint NOT NULL DEFAULT 0;
CREATE INDEX audit_log_subject ON audit_log (subject_type, subject_id, seq);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000021_support_receipts', UNIX_TIMESTAMP());

-- m20261130_000022_create_receipts
CREATE TABLE `receipts` (
    `seq` bigint NOT NULL PRIMARY KEY,
    `number` varchar(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `currency` varchar(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `amount` bigint NOT NULL,
    `value_date` date NOT NULL,
    `source` varchar(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `statement_line` binary(32) NULL,
    `bank_id` varchar(64) NULL,
    `payer_text` varchar(500) NULL,
    `payer_account` varchar(64) NULL,
    `note` varchar(500) NULL,
    `allocations_made` bigint NOT NULL,
    `status` varchar(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `reversed_at` datetime(6) NULL,
    `version` bigint NOT NULL,
    `created_at` datetime(6) NOT NULL,
    `updated_at` datetime(6) NOT NULL,
    `allocated` bigint NOT NULL,
    `credit` bigint NOT NULL,
    `refunds_reserved` bigint NOT NULL,
    `refunded` bigint NOT NULL,
    `surplus_written_off` bigint NOT NULL,
    `refunds_due` bigint NOT NULL,
    UNIQUE KEY `receipts_number` (`number`),
    UNIQUE KEY `receipts_statement_line` (`statement_line`),
    KEY `receipts_status` (`status`, `seq`),
    KEY `receipts_currency` (`currency`, `seq`),
    CONSTRAINT `receipts_amount_range` CHECK (`amount` BETWEEN 1 AND 10000000000000),
    CONSTRAINT `receipts_parts_are_amount` CHECK ((`reversed_at` IS NULL AND `allocated` + `credit` + `refunds_reserved` + `refunded` + `surplus_written_off` = `amount`) OR (`reversed_at` IS NOT NULL AND `allocated` + `credit` + `refunds_reserved` + `refunded` + `surplus_written_off` = 0)),
    CONSTRAINT `receipts_parts_not_negative` CHECK (`allocated` >= 0 AND `credit` >= 0 AND `refunds_reserved` >= 0 AND `refunded` >= 0 AND `surplus_written_off` >= 0),
    CONSTRAINT `receipts_due_within_credit` CHECK (`refunds_due` BETWEEN 0 AND `credit`),
    CONSTRAINT `receipts_source_known` CHECK (`source` IN ('bank_transfer', 'cash', 'cheque', 'statement', 'migration')),
    CONSTRAINT `receipts_status_known` CHECK (`status` IN ('OPEN', 'SETTLED', 'REVERSED')),
    CONSTRAINT `receipts_version_positive` CHECK (`version` >= 1)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000022_create_receipts', UNIX_TIMESTAMP());

-- m20261130_000023_create_allocations
CREATE TABLE `allocations` (
    `receipt_seq` bigint NOT NULL,
    `id` bigint NOT NULL,
    `payment_id` binary(16) NOT NULL,
    `reference` varchar(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `amount` bigint NOT NULL,
    `created_at` datetime(6) NOT NULL,
    PRIMARY KEY (`receipt_seq`, `id`),
    KEY `allocations_payment` (`payment_id`),
    CONSTRAINT `allocations_receipt_fk` FOREIGN KEY (`receipt_seq`) REFERENCES `receipts` (`seq`),
    CONSTRAINT `allocations_payment_fk` FOREIGN KEY (`payment_id`) REFERENCES `payments` (`id`),
    CONSTRAINT `allocations_amount_positive` CHECK (`amount` >= 1)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000023_create_allocations', UNIX_TIMESTAMP());

-- m20261130_000024_create_refunds
CREATE TABLE `refunds` (
    `seq` bigint NOT NULL PRIMARY KEY,
    `number` varchar(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `receipt_seq` bigint NOT NULL,
    `currency` varchar(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `amount` bigint NOT NULL,
    `state` varchar(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `payment_id` binary(16) NULL,
    `reference` varchar(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    `payee_account` varchar(64) NULL,
    `requested_by` varchar(128) NULL,
    `approved_by` varchar(128) NULL,
    `bank_id` varchar(64) NULL,
    `version` bigint NOT NULL,
    `created_at` datetime(6) NOT NULL,
    `updated_at` datetime(6) NOT NULL,
    UNIQUE KEY `refunds_number` (`number`),
    KEY `refunds_receipt` (`receipt_seq`),
    KEY `refunds_payment` (`payment_id`),
    KEY `refunds_state` (`state`, `seq`),
    KEY `refunds_currency` (`currency`, `seq`),
    CONSTRAINT `refunds_receipt_fk` FOREIGN KEY (`receipt_seq`) REFERENCES `receipts` (`seq`),
    CONSTRAINT `refunds_payment_fk` FOREIGN KEY (`payment_id`) REFERENCES `payments` (`id`),
    CONSTRAINT `refunds_amount_positive` CHECK (`amount` >= 1),
    CONSTRAINT `refunds_state_known` CHECK (`state` IN ('DUE', 'REQUESTED', 'APPROVED', 'SENT', 'FAILED', 'WITHDRAWN')),
    CONSTRAINT `refunds_version_positive` CHECK (`version` >= 1)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000024_create_refunds', UNIX_TIMESTAMP());

-- m20261130_000025_record_earlier_receipts
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000025_record_earlier_receipts', UNIX_TIMESTAMP());

-- m20261130_000026_add_due_date_and_language
ALTER TABLE `payments` ADD COLUMN `due_on` date NULL, ADD COLUMN `language` varchar(2) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000026_add_due_date_and_language', UNIX_TIMESTAMP());

-- m20261130_000027_create_statement_imports
CREATE TABLE `statement_imports` (
    `id` binary(16) NOT NULL PRIMARY KEY,
    `file_name` varchar(255) NOT NULL,
    `format` varchar(64) NOT NULL,
    `csv_profile` varchar(64) NULL,
    `csv_account` varchar(64) NULL,
    `state` varchar(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `reason` varchar(1000) NULL,
    `line_count` bigint NOT NULL,
    `position` bigint NOT NULL,
    `imported_by` varchar(128) NOT NULL,
    `undone_by` varchar(128) NULL,
    `claimed_by` binary(16) NULL,
    `claimed_until` datetime(6) NULL,
    `created_at` datetime(6) NOT NULL,
    `finished_at` datetime(6) NULL,
    KEY `statement_imports_state_idx` (`state`, `created_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000027_create_statement_imports', UNIX_TIMESTAMP());

-- m20261130_000028_create_statement_lines
CREATE TABLE `statement_lines` (
    `id` binary(32) NOT NULL PRIMARY KEY,
    `import_id` binary(16) NOT NULL,
    `number` bigint NOT NULL,
    `account` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `direction` varchar(6) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `currency` varchar(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `amount` bigint NOT NULL,
    `is_reversal` int NOT NULL,
    `booking_date` date NOT NULL,
    `value_date` date NOT NULL,
    `bank_id` varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    `batch_role` varchar(6) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `batch_id` varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    `texts` longtext NOT NULL,
    `state` varchar(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `receipt` varchar(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    KEY `statement_lines_import_idx` (`import_id`, `state`, `number`),
    KEY `statement_lines_amount_idx` (`account`, `amount`),
    KEY `statement_lines_batch_idx` (`account`, `batch_id`),
    KEY `statement_lines_receipt_idx` (`receipt`),
    CONSTRAINT `statement_lines_import_fk` FOREIGN KEY (`import_id`) REFERENCES `statement_imports` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000028_create_statement_lines', UNIX_TIMESTAMP());

-- m20261130_000029_create_statement_matches
CREATE TABLE `statement_matches` (
    `id` binary(16) NOT NULL PRIMARY KEY,
    `import_id` binary(16) NOT NULL,
    `line_id` binary(32) NOT NULL,
    `certainty` varchar(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `parts` longtext NOT NULL,
    `evidence` longtext NOT NULL,
    `state` varchar(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `decided_by` varchar(128) NULL,
    `decided_at` datetime(6) NULL,
    `created_at` datetime(6) NOT NULL,
    KEY `statement_matches_line_idx` (`line_id`),
    KEY `statement_matches_state_idx` (`state`, `created_at`, `id`),
    KEY `statement_matches_import_idx` (`import_id`, `created_at`, `id`),
    CONSTRAINT `statement_matches_line_fk` FOREIGN KEY (`line_id`) REFERENCES `statement_lines` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000029_create_statement_matches', UNIX_TIMESTAMP());

-- m20261130_000030_create_mail_sender
CREATE TABLE `mail_sender` (
    `id` int NOT NULL PRIMARY KEY,
    `holder` binary(16) NOT NULL,
    `expires_at_ms` bigint NOT NULL,
    `cursor_seq` bigint NOT NULL,
    `failing_since` datetime(6) NULL,
    `last_error` varchar(255) NULL,
    CONSTRAINT `mail_sender_single_row` CHECK (`id` = 1)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000030_create_mail_sender', UNIX_TIMESTAMP());

-- m20261130_000031_insert_mail_sender
INSERT INTO mail_sender (id, holder, expires_at_ms, cursor_seq)
VALUES (1, X'00000000000000000000000000000000', 0, -1);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000031_insert_mail_sender', UNIX_TIMESTAMP());

-- m20261130_000032_create_mail_messages
CREATE TABLE `mail_messages` (
    `event_seq` bigint NOT NULL PRIMARY KEY,
    `event_id` binary(16) NOT NULL,
    `event_type` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `event_reference` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `payload` longtext NOT NULL,
    `occurred_at` datetime(6) NOT NULL,
    `reference` varchar(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `state` varchar(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `attempts` int NOT NULL,
    `not_before` datetime(6) NOT NULL,
    `finished_at` datetime(6) NULL,
    `address_key` binary(32) NULL,
    `reason` varchar(255) NULL,
    KEY `mail_messages_state` (`state`, `event_seq`),
    KEY `mail_messages_reference` (`reference`, `state`, `event_seq`),
    KEY `mail_messages_address` (`address_key`, `finished_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261130_000032_create_mail_messages', UNIX_TIMESTAMP());
