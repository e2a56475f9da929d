defmodule Shop.Web do
  @moduledoc "Answers HTTP on port 8080 as Phoenix would: GET /products, and /healthz for the probes."
  use GenServer
  alias Shop.Repo

  def start_link(_options), do: GenServer.start_link(__MODULE__, nil)

  @impl true
  def init(nil) do
    # So that terminate/2 is called.
    Process.flag(:trap_exit, true)
    {:ok, socket} = :gen_tcp.listen(8080, [:binary, packet: :http_bin, active: false, reuseaddr: true, backlog: 128])
    spawn_link(fn -> accept(socket) end)
    {:ok, socket}
  end

  @impl true
  def handle_info({:EXIT, _from, reason}, socket), do: {:stop, reason, socket}

  # Told to stop: no new requests, and those that have begun are answered.
  @impl true
  def terminate(_reason, socket) do
    :gen_tcp.close(socket)
    for request <- Task.Supervisor.children(Shop.Requests), do: await_end(request)
  end

  defp await_end(request) do
    reference = Process.monitor(request)

    receive do
      {:DOWN, ^reference, :process, _, _} -> :ok
    after
      4_000 -> :ok
    end
  end

  defp accept(listener) do
    with {:ok, socket} <- :gen_tcp.accept(listener) do
      {:ok, request} = Task.Supervisor.start_child(Shop.Requests, fn -> serve(socket) end)
      :gen_tcp.controlling_process(socket, request)
      accept(listener)
    end
  end

  defp serve(socket) do
    with {:ok, {:http_request, :GET, {:abs_path, path}, _}} <- :gen_tcp.recv(socket, 0, 5_000), :ok <- skip_headers(socket) do
      {status, body} = answer(path)
      length = byte_size(body)
      head = "HTTP/1.1 #{status}\r\ncontent-type: application/json\r\ncontent-length: #{length}\r\nconnection: close\r\n\r\n"
      :gen_tcp.send(socket, [head, body])
    end

    :gen_tcp.close(socket)
  end

  defp skip_headers(socket) do
    case :gen_tcp.recv(socket, 0, 5_000) do
      {:ok, {:http_header, _, _, _, _}} -> skip_headers(socket)
      {:ok, :http_eoh} -> :ok
      other -> other
    end
  end

  defp answer("/healthz") do
    Repo.query!("select 1")
    {"200 OK", ~s({"healthy":true})}
  rescue
    error -> {"503 Service Unavailable", ~s({"error":#{inspect(Exception.message(error))}})}
  end

  defp answer("/products") do
    {"200 OK", ~s({"version":"#{version()}","pod":"#{pod()}","products":#{products()}})}
  rescue
    error -> {"500 Internal Server Error", ~s({"pod":"#{pod()}","error":#{inspect(Exception.message(error))}})}
  end

  defp answer(_path), do: {"404 Not Found", ~s({"error":"try /products or /healthz"})}

  # What each version asks of the schema: it fails without that version's columns.
  defp products do
    columns = %{"1" => "id, name", "2" => "id, name, price", "3" => "id, name, price - discount as price"}
    [[json]] = Repo.query!("select coalesce(json_agg(p), '[]') from (select #{columns[version()]} from products order by id limit 3) p")
    json
  end

  defp version, do: Application.spec(:shop, :vsn) |> to_string() |> String.first()
  defp pod, do: System.fetch_env!("HOSTNAME")
end
