-- Makes a session a reader. False: a newer one reads already. `once_more` is for a session whose reading the engine
-- has forgotten: it comes back unless it was displaced meanwhile.
create function watch(
  mailbox bytea, session_epoch bigint, wants_alone boolean, latest bigint, at bigint, here bigint, once_more boolean
) returns boolean language plpgsql as $$
declare
  lowest bigint;
  newest bigint;
begin
  perform set_config('synchronous_commit', 'off', true);
  perform lock_mailbox(mailbox);
  insert into mailboxes (owner) values (mailbox) on conflict do nothing;
  -- Waits for appends on their way: they do not know of this reader, and it will see what they brought.
  select floor into lowest from mailboxes where owner = mailbox for no key update;
  if (once_more and session_epoch < lowest) or exists (select from readers
      where owner = mailbox and epoch > session_epoch and (alone or wants_alone)) then
    return false;
  end if;
  with gone as (
    delete from readers where owner = mailbox and (wants_alone or epoch = session_epoch) returning epoch, store
  )
  select max(epoch) into newest from gone where store <> here and epoch < session_epoch;
  if newest is not null then
    perform tell('d' || encode(mailbox, 'base64') || session_epoch);
  end if;
  insert into readers (owner, epoch, instance, store, alone) values (mailbox, session_epoch,
    (select instance from claims where owner = mailbox and epoch = session_epoch), here, wants_alone);
  if wants_alone and lowest < session_epoch then
    update mailboxes set floor = session_epoch where owner = mailbox;
  end if;
  update holders h set until = least(h.until, latest), lingers = true
    where h.owner = mailbox and h.session and h.number <> session_epoch and not exists (
      select from readers r where r.owner = mailbox and r.epoch = h.number);
  perform void_what_ended(mailbox, at);
  return true;
end $$;
