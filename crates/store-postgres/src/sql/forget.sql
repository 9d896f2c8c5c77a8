-- Clears away what no longer counts, at most `most` rows of a kind, and says how many rows of the most frequent kind went.
create function forget(at bigint, most bigint) returns bigint language plpgsql as $$
declare
  forgotten bigint;
begin
  perform set_config('synchronous_commit', 'off', true);
  delete from remembered where ctid = any(array(
    select ctid from remembered where until <= at order by until limit most for update skip locked));
  get diagnostics forgotten = row_count;
  with gone as (
    delete from holders where ctid = any(array(
      select ctid from holders where until <= at order by until limit most for update skip locked))
      returning owner, session, number
  )
  delete from marks m using gone g where m.owner = g.owner and m.session = g.session and m.number = g.number;
  -- A name is used by one process only: after an hour without a sign it is over.
  with dead as (
    delete from instances where until < at - 3600000 returning instance
  ), without_claim as (
    delete from claims c using dead d where c.instance = d.instance
  )
  delete from readers r using dead d where r.instance = d.instance;
  -- Readers whose claim was lost go with their store.
  delete from readers r where r.instance is null and not exists (select from caches c where c.store = r.store);
  delete from queues where queue = any(array(
    select queue from queues where jobs = 0 limit most for update skip locked));
  delete from cache_entries where ctid = any(array(
    select ctid from cache_entries where until <= clock_timestamp() order by until limit most for update skip locked));
  delete from caches where until < clock_timestamp() - interval '1 hour';
  return forgotten;
end $$;
