CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL, 
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> aaa111

CREATE TABLE users (
    id INTEGER NOT NULL, 
    name VARCHAR(50) NOT NULL, 
    PRIMARY KEY (id)
);

INSERT INTO alembic_version (version_num) VALUES ('aaa111');

-- Running upgrade aaa111 -> ccc333

CREATE INDEX i ON users (name);

UPDATE alembic_version SET version_num='ccc333' WHERE alembic_version.version_num = 'aaa111';

-- Running upgrade aaa111 -> bbb222

ALTER TABLE users ADD COLUMN mail VARCHAR;

UPDATE users SET mail = name || '@x';

INSERT INTO alembic_version (version_num) VALUES ('bbb222');

-- Running upgrade bbb222, ccc333 -> ddd444

DELETE FROM alembic_version WHERE alembic_version.version_num = 'bbb222';

UPDATE alembic_version SET version_num='ddd444' WHERE alembic_version.version_num = 'ccc333';

