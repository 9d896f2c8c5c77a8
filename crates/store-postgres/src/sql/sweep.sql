-- The mailboxes among these (of which each has a reader at the caller's) in which mail is in nobody's hands.
create function sweep(owners bytea[], at bigint) returns setof bytea language sql stable as $$
  select b.owner from mailboxes b
    where b.owner = any(owners) and b.messages > 0 and exists (
      select from messages s where s.owner = b.owner and not exists (
        select from in_flight f where f.owner = s.owner and f.sequence = s.sequence and f.ends > at))
$$;
