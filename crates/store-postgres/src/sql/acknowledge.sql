-- Removes messages of many mailboxes. Returns what was there, and which readers of the calling store had it in
-- flight without having heard the acknowledgement; those of other stores are notified.
create function acknowledge(
  owners bytea[], sequences bigint[], incarnations bigint[], hearers bigint[], here bigint
) returns table (owner bytea, sequence bigint, incarnation bigint, rung bigint[]) language plpgsql as $$
#variable_conflict use_column
declare
  distant bytea[];
begin
  perform set_config('synchronous_commit', 'off', true);
  perform lock_mailbox(o) from (select distinct o from unnest(owners) o order by o) sorted;
  perform from mailboxes b where b.owner = any(owners) order by b.owner for no key update;
  select array_agg(distinct m.owner) into distant
    from unnest(owners, sequences, hearers) as a(owner, sequence, hearer)
      join marks m on m.owner = a.owner and m.sequence = a.sequence and m.session
      join readers r on r.owner = m.owner and r.epoch = m.number
    where r.store <> here and m.number is distinct from a.hearer;
  return query
  with asked as (
    select a.owner, a.sequence, a.incarnation, min(a.hearer) as hearer
      from unnest(owners, sequences, incarnations, hearers) as a(owner, sequence, incarnation, hearer)
      group by a.owner, a.sequence, a.incarnation
  ), removed as (
    delete from messages s using asked a
      where s.owner = a.owner and s.sequence = a.sequence and s.incarnation = a.incarnation
      returning s.owner, s.sequence, s.incarnation, octet_length(s.envelope) as size, a.hearer
  ), counted as (
    update mailboxes b set messages = b.messages - r.messages, bytes = b.bytes - r.bytes
      from (select d.owner, count(*) as messages, sum(d.size) as bytes from removed d group by d.owner) r
      where b.owner = r.owner
  ), unmarked as (
    delete from marks m using removed r where m.owner = r.owner and m.sequence = r.sequence
      returning m.owner, m.sequence, m.session, m.number
  )
  select r.owner, r.sequence, r.incarnation, array(
      select u.number from unmarked u join readers d on d.owner = u.owner and d.epoch = u.number
        where u.owner = r.owner and u.sequence = r.sequence and u.session
          and d.store = here and u.number is distinct from r.hearer)
    from removed r;
  if distant is not null then
    perform ring(distant, here);
  end if;
end $$;
