defmodule Shop.Release do
  @moduledoc "What a release does besides `start`, as `bin/shop eval`, in the way that Ecto's documentation shows."
  alias Shop.Migrator

  def migrate, do: with_repo(fn -> Migrator.up(folder("migrations")) end)

  def migrate_data, do: with_repo(fn -> Migrator.up(folder("data_migrations")) end)

  @doc "Reverts the schema down to and including a version."
  def rollback(version), do: with_repo(fn -> Migrator.down(folder("migrations"), to: version) end)

  @doc "Waits until no schema migration that this release knows is pending."
  def wait_for_migrations, do: with_repo(fn -> wait([]) end)

  defp wait(told) do
    pending = for {version, _file} <- Migrator.pending(folder("migrations")), do: version
    if pending != told, do: IO.puts("pending: #{inspect(pending)}")

    if pending != [] do
      Process.sleep(500)
      wait(pending)
    end
  end

  # Told to stop, a BEAM ends with 0, as if all were done. 143 is what it is, and what the Job tries again.
  defp with_repo(work) do
    {:ok, _} = System.trap_signal(:sigterm, fn -> System.halt(143) end)
    for application <- [:p1_pgsql, :stringprep], do: {:ok, _} = Application.ensure_all_started(application)
    {:ok, _} = Shop.Repo.start_link()
    work.()
  end

  defp folder(name), do: Application.app_dir(:shop, "priv/repo/#{name}")
end
