defmodule Shop.Repo.Migrations.AddPrice do
  use Shop.Migration

  # The price of what is there already comes by a data migration.
  def up do
    execute("alter table products add column price numeric")
  end

  def down do
    execute("alter table products drop column price")
  end
end
