-- What Hermes needs on MySQL and MariaDB, and nothing else: its database user cannot change or delete a row of
-- audit_log. Carry it out as an administrator, after the schema is there (hermes migrate up, as another user).
-- The names are those of the defaults; the user is made with CREATE USER.

GRANT SELECT ON hermes_payments.seaql_migrations TO 'hermes'@'%';
GRANT SELECT, UPDATE ON hermes_payments.ledger_head TO 'hermes'@'%';
GRANT SELECT, INSERT, UPDATE ON hermes_payments.payments TO 'hermes'@'%';
GRANT SELECT, INSERT, UPDATE ON hermes_payments.validation_results TO 'hermes'@'%';
GRANT SELECT, INSERT, UPDATE ON hermes_payments.payment_totals TO 'hermes'@'%';
GRANT SELECT, INSERT ON hermes_payments.audit_log TO 'hermes'@'%';
GRANT SELECT, INSERT, DELETE ON hermes_payments.outbox TO 'hermes'@'%';
GRANT SELECT, UPDATE ON hermes_payments.event_relay TO 'hermes'@'%';
GRANT SELECT, INSERT, DELETE ON hermes_payments.idempotency_keys TO 'hermes'@'%';
