CREATE TABLE {table} ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" datetime NOT NULL);
CREATE INDEX {index expire_date} ON {table} ("expire_date");
