-- up
-- Who changed what, written in the transaction of the change. `tenant_id` owns the object; the actor may be another
-- tenant's key (an operator's), or no key: a command on the server's machine, or a worker.
CREATE TABLE audit_entries (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  at timestamptz NOT NULL DEFAULT now(),
  actor_tenant_id uuid REFERENCES tenants (id),
  actor_key_id uuid REFERENCES api_keys (id),
  actor_name text NOT NULL,
  action text NOT NULL,
  object text NOT NULL,
  before json,
  after json,
  request_id text
);
CREATE INDEX audit_entries_tenant ON audit_entries (tenant_id, id);
CREATE INDEX audit_entries_object ON audit_entries (object, id);

-- Rows are only added, whoever the role is. Always: not even a session that plays a replica may change them.
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit_entries is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
ALTER TABLE audit_entries ENABLE ALWAYS TRIGGER audit_entries_append_only;

-- down
DROP TABLE audit_entries;
DROP FUNCTION refuse_audit_change();
