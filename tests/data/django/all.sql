-- Migration: polls.0001_first
BEGIN;
--
-- Create model Q
--
CREATE TABLE "polls_q" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "text" varchar(200) NOT NULL);
COMMIT;
-- Reverse: polls.0001_first
BEGIN;
--
-- Create model Q
--
DROP TABLE "polls_q";
COMMIT;
-- Migration: polls.0002_votes
BEGIN;
--
-- Add field votes to q
--
CREATE TABLE "new__polls_q" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "votes" integer NOT NULL, "text" varchar(200) NOT NULL);
INSERT INTO "new__polls_q" ("id", "text", "votes") SELECT "id", "text", 0 FROM "polls_q";
DROP TABLE "polls_q";
ALTER TABLE "new__polls_q" RENAME TO "polls_q";
--
-- Alter field text on q
--
CREATE TABLE "new__polls_q" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "votes" integer NOT NULL, "text" varchar(300) NOT NULL UNIQUE);
INSERT INTO "new__polls_q" ("id", "votes", "text") SELECT "id", "votes", "text" FROM "polls_q";
DROP TABLE "polls_q";
ALTER TABLE "new__polls_q" RENAME TO "polls_q";
COMMIT;
-- Reverse: polls.0002_votes
BEGIN;
--
-- Alter field text on q
--
CREATE TABLE "new__polls_q" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "text" varchar(200) NOT NULL, "votes" integer NOT NULL);
INSERT INTO "new__polls_q" ("id", "votes", "text") SELECT "id", "votes", "text" FROM "polls_q";
DROP TABLE "polls_q";
ALTER TABLE "new__polls_q" RENAME TO "polls_q";
--
-- Add field votes to q
--
CREATE TABLE "new__polls_q" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "text" varchar(200) NOT NULL);
INSERT INTO "new__polls_q" ("id", "text") SELECT "id", "text" FROM "polls_q";
DROP TABLE "polls_q";
ALTER TABLE "new__polls_q" RENAME TO "polls_q";
COMMIT;
-- Migration: polls.0003_data
BEGIN;
--
-- MIGRATION NOW PERFORMS OPERATION THAT CANNOT BE WRITTEN AS SQL:
-- Raw Python operation
--
COMMIT;
-- Reverse: polls.0003_data
-- Migration: sessions.0001_initial
BEGIN;
--
-- Create model Session
--
CREATE TABLE "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" datetime NOT NULL);
CREATE INDEX "django_session_expire_date_a5c62663" ON "django_session" ("expire_date");
COMMIT;
-- Reverse: sessions.0001_initial
BEGIN;
--
-- Create model Session
--
DROP TABLE "django_session";
COMMIT;
