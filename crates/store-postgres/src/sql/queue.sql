-- One row per queue that has jobs or had some lately: its lock for producers, its numbering and its counts.
create table queues (
  queue text primary key,
  incarnation bigint not null default 0,
  life bigint not null default 0,
  last bigint not null default 0,
  jobs bigint not null default 0,
  bytes bigint not null default 0
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

-- The jobs, small because each claim writes them anew. `due`: when it can be claimed; 0 if it never was.
create table jobs (
  queue text not null,
  sequence bigint not null,
  incarnation bigint not null,
  pushed bigint not null,
  size bigint not null,
  attempt int not null default 0,
  due bigint not null default 0,
  primary key (queue, sequence)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
create index jobs_by_due on jobs (queue, due, sequence);

-- What they say: written once, deleted once.
create table bodies (
  queue text not null,
  sequence bigint not null,
  body bytea not null,
  primary key (queue, sequence)
) with (
  toast_tuple_target = 8160,
  autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0,
  toast.autovacuum_vacuum_scale_factor = 0.02, toast.autovacuum_vacuum_cost_delay = 0
);
alter table bodies alter body set storage external;

-- Makes the queues that are not there and locks all of them.
create function open_queues(names text[]) returns void language plpgsql as $$
declare
  life_now bigint;
  wanted bigint := (select count(distinct n) from unnest(names) n);
  locked bigint;
  is_reborn boolean;
begin
  perform begin_life();
  select life into life_now from current_lives;
  loop
    if (select count(*) from queues where queue = any(names)) < wanted then
      insert into queues (queue) select distinct n from unnest(names) n order by n on conflict do nothing;
    end if;
    select count(*), bool_or(q.life <> life_now) into locked, is_reborn from (
      select life from queues where queue = any(names) order by queue for no key update) q;
    -- One without jobs may have been cleared away in between.
    exit when locked = wanted;
  end loop;
  if is_reborn then
    update queues set life = life_now, incarnation = random_number()
      where queue = any(names) and life <> life_now;
  end if;
end $$;

-- Several pushes: the n-th is for the queue names[n], has counts[n] of the bodies, and room for so much. Says of each whether it was kept.
create function push(
  names text[], counts int[], job_rooms bigint[], byte_rooms bigint[], all_bodies bytea[], at bigint
) returns boolean[] language plpgsql as $$
declare
  kept boolean[] := '{}';
  rung text[] := '{}';
  first int := 1;
  mine bytea[];
  total bigint;
  q queues;
begin
  perform open_queues(names);
  for n in 1 .. cardinality(names) loop
    mine := all_bodies[first : first + counts[n] - 1];
    first := first + counts[n];
    total := (select coalesce(sum(octet_length(b)), 0) from unnest(mine) b);
    select * into q from queues where queue = names[n];
    kept := kept || (q.jobs + counts[n] <= job_rooms[n] and q.bytes + total <= byte_rooms[n]);
    continue when not kept[n] or counts[n] = 0;
    insert into jobs (queue, sequence, incarnation, pushed, size)
      select q.queue, q.last + b.place, q.incarnation, at, octet_length(b.body)
        from unnest(mine) with ordinality as b(body, place);
    insert into bodies (queue, sequence, body)
      select q.queue, q.last + b.place, b.body from unnest(mine) with ordinality as b(body, place);
    update queues set last = last + counts[n], jobs = jobs + counts[n], bytes = bytes + total where queue = names[n];
    rung := rung || names[n];
  end loop;
  if cardinality(rung) > 0 then
    perform tell('q' || array_to_string(array(select distinct r from unnest(rung) r), ','));
  end if;
  return kept;
end $$;

-- One consumer of a queue at a time looks for jobs, so that none is passed over because another one just looks at it; what is being
-- finished or deferred at this moment is passed over.
create function claim_jobs(name text, most bigint, lease_end bigint, at bigint)
returns table (sequence bigint, incarnation bigint, pushed bigint, attempt int, body bytea) language plpgsql as $$
#variable_conflict use_column
declare
  taken bigint[];
begin
  perform set_config('synchronous_commit', 'off', true);
  perform pg_advisory_xact_lock(hashtextextended(name, 1));
  select array_agg(s.sequence) into taken from (
    select j.sequence from jobs j where j.queue = name and j.sequence = any(
      array(select sequence from jobs where queue = name and due = 0 order by sequence limit most)
      || array(select sequence from jobs where queue = name and due > 0 and due <= at))
      order by j.sequence limit most for update skip locked) s;
  return query
  with claimed as (
    update jobs j set attempt = j.attempt + 1, due = greatest(lease_end, 1)
      where j.queue = name and j.sequence = any(taken)
      returning j.sequence, j.incarnation, j.pushed, j.attempt
  )
  select c.sequence, c.incarnation, c.pushed, c.attempt, b.body
    from claimed c join bodies b on b.queue = name and b.sequence = c.sequence order by c.sequence;
  -- When the passing of time brings more: a row without a body.
  return query select null::bigint, null::bigint, min(j.due), null::int, null::bytea
    from jobs j where j.queue = name and j.due > at having min(j.due) is not null;
end $$;

-- Removes jobs and says which of them were there.
create function finish(names text[], sequences bigint[], incarnations bigint[])
returns table (queue text, sequence bigint, incarnation bigint) language plpgsql as $$
#variable_conflict use_column
begin
  perform from queues q where q.queue = any(names) order by q.queue for no key update;
  return query
  with gone as (
    delete from jobs j using (
        select distinct * from unnest(names, sequences, incarnations) as a(queue, sequence, incarnation)) a
      where j.queue = a.queue and j.sequence = a.sequence and j.incarnation = a.incarnation
      returning j.queue, j.sequence, j.incarnation, j.size
  ), emptied as (
    delete from bodies b using gone g where b.queue = g.queue and b.sequence = g.sequence
  ), counted as (
    update queues q set jobs = q.jobs - g.jobs, bytes = q.bytes - g.bytes
      from (select queue, count(*) as jobs, sum(size) as bytes from gone group by queue) g
      where q.queue = g.queue
  )
  select g.queue, g.sequence, g.incarnation from gone g;
end $$;

create function defer(name text, place bigint, life bigint, nth int, until bigint, at bigint) returns boolean
language plpgsql as $$
begin
  update jobs set due = greatest(until, 1)
    where queue = name and sequence = place and incarnation = life and attempt = nth;
  if not found then
    return false;
  end if;
  if until <= at then
    perform tell('q' || name);
  end if;
  return true;
end $$;

create function backlog(name text, at bigint)
returns table (ready bigint, waiting bigint, bytes bigint, oldest bigint) language sql stable as $$
  select q.jobs - w.waiting, w.waiting, q.bytes,
      (select pushed from jobs where queue = name order by sequence limit 1)
    from queues q, (select count(*) as waiting from jobs where queue = name and due > at) w
    where q.queue = name
$$;
