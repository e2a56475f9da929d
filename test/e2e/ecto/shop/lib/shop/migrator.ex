defmodule Shop.Migrator do
  @moduledoc """
  Runs the migrations of folders, each a file VERSION_NAME.exs, in the way of Ecto.Migrator. It takes no lock of its own: that is what it is
  run by Lotse for.
  """
  alias Shop.Repo

  @doc "Runs every migration that has not run yet, in order. Raises on the first that fails."
  def up(folder) do
    case pending(folder) do
      [] -> IO.puts("Migrations already up")
      migrations -> Enum.each(migrations, &migrate(&1, :up))
    end
  end

  @doc "Reverts every migration that has run down to and including a version, newest first."
  def down(folder, to: version) do
    applied = applied()

    for {each, _} = migration <- Enum.reverse(migrations(folder)), each >= version and each in applied do
      migrate(migration, :down)
    end
  end

  @doc "The migrations of a folder that have not run, as {version, file}."
  def pending(folder) do
    applied = applied()
    Enum.reject(migrations(folder), fn {version, _file} -> version in applied end)
  end

  defp migrate({version, file}, direction) do
    [{module, _}] = Code.require_file(file)
    IO.puts("== Running #{version} #{inspect(module)}.#{direction}/0")

    run = fn ->
      apply(module, direction, [])
      record(version, direction)
    end

    if module.__migration__()[:disable_ddl_transaction], do: run.(), else: Repo.transaction(run)
    IO.puts("== Migrated #{version}")
  end

  defp record(version, :up), do: Repo.query!("insert into schema_migrations values (#{version}, now())")
  defp record(version, :down), do: Repo.query!("delete from schema_migrations where version = #{version}")

  defp applied do
    Repo.query!("create table if not exists schema_migrations (version bigint primary key, inserted_at timestamp(0))")
    for [version] <- Repo.query!("select version from schema_migrations"), do: String.to_integer(version)
  end

  defp migrations(folder) do
    for file <- Enum.sort(Path.wildcard("#{folder}/*.exs")) do
      {version, _name} = Integer.parse(Path.basename(file))
      {version, file}
    end
  end
end
