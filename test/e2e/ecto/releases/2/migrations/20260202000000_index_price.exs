defmodule Shop.Repo.Migrations.IndexPrice do
  use Shop.Migration

  # What PostgreSQL refuses inside a transaction.
  @disable_ddl_transaction true

  def up do
    execute("create index concurrently products_price on products (price)")
  end

  def down do
    execute("drop index concurrently products_price")
  end
end
