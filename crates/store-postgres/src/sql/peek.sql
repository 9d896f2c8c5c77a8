-- The oldest mail that is in nobody's hands.
create function peek(mailbox bytea, at bigint, most_messages bigint, most_bytes bigint, key bytea)
returns table (
  refusal text, sequence bigint, incarnation bigint, received bigint, destination bytea, envelope bytea
) language plpgsql as $$
#variable_conflict use_column
declare
  total bigint := 0;
  mail record;
begin
  for mail in
    select s.sequence, s.incarnation, s.received, s.destination, s.envelope, octet_length(s.envelope) as size
      from messages s
      where s.owner = mailbox and (key is null or s.destination = key)
        and not exists (select from in_flight f where f.owner = mailbox and f.sequence = s.sequence and f.ends > at)
      order by s.sequence limit most_messages
  loop
    exit when total > 0 and total + mail.size > most_bytes;
    total := total + mail.size;
    return query select null::text, mail.sequence, mail.incarnation, mail.received, mail.destination, mail.envelope;
  end loop;
end $$;
