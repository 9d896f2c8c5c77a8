-- Times are milliseconds since 1970, always given by the caller. Owners are RecipientId's sixteen bytes.

-- One row per mailbox: its lock for writers, its numbering and its counts. Changed by each append and each
-- acknowledgement, never in an indexed column, so that the new version finds room on the same page.
create table mailboxes (
  owner bytea primary key,
  incarnation bigint not null default 0,
  -- In which life of the server the incarnation was drawn: see current_lives.
  life bigint not null default 0,
  last bigint not null default 0,
  messages bigint not null default 0,
  bytes bigint not null default 0,
  -- Sessions with an older epoch have been displaced, whatever else was forgotten.
  floor bigint not null default 0
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

-- Written once, deleted once. Envelopes are ciphertext: not worth compressing, and up to 8 KB kept beside their row.
create table messages (
  owner bytea not null,
  sequence bigint not null,
  incarnation bigint not null,
  received bigint not null,
  expires bigint not null,
  destination bytea not null,
  envelope bytea not null,
  primary key (owner, sequence)
) with (
  toast_tuple_target = 8160,
  autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0,
  toast.autovacuum_vacuum_scale_factor = 0.02, toast.autovacuum_vacuum_cost_delay = 0
);
alter table messages alter envelope set storage external;
create index messages_by_expiry on messages (expires);

-- What was appended, for as long as a retry of it is no news.
create table remembered (
  owner bytea not null,
  dedupe bytea not null,
  until bigint not null,
  primary key (owner, dedupe)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
create index remembered_by_end on remembered (until);

-- Signs of life. A name is used once, so that one that was silent for long never comes back.
create table instances (
  instance text primary key,
  until bigint not null
) with (fillfactor = 20, autovacuum_vacuum_threshold = 200);

-- The claims of a recipient; the one with the highest epoch is the newest.
create table claims (
  owner bytea not null,
  epoch bigint not null,
  instance text not null,
  postman boolean not null,
  primary key (owner, epoch)
) with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

-- The sessions that read a mailbox, and the store (one per process) that rings them.
create table readers (
  owner bytea not null,
  epoch bigint not null,
  instance text,
  store bigint not null,
  alone boolean not null,
  primary key (owner, epoch)
) with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
create index readers_by_store on readers (store);

-- Who has mail in hand, and until when: a session (its epoch) or a request (its number). Need not survive a crash, so
-- nothing of it is logged, and the rows of the messages stay as they are.
create unlogged table holders (
  owner bytea not null,
  session boolean not null,
  number bigint not null,
  until bigint not null,
  -- A session that reads no more, whose marks were given some time.
  lingers boolean not null default false,
  primary key (owner, session, number)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
create index holders_by_end on holders (until);

-- Which message each of them has.
create unlogged table marks (
  owner bytea not null,
  sequence bigint not null,
  session boolean not null,
  number bigint not null,
  primary key (owner, sequence, session, number)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

-- Whether a recipient is mediated. No row: never asked.
create table mediations (
  owner bytea primary key,
  granted boolean not null
);

-- A destination (Destination::to_bytes), its owner, and its place in the owner's list.
create table routes (
  destination bytea primary key,
  owner bytea not null,
  place bigint generated always as identity
);
create index routes_by_owner on routes (owner, place);

-- Texts of peers are kept as bytes: they may hold what a text of PostgreSQL may not.
create table connections (
  id bytea primary key,
  our_key bytea not null unique,
  dialable boolean not null,
  body bytea not null
);
create index connections_dialable on connections (id) where dialable;

create table invitations (
  id bytea primary key,
  expires bigint not null,
  used_by bytea
);

create table dead_letters (
  position bytea primary key,
  owner bytea not null,
  received bigint not null,
  destination bytea not null,
  envelope bytea not null,
  reason bytea not null,
  buried bigint not null
);
alter table dead_letters alter envelope set storage external;
