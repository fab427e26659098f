-- With a default, so that the old version can keep inserting while it still serves.
ALTER TABLE notes ADD COLUMN at timestamptz NOT NULL DEFAULT now();
