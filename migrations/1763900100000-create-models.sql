-- up
CREATE TABLE models (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  name text NOT NULL,
  description text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant_id, name)
);

-- Immutable: a version is its manifest, and its digest is that of the manifest.
CREATE TABLE versions (
  id uuid PRIMARY KEY,
  model_id uuid NOT NULL REFERENCES models (id),
  number integer NOT NULL CHECK (number > 0),
  status text NOT NULL CHECK (status IN ('ready', 'archived')),
  sha256 text NOT NULL,
  manifest json NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (model_id, number),
  UNIQUE (model_id, sha256)
);

CREATE TABLE aliases (
  model_id uuid NOT NULL REFERENCES models (id),
  name text NOT NULL,
  version_id uuid NOT NULL REFERENCES versions (id),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (model_id, name)
);

-- down
DROP TABLE aliases;
DROP TABLE versions;
DROP TABLE models;
