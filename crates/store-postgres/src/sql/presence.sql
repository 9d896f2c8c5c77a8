-- An epoch is the server's time in microseconds, or one more than any that is known: so epochs grow also after
-- the tables were lost. Claims that were replaced a minute ago serve nobody.
create function claim(mailbox bytea, who text, as_postman boolean) returns bigint language plpgsql as $$
declare
  given bigint;
begin
  perform set_config('synchronous_commit', 'off', true);
  perform lock_mailbox(mailbox);
  select greatest(
      (extract(epoch from clock_timestamp()) * 1000000)::bigint,
      coalesce((select max(epoch) from claims where owner = mailbox), 0) + 1,
      coalesce((select floor from mailboxes where owner = mailbox), 0) + 1)
    into given;
  delete from claims where owner = mailbox and epoch < given - 60000000;
  insert into claims (owner, epoch, instance, postman) values (mailbox, given, who, as_postman);
  return given;
end $$;

-- The newest claim, if its instance is alive.
create function locate(mailbox bytea, at bigint)
returns table (epoch bigint, instance text, postman boolean) language sql stable as $$
  select c.epoch, c.instance, c.postman
    from (select * from claims where owner = mailbox order by epoch desc limit 1) c
      join instances i on i.instance = c.instance
    where i.until > at
$$;

create function claim_vacant(mailbox bytea, who text, as_postman boolean, at bigint) returns bigint
language plpgsql as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  perform lock_mailbox(mailbox);
  if exists (select from locate(mailbox, at)) then
    return null;
  end if;
  return claim(mailbox, who, as_postman);
end $$;

-- A sign of life. What the sessions of an instance had in flight when it was dead does not come back with it.
create function renew(who text, good_until bigint, at bigint) returns void language plpgsql as $$
declare
  was_dead boolean;
begin
  perform set_config('synchronous_commit', 'off', true);
  select until <= at into was_dead from instances where instance = who;
  if was_dead then
    with gone as (
      delete from holders h using readers r
        where r.instance = who and h.owner = r.owner and h.session and h.number = r.epoch and not h.lingers
        returning h.owner, h.number
    )
    delete from marks m using gone g where m.owner = g.owner and m.session and m.number = g.number;
  end if;
  insert into instances (instance, until) values (who, good_until)
    on conflict (instance) do update set until = excluded.until;
end $$;

-- Gives a claim up, and older ones, which nobody follows any more.
create function give_up(mailbox bytea, given bigint) returns void language plpgsql as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  delete from claims where owner = mailbox and epoch <= given;
end $$;
