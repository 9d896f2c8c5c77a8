-- Ends the marks of a holder at `latest` at the latest; a session is no reader any more. Says whether mail became
-- available, in which case readers of other stores are told.
create function release(
  mailbox bytea, by_session boolean, holder bigint, latest bigint, at bigint, here bigint
) returns boolean language plpgsql as $$
declare
  freed bigint;
begin
  perform set_config('synchronous_commit', 'off', true);
  perform lock_mailbox(mailbox);
  if by_session then
    delete from readers where owner = mailbox and epoch = holder;
  end if;
  update holders set until = least(until, latest), lingers = true
    where owner = mailbox and session = by_session and number = holder;
  freed := void_what_ended(mailbox, at);
  if freed > 0 and exists (select from readers where owner = mailbox and store <> here) then
    perform ring(array[mailbox], here);
  end if;
  return freed > 0;
end $$;
