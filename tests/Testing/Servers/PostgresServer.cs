using System.Globalization;
using Temper.Storage.Sql;

namespace Temper.Testing.Servers;

/// <summary>A throw-away PostgreSQL on loopback, one per test process. Tests take a database each. Its data is not synced: it is never needed again.</summary>
public sealed class PostgresServer
{
    private const string Script = """
        bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
        [ -n "$bin" ] || bin=$(dirname "$(command -v initdb)" 2>/dev/null)
        [ -x "$bin/initdb" ] || { echo "PostgreSQL is not installed." >&2; exit 1; }
        as=""
        if [ "$(id -u)" = 0 ]; then
          user=nobody; getent passwd postgres >/dev/null && user=postgres
          chown "$user" "$folder"
          as="setpriv --reuid=$user --regid=$(id -g "$user") --clear-groups env HOME=$folder"
        fi
        $as "$bin/initdb" -D "$folder/data" -U temper --auth=trust --no-sync -E UTF8 --locale=C >/dev/null
        $as "$bin/postgres" -D "$folder/data" -p "$1" -c listen_addresses=127.0.0.1 -c unix_socket_directories="$folder" \
          -c fsync=off -c full_page_writes=off -c max_connections=200 >"$folder/log" 2>&1 </dev/null &
        pid=$!
        for _ in $(seq 300); do
          "$bin/pg_isready" -q -h 127.0.0.1 -p "$1" && { echo ready; break; }
          kill -0 "$pid" 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
          sleep 0.1
        done
        """;

    private static readonly Lazy<Task<PostgresServer>> Shared = new(StartAsync);
    private static int _databases;

    private PostgresServer(int port) => Port = port;

    /// <summary>Port on 127.0.0.1; user temper, no password.</summary>
    public int Port { get; }

    /// <summary>The server of this process, started at first use.</summary>
    public static Task<PostgresServer> SharedAsync() => Shared.Value;

    /// <summary>Connection string of a new, empty database with the C collation.</summary>
    public async Task<string> NewDatabaseAsync()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"t{Interlocked.Increment(ref _databases)}");
        await using var db = Db.Postgres(Address("postgres"));
        await db.ExecuteAsync($"create database {name}", null, CancellationToken.None);
        return Address(name);
    }

    private string Address(string database) => string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Username=temper;Database={database}");

    private static async Task<PostgresServer> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("temper-pg-").FullName;
        var port = GuardedServer.FreePort();
        await GuardedServer.StartAsync("PostgreSQL", Script, folder, port.ToString(CultureInfo.InvariantCulture));
        return new(port);
    }
}
