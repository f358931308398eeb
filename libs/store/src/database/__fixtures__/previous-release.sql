-- Rows in every table of the schema after 1764310000000-index-open-jobs, in every state that it knows.
INSERT INTO tenants (id, slug, name, created_at) VALUES
  ('00000000-0000-7000-8000-000000000001', 'library', 'Library', '2026-01-01T00:00:00Z'),
  ('00000000-0000-7000-8000-000000000002', 'acme', 'Acme', '2026-01-02T00:00:00Z');

INSERT INTO api_keys (id, tenant_id, name, prefix, hash, scopes, created_at, expires_at, revoked_at) VALUES
  ('00000000-0000-7000-8000-000000000011', '00000000-0000-7000-8000-000000000001', 'operator', 'hdl_a', '\x01', '{operate}', '2026-01-01T00:00:00Z', NULL, NULL),
  ('00000000-0000-7000-8000-000000000012', '00000000-0000-7000-8000-000000000002', 'service', 'hdl_b', '\x02', '{infer,read}', '2026-01-02T00:00:00Z', '2027-01-01T00:00:00Z', NULL),
  ('00000000-0000-7000-8000-000000000013', '00000000-0000-7000-8000-000000000002', 'old', 'hdl_c', '\x03', '{infer}', '2026-01-02T00:00:00Z', NULL, '2026-01-03T00:00:00Z');

INSERT INTO models (id, tenant_id, name, description, created_at, idempotency_key, request_hash, deleted_at) VALUES
  ('00000000-0000-7000-8000-000000000021', '00000000-0000-7000-8000-000000000001', 'sentiment', 'Of everybody', '2026-01-01T00:00:00Z', NULL, NULL, NULL),
  ('00000000-0000-7000-8000-000000000022', '00000000-0000-7000-8000-000000000002', 'mine', '', '2026-01-02T00:00:00Z', 'once', '\x04', NULL),
  ('00000000-0000-7000-8000-000000000023', '00000000-0000-7000-8000-000000000002', 'gone', '', '2026-01-02T00:00:00Z', NULL, NULL, '2026-01-04T00:00:00Z');

INSERT INTO versions (id, model_id, number, status, sha256, manifest, created_at, ready_at, warm, error, request, source_files, lease_until, worker_id, attempt) VALUES
  ('00000000-0000-7000-8000-000000000031', '00000000-0000-7000-8000-000000000021', 1, 'ready', 'a', :manifest, '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', true, NULL, NULL, '{}', NULL, NULL, 0),
  ('00000000-0000-7000-8000-000000000032', '00000000-0000-7000-8000-000000000022', 1, 'archived', 'b', :manifest, '2026-01-02T00:00:00Z', '2026-01-02T00:01:00Z', false, NULL, '{"precision": "fp32"}', '{00000000-0000-7000-8000-000000000041}', NULL, NULL, 1),
  ('00000000-0000-7000-8000-000000000033', '00000000-0000-7000-8000-000000000022', 2, 'failed', NULL, NULL, '2026-01-02T00:00:00Z', NULL, false, '{"code": "model-invalid", "detail": "no"}', '{}', '{}', NULL, NULL, 1),
  ('00000000-0000-7000-8000-000000000034', '00000000-0000-7000-8000-000000000022', 3, 'converting', NULL, NULL, '2026-01-02T00:00:00Z', NULL, false, NULL, '{}', '{}', '2026-01-02T00:05:00Z', '00000000-0000-7000-8000-000000000061', 1);

INSERT INTO aliases (model_id, name, version_id, updated_at) VALUES
  ('00000000-0000-7000-8000-000000000021', 'production', '00000000-0000-7000-8000-000000000031', '2026-01-01T00:00:00Z'),
  ('00000000-0000-7000-8000-000000000022', 'latest', '00000000-0000-7000-8000-000000000032', '2026-01-02T00:00:00Z');

INSERT INTO files (id, tenant_id, purpose, filename, bytes, sha256, stored_at, created_at, expires_at) VALUES
  ('00000000-0000-7000-8000-000000000041', '00000000-0000-7000-8000-000000000002', 'model', 'model.safetensors', 8, 'c', '2026-01-02T00:00:01Z', '2026-01-02T00:00:00Z', NULL),
  ('00000000-0000-7000-8000-000000000042', '00000000-0000-7000-8000-000000000002', 'dataset', 'half.jsonl', 5000000000, 'd', NULL, '2026-01-02T00:00:00Z', '2027-01-02T00:00:00Z');
INSERT INTO content_removals (sha256, since) VALUES ('e', '2026-01-02T00:00:00Z');

INSERT INTO jobs (id, tenant_id, version_id, alias, task, parameters, metadata, priority, state, epoch, attempt, sequence, dispatched_at,
                  lease_until, worker_id, items, cost, succeeded, failed, usage, timing, error, idempotency_key, request_hash,
                  answer_status, created_at, started_at, completed_at, deadline) VALUES
  ('00000000-0000-7000-8000-000000000051', '00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000031', NULL, 'text-classification', '{}', '{"batch": "7"}', 1, 'queued', 0, 0, 1, NULL,
   NULL, NULL, 1, 5, 0, 0, NULL, NULL, NULL, 'first', '\x05', 202, '2026-01-03T00:00:00Z', NULL, NULL, '2099-01-01T00:00:00Z'),
  ('00000000-0000-7000-8000-000000000052', '00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000031', 'production', 'text-classification', '{"top_k": 1}', '{}', 0, 'running', 1, 1, 2, '2026-01-03T00:00:00Z',
   '2026-01-03T00:01:00Z', '00000000-0000-7000-8000-000000000061', 1, 5, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, '2026-01-03T00:00:00Z', '2026-01-03T00:00:01Z', NULL, '2099-01-01T00:00:00Z'),
  ('00000000-0000-7000-8000-000000000053', '00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000031', NULL, 'text-classification', '{}', '{}', 1, 'succeeded', 0, 1, 3, '2026-01-03T00:00:00Z',
   NULL, NULL, 1, 5, 1, 0, '{"tokens": 3, "padded_tokens": 3, "truncated": 0}', '{"queue_ms": 1, "tokenize_ms": 1, "inference_ms": 1, "total_ms": 3}', NULL, NULL, NULL, NULL, '2026-01-03T00:00:00Z', '2026-01-03T00:00:01Z', '2026-01-03T00:00:02Z', '2026-01-04T00:00:00Z'),
  ('00000000-0000-7000-8000-000000000054', '00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000032', NULL, 'text-classification', '{}', '{}', 2, 'failed', 4, 5, 9, '2026-01-03T00:00:00Z',
   NULL, NULL, 1, 5, 0, 0, NULL, NULL, '{"code": "attempts-exhausted", "detail": "no", "retryable": false}', NULL, NULL, NULL, '2026-01-03T00:00:00Z', '2026-01-03T00:00:01Z', '2026-01-03T00:00:02Z', '2026-01-04T00:00:00Z'),
  ('00000000-0000-7000-8000-000000000055', '00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000031', NULL, 'text-classification', '{}', '{}', 1, 'canceled', 0, 0, 2, NULL,
   NULL, NULL, 1, 5, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, '2026-01-03T00:00:00Z', NULL, '2026-01-03T00:00:02Z', '2026-01-04T00:00:00Z'),
  ('00000000-0000-7000-8000-000000000056', '00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000031', NULL, 'text-classification', '{}', '{}', 1, 'expired', 0, 0, 2, NULL,
   NULL, NULL, 1, 5, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, '2026-01-03T00:00:00Z', NULL, '2026-01-04T00:00:02Z', '2026-01-04T00:00:00Z');
INSERT INTO job_inputs (job_id, inputs) SELECT id, '["a text"]' FROM jobs;
INSERT INTO job_results (job_id, results) VALUES ('00000000-0000-7000-8000-000000000053', '[{"index": 0}]');

INSERT INTO workers (id, host, pid, started_at, heartbeat_at, throughput) VALUES
  ('00000000-0000-7000-8000-000000000061', 'a', 1, '2026-01-01T00:00:00Z', '2026-01-03T00:00:00Z', '{"00000000-0000-7000-8000-000000000031": 1000}');
INSERT INTO dispatchers (id, host, pid, started_at, queue_answered_at) VALUES
  ('00000000-0000-7000-8000-000000000071', 'a', 2, '2026-01-01T00:00:00Z', '2026-01-03T00:00:00Z');
INSERT INTO secrets (name, value) VALUES ('cursors', '\x06');
INSERT INTO plans (version_id, machine, plan, measured_at) VALUES
  ('00000000-0000-7000-8000-000000000031', 'kind', '{"lowering": "skew"}', '2026-01-03T00:00:00Z');
