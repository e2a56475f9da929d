defmodule Shop.Application do
  @moduledoc "What `bin/shop start` starts."
  use Application

  @impl true
  def start(_type, _args) do
    children = [Shop.Repo, {Task.Supervisor, name: Shop.Requests}, Shop.Web]
    Supervisor.start_link(children, strategy: :one_for_one)
  end
end
