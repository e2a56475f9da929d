defmodule Shop.Repo.Migrations.CreateProducts do
  use Shop.Migration

  def up do
    execute("create table products (id bigint generated always as identity primary key, name text not null)")
    execute("insert into products (name) select 'product ' || n from generate_series(1, 600) n")
  end

  def down do
    execute("drop table products")
  end
end
