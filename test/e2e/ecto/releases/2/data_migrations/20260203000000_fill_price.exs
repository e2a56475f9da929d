defmodule Shop.Repo.DataMigrations.FillPrice do
  use Shop.Migration

  # Each batch is committed by itself: no lock is held for long, and what was done stays done.
  @disable_ddl_transaction true
  @batch 10
  @pause 200

  # Begun again it finds what is left, since a row that has its price is not asked for any more.
  def up, do: fill(0)

  def down, do: :ok

  defp fill(last) do
    filled =
      repo().query!("""
      with batch as (select id from products where price is null and id > #{last} order by id limit #{@batch})
      update products set price = 1 + products.id % 9 from batch where products.id = batch.id returning products.id
      """)

    case for [id] <- filled, do: String.to_integer(id) do
      [] ->
        :ok

      ids ->
        IO.puts("filled #{Enum.min(ids)} to #{Enum.max(ids)}")
        Process.sleep(@pause)
        fill(Enum.max(ids))
    end
  end
end
