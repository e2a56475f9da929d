defmodule Shop.Migration do
  @moduledoc """
  What a migration's module says `use Shop.Migration` for: what it would get of Ecto.Migration, as far as this shop needs it.
  Its `up` and `down` run in a transaction together with their record, unless it sets `@disable_ddl_transaction true`.
  """
  defmacro __using__(_options) do
    quote do
      import Shop.Migration
      @disable_ddl_transaction false
      @before_compile Shop.Migration
    end
  end

  defmacro __before_compile__(_env) do
    quote do
      def __migration__, do: [disable_ddl_transaction: @disable_ddl_transaction]
    end
  end

  def repo, do: Shop.Repo

  def execute(sql) do
    IO.puts("execute #{inspect(sql)}")
    repo().query!(sql)
  end
end
