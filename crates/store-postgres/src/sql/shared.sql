-- What several acts have in common.

-- Whoever reads or changes what is in flight of a mailbox holds this lock until its transaction ends. It lives in memory and
-- costs no log, unlike the lock of a row. Order: these locks, then rows of mailboxes, each in the order of owners.
create function lock_mailbox(mailbox bytea) returns void language sql volatile as
$$ select pg_advisory_xact_lock(hashtextextended(encode(mailbox, 'hex'), 0)) $$;

-- For acts that a crash may undo: their commit does not wait for the disk.
create function forgettable() returns void language sql volatile as
$$ select set_config('synchronous_commit', 'off', true) $$;

-- Tells every store of this schema something; it is heard when the transaction commits.
create function tell(what text) returns void language sql volatile as
$$ select pg_notify('restante:' || current_schema(), what) $$;

-- Tells the stores that these mailboxes (333 at most: a notification holds 8000 bytes) have mail.
create function ring(mailboxes bytea[]) returns void language sql volatile as
$$ select tell('m' || string_agg(encode(o, 'base64'), '')) from unnest(mailboxes) o $$;

create function is_alive(which text, at bigint) returns boolean language sql stable as
$$ select exists (select from instances where instance = which and until > at) $$;

-- Whether the marks of a holder count.
create function is_valid(h holders, at bigint) returns boolean language sql stable as $$
  select h.until > at and (not h.session or h.lingers or exists (
    select from readers r where r.owner = h.owner and r.epoch = h.number
      and (r.instance is null or is_alive(r.instance, at))))
$$;

-- Removes the marks that ended, and says how many messages had one of them. The mailbox is locked.
create function void_what_ended(mailbox bytea, at bigint) returns bigint language plpgsql as $$
declare
  freed bigint;
begin
  if not exists (select from holders h where h.owner = mailbox and not is_valid(h, at)) then
    return 0;
  end if;
  with gone as (
    delete from holders h where h.owner = mailbox and not is_valid(h, at) returning h.session, h.number
  ), unmarked as (
    delete from marks m using gone g
      where m.owner = mailbox and m.session = g.session and m.number = g.number returning m.sequence
  )
  select count(distinct u.sequence) into freed from unmarked u;
  return freed;
end $$;
