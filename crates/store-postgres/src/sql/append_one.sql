-- append() for a letter that comes alone.
create function append_one(
  mailbox bytea, its_dedupe bytea, its_envelope bytea, its_destination bytea, reception bigint, expiry bigint,
  window_end bigint, message_quota bigint, byte_quota bigint, here bigint
) returns table (number bigint, outcome text, sequence bigint, incarnation bigint, watched boolean)
language plpgsql as $$
#variable_conflict use_column
declare
  box mailboxes;
  size bigint := octet_length(its_envelope);
  is_distant boolean;
begin
  select b.* into box from mailboxes b where b.owner = mailbox for no key update;
  if not found or not exists (select from current_lives l where l.life = box.life) then
    return;
  end if;
  number := 1;
  if exists (select from remembered r where r.owner = mailbox and r.dedupe = its_dedupe and r.until > reception) then
    outcome := 'duplicate';
    return next;
    return;
  end if;
  if box.messages + 1 > message_quota or box.bytes + size > byte_quota then
    outcome := 'full';
    return next;
    return;
  end if;
  insert into messages (owner, sequence, incarnation, received, expires, destination, envelope)
    values (mailbox, box.last + 1, box.incarnation, reception, expiry, its_destination, its_envelope);
  insert into remembered (owner, dedupe, until) values (mailbox, its_dedupe, window_end)
    on conflict (owner, dedupe) do update set until = excluded.until;
  update mailboxes set last = box.last + 1, messages = box.messages + 1, bytes = box.bytes + size
    where owner = mailbox;
  select count(*) > 0, coalesce(bool_or(r.store <> here), false) into watched, is_distant
    from readers r left join instances i on i.instance = r.instance
    where r.owner = mailbox and (r.instance is null or i.until > reception);
  if is_distant then
    perform ring(array[mailbox], here);
  end if;
  outcome := 'stored';
  sequence := box.last + 1;
  incarnation := box.incarnation;
  return next;
end $$;
