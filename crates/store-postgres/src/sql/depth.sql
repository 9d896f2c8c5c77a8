-- What waits and is in nobody's hands. Without a key, the counts come from the mailbox's row less what is in flight.
create function depth(mailbox bytea, at bigint, key bytea)
returns table (messages bigint, bytes bigint, oldest bigint, newest bigint) language plpgsql stable as $$
#variable_conflict use_column
begin
  if key is not null then
    return query select count(*), coalesce(sum(octet_length(s.envelope)), 0)::bigint,
        (array_agg(s.received order by s.sequence))[1], (array_agg(s.received order by s.sequence desc))[1]
      from messages s
      where s.owner = mailbox and s.destination = key and not exists (select from in_flight f where f.owner = mailbox and f.sequence = s.sequence and f.ends > at);
    return;
  end if;
  return query
  with hidden as (
    select count(*) as messages, coalesce(sum(octet_length(s.envelope)), 0) as bytes
      from (select distinct f.sequence from in_flight f where f.owner = mailbox and f.ends > at) f
      join messages s on s.owner = mailbox and s.sequence = f.sequence
  )
  select b.messages - h.messages, (b.bytes - h.bytes)::bigint,
      (select s.received from messages s where s.owner = mailbox
        and not exists (select from in_flight f where f.owner = mailbox and f.sequence = s.sequence and f.ends > at) order by s.sequence limit 1),
      (select s.received from messages s where s.owner = mailbox
        and not exists (select from in_flight f where f.owner = mailbox and f.sequence = s.sequence and f.ends > at) order by s.sequence desc limit 1)
    from mailboxes b, hidden h where b.owner = mailbox;
end $$;
