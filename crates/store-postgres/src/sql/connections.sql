-- Keeps a new connection and uses up its invitation. Null: it is kept; a body: it was there before, this is it; an empty body:
-- the invitation is not good.
create function admit(
  connection bytea, key bytea, can_be_dialled boolean, text bytea, invitation bytea, at bigint
) returns bytea language plpgsql as $$
declare
  known bytea;
begin
  perform lock_mailbox(connection);
  select body into known from connections where id = connection;
  if known is not null then
    return known;
  end if;
  if invitation is not null then
    update invitations set used_by = connection where id = invitation and used_by is null and expires > at;
    if not found then
      return '\x';
    end if;
  end if;
  insert into connections (id, our_key, dialable, body) values (connection, key, can_be_dialled, text);
  return null;
end $$;
