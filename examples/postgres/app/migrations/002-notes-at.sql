-- With a default, so that the version that still serves can go on writing.
ALTER TABLE notes ADD COLUMN at timestamptz NOT NULL DEFAULT now();
