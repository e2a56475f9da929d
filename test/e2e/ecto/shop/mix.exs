defmodule Shop.MixProject do
  use Mix.Project

  def project do
    [app: :shop, version: System.fetch_env!("VERSION") <> ".0.0", elixir: "~> 1.14", releases: [shop: []]]
  end

  # Debian's PostgreSQL driver, and from its xmpp what the driver logs in by SCRAM with.
  def application do
    [mod: {Shop.Application, []}, extra_applications: [:logger, :p1_pgsql, :xmpp]]
  end
end
