-- The tier of the cache that all instances share. Nothing of it need survive a crash. Lives go by the server's clock.
create unlogged table cache_entries (
  digest bytea primary key,
  space bytea not null,
  value bytea not null,
  until timestamptz not null
) with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
create index cache_entries_by_end on cache_entries (until);

-- Who is loading an entry. An eviction takes the row away, so that what it brings is not kept.
create unlogged table cache_loads (
  digest bytea primary key,
  space bytea not null,
  token bigint not null,
  until timestamptz not null
) with (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_cost_delay = 0);

-- The stores that may answer from their own memory. Logged: an evictor must not take them for dead after a crash.
create table caches (
  store bigint primary key,
  until timestamptz not null
) with (fillfactor = 20, autovacuum_vacuum_threshold = 200);

-- A sign of life, sent over the connection that listens: what was told before has arrived there before the answer does.
create function beat(here bigint) returns void language plpgsql as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  insert into caches (store, until) values (here, clock_timestamp() + interval '3 s')
    on conflict (store) do update set until = excluded.until;
end $$;

create function cached(key bytea) returns table (value bytea, life_ms bigint) language sql stable as $$
  select value, (extract(epoch from until - clock_timestamp()) * 1000)::bigint
    from cache_entries where digest = sha256(key) and until > clock_timestamp()
$$;

create function cache(key bytea, in_space bytea, what bytea, life_ms bigint) returns void language plpgsql as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  insert into cache_entries (digest, space, value, until)
    values (sha256(key), in_space, what, clock_timestamp() + life_ms * interval '1 ms')
    on conflict (digest) do update set value = excluded.value, until = excluded.until;
end $$;

-- What is known, or whether the caller may load it: a value, or 'load', or 'wait' for who loads it.
create function begin_load(key bytea, in_space bytea, with_token bigint)
returns table (turn text, value bytea, life_ms bigint) language plpgsql as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  return query select 'known', c.value, c.life_ms from cached(key) c;
  if found then
    return;
  end if;
  insert into cache_loads as l (digest, space, token, until)
    values (sha256(key), in_space, with_token, clock_timestamp() + interval '3 s')
    on conflict (digest) do update set token = excluded.token, until = excluded.until
      where l.until <= clock_timestamp();
  return query select case when found then 'load' else 'wait' end, null::bytea, null::bigint;
end $$;

-- Keeps what was loaded, unless it was evicted meanwhile or there is nothing to keep, and ends the load.
create function end_load(key bytea, with_token bigint, what bytea, life_ms bigint) returns void language plpgsql as $$
declare
  in_space bytea;
begin
  perform set_config('synchronous_commit', 'off', true);
  delete from cache_loads where digest = sha256(key) and token = with_token returning space into in_space;
  if in_space is not null and what is not null then
    perform cache(key, in_space, what, life_ms);
  end if;
end $$;

-- Forgets entries and loads (of a space, if there are no keys), tells all stores (in the given words), and says which other
-- ones may still answer from their memory.
create function evict(keys bytea[], in_space bytea, words text[], here bigint) returns setof bigint
language plpgsql as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  -- A load that is about to be kept holds the row of its load: the entry is deleted after that.
  if in_space is null then
    delete from cache_loads where digest = any(array(select sha256(k) from unnest(keys) k));
    delete from cache_entries where digest = any(array(select sha256(k) from unnest(keys) k));
  else
    delete from cache_loads where space = in_space;
    delete from cache_entries where space = in_space;
  end if;
  perform tell(w) from unnest(words) w;
  return query select store from caches where store <> here and until > clock_timestamp();
end $$;
