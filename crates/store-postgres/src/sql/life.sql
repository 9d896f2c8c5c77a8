-- The life of the server that may have given the latest numbers; drawn anew whenever their tail may have been lost, so that
-- a sequence that is counted again gets another incarnation. The row is gone after a crash and on a promoted standby
-- (the table is unlogged), it names another start after a restart or a copy of the files, and another table after a
-- restored dump.
create unlogged table lives (
  only_one boolean primary key default true check (only_one),
  life bigint not null,
  started timestamptz not null,
  kept_in oid not null
);

create function random_number() returns bigint language sql volatile as
$$ select hashtextextended(gen_random_uuid()::text, 0) $$;

create view current_lives as
  select life from lives where started = pg_postmaster_start_time() and kept_in = 'lives'::regclass::oid;

-- Sees to it that there is one.
create function begin_life() returns void language plpgsql as $$
begin
  if not exists (select from current_lives) then
    insert into lives as l (life, started, kept_in)
      values (random_number(), pg_postmaster_start_time(), 'lives'::regclass::oid)
      on conflict (only_one) do update
        set life = excluded.life, started = excluded.started, kept_in = excluded.kept_in
        where l.started <> excluded.started or l.kept_in <> excluded.kept_in;
  end if;
end $$;
