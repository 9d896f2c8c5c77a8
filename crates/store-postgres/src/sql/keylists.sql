-- Applies changes in order and says of each what came of it: 's'uccess, 'n'o change, 'r'efused.
create function update_keys(mailbox bytea, keys bytea[], adds boolean[], most bigint) returns text
language plpgsql as $$
declare
  outcomes text := '';
  listed bigint;
  holder bytea;
begin
  perform lock_mailbox(mailbox);
  -- Two who change the same keys in another order must not wait for each other.
  perform pg_advisory_xact_lock(7301, bucket) from (
    select distinct hashtextextended(encode(k, 'hex'), 0)::bit(6)::int as bucket from unnest(keys) k order by 1) b;
  select count(*) into listed from routes where owner = mailbox;
  for n in 1 .. coalesce(cardinality(keys), 0) loop
    select owner into holder from routes where destination = keys[n];
    if adds[n] and holder is null and listed < most then
      insert into routes (destination, owner) values (keys[n], mailbox);
      listed := listed + 1;
      outcomes := outcomes || 's';
    elsif adds[n] and (holder is null or holder <> mailbox) then
      outcomes := outcomes || 'r';
    elsif not adds[n] and holder = mailbox then
      delete from routes where destination = keys[n];
      listed := listed - 1;
      outcomes := outcomes || 's';
    else
      outcomes := outcomes || 'n';
    end if;
  end loop;
  return outcomes;
end $$;

-- Null for a recipient that never asked. All but a grant empties the list.
create function set_mediation(mailbox bytea, is_granted boolean) returns void language plpgsql as $$
begin
  perform lock_mailbox(mailbox);
  if is_granted is null then
    delete from mediations where owner = mailbox;
  else
    insert into mediations (owner, granted) values (mailbox, is_granted)
      on conflict (owner) do update set granted = excluded.granted;
  end if;
  if is_granted is not true then
    delete from routes where owner = mailbox;
  end if;
end $$;

-- A page of the list, and a row without a destination that says how many keys there are in all.
create function list_keys(mailbox bytea, skipped bigint, most bigint)
returns table (destination bytea, total bigint) language sql stable as $$
  (select r.destination, 0::bigint from routes r where r.owner = mailbox order by r.place offset skipped limit most)
  union all
  select null, count(*) from routes where owner = mailbox
$$;
