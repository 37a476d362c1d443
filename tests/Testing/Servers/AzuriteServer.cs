using System.Globalization;

namespace Temper.Testing.Servers;

/// <summary>Azurite's blob service on loopback, one per test process, in memory. Tests take a container each.</summary>
public sealed class AzuriteServer
{
    private const string Script = """
        command -v node >/dev/null || { echo "node is not installed." >&2; exit 1; }
        main="$2/azurite/dist/src/blob/main.js"
        [ -f "$main" ] || { echo "azurite is not in $2." >&2; exit 1; }
        cd "$folder"
        node "$main" --blobHost 127.0.0.1 --blobPort "$1" --loose --skipApiVersionCheck --inMemoryPersistence --disableTelemetry >"$folder/log" 2>&1 </dev/null &
        pid=$!
        for _ in $(seq 300); do
          grep -q "successfully listen" "$folder/log" && { echo ready; break; }
          kill -0 "$pid" 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
          sleep 0.1
        done
        """;

    // The account and key that every Azurite has; they open nothing else.
    private const string Account = "devstoreaccount1";
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private static readonly Lazy<Task<AzuriteServer>> Shared = new(StartAsync);
    private static int _containers;

    private AzuriteServer(int port) => Port = port;

    /// <summary>Port of the blob service on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>The server of this process, started at first use.</summary>
    public static Task<AzuriteServer> SharedAsync() => Shared.Value;

    /// <summary>Address, as settings write it, of a container that nobody has used.</summary>
    public string NewContainer() => string.Create(CultureInfo.InvariantCulture,
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint=http://127.0.0.1:{Port}/{Account};Container=t{Interlocked.Increment(ref _containers):D4}");

    private static async Task<AzuriteServer> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("temper-azurite-").FullName;
        var port = GuardedServer.FreePort();
        var modules = Environment.GetEnvironmentVariable("TEMPER_TEST_NODE_MODULES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "temper-test", "node_modules");
        await GuardedServer.StartAsync("Azurite", Script, folder, port.ToString(CultureInfo.InvariantCulture), modules);
        return new(port);
    }
}
