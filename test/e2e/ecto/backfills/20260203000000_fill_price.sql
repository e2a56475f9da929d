-- lotse: backfill products(id)
-- What fill_price.exs does in Elixir.
update products set price = 1 + id % 9 where id between $1 and $2 and price is null;
