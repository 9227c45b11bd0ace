-- Running downgrade ddd444 -> bbb222, ccc333

INSERT INTO alembic_version (version_num) VALUES ('bbb222');

UPDATE alembic_version SET version_num='ccc333' WHERE alembic_version.version_num = 'ddd444';

-- Running downgrade bbb222 -> aaa111

ALTER TABLE users DROP COLUMN mail;

DELETE FROM alembic_version WHERE alembic_version.version_num = 'bbb222';

-- Running downgrade ccc333 -> aaa111

DROP INDEX i;

UPDATE alembic_version SET version_num='aaa111' WHERE alembic_version.version_num = 'ccc333';

-- Running downgrade aaa111 -> 

DROP TABLE users;

DELETE FROM alembic_version WHERE alembic_version.version_num = 'aaa111';

DROP TABLE alembic_version;

