-- Appends many letters to many mailboxes: one commit, one notification. A letter's outcome is
-- 'stored', 'duplicate', 'full', or 'again' when it depends on another letter of this very call and is to come once more.
-- `here` is the calling store, which rings its own readers by itself. Nothing at all comes back, and nothing was done, if a mailbox
-- has to be opened first.
create function append(
  owners bytea[], dedupes bytea[], envelopes bytea[], destinations bytea[], receptions bigint[], expiries bigint[],
  window_ends bigint[], message_quotas bigint[], byte_quotas bigint[], here bigint
) returns table (number bigint, outcome text, sequence bigint, incarnation bigint, watched boolean)
language plpgsql as $$
#variable_conflict use_column
declare
  locked bigint;
  is_current boolean;
  listening bytea[];
  distant bytea[];
begin
  select count(*), bool_and(b.life = l.life) into locked, is_current
    from (select life from mailboxes where owner = any(owners) order by owner for no key update) b
      left join current_lives l on true;
  if locked < (select count(distinct o) from unnest(owners) o) or is_current is not true then
    return;
  end if;
  -- A session that begins to watch waits for the row of its mailbox: either it is seen here, or it sees this mail.
  select array_agg(distinct r.owner), array_agg(distinct r.owner) filter (where r.store <> here)
    into listening, distant
    from readers r left join instances i on i.instance = r.instance
    where r.owner = any(owners) and (r.instance is null or i.until > receptions[1]);
  return query
  with letters as (
    select l.*, octet_length(l.envelope) as size
      from unnest(owners, dedupes, envelopes, destinations, receptions, expiries, window_ends,
                  message_quotas, byte_quotas)
        with ordinality as l(owner, dedupe, envelope, destination, received, expires, window_end,
                             message_quota, byte_quota, number)
  ), judged as (
    select l.*,
        row_number() over (partition by l.owner, l.dedupe order by l.number) > 1 as repeated,
        exists (select from remembered r
          where r.owner = l.owner and r.dedupe = l.dedupe and r.until > l.received) as duplicate
      from letters l
  ), counted as (
    select j.*, b.last, b.incarnation, b.messages, b.bytes, count(*) over before as nth,
        b.messages + count(*) over before <= j.message_quota
          and b.bytes + sum(j.size) over before <= j.byte_quota as fits
      from judged j join mailboxes b on b.owner = j.owner
      where not j.repeated and not j.duplicate
      window before as (partition by j.owner order by j.number)
  ), admitted as (
    -- The letters before the first that does not fit.
    select c.*, bool_and(c.fits) over (partition by c.owner order by c.number) as admitted from counted c
  ), kept as (
    insert into messages (owner, sequence, incarnation, received, expires, destination, envelope)
      select a.owner, a.last + a.nth, a.incarnation, a.received, a.expires, a.destination, a.envelope
        from admitted a where a.admitted
  ), noted as (
    insert into remembered as r (owner, dedupe, until)
      select a.owner, a.dedupe, a.window_end from admitted a where a.admitted
      on conflict (owner, dedupe) do update set until = excluded.until
  ), sums as (
    select a.owner, count(*) as messages, sum(a.size) as bytes
      from admitted a where a.admitted group by a.owner
  ), updated as (
    update mailboxes b
      set last = b.last + s.messages, messages = b.messages + s.messages, bytes = b.bytes + s.bytes
      from sums s where b.owner = s.owner
  )
  select l.number,
      case
        when l.duplicate then 'duplicate'
        when l.repeated then 'again'
        when a.admitted then 'stored'
        when a.messages + coalesce(s.messages, 0) + 1 > a.message_quota
          or a.bytes + coalesce(s.bytes, 0) + a.size > a.byte_quota then 'full'
        else 'again'
      end,
      a.last + a.nth, a.incarnation, coalesce(l.owner = any(listening), false)
    from judged l
      left join admitted a on a.number = l.number
      left join sums s on s.owner = l.owner;
  if distant is not null then
    perform ring(distant, here);
  end if;
end $$;

-- Makes the mailboxes that are not there, and gives those of an earlier life a new incarnation.
create function open_mailboxes(owners bytea[]) returns void language plpgsql as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  perform begin_life();
  insert into mailboxes (owner) select distinct o from unnest(owners) o order by o on conflict do nothing;
  perform from mailboxes where owner = any(owners) order by owner for no key update;
  update mailboxes b set life = l.life, incarnation = random_number()
    from current_lives l where b.owner = any(owners) and b.life <> l.life;
end $$;
