-- The minimal rights of the Hermes user on MySQL and MariaDB. The user cannot delete rows of audit_log. Of an existing row,
-- the user can change only the columns that an erasure of personal data changes; the hash chain detects every other change.
-- Run these statements as an administrator after another user has created the schema (hermes migrate up). Database and
-- user have their default names. Create the user with CREATE USER first.

GRANT SELECT ON hermes_payments.seaql_migrations TO 'hermes'@'%';
GRANT SELECT, UPDATE ON hermes_payments.ledger_head TO 'hermes'@'%';
GRANT SELECT, INSERT, UPDATE ON hermes_payments.payments TO 'hermes'@'%';
GRANT SELECT, INSERT, UPDATE ON hermes_payments.validation_results TO 'hermes'@'%';
GRANT SELECT, INSERT, UPDATE ON hermes_payments.payment_totals TO 'hermes'@'%';
GRANT SELECT, INSERT, UPDATE ON hermes_payments.receipts TO 'hermes'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON hermes_payments.allocations TO 'hermes'@'%';
GRANT SELECT, INSERT, UPDATE ON hermes_payments.refunds TO 'hermes'@'%';
GRANT SELECT, INSERT, UPDATE ON hermes_payments.statement_imports TO 'hermes'@'%';
GRANT SELECT, INSERT, UPDATE ON hermes_payments.statement_lines TO 'hermes'@'%';
GRANT SELECT, INSERT, UPDATE ON hermes_payments.statement_matches TO 'hermes'@'%';
GRANT SELECT, INSERT, UPDATE (salt, reason, old_value, new_value, user_agent, ip_address) ON hermes_payments.audit_log TO 'hermes'@'%';
GRANT SELECT, INSERT, DELETE ON hermes_payments.outbox TO 'hermes'@'%';
GRANT SELECT, UPDATE ON hermes_payments.event_relay TO 'hermes'@'%';
GRANT SELECT, UPDATE ON hermes_payments.mail_sender TO 'hermes'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON hermes_payments.mail_messages TO 'hermes'@'%';
GRANT SELECT, INSERT, UPDATE (fingerprint, outcome), DELETE ON hermes_payments.idempotency_keys TO 'hermes'@'%';
GRANT SELECT, INSERT, UPDATE (revoked_at) ON hermes_payments.access_keys TO 'hermes'@'%';
GRANT SELECT, INSERT, UPDATE (expires_at) ON hermes_payments.access_secrets TO 'hermes'@'%';
GRANT SELECT, INSERT, UPDATE ON hermes_payments.access_uses TO 'hermes'@'%';
GRANT SELECT ON hermes_payments.cache_signing_key TO 'hermes'@'%';
