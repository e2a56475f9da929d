defmodule Shop.Repo.Migrations.AddDiscount do
  use Shop.Migration

  def up do
    execute("alter table products add column discount numeric not null default 0")
    execute("update products set discount = price * 0.1 where id % 10 = 0")
  end

  def down do
    execute("alter table products drop column discount")
  end
end
