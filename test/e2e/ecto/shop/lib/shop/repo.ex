defmodule Shop.Repo do
  @moduledoc "The database that DATABASE_URL names, in the way of Ecto.Repo: one connection of Debian's driver under this name."

  def child_spec(_options), do: %{id: __MODULE__, start: {__MODULE__, :start_link, []}}

  @doc "Connects. An error when the server cannot be reached or refuses the login."
  def start_link do
    url = URI.parse(System.fetch_env!("DATABASE_URL"))
    [user, password] = for part <- String.split(url.userinfo, ":", parts: 2), do: URI.decode(part)
    server = [host: to_charlist(url.host), port: url.port || 5432, database: String.trim_leading(url.path, "/")]

    with {:ok, connection} <- :pgsql.connect(server ++ [user: user, password: password, as_binary: true]) do
      Process.register(connection, __MODULE__)
      {:ok, connection}
    end
  end

  @doc "Runs one or more statements, for as long as they take; returns the rows of the last, each value as text. Raises what the server says."
  def query!(sql) do
    {:ok, results} = :pgsql.squery(__MODULE__, sql, :infinity)

    for {:error, error} <- results do
      raise "#{error[:message]} (SQLSTATE #{error[:code]})"
    end

    case List.last(results) do
      {_tag, _columns, rows} -> rows
      _tag -> []
    end
  end

  @doc "Runs a function in a transaction, which is rolled back when it raises."
  def transaction(function) do
    query!("begin")

    try do
      result = function.()
      query!("commit")
      result
    rescue
      error ->
        query!("rollback")
        reraise error, __STACKTRACE__
    end
  end
end
