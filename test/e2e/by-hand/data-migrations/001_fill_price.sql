-- lotse: no-transaction
do $$
begin
  loop
    update products set price = 1 where id in (select id from products where price is null order by id limit 10);
    exit when not found;
    commit;
  end loop;
end $$;
