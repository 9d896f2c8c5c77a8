-- Removes mail whose time has passed and says how much. Mailboxes that somebody works on are left for the next time.
create function expire(at bigint, most bigint) returns bigint language plpgsql as $$
declare
  due_owners bytea[];
  due_places bigint[];
  free bytea[];
  removed bigint;
begin
  perform set_config('synchronous_commit', 'off', true);
  select array_agg(d.owner), array_agg(d.sequence) into due_owners, due_places from (
    select owner, sequence from messages where expires <= at order by expires limit most) d;
  if due_owners is null then
    return 0;
  end if;
  select array_agg(o) into free from (
    select distinct o from unnest(due_owners) o order by o limit 500) s
    where pg_try_advisory_xact_lock(hashtextextended(encode(o, 'hex'), 0));
  select array_agg(owner) into free from (
    select owner from mailboxes where owner = any(free) order by owner for no key update skip locked) s;
  with gone as (
    delete from messages s using unnest(due_owners, due_places) as d(owner, sequence)
      where s.owner = d.owner and s.sequence = d.sequence and s.owner = any(free)
      returning s.owner, s.sequence, octet_length(s.envelope) as size
  ), unmarked as (
    delete from marks m using gone g where m.owner = g.owner and m.sequence = g.sequence
  ), counted as (
    update mailboxes b set messages = b.messages - g.messages, bytes = b.bytes - g.bytes
      from (select owner, count(*) as messages, sum(size) as bytes from gone group by owner) g
      where b.owner = g.owner
  )
  select count(*) into removed from gone;
  return removed;
end $$;
