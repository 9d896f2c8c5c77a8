-- What waits and is in nobody's hands. Without a key, the counts come from the mailbox's row less what is in flight.
create function depth(mailbox bytea, at bigint, key bytea)
returns table (messages bigint, bytes bigint, oldest bigint, newest bigint) language plpgsql stable as $$
#variable_conflict use_column
begin
  if key is not null then
    return query select count(*), coalesce(sum(octet_length(s.envelope)), 0)::bigint,
        (array_agg(s.received order by s.sequence))[1], (array_agg(s.received order by s.sequence desc))[1]
      from messages s
      where s.owner = mailbox and s.destination = key and not is_in_flight(mailbox, s.sequence, at);
    return;
  end if;
  return query
  with in_flight as (
    select count(*) as messages, coalesce(sum(octet_length(s.envelope)), 0) as bytes
      from (select distinct m.sequence
        from holders h join marks m on m.owner = h.owner and m.session = h.session and m.number = h.number
        where h.owner = mailbox and is_valid(h, at)) held
      join messages s on s.owner = mailbox and s.sequence = held.sequence
  )
  select b.messages - f.messages, (b.bytes - f.bytes)::bigint,
      (select s.received from messages s where s.owner = mailbox
        and not is_in_flight(mailbox, s.sequence, at) order by s.sequence limit 1),
      (select s.received from messages s where s.owner = mailbox
        and not is_in_flight(mailbox, s.sequence, at) order by s.sequence desc limit 1)
    from mailboxes b, in_flight f where b.owner = mailbox;
end $$;
