CREATE TABLE {table} ("session_key" text NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" text NOT NULL, "created_date" text, "owner" text NOT NULL);
CREATE INDEX {index expire_date} ON {table} ("expire_date");
CREATE INDEX {index owner} ON {table} ("owner", "session_key") WHERE "owner" <> '';
