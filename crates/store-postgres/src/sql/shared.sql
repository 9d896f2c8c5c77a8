-- What several acts have in common.

-- Whoever reads or changes what is in flight of a mailbox holds this lock until its transaction ends. It lives in memory and
-- costs no log, unlike the lock of a row. Order: these locks, then rows of mailboxes, each in the order of owners.
create function lock_mailbox(mailbox bytea) returns void language sql volatile as
$$ select pg_advisory_xact_lock(hashtextextended(encode(mailbox, 'hex'), 0)) $$;

-- Tells every store of this schema something; it is heard when the transaction commits.
create function tell(what text) returns void language plpgsql as $$
begin
  perform pg_notify('restante:' || current_schema(), what);
end $$;

-- Tells the other stores that these mailboxes (330 at most: a notification holds 8000 bytes) have mail. The teller, too, hears
-- it, and passes it over.
create function ring(mailboxes bytea[], teller bigint) returns void language plpgsql as $$
begin
  perform tell('m' || teller || ':' || string_agg(encode(o, 'base64'), '')) from unnest(mailboxes) o;
end $$;

-- The holders, and when their marks really end: those of a reader with its instance, if that is sooner.
create view held as
  select h.owner, h.session, h.number,
      case
        when not h.session or h.lingers then h.until
        when r.epoch is null then 0
        when r.instance is null then h.until
        else least(h.until, coalesce(i.until, 0))
      end as ends
    from holders h
      left join readers r on h.session and r.owner = h.owner and r.epoch = h.number
      left join instances i on i.instance = r.instance;

-- The marks, and when they end.
create view in_flight as
  select m.owner, m.sequence, h.ends
    from marks m join held h on h.owner = m.owner and h.session = m.session and h.number = m.number;

-- Removes the marks that ended, and says how many messages had one of them. The mailbox is locked.
create function void_what_ended(mailbox bytea, at bigint) returns bigint language plpgsql as $$
declare
  freed bigint;
begin
  if not exists (select from held h where h.owner = mailbox and h.ends <= at) then
    return 0;
  end if;
  with ended as (
    select h.session, h.number from held h where h.owner = mailbox and h.ends <= at
  ), gone as (
    delete from holders h using ended e
      where h.owner = mailbox and h.session = e.session and h.number = e.number
      returning h.session, h.number
  ), unmarked as (
    delete from marks m using gone g
      where m.owner = mailbox and m.session = g.session and m.number = g.number returning m.sequence
  )
  select count(distinct u.sequence) into freed from unmarked u;
  return freed;
end $$;
