-- up
-- Bytes, as JSON, of the answers of an evaluation: it ends where they are too large, and a tenant's are bounded while they are kept.
ALTER TABLE evaluations ADD COLUMN output_bytes bigint NOT NULL DEFAULT 0;
CREATE INDEX evaluations_kept ON evaluations (tenant_id) WHERE completed_at IS NULL OR expires_at IS NOT NULL;

-- down
DROP INDEX evaluations_kept;
ALTER TABLE evaluations DROP COLUMN output_bytes;
