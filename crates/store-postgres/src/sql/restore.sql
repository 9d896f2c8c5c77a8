-- Brings back readers of the calling store that the engine has forgotten, unless they were displaced.
create function restore(owners bytea[], epochs bigint[], here bigint) returns void language plpgsql as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  perform lock_mailbox(o) from (select distinct o from unnest(owners) o order by o) sorted;
  -- As in watch(): appends on their way do not know of these readers, who look for mail after this.
  perform from mailboxes b where b.owner = any(owners) order by b.owner for no key update;
  insert into readers (owner, epoch, instance, store, alone)
    select w.owner, w.epoch, c.instance, here, false
      from unnest(owners, epochs) as w(owner, epoch)
        join mailboxes b on b.owner = w.owner and b.floor <= w.epoch
        left join claims c on c.owner = w.owner and c.epoch = w.epoch
    on conflict do nothing;
end $$;
