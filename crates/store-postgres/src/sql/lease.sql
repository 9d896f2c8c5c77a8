-- Hands out the oldest mail that the holder may have. A row without a sequence says why there is none:
-- 'displaced', or 'unknown' for a session that is not in the table and that nothing newer replaced.
create function lease(
  mailbox bytea, by_session boolean, holder bigint, lease_end bigint, at bigint,
  most_messages bigint, most_bytes bigint, key bytea, window_size bigint
) returns table (
  refusal text, sequence bigint, incarnation bigint, received bigint, destination bytea, envelope bytea
) language plpgsql as $$
#variable_conflict use_column
declare
  room bigint := most_messages;
  total bigint := 0;
  given bigint[] := '{}';
  is_reader boolean;
  has_marks boolean;
  some_ended boolean;
  mail record;
begin
  perform set_config('synchronous_commit', 'off', true);
  perform lock_mailbox(mailbox);
  select bool_or(h.ends <= at), coalesce(bool_or(h.session = by_session and h.number = holder), false),
      not by_session or exists (select from readers r where r.owner = mailbox and r.epoch = holder)
    into some_ended, has_marks, is_reader
    from held h where h.owner = mailbox;
  if not is_reader then
    refusal := case when exists (select from mailboxes b where b.owner = mailbox and b.floor > holder)
      then 'displaced' else 'unknown' end;
    return next;
    return;
  end if;
  if some_ended then
    perform void_what_ended(mailbox, at);
  end if;
  if has_marks and window_size < 9223372036854775807 then
    room := least(room, window_size - (select count(*) from marks m
      where m.owner = mailbox and m.session = by_session and m.number = holder));
  else
    room := least(room, window_size);
  end if;
  if room > 0 then
    for mail in
      select s.sequence, s.incarnation, s.received, s.destination, s.envelope, octet_length(s.envelope) as size
        from messages s
        where s.owner = mailbox and (key is null or s.destination = key) and not exists (
          select from marks m where m.owner = mailbox and m.sequence = s.sequence and not (
            -- What another reader has hides nothing from a reader.
            by_session and m.session and m.number <> holder and exists (
              select from readers r where r.owner = mailbox and r.epoch = m.number)))
        order by s.sequence limit room
    loop
      total := total + mail.size;
      exit when total > most_bytes and cardinality(given) > 0;
      given := given || mail.sequence;
      sequence := mail.sequence;
      incarnation := mail.incarnation;
      received := mail.received;
      destination := mail.destination;
      envelope := mail.envelope;
      return next;
    end loop;
  end if;
  if has_marks or cardinality(given) > 0 then
    perform hold(mailbox, by_session, holder, lease_end, given);
  end if;
end $$;

-- Marks messages, and prolongs all marks of the holder.
create function hold(mailbox bytea, by_session boolean, holder bigint, lease_end bigint, given bigint[])
returns void language plpgsql as $$
begin
  if cardinality(given) = 0 then
    update holders set until = lease_end
      where owner = mailbox and session = by_session and number = holder and until <> lease_end;
    return;
  end if;
  insert into holders (owner, session, number, until) values (mailbox, by_session, holder, lease_end)
    on conflict (owner, session, number) do update set until = excluded.until;
  insert into marks (owner, sequence, session, number)
    select mailbox, g, by_session, holder from unnest(given) g;
end $$;
